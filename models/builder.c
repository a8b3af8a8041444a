#include "builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int zoo_begin(struct zoo_builder *b, const char *name, int size, const weft_allocator *allocator)
{
    memset(b, 0, sizeof *b);
    b->tuning = zoo_tuning(name, &b->tuning_count);
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
    if (b->failed) {
        return -1;
    }
    /* Steps of 1/64, so that the thresholds are short numbers (edges.c). */
    weft_edge_init_linear(&graph->tensors[input].edge, true, 127, 127.0f / 64);
    graph->input = input;
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        b->samples[input][i] = (float)(0.5 * zoo_bell(b)); /* as weft_zoo_input has it */
    }
    return input;
}

const char *zoo_name(struct zoo_builder *b, const char *format, ...)
{
    char text[96];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const char *name = b->failed ? NULL : weft_pool_strdup(b->model->graph.pool, text);
    b->failed = !name;
    return name ? name : "";
}

struct weft_node *zoo_add(struct zoo_builder *b, enum weft_op op, const char *name, const int *inputs, int count, int c,
                          int h, int w, const struct weft_edge *edge, int *output)
{
    *output = -1;
    int t = b->failed ? -1 : weft_graph_add_tensor(&b->model->graph, name, 1, c, h, w);
    b->failed = t < 0 || t >= ZOO_TENSORS_MAX;
    int n = b->failed ? -1 : weft_graph_add_node(&b->model->graph, op, name, inputs, count, t);
    b->failed = n < 0;
    if (b->failed) {
        return NULL;
    }
    if (edge) {
        b->model->graph.tensors[t].edge = *edge;
    }
    *output = t;
    return &b->model->graph.nodes[n];
}

/* Extent with a last window that may hang over, but must start inside the image or its padding before it. */
static int ceil_extent(int in, int kernel, int stride, int pad)
{
    int out = (in + 2 * pad - kernel + stride - 1) / stride + 1;
    return (out - 1) * stride >= in + pad ? out - 1 : out;
}

static void set_window(struct weft_window *window, int kernel, int stride, int pad)
{
    window->kernel_h = window->kernel_w = kernel;
    window->stride_h = window->stride_w = stride;
    window->pad_top = window->pad_left = window->pad_bottom = window->pad_right = pad;
}

int zoo_maxpool(struct zoo_builder *b, int input, const char *name, int kernel, int stride, int pad, bool ceil)
{
    if (b->failed) {
        return -1;
    }
    struct weft_tensor in = b->model->graph.tensors[input];
    int h = ceil ? ceil_extent(in.h, kernel, stride, pad) : weft_window_extent(in.h, kernel, stride, 1, pad, pad);
    int w = ceil ? ceil_extent(in.w, kernel, stride, pad) : weft_window_extent(in.w, kernel, stride, 1, pad, pad);
    /* Neighbours are alike: the largest of a window is about that of two independent values. */
    float samples[ZOO_SAMPLES];
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        float one = b->samples[input][i], other = b->samples[input][(i + 1) % ZOO_SAMPLES];
        samples[i] = kernel > 1 && other > one ? other : one;
    }
    zoo_settle(b, samples);
    int output;
    struct weft_node *node = zoo_add(b, WEFT_OP_MAXPOOL, name, &input, 1, in.c, h, w, &in.edge, &output);
    if (!node) {
        return -1;
    }
    memcpy(b->samples[output], samples, sizeof samples);
    set_window(&node->window, kernel, stride, pad);
    int over_h = (h - 1) * stride + kernel - in.h - pad, over_w = (w - 1) * stride + kernel - in.w - pad;
    node->window.pad_bottom = over_h > pad ? over_h : pad;
    node->window.pad_right = over_w > pad ? over_w : pad;
    return output;
}

/* Samples of means: nearer to the mean of all by `share`, the part of the spread that is constant over a window. */
static void average_samples(const float *in, double share, float *out)
{
    double mean, square;
    zoo_moments(in, &mean, &square);
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        out[i] = (float)(mean + share * (in[i] - mean));
    }
}

int zoo_window_average(struct zoo_builder *b, int input, const char *name, int kernel, int stride, int pad)
{
    if (b->failed) {
        return -1;
    }
    struct weft_tensor in = b->model->graph.tensors[input];
    int h = weft_window_extent(in.h, kernel, stride, 1, pad, pad);
    int w = weft_window_extent(in.w, kernel, stride, 1, pad, pad), output;
    float samples[ZOO_SAMPLES];
    struct weft_edge edge;
    average_samples(b->samples[input], 0.75, samples);
    zoo_settle(b, samples);
    zoo_fit_edge(&edge, in.edge.is_signed, samples);
    zoo_encode_samples(&edge, samples);
    struct weft_node *node = zoo_add(b, WEFT_OP_AVGPOOL, name, &input, 1, in.c, h, w, &edge, &output);
    if (!node) {
        return -1;
    }
    set_window(&node->window, kernel, stride, pad);
    node->window.count_include_pad = true;
    node->window.real_pad_bottom = node->window.real_pad_right = pad;
    memcpy(b->samples[output], samples, sizeof samples);
    return output;
}

int zoo_average(struct zoo_builder *b, int input, const char *name, bool logits)
{
    if (b->failed) {
        return -1;
    }
    struct weft_tensor in = b->model->graph.tensors[input];
    float samples[ZOO_SAMPLES];
    struct weft_edge edge;
    memset(&edge, 0, sizeof edge);
    average_samples(b->samples[input], 0.5, samples);
    zoo_settle(b, samples);
    if (!logits) {
        zoo_fit_edge(&edge, in.edge.is_signed, samples);
        zoo_encode_samples(&edge, samples);
    }
    int output;
    struct weft_node *node = zoo_add(b, WEFT_OP_AVGPOOL, name, &input, 1, in.c, 1, 1, &edge, &output);
    if (!node) {
        return -1;
    }
    node->window.kernel_h = in.h;
    node->window.kernel_w = in.w;
    memcpy(b->samples[output], samples, sizeof samples);
    return output;
}

/* Each input gets its share of the samples. */
static void concat_samples(struct zoo_builder *b, const int *inputs, int count, int channels, float *out)
{
    const struct weft_tensor *tensors = b->model->graph.tensors;
    int input = 0, first = 0;
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        int channel = i * channels / ZOO_SAMPLES;
        while (channel >= first + tensors[inputs[input]].c && input < count - 1) {
            first += tensors[inputs[input++]].c;
        }
        out[i] = b->samples[inputs[input]][zoo_random(b) % ZOO_SAMPLES];
    }
}

int zoo_concat(struct zoo_builder *b, const char *name, const int *inputs, int count)
{
    if (b->failed) {
        return -1;
    }
    struct weft_tensor first = b->model->graph.tensors[inputs[0]];
    int channels = 0, output;
    for (int i = 0; i < count; i++) {
        channels += b->model->graph.tensors[inputs[i]].c;
    }
    float samples[ZOO_SAMPLES];
    concat_samples(b, inputs, count, channels, samples);
    zoo_settle(b, samples);
    if (!zoo_add(b, WEFT_OP_CONCAT, name, inputs, count, channels, first.h, first.w, &first.edge, &output)) {
        return -1;
    }
    memcpy(b->samples[output], samples, sizeof samples);
    return output;
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
