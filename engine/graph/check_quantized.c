/* What the quantized form adds: edges, codebooks, bins, and the bound of the 32-bit accumulators. */
#include "graph/check.h"

#include <limits.h>
#include <math.h>

/* Bytes of an activation reach 255 at most (docs/formats.md section 3). */
#define BYTE_MAX 255

static weft_status check_edges(const struct weft_check *check)
{
    const struct weft_graph *graph = check->graph;
    for (int t = 0; t < graph->tensors_count; t++) {
        const struct weft_tensor *tensor = &graph->tensors[t];
        if (tensor->n != 1) {
            return weft_check_fail(check, WEFT_E_FORMAT,
                                   "edge '%.200s': a batch of %d; quantized models have 1", tensor->name,
                                   tensor->n);
        }
        const char *reason = weft_edge_check(&tensor->edge);
        if (reason) {
            return weft_check_fail(check, WEFT_E_RANGE, "edge '%.200s': %s", tensor->name, reason);
        }
    }
    if (graph->tensors[graph->input].edge.kind == WEFT_EDGE_FLOAT) {
        return weft_check_fail(check, WEFT_E_FORMAT, "the input has no codes: quantize the model again");
    }
    return WEFT_OK;
}

/* Float edges stand at the end: only SOFTMAX reads them, only operators with an epilogue write them. */
static weft_status check_float_edges(const struct weft_check *check)
{
    const struct weft_graph *graph = check->graph;
    const struct weft_node *node = check->node;
    for (int k = 0; k < node->inputs_count; k++) {
        const struct weft_tensor *in = &graph->tensors[node->inputs[k]];
        if (in->edge.kind == WEFT_EDGE_FLOAT && node->op != WEFT_OP_SOFTMAX) {
            return weft_check_fail(check, WEFT_E_FORMAT, "reads '%.100s', a float edge; only softmax may",
                                   in->name);
        }
    }
    if (node->residual >= 0 && graph->tensors[node->residual].edge.kind == WEFT_EDGE_FLOAT) {
        return weft_check_fail(check, WEFT_E_FORMAT, "its residual is a float edge");
    }
    bool codes_only = node->op == WEFT_OP_ACT || node->op == WEFT_OP_MAXPOOL || node->op == WEFT_OP_CONCAT ||
                      node->op == WEFT_OP_PAD || node->op == WEFT_OP_RESHAPE || node->op == WEFT_OP_SELECT;
    if (codes_only && graph->tensors[node->output].edge.kind == WEFT_EDGE_FLOAT) {
        return weft_check_fail(check, WEFT_E_FORMAT, "its output is a float edge, and it makes only codes");
    }
    return WEFT_OK;
}

/* Operators that move codes without looking at their values. */
static weft_status check_equal_edges(const struct weft_check *check)
{
    const struct weft_graph *graph = check->graph;
    const struct weft_node *node = check->node;
    bool moves = node->op == WEFT_OP_MAXPOOL || node->op == WEFT_OP_CONCAT || node->op == WEFT_OP_PAD ||
                 node->op == WEFT_OP_RESHAPE || node->op == WEFT_OP_SELECT;
    for (int k = 0; moves && k < node->inputs_count; k++) {
        if (!weft_edge_equal(&graph->tensors[node->inputs[k]].edge, &graph->tensors[node->output].edge)) {
            return weft_check_fail(check, WEFT_E_FORMAT,
                                   "input %d and the output differ in their edge format", k);
        }
    }
    return WEFT_OK;
}

static weft_status check_bins(const struct weft_check *check)
{
    const struct weft_node *node = check->node;
    const char *reason = weft_codebook_check(&node->codebook);
    if (reason) {
        return weft_check_fail(check, WEFT_E_RANGE, "codebook: %s", reason);
    }
    if (!node->bins) {
        return weft_check_fail(check, WEFT_E_FORMAT, "no bins");
    }
    int64_t bad = weft_bins_check(node->bins, node->weights_count, &node->codebook);
    if (bad >= 0) {
        return weft_check_fail(check, WEFT_E_RANGE, "weight %lld names no entry of the codebook",
                               (long long)bad);
    }
    int64_t terms = node->weights_count / check->graph->tensors[node->output].c;
    int largest = weft_codebook_max(&node->codebook);
    if (terms * largest * BYTE_MAX > INT32_MAX) {
        return weft_check_fail(
            check, WEFT_E_RANGE,
            "%lld products of up to %d * 255 leave 32 bits: quantize with a smaller codebook_max",
            (long long)terms, largest);
    }
    return WEFT_OK;
}

static weft_status check_map(const struct weft_check *check)
{
    const struct weft_node *node = check->node;
    const struct weft_edge *edge = &check->graph->tensors[node->output].edge;
    if (!node->map) {
        return weft_check_fail(check, WEFT_E_FORMAT, "no map from code to code");
    }
    for (int code = 0; code < 256; code++) {
        if (!weft_edge_has_code(edge, node->map[code])) {
            return weft_check_fail(check, WEFT_E_RANGE, "its map gives %d for %d, no code of its output",
                                   node->map[code], code);
        }
    }
    return WEFT_OK;
}

static weft_status check_node_codes(const struct weft_check *check)
{
    const struct weft_node *node = check->node;
    weft_status status = check_float_edges(check);
    if (!status) {
        status = check_equal_edges(check);
    }
    if (status) {
        return status;
    }
    switch (node->op) {
    case WEFT_OP_CONV:
        return check_bins(check);
    case WEFT_OP_ACT:
        return check_map(check);
    case WEFT_OP_AVGPOOL:
        if ((int64_t)node->window.kernel_h * node->window.kernel_w > INT32_MAX / BYTE_MAX) {
            return weft_check_fail(check, WEFT_E_RANGE, "the sum over its %dx%d window leaves 32 bits",
                                   node->window.kernel_h, node->window.kernel_w);
        }
        return WEFT_OK;
    case WEFT_OP_GATE: {
        const struct weft_tensor *tensors = check->graph->tensors;
        float unit = tensors[node->inputs[0]].edge.scale * tensors[node->inputs[1]].edge.scale;
        if (!isfinite(unit * WEFT_TABLE_MAX_UNSIGNED)) {
            return weft_check_fail(check, WEFT_E_RANGE,
                                   "the scales of its inputs, multiplied, leave the range of floats");
        }
        return WEFT_OK;
    }
    default:
        return WEFT_OK;
    }
}

weft_status weft_check_quantized(const struct weft_check *check)
{
    struct weft_check at = *check;
    at.node = NULL;
    weft_status status = at.graph->nodes_count
                             ? check_edges(&at)
                             : weft_check_fail(&at, WEFT_E_FORMAT, "a quantized model of no layers");
    for (int i = 0; i < at.graph->nodes_count && !status; i++) {
        at.node = &at.graph->nodes[i];
        status = check_node_codes(&at);
    }
    return status;
}
