/* Edges whose memory holds integers T in place of codes. Pointwise convolutions then read their pixels where they lie,
 * without a strip of bytes; for the kernel that writes them it is one more permute. Signed ones, which a multiply takes
 * with 128 added, are held as +-T for those that read them as residuals. Several codes may have one integer, so that
 * traced sessions, which are asked for codes, do without. */
#include "ops/ops.h"

static bool is_input(const struct weft_node *node, int tensor)
{
    bool is = false;
    for (int k = 0; k < node->inputs_count; k++) {
        is = is || node->inputs[k] == tensor;
    }
    return is;
}

/* Whether a node that reads the tensor goes by ops->edges, or by ops->as_residual. */
static bool reads_integers(const struct weft_ops *ops, const struct weft_node *node, int tensor)
{
    if (weft_ops_tensor(ops, tensor)->edge.is_signed) {
        bool residual = node->op == WEFT_OP_CONV && !weft_node_is_depthwise(ops->graph, node);
        return !is_input(node, tensor) && (node->residual != tensor || residual);
    }
    return node->op == WEFT_OP_CONV || (!is_input(node, tensor) && node->residual != tensor);
}

static bool gains(const struct weft_ops *ops, const struct weft_node *node, int tensor)
{
    if (weft_ops_tensor(ops, tensor)->edge.is_signed) {
        return node->residual == tensor;
    }
    return node->op == WEFT_OP_CONV && node->inputs[0] == tensor && !weft_node_is_depthwise(ops->graph, node) &&
           weft_node_is_pointwise(node) && weft_ops_tensor(ops, tensor)->c / node->groups % 8 == 0;
}

/* The edge of memory that holds T in place of codes; NULL if memory is short. */
static const struct weft_edge *integers_of(const struct weft_edge *edge, struct weft_pool *pool)
{
    struct weft_edge *held = weft_pool_alloc(pool, 1, sizeof *held);
    if (held) {
        *held = *edge;
        held->magnitudes = edge->table[edge->magnitudes];
        for (int i = 0; i <= held->magnitudes; i++) {
            held->table[i] = (uint8_t)i;
        }
    }
    return held;
}

bool weft_ops_hold_integers(struct weft_ops *ops, int tensor, const uint8_t **values)
{
    const struct weft_graph *graph = ops->graph;
    const struct weft_edge *edge = &graph->tensors[tensor].edge;
    bool few = edge->kind == WEFT_EDGE_LOG && edge->magnitudes < WEFT_INTEGERS;
    bool fine = few && !ops->trace && tensor != graph->input && tensor != graph->output, some = false;
    for (int i = 0; fine && i < graph->nodes_count; i++) {
        fine = reads_integers(ops, &graph->nodes[i], tensor);
        some = some || gains(ops, &graph->nodes[i], tensor);
    }
    *values = NULL;
    if (!fine || !some) {
        return true;
    }
    const struct weft_edge *held = edge->is_signed ? edge : integers_of(edge, ops->pool);
    uint8_t *table = weft_pool_alloc(ops->pool, WEFT_INTEGERS, 1);
    if (!held || !table) {
        return false;
    }
    for (int m = 0; m < WEFT_INTEGERS; m++) {
        table[m] = m <= edge->magnitudes ? edge->table[m] : 0;
    }
    ops->edges[tensor] = held;
    ops->as_residual[tensor] = edge->is_signed;
    *values = table;
    return true;
}
