/* The wall behind every parser: what passes here can neither overflow nor reach out of bounds later. This
 * file holds the graph as a whole; the nodes are in check_node.c, the quantized form in check_quantized.c. */
#include "graph/check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/error.h"

#define MACS_MAX (((int64_t)1 << 62) - 1)

weft_status weft_check_fail(const struct weft_check *check, weft_status status, const char *format, ...)
{
    char cause[256];
    va_list list;
    va_start(list, format);
    vsnprintf(cause, sizeof cause, format, list);
    va_end(list);
    const char *file = check->file ? check->file : "model";
    if (!check->node) {
        return weft_fail(check->error, status, "%s: %s", file, cause);
    }
    const char *name = check->node->name ? check->node->name : "";
    return weft_fail(check->error, status, "%s: layer '%.200s' (%s): %s", file, name,
                     weft_op_name(check->node->op), cause);
}

int64_t weft_check_finite(const float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return i;
        }
    }
    return -1;
}

static weft_status check_tensor(const struct weft_check *check, int t)
{
    const struct weft_graph *graph = check->graph;
    const struct weft_tensor *tensor = &graph->tensors[t];
    const int extents[4] = {tensor->n, tensor->c, tensor->h, tensor->w};
    for (int i = 0; i < 4; i++) {
        if (extents[i] < 1 || extents[i] > WEFT_EXTENT_MAX) {
            return weft_check_fail(check, WEFT_E_FORMAT, "tensor %d: dimension %d is %d, outside 1..%d", t, i,
                                   extents[i], WEFT_EXTENT_MAX);
        }
    }
    int64_t elements = weft_tensor_elements(tensor);
    if (elements < 0 || elements > WEFT_ELEMENTS_MAX) {
        return weft_check_fail(check, WEFT_E_FORMAT, "tensor %d: %dx%dx%dx%d has 2^31 elements or more", t,
                               tensor->n, tensor->c, tensor->h, tensor->w);
    }
    if (!tensor->name) {
        return weft_check_fail(check, WEFT_E_FORMAT, "tensor %d has no name", t);
    }
    if (t == graph->input) {
        if (tensor->producer != -1) {
            return weft_check_fail(check, WEFT_E_FORMAT, "the input tensor %d has a producer, node %d", t,
                                   tensor->producer);
        }
    } else if (tensor->producer < 0 || tensor->producer >= graph->nodes_count ||
               graph->nodes[tensor->producer].output != t) {
        return weft_check_fail(check, WEFT_E_FORMAT,
                               "tensor %d is not the output of the node that it names (%d)", t,
                               tensor->producer);
    }
    return WEFT_OK;
}

/* Reading `t` at node `i`: a tensor that exists and was made before. */
static weft_status check_read(const struct weft_check *check, int t, int i)
{
    const struct weft_graph *graph = check->graph;
    if (t < 0 || t >= graph->tensors_count) {
        return weft_check_fail(check, WEFT_E_FORMAT, "reads tensor %d of %d", t, graph->tensors_count);
    }
    if (graph->tensors[t].producer >= i) {
        return weft_check_fail(check, WEFT_E_FORMAT, "reads tensor %d before it is made", t);
    }
    return WEFT_OK;
}

static weft_status check_links(const struct weft_check *check, int i)
{
    const struct weft_node *node = check->node;
    if ((unsigned)node->op >= WEFT_OP_COUNT || !node->name) {
        return weft_check_fail(check, WEFT_E_FORMAT, "node %d has no known operator or no name", i);
    }
    if (node->output < 0 || node->output >= check->graph->tensors_count ||
        check->graph->tensors[node->output].producer != i) {
        return weft_check_fail(check, WEFT_E_FORMAT,
                               "output %d is not a tensor of its own: each tensor has one producer",
                               node->output);
    }
    if (node->inputs_count < 1 || !node->inputs) {
        return weft_check_fail(check, WEFT_E_FORMAT, "no inputs");
    }
    for (int k = 0; k < node->inputs_count; k++) {
        weft_status status = check_read(check, node->inputs[k], i);
        if (status) {
            return status;
        }
    }
    if (node->residual != -1) {
        if (node->op != WEFT_OP_CONV) {
            return weft_check_fail(check, WEFT_E_FORMAT, "a residual, which only convolutions take");
        }
        return check_read(check, node->residual, i);
    }
    return WEFT_OK;
}

static weft_status check_whole(const struct weft_check *check)
{
    const struct weft_graph *graph = check->graph;
    if (graph->nodes_count < 0 || graph->nodes_count > WEFT_NODES_MAX || graph->tensors_count < 1 ||
        graph->tensors_count > WEFT_TENSORS_MAX) {
        return weft_check_fail(check, WEFT_E_FORMAT, "%d nodes and %d tensors: outside 0..%d and 1..%d",
                               graph->nodes_count, graph->tensors_count, WEFT_NODES_MAX, WEFT_TENSORS_MAX);
    }
    if (graph->input < 0 || graph->input >= graph->tensors_count || graph->output < 0 ||
        graph->output >= graph->tensors_count) {
        return weft_check_fail(check, WEFT_E_FORMAT, "input %d or output %d is not one of %d tensors",
                               graph->input, graph->output, graph->tensors_count);
    }
    for (int t = 0; t < graph->tensors_count; t++) {
        weft_status status = check_tensor(check, t);
        if (status) {
            return status;
        }
    }
    return WEFT_OK;
}

weft_status weft_graph_check(const struct weft_graph *graph, const char *file, weft_error *error)
{
    struct weft_check check = {graph, file, error, NULL};
    weft_status status = check_whole(&check);
    int64_t macs = 0;
    for (int i = 0; i < graph->nodes_count && !status; i++) {
        check.node = &graph->nodes[i];
        status = check_links(&check, i);
        if (!status) {
            status = weft_check_node(&check);
        }
        if (!status) {
            macs += weft_node_macs(graph, check.node); /* each is below 2^62 */
            if (macs > MACS_MAX) {
                status = weft_check_fail(&check, WEFT_E_RANGE, "2^62 multiply-adds or more up to here");
            }
        }
    }
    if (!status && graph->quantized) {
        status = weft_check_quantized(&check);
    }
    return status;
}
