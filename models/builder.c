#include "builder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016). */
static uint32_t next_random(struct zoo_builder *b)
{
    b->seed ^= b->seed >> 12;
    b->seed ^= b->seed << 25;
    b->seed ^= b->seed >> 27;
    return (uint32_t)((b->seed * UINT64_C(2685821657736338717)) >> 32);
}

/* Sum of four random bytes about its mean: bell-shaped, -510..510, standard deviation 147.8. */
static int bell(struct zoo_builder *b)
{
    uint32_t r = next_random(b);
    return (int)((r & 255) + (r >> 8 & 255) + (r >> 16 & 255) + (r >> 24)) - 510;
}

/* ---- edges ---- */

enum { EDGE_MAGNITUDES = 31, EDGE_STEP = 3, EDGE_TABLE_MAX = 63, EDGE_TOP_LOG2 = 3 };

/* 2^(-i/32), i = 0..31, to double precision. */
static const double root[32] = {
    1.0, 0.97857206208770009, 0.95760328069857365, 0.93708381705514999, 0.91700404320467122, 0.89735453750155358,
    0.87812608018664974, 0.8593096490612387, 0.8408964152537145, 0.82287773907698243, 0.80524516597462714,
    0.78799042255394324, 0.77110541270397037, 0.75458221379671142, 0.7384130729697496, 0.72259040348852331,
    0.70710678118654757, 0.69195494098191597, 0.67712777346844632, 0.66261832157987064, 0.64841977732550483,
    0.63452547859586661, 0.62092890603674206, 0.60762367999023443, 0.59460355750136051, 0.58186242938878871,
    0.56939431737834578, 0.55719337129794622, 0.54525386633262877, 0.53357020033841181, 0.52213689121370688,
    0.51094857432705832,
};

/* 2^(-n/32), n >= 0. */
static double power(int n)
{
    double value = root[n % 32];
    for (int octaves = n / 32; octaves > 0; octaves--) {
        value *= 0.5;
    }
    return value;
}

/* A LOG edge whose largest value is `top`; tables and thresholds as weft_edge_init_log makes them. */
static void log_edge(struct weft_edge *edge, bool is_signed, double top)
{
    memset(edge, 0, sizeof *edge);
    edge->kind = WEFT_EDGE_LOG;
    edge->is_signed = is_signed;
    edge->magnitudes = EDGE_MAGNITUDES;
    edge->step = EDGE_STEP;
    edge->fsr = 16 * EDGE_TOP_LOG2 - (EDGE_MAGNITUDES - 1) * EDGE_STEP;
    edge->scale = (float)(top / EDGE_TABLE_MAX);
    for (int m = 1; m <= EDGE_MAGNITUDES; m++) {
        int below = (EDGE_MAGNITUDES - m) * EDGE_STEP; /* sixteenths of an octave under the top */
        edge->table[m] = (uint8_t)(EDGE_TABLE_MAX * power(2 * below) + 0.5);
        edge->theta[m - 1] = (float)(top * power(2 * below + EDGE_STEP));
    }
}

int zoo_begin(struct zoo_builder *b, const char *name, int size, const weft_allocator *allocator)
{
    memset(b, 0, sizeof *b);
    b->seed = UINT64_C(0x9e3779b97f4a7c15);
    b->model = weft_model_new(allocator);
    if (!b->model) {
        b->failed = true;
        return -1;
    }
    struct weft_graph *graph = &b->model->graph;
    graph->quantized = true;
    graph->name = weft_pool_strdup(graph->pool, name);
    graph->provenance = weft_pool_strdup(graph->pool, "zoo: synthetic weights and edges, fit for timing only");
    int input = weft_graph_add_tensor(graph, "input", 1, 3, size, size);
    b->failed = !graph->name || !graph->provenance || input < 0;
    if (!b->failed) {
        weft_edge_init_linear(&graph->tensors[input].edge, true, 127, 127.0f / 48);
        graph->input = input;
        b->mean[input] = 0;
        b->square[input] = 1;
    }
    return input;
}

static int new_tensor(struct zoo_builder *b, const char *name, int c, int h, int w, const struct weft_edge *edge,
                      double mean, double square)
{
    int t = b->failed ? -1 : weft_graph_add_tensor(&b->model->graph, name, 1, c, h, w);
    if (t < 0 || t >= ZOO_TENSORS_MAX) {
        b->failed = true;
        return -1;
    }
    if (edge) {
        b->model->graph.tensors[t].edge = *edge;
    }
    b->mean[t] = mean;
    b->square[t] = square;
    return t;
}

static struct weft_node *new_node(struct zoo_builder *b, enum weft_op op, const char *name, const int *inputs,
                                  int count, int output)
{
    int n = b->failed ? -1 : weft_graph_add_node(&b->model->graph, op, name, inputs, count, output);
    if (n < 0) {
        b->failed = true;
        return NULL;
    }
    b->model->graph.tensors[output].producer = n;
    return &b->model->graph.nodes[n];
}

/* ---- convolutions ---- */

/* 15 levels with narrow integers: 16-bit sums can take eight steps before they must be widened. */
static const uint8_t levels[8] = {0, 3, 6, 9, 13, 18, 24, 31};

static uint8_t nearest_level(int magnitude)
{
    uint8_t best = 0;
    for (uint8_t i = 1; i < 8; i++) {
        int far = magnitude > levels[i] ? magnitude - levels[i] : levels[i] - magnitude;
        int least = magnitude > levels[best] ? magnitude - levels[best] : levels[best] - magnitude;
        best = far < least ? i : best;
    }
    return best;
}

static void init_codebook(struct weft_codebook *codebook, enum zoo_weights weights)
{
    memset(codebook, 0, sizeof *codebook);
    if (weights == ZOO_C8) {
        codebook->format = WEFT_C8;
        codebook->levels = 255;
        return;
    }
    codebook->format = WEFT_C4;
    codebook->levels = 15;
    codebook->magnitudes = 8;
    memcpy(codebook->q, levels, sizeof levels);
}

/* Draws the bins; per output channel the sums of Q and of Q^2. */
static void draw_bins(struct zoo_builder *b, struct weft_node *node, int outputs, int64_t per_output, double *sum,
                      double *square)
{
    uint8_t bin_of[32];
    for (int i = 0; i < 32; i++) {
        bin_of[i] = nearest_level(i);
    }
    bool wide = node->codebook.format == WEFT_C8;
    for (int o = 0; o < outputs; o++) {
        int64_t total = 0, squares = 0;
        for (int64_t i = 0; i < per_output; i++) {
            int64_t at = o * per_output + i;
            int draw = bell(b) / (wide ? 4 : 16), q = draw;
            if (wide) {
                node->bins[at] = (uint8_t)(int8_t)q;
            } else {
                uint8_t bin = bin_of[draw < 0 ? -draw : draw];
                q = draw < 0 ? -levels[bin] : levels[bin];
                bin |= (uint8_t)(q < 0 ? 8 : 0);
                node->bins[at / 2] |= (uint8_t)(bin << (at % 2 * 4));
            }
            total += q;
            squares += q * q;
        }
        sum[o] = (double)total;
        square[o] = (double)squares;
    }
}

/* Scales for a spread of `wanted` before the activation; biases that remove the mean but for a small random part. */
static void set_scales(struct zoo_builder *b, struct weft_node *node, int input, int outputs, double wanted,
                       const double *sum, const double *square)
{
    double unit = b->model->graph.tensors[input].edge.scale;
    double variance = b->square[input] - b->mean[input] * b->mean[input];
    for (int o = 0; o < outputs; o++) {
        double spread = sqrt((square[o] > 0 ? square[o] : 1) * variance);
        double gain = wanted / spread;
        node->scale[o] = (float)(gain * unit);
        node->bias[o] = (float)(wanted * bell(b) / 1024 - gain * sum[o] * b->mean[input]);
    }
}

struct edge_plan {
    double spread; /* standard deviation before the activation */
    double mean, square; /* of the tensor, after it */
};

static struct edge_plan plan_edge(const struct zoo_conv *conv, struct weft_edge *edge, struct weft_act *act)
{
    memset(edge, 0, sizeof *edge);
    switch (conv->edge) {
    case ZOO_RELU:
        log_edge(edge, false, 8);
        *act = (struct weft_act){.func = WEFT_FUNC_CLIP, .lo = 0, .hi = (float)INFINITY};
        return conv->residual >= 0 ? (struct edge_plan){1.5, 1.4, 4.0} : (struct edge_plan){2, 0.8, 2.0};
    case ZOO_RELU6:
        log_edge(edge, false, 6);
        *act = (struct weft_act){.func = WEFT_FUNC_CLIP, .lo = 0, .hi = 6};
        return (struct edge_plan){2, 0.8, 2.0};
    case ZOO_LINEAR:
        log_edge(edge, true, 8);
        return conv->residual >= 0 ? (struct edge_plan){1, 0, 3.0} : (struct edge_plan){2, 0, 4.0};
    case ZOO_LOGITS:
        break;
    }
    return (struct edge_plan){3, 0, 9.0};
}

static bool fill_conv(struct zoo_builder *b, struct weft_node *node, const struct zoo_conv *conv, int input,
                      double spread)
{
    struct weft_pool *pool = b->model->graph.pool;
    const struct weft_tensor *in = &b->model->graph.tensors[input];
    int64_t per_output = (int64_t)(in->c / node->groups) * node->window.kernel_h * node->window.kernel_w;
    init_codebook(&node->codebook, conv->weights);
    node->weights_count = per_output * conv->outputs;
    node->bins = weft_pool_alloc(pool, weft_bins_bytes(node->weights_count, node->codebook.format), 1);
    node->scale = weft_pool_alloc(pool, (size_t)conv->outputs, sizeof(float));
    node->bias = weft_pool_alloc(pool, (size_t)conv->outputs, sizeof(float));
    double *sums = weft_block_alloc(&pool->allocator, 2 * (size_t)conv->outputs, sizeof(double));
    bool fine = node->bins && node->scale && node->bias && sums;
    if (fine) {
        draw_bins(b, node, conv->outputs, per_output, sums, sums + conv->outputs);
        set_scales(b, node, input, conv->outputs, spread, sums, sums + conv->outputs);
    }
    weft_block_free(&pool->allocator, sums);
    return fine;
}

int zoo_conv(struct zoo_builder *b, int input, const struct zoo_conv *conv)
{
    if (b->failed) {
        return -1;
    }
    struct weft_tensor in = b->model->graph.tensors[input];
    struct weft_edge edge;
    struct weft_act act = {.func = WEFT_FUNC_NONE};
    struct edge_plan plan = plan_edge(conv, &edge, &act);
    int kernel_h = conv->kernel ? conv->kernel : in.h, kernel_w = conv->kernel ? conv->kernel : in.w;
    int stride = conv->stride ? conv->stride : 1;
    int h = weft_window_extent(in.h, kernel_h, stride, 1, conv->pad, conv->pad);
    int w = weft_window_extent(in.w, kernel_w, stride, 1, conv->pad, conv->pad);
    int output = new_tensor(b, conv->name, conv->outputs, h, w, &edge, plan.mean, plan.square);
    struct weft_node *node = new_node(b, WEFT_OP_CONV, conv->name, &input, 1, output);
    if (!node) {
        return -1;
    }
    node->window.kernel_h = kernel_h;
    node->window.kernel_w = kernel_w;
    node->window.stride_h = node->window.stride_w = stride;
    node->window.pad_top = node->window.pad_left = node->window.pad_bottom = node->window.pad_right = conv->pad;
    node->groups = conv->groups ? conv->groups : 1;
    node->residual = conv->residual;
    node->act = act;
    b->failed = !fill_conv(b, node, conv, input, plan.spread);
    return output;
}

/* ---- the rest ---- */

/* Extent with a last window that may hang over, but must start inside the image or its padding before it. */
static int ceil_extent(int in, int kernel, int stride, int pad)
{
    int out = (in + 2 * pad - kernel + stride - 1) / stride + 1;
    return (out - 1) * stride >= in + pad ? out - 1 : out;
}

int zoo_maxpool(struct zoo_builder *b, int input, const char *name, int kernel, int stride, int pad, bool ceil)
{
    if (b->failed) {
        return -1;
    }
    struct weft_tensor in = b->model->graph.tensors[input];
    int h = ceil ? ceil_extent(in.h, kernel, stride, pad) : weft_window_extent(in.h, kernel, stride, 1, pad, pad);
    int w = ceil ? ceil_extent(in.w, kernel, stride, pad) : weft_window_extent(in.w, kernel, stride, 1, pad, pad);
    int output = new_tensor(b, name, in.c, h, w, &in.edge, 2 * b->mean[input], 2.5 * b->square[input]);
    struct weft_node *node = new_node(b, WEFT_OP_MAXPOOL, name, &input, 1, output);
    if (!node) {
        return -1;
    }
    node->window.kernel_h = node->window.kernel_w = kernel;
    node->window.stride_h = node->window.stride_w = stride;
    node->window.pad_top = node->window.pad_left = node->window.pad_bottom = node->window.pad_right = pad;
    int over_h = (h - 1) * stride + kernel - in.h - pad, over_w = (w - 1) * stride + kernel - in.w - pad;
    node->window.pad_bottom = over_h > pad ? over_h : pad;
    node->window.pad_right = over_w > pad ? over_w : pad;
    return output;
}

int zoo_average(struct zoo_builder *b, int input, const char *name, enum zoo_edge kind)
{
    if (b->failed) {
        return -1;
    }
    struct weft_tensor in = b->model->graph.tensors[input];
    struct weft_edge edge;
    memset(&edge, 0, sizeof edge);
    if (kind != ZOO_LOGITS) {
        log_edge(&edge, in.edge.is_signed, 8);
    }
    double mean = b->mean[input];
    int output = new_tensor(b, name, in.c, 1, 1, &edge, mean, mean * mean + 0.15 * b->square[input]);
    struct weft_node *node = new_node(b, WEFT_OP_AVGPOOL, name, &input, 1, output);
    if (!node) {
        return -1;
    }
    node->window.kernel_h = in.h;
    node->window.kernel_w = in.w;
    return output;
}

int zoo_concat(struct zoo_builder *b, const char *name, const int *inputs, int count)
{
    if (b->failed) {
        return -1;
    }
    const struct weft_tensor *tensors = b->model->graph.tensors;
    struct weft_tensor first = tensors[inputs[0]];
    int channels = 0;
    double mean = 0, square = 0;
    for (int i = 0; i < count; i++) {
        channels += tensors[inputs[i]].c;
        mean += b->mean[inputs[i]] * tensors[inputs[i]].c;
        square += b->square[inputs[i]] * tensors[inputs[i]].c;
    }
    int output = new_tensor(b, name, channels, first.h, first.w, &first.edge, mean / channels, square / channels);
    return new_node(b, WEFT_OP_CONCAT, name, inputs, count, output) ? output : -1;
}

weft_status zoo_finish(struct zoo_builder *b, int output, weft_model **model, weft_error *error)
{
    weft_status status = WEFT_OK;
    if (b->failed) {
        status = weft_fail(error, WEFT_E_MEMORY, "zoo: memory is short");
    } else {
        b->model->graph.output = output;
        status = weft_graph_check(&b->model->graph, "zoo", error);
    }
    if (status != WEFT_OK) {
        weft_model_free(&b->model);
        return status;
    }
    *model = b->model;
    return WEFT_OK;
}
