#include "models_layers.h"

#include <math.h>
#include <string.h>

static uint32_t next_random(struct models_builder *b)
{
    b->state ^= b->state << 13;
    b->state ^= b->state >> 7;
    b->state ^= b->state << 17;
    return (uint32_t)(b->state >> 32);
}

static float random_float(struct models_builder *b, float low, float high)
{
    return low + (high - low) * (float)(next_random(b) >> 8) / 16777216.0f;
}

void *models_take(struct models_builder *b, size_t count, size_t size)
{
    void *block = b->failed ? NULL : weft_pool_alloc(&b->model->pool, count, size);
    b->failed = !block;
    return block;
}

float *models_random_floats(struct models_builder *b, int count, float low, float high)
{
    float *values = models_take(b, (size_t)count, sizeof *values);
    for (int i = 0; values && i < count; i++) {
        values[i] = random_float(b, low, high);
    }
    return values;
}

struct weft_tensor *models_tensor_of(struct models_builder *b, int t)
{
    return &b->model->graph.tensors[t];
}

int models_float_edge(struct models_builder *b, const char *name, int c, int h, int w)
{
    int t = b->failed ? -1 : weft_graph_add_tensor(&b->model->graph, name, 1, c, h, w);
    b->failed = t < 0;
    return t;
}

int models_log_edge(struct models_builder *b, const char *name, int c, int h, int w, bool is_signed, int magnitudes,
                    int step)
{
    int t = models_float_edge(b, name, c, h, w);
    if (t >= 0) {
        weft_edge_init_log(&models_tensor_of(b, t)->edge, is_signed, magnitudes, -40 + (int)(next_random(b) % 60),
                           step, is_signed ? 127 : 255);
    }
    return t;
}

int models_linear_edge(struct models_builder *b, const char *name, int c, int h, int w, bool is_signed, int magnitudes)
{
    int t = models_float_edge(b, name, c, h, w);
    if (t >= 0) {
        weft_edge_init_linear(&models_tensor_of(b, t)->edge, is_signed, magnitudes, random_float(b, 1.0f, 3.0f));
    }
    return t;
}

void models_round_thresholds(struct models_builder *b, int t)
{
    for (int m = 0; t >= 0 && m < models_tensor_of(b, t)->edge.magnitudes; m++) {
        float *theta = &models_tensor_of(b, t)->edge.theta[m];
        uint32_t bits;
        memcpy(&bits, theta, sizeof bits);
        bits = (bits + 0x8000) & 0xffff0000u;
        memcpy(theta, &bits, sizeof bits);
    }
}

int models_rounded_edge(struct models_builder *b, const char *name, int c, int h, int w, int magnitudes, int step)
{
    int t = models_log_edge(b, name, c, h, w, false, magnitudes, step);
    models_round_thresholds(b, t);
    return t;
}

int models_same_edge(struct models_builder *b, const char *name, int c, int h, int w, int like)
{
    int t = models_float_edge(b, name, c, h, w);
    if (t >= 0) {
        models_tensor_of(b, t)->edge = models_tensor_of(b, like)->edge;
    }
    return t;
}

struct weft_node *models_add(struct models_builder *b, enum weft_op op, const char *name, int input, int second,
                             int output)
{
    int inputs[2] = {input, second};
    int n =
        b->failed ? -1 : weft_graph_add_node(&b->model->graph, op, name, inputs, second < 0 ? 1 : 2, output);
    b->failed = n < 0;
    return b->failed ? NULL : &b->model->graph.nodes[n];
}

void models_set_window(struct weft_node *node, int kernel, int stride, int pad, int extra)
{
    if (node) {
        node->window = (struct weft_window){.kernel_h = kernel,
                                            .kernel_w = kernel,
                                            .stride_h = stride,
                                            .stride_w = stride,
                                            .dilation_h = 1,
                                            .dilation_w = 1,
                                            .pad_top = pad,
                                            .pad_left = pad,
                                            .pad_bottom = pad + extra,
                                            .pad_right = pad + extra};
    }
}

static void random_codebook(struct models_builder *b, struct weft_codebook *codebook, int levels)
{
    codebook->format = (enum weft_weight_format)weft_codebook_format(levels);
    codebook->levels = levels;
    codebook->magnitudes = codebook->format == WEFT_C8 ? 0 : (levels + 1) / 2;
    for (int i = 0; i < codebook->magnitudes; i++) {
        int room = 127 / codebook->magnitudes;
        codebook->q[i] =
            i == 0 && levels % 2 ? 0 : (uint8_t)(i * room + (int)(next_random(b) % (uint32_t)room));
    }
}

static void random_bins(struct models_builder *b, struct weft_node *node)
{
    const struct weft_codebook *codebook = &node->codebook;
    int bits = codebook->format;
    uint8_t *bins = models_take(b, (size_t)node->weights_count, 1);
    node->bins = models_take(b, weft_bins_bytes(node->weights_count, bits), 1);
    for (int64_t i = 0; !b->failed && i < node->weights_count; i++) {
        uint32_t draw = next_random(b);
        if (bits == WEFT_C8) {
            bins[i] = (uint8_t)(int8_t)((int)(draw % 255) - 127);
            continue;
        }
        uint8_t magnitude = (uint8_t)(draw % (uint32_t)codebook->magnitudes);
        bool zero = codebook->levels % 2 && magnitude == 0;
        bins[i] = (uint8_t)(magnitude | (!zero && draw >> 31 ? 1 << (bits - 1) : 0));
    }
    if (!b->failed) {
        weft_bins_pack(bins, node->weights_count, bits, node->bins);
    }
}

struct weft_node *models_conv(struct models_builder *b, const char *name, int input, int output, int levels, int kernel,
                              int stride, int pad, int groups)
{
    struct weft_node *node = models_add(b, WEFT_OP_CONV, name, input, -1, output);
    if (!node) {
        return NULL;
    }
    int in_c = models_tensor_of(b, input)->c, out_c = models_tensor_of(b, output)->c;
    models_set_window(node, kernel, stride, pad, 0);
    node->groups = groups;
    node->weights_count = (int64_t)out_c * (in_c / groups) * kernel * kernel;
    random_codebook(b, &node->codebook, levels);
    random_bins(b, node);
    node->scale = models_random_floats(b, out_c, 1e-6f, 1e-3f);
    node->bias = models_random_floats(b, out_c, -1.0f, 1.0f);
    return node;
}

void models_set_clip(struct weft_node *node, float lo, float hi)
{
    if (node) {
        node->act.func = WEFT_FUNC_CLIP;
        node->act.lo = lo;
        node->act.hi = hi;
    }
}

void models_set_hard(struct weft_node *node, enum weft_func func)
{
    if (node) {
        node->act.func = func;
        node->act.alpha = 1.0f / 6.0f;
        node->act.beta = 0.5f;
    }
}

void models_map_layer(struct models_builder *b, const char *name, enum weft_func func, int input, int output)
{
    struct weft_node *node = models_add(b, WEFT_OP_ACT, name, input, -1, output);
    if (!node) {
        return;
    }
    const struct weft_edge *in = &models_tensor_of(b, input)->edge, *out = &models_tensor_of(b, output)->edge;
    node->act.func = func;
    node->map = models_take(b, 256, 1);
    for (int code = 0; node->map && code < 256; code++) {
        float x = weft_edge_decode(in, (uint8_t)code);
        float y = func == WEFT_FUNC_RECODE ? x : x / (1.0f + expf(-x));
        node->map[code] = weft_edge_encode(out, y);
    }
}

void models_finish(struct models_builder *b, int input, int output)
{
    b->model->graph.input = input;
    b->model->graph.output = output;
    b->model->graph.quantized = true;
}
