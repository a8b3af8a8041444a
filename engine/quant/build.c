/* The quantized model: the float graph with edges on its tensors and bins in place of its weights. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "quant/quantizer.h"
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
        copy->select = node->select ? weft_pool_copy(to->pool, node->select, (size_t)channels, sizeof *node->select)
                                    : NULL;
        if ((node->select && !copy->select) || !copy_floats(to, &copy->bias, node->bias, channels) ||
            !copy_floats(to, &copy->scale, node->scale, channels) ||
            !copy_floats(to, &copy->act.slope, node->act.slope, channels)) {
            return false;
        }
    }
    return true;
}

static void describe(const struct weft_quantizer *q, char *text, size_t size)
{
    const weft_quantize_options *o = q->options;
    char weights[64], acts[64];
    snprintf(weights, sizeof weights, o->weight_levels ? "%d levels" : "levels by search", o->weight_levels);
    snprintf(acts, sizeof acts, o->act_levels ? "%d levels" : "levels by search", o->act_levels);
    snprintf(text, size, "%.300s; quantized by weft %s: %s weights (%s), %s activations (%s), %d calibration inputs",
             q->graph->provenance ? q->graph->provenance : "", WEFT_VERSION_STRING,
             o->weights == WEFT_WEIGHTS_ENTROPY ? "weighted-entropy" : "fitted", weights,
             o->acts == WEFT_ACTS_ENTROPY ? "weighted-entropy" : "least-squares", acts, o->images);
}

static bool copy_graph(const struct weft_quantizer *q, struct weft_model *to)
{
    char text[640];
    const struct weft_model *from = q->model;
    struct weft_graph *graph = &to->graph;
    describe(q, text, sizeof text);
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
        return weft_fail(error, WEFT_E_UNSUPPORTED,
                         "%s: layer '%s': PRelu with several slopes that follows no convolution is "
                         "not supported", graph->name, node->name);
    }
    node->map = weft_pool_alloc(graph->pool, 256, 1);
    if (!node->map) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", graph->name, node->name);
    }
    for (int code = 0; code < 256; code++) {
        double x = weft_edge_has_code(in, (uint8_t)code) ? (double)weft_edge_decode(in, (uint8_t)code) : 0;
        node->map[code] = weft_edge_encode(out, (float)apply(&node->act, x));
    }
    return WEFT_OK;
}

/* ---- weights ---- */

static weft_status set_weights(struct weft_graph *graph, struct weft_node *node, const struct weft_layer_fit *fit,
                               float input_scale)
{
    int outputs = graph->tensors[node->output].c;
    int64_t n = node->weights_count;
    uint8_t *bins = weft_block_alloc(&graph->pool->allocator, (size_t)n, 1);
    node->codebook = fit->codebook;
    node->bins = weft_pool_alloc(graph->pool, weft_bins_bytes(n, node->codebook.format), 1);
    node->scale = weft_pool_alloc(graph->pool, (size_t)outputs, sizeof *node->scale);
    bool fine = bins && node->bins && node->scale;
    for (int64_t i = 0; fine && i < n; i++) {
        bins[i] = weft_codebook_bin(&node->codebook, fit->q[i]);
    }
    for (int o = 0; fine && o < outputs; o++) {
        node->scale[o] = fmaxf(fit->scale[o] * input_scale, 1e-37f);
        node->bias[o] = fit->bias[o];
    }
    if (fine) {
        weft_bins_pack(bins, n, node->codebook.format, node->bins);
    }
    weft_block_free(&graph->pool->allocator, bins);
    return fine ? WEFT_OK : WEFT_E_MEMORY;
}

static weft_status build_node(struct weft_quantizer *q, struct weft_graph *graph, int index)
{
    struct weft_node *node = &graph->nodes[index];
    const struct weft_node *from = &q->graph->nodes[index];
    const struct weft_edge *in = &graph->tensors[node->inputs[0]].edge;
    int channels = graph->tensors[node->output].c;
    switch (node->op) {
    case WEFT_OP_CONV:
        return q->fits[index].q ? set_weights(graph, node, &q->fits[index], in->scale)
                                : weft_quantize_weights(graph, node, from, channels, in->scale, &q->choices[index],
                                                        q->error);
    case WEFT_OP_AFFINE:
        for (int c = 0; c < channels; c++) {
            node->scale[c] *= in->scale;
        }
        return WEFT_OK;
    case WEFT_OP_ACT:
        return make_map(graph, node, q->error);
    default:
        return WEFT_OK;
    }
}

weft_status weft_build(struct weft_quantizer *q, weft_model **model)
{
    struct weft_model *to = weft_model_new(q->allocator);
    weft_status status = to && copy_graph(q, to) ? WEFT_OK : WEFT_E_MEMORY;
    for (int t = 0; status == WEFT_OK && t < q->graph->tensors_count; t++) {
        to->graph.tensors[t].edge = q->edges[t];
    }
    for (int i = 0; status == WEFT_OK && i < q->graph->nodes_count; i++) {
        status = build_node(q, &to->graph, i);
    }
    if (status == WEFT_E_MEMORY) {
        weft_fail(q->error, status, "%s: memory is short", q->graph->name);
    }
    status = status ? status : weft_graph_check(&to->graph, q->graph->name, q->error);
    if (status != WEFT_OK) {
        weft_model_free(&to);
    }
    *model = to;
    return status;
}
