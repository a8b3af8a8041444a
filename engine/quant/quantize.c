/* A quantized model from a float one: calibrate, choose formats, copy the graph with bins in place of weights. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "quant/choose.h"
#include "quant/weights.h"

static bool copy_tensors(struct weft_graph *to, const struct weft_graph *from)
{
    for (int t = 0; t < from->tensors_count; t++) {
        const struct weft_tensor *tensor = &from->tensors[t];
        int index = weft_graph_add_tensor(to, tensor->name, 1, tensor->c, tensor->h, tensor->w);
        if (index != t) {
            return false;
        }
        to->tensors[t].producer = tensor->producer;
    }
    return true;
}

/* A copy of `count` floats in the graph's pool; NULL stays NULL. */
static bool copy_floats(struct weft_graph *graph, float **to, const float *from, int count)
{
    *to = from ? weft_pool_copy(graph->pool, from, (size_t)count, sizeof *from) : NULL;
    return !from || *to;
}

static bool copy_nodes(struct weft_graph *to, const struct weft_graph *from)
{
    for (int i = 0; i < from->nodes_count; i++) {
        const struct weft_node *node = &from->nodes[i];
        int channels = from->tensors[node->output].c;
        int index = weft_graph_add_node(to, node->op, node->name, node->inputs, node->inputs_count, node->output);
        if (index != i) {
            return false;
        }
        struct weft_node *copy = &to->nodes[i];
        struct weft_node made = *copy;
        *copy = *node;
        copy->name = made.name;
        copy->inputs = made.inputs;
        copy->weights = NULL;
        copy->bins = NULL;
        copy->map = NULL;
        to->tensors[node->output].producer = i;
        if (!copy_floats(to, &copy->bias, node->bias, channels) || !copy_floats(to, &copy->scale, node->scale, channels) ||
            !copy_floats(to, &copy->act.slope, node->act.slope, channels)) {
            return false;
        }
    }
    return true;
}

static bool copy_graph(struct weft_model *to, const struct weft_model *from, const weft_quantize_options *options)
{
    char text[512];
    struct weft_graph *graph = &to->graph;
    snprintf(text, sizeof text, "%.300s; quantized by weft %s: weighted-entropy weights (%d levels), log activations (%d levels), "
             "%d calibration inputs", from->graph.provenance ? from->graph.provenance : "", WEFT_VERSION_STRING,
             options->weight_levels, options->act_levels, options->images);
    graph->name = weft_pool_strdup(graph->pool, from->graph.name);
    graph->provenance = weft_pool_strdup(graph->pool, text);
    graph->input = from->graph.input;
    graph->output = from->graph.output;
    graph->quantized = true;
    to->prep = from->prep;
    return graph->name && graph->provenance && copy_tensors(graph, &from->graph) && copy_nodes(graph, &from->graph) &&
           weft_model_set_labels(to, (const char *const *)from->labels, from->labels_count) == WEFT_OK;
}

/* ---- functions on their own ---- */

static double apply(const struct weft_act *act, double x)
{
    switch (act->func) {
    case WEFT_FUNC_CLIP: return x < act->lo ? act->lo : x > act->hi ? act->hi : x;
    case WEFT_FUNC_LEAKY: return x < 0 ? x * act->slope[0] : x;
    case WEFT_FUNC_HSIGMOID: return fmin(fmax(act->alpha * x + act->beta, 0), 1);
    case WEFT_FUNC_HSWISH: return x * fmin(fmax(act->alpha * x + act->beta, 0), 1);
    case WEFT_FUNC_SIGMOID: return 1 / (1 + exp(-x));
    case WEFT_FUNC_SWISH: return x / (1 + exp(-x));
    case WEFT_FUNC_TANH: return tanh(x);
    default: return x;
    }
}

/* One slope for all channels can be a table; several cannot. */
static bool is_uniform(const struct weft_act *act, int channels)
{
    for (int c = 1; act->func == WEFT_FUNC_LEAKY && c < channels; c++) {
        if (act->slope[c] != act->slope[0]) {
            return false;
        }
    }
    return true;
}

static weft_status make_map(struct weft_graph *graph, struct weft_node *node, weft_error *error)
{
    const struct weft_edge *in = &graph->tensors[node->inputs[0]].edge, *out = &graph->tensors[node->output].edge;
    if (!is_uniform(&node->act, graph->tensors[node->output].c)) {
        return weft_fail(error, WEFT_E_UNSUPPORTED, "%s: layer '%s': PRelu with several slopes that follows no convolution is "
                         "not supported", graph->name, node->name);
    }
    node->map = weft_pool_alloc(graph->pool, 256, 1);
    if (!node->map) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", graph->name, node->name);
    }
    for (int code = 0; code < 256; code++) {
        bool exists = (code & 127) <= in->magnitudes && (code < 128 || in->is_signed);
        double x = exists ? (double)weft_edge_decode(in, (uint8_t)code) : 0;
        node->map[code] = weft_edge_encode(out, (float)apply(&node->act, x));
    }
    return WEFT_OK;
}

/* ---- the whole ---- */

static weft_status quantize_node(struct weft_graph *graph, int index, const struct weft_node *from,
                                 const struct weft_layer_choice *choice, weft_error *error)
{
    struct weft_node *node = &graph->nodes[index];
    const struct weft_edge *in = &graph->tensors[node->inputs[0]].edge;
    int channels = graph->tensors[node->output].c;
    switch (node->op) {
    case WEFT_OP_CONV:
        return weft_quantize_weights(graph, node, from, channels, in->scale, choice, error);
    case WEFT_OP_AFFINE:
        for (int c = 0; c < channels; c++) {
            node->scale[c] *= in->scale;
        }
        return WEFT_OK;
    case WEFT_OP_ACT:
        return make_map(graph, node, error);
    default:
        return WEFT_OK;
    }
}

static weft_status quantize_into(struct weft_model *to, const weft_model *from, const weft_quantize_options *options,
                                 struct weft_layer_choice *choices, struct weft_tensor_stats *stats, weft_error *error)
{
    const struct weft_graph *source = &from->graph;
    weft_status status = weft_choose_layers(source, options, choices, error);
    status = status ? status : weft_calibrate(source, options, stats, error);
    if (status != WEFT_OK) {
        return status;
    }
    if (!copy_graph(to, from, options)) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: memory is short", source->name);
    }
    status = weft_choose_edges(&to->graph, choices, options, stats, error);
    for (int i = 0; i < source->nodes_count && status == WEFT_OK; i++) {
        status = quantize_node(&to->graph, i, &source->nodes[i], &choices[i], error);
        if (options->progress) {
            options->progress(options->progress_cookie, "quantizing weights", i + 1, source->nodes_count);
        }
    }
    return status ? status : weft_graph_check(&to->graph, source->name, error);
}

weft_status weft_quantize(const weft_model *model, const weft_quantize_options *options, weft_model **quantized,
                          weft_error *error)
{
    *quantized = NULL;
    const struct weft_graph *graph = &model->graph;
    if (options->size != sizeof *options || !options->source || options->images < 1) {
        return weft_fail(error, WEFT_E_ARGUMENT, "quantize: call weft_quantize_options_default first, then give a source of at "
                         "least one image");
    }
    if (graph->quantized || graph->tensors[graph->input].n != 1) {
        return weft_fail(error, WEFT_E_ARGUMENT, "%s: quantize takes a float model with a batch of 1", graph->name);
    }
    const weft_allocator *allocator = &model->pool.allocator;
    struct weft_layer_choice *choices = weft_block_alloc(allocator, (size_t)graph->nodes_count + 1, sizeof *choices);
    struct weft_tensor_stats *stats = weft_block_alloc(allocator, (size_t)graph->tensors_count, sizeof *stats);
    struct weft_model *to = weft_model_new(allocator);
    weft_status status = WEFT_E_MEMORY;
    if (choices && stats && to) {
        memset(stats, 0, (size_t)graph->tensors_count * sizeof *stats);
        status = quantize_into(to, model, options, choices, stats, error);
    } else {
        weft_fail(error, status, "%s: memory is short", graph->name);
    }
    weft_block_free(allocator, choices);
    weft_block_free(allocator, stats);
    if (status != WEFT_OK) {
        weft_model_free(&to);
    }
    *quantized = to;
    return status;
}
