/* Edges whose memory holds integers T in place of codes. Pointwise convolutions then read their pixels where they lie,
 * without a strip of bytes; for the kernel that writes them it is one more permute. Several codes may have one integer, so
 * that traced sessions, which are asked for codes, do without. */
#include "ops/ops.h"

/* Nodes that read memory through ops->edges. */
static bool reads_integers(const struct weft_node *node, int tensor)
{
    bool reads = node->residual == tensor;
    for (int k = 0; k < node->inputs_count; k++) {
        reads = reads || node->inputs[k] == tensor;
    }
    return !reads || node->op == WEFT_OP_CONV;
}

static bool gains(const struct weft_ops *ops, const struct weft_node *node, int tensor)
{
    return node->op == WEFT_OP_CONV && node->inputs[0] == tensor && !weft_node_is_depthwise(ops->graph, node) &&
           weft_node_is_pointwise(node) && weft_ops_tensor(ops, tensor)->c / node->groups % 8 == 0;
}

bool weft_ops_hold_integers(struct weft_ops *ops, int tensor, const uint8_t **values)
{
    const struct weft_graph *graph = ops->graph;
    const struct weft_edge *edge = &graph->tensors[tensor].edge;
    bool few = edge->kind == WEFT_EDGE_LOG && !edge->is_signed && edge->magnitudes < WEFT_INTEGERS;
    bool fine = few && !ops->trace && tensor != graph->input && tensor != graph->output, some = false;
    for (int i = 0; fine && i < graph->nodes_count; i++) {
        fine = reads_integers(&graph->nodes[i], tensor);
        some = some || gains(ops, &graph->nodes[i], tensor);
    }
    *values = NULL;
    if (!fine || !some) {
        return true;
    }
    struct weft_edge *held = weft_pool_alloc(ops->pool, 1, sizeof *held);
    uint8_t *table = weft_pool_alloc(ops->pool, WEFT_INTEGERS, 1);
    if (!held || !table) {
        return false;
    }
    *held = *edge;
    held->magnitudes = edge->table[edge->magnitudes];
    for (int i = 0; i <= held->magnitudes; i++) {
        held->table[i] = (uint8_t)i;
    }
    for (int m = 0; m < WEFT_INTEGERS; m++) {
        table[m] = m <= edge->magnitudes ? edge->table[m] : 0;
    }
    ops->edges[tensor] = held;
    *values = table;
    return true;
}
