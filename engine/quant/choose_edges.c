#include <math.h>

#include "core/error.h"
#include "quant/choose.h"

/* Codes of the image: linear, like the pixels. */
enum { INPUT_MAGNITUDES = 127 };

static bool moves_codes(enum weft_op op)
{
    return op == WEFT_OP_MAXPOOL || op == WEFT_OP_CONCAT || op == WEFT_OP_PAD || op == WEFT_OP_RESHAPE ||
           op == WEFT_OP_SELECT;
}

/* ---- classes of tensors that share one format: union-find ---- */

static int find(int *parent, int t)
{
    while (parent[t] != t) {
        parent[t] = parent[parent[t]];
        t = parent[t];
    }
    return t;
}

static void unite(const struct weft_graph *graph, int *parent)
{
    for (int t = 0; t < graph->tensors_count; t++) {
        parent[t] = t;
    }
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        for (int k = 0; moves_codes(node->op) && k < node->inputs_count; k++) {
            int a = find(parent, node->inputs[k]), b = find(parent, node->output);
            parent[a > b ? a : b] = a < b ? a : b;
        }
    }
}

/* ---- which tensors stay float: the network's output and what softmax takes, where an epilogue makes them ---- */

static bool has_epilogue(const struct weft_graph *graph, int t)
{
    int producer = graph->tensors[t].producer;
    return producer >= 0 && graph->nodes[producer].op != WEFT_OP_ACT && !moves_codes(graph->nodes[producer].op);
}

static bool stays_float(const struct weft_graph *graph, int t)
{
    bool read_by_softmax = t == graph->output;
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        for (int k = 0; k < node->inputs_count; k++) {
            if (node->inputs[k] == t && node->op != WEFT_OP_SOFTMAX) {
                return false;
            }
            read_by_softmax = read_by_softmax || node->inputs[k] == t;
        }
        if (node->residual == t) {
            return false;
        }
    }
    return read_by_softmax && has_epilogue(graph, t);
}

/* ---- formats ---- */

static int table_max(const struct weft_layer_choice *choice, bool is_signed)
{
    int most = is_signed ? WEFT_TABLE_MAX_SIGNED : WEFT_TABLE_MAX_UNSIGNED;
    return choice->table_max > 0 && choice->table_max < most ? choice->table_max : most;
}

static void choose_log(const struct weft_tensor_stats *stats, const struct weft_layer_choice *choice,
                       struct weft_edge *edge)
{
    struct weft_log_scale scale;
    bool is_signed = stats->negatives > 0;
    weft_act_search(&stats->histogram, choice->act_levels, &scale);
    weft_edge_init_log(edge, is_signed, choice->act_levels - 1, scale.fsr, scale.step, table_max(choice, is_signed));
}

static void choose_input(const struct weft_tensor_stats *stats, struct weft_edge *edge)
{
    float top = stats->most > -stats->least ? stats->most : -stats->least;
    weft_edge_init_linear(edge, stats->negatives > 0, INPUT_MAGNITUDES, top > 1e-30f ? top : 1);
}

weft_status weft_choose_edges(struct weft_graph *graph, const struct weft_layer_choice *choices,
                              const weft_quantize_options *options, struct weft_tensor_stats *stats, weft_error *error)
{
    const weft_allocator *allocator = &graph->pool->allocator;
    int *parent = weft_block_alloc(allocator, (size_t)graph->tensors_count, sizeof *parent);
    if (!parent) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: memory is short", graph->name);
    }
    unite(graph, parent);
    for (int t = 0; t < graph->tensors_count; t++) {
        if (find(parent, t) != t) {
            weft_stats_merge(&stats[find(parent, t)], &stats[t]);
        }
    }
    int root_of_input = find(parent, graph->input);
    for (int t = 0; t < graph->tensors_count; t++) {
        struct weft_edge *edge = &graph->tensors[t].edge;
        int root = find(parent, t), producer = graph->tensors[t].producer;
        if (stays_float(graph, t)) {
            edge->kind = WEFT_EDGE_FLOAT;
        } else if (root != t) {
            *edge = graph->tensors[root].edge;
        } else if (t == root_of_input) {
            choose_input(&stats[t], edge);
        } else {
            choose_log(&stats[t], &choices[producer], edge);
        }
        if (options->progress) {
            options->progress(options->progress_cookie, "choosing scales", t + 1, graph->tensors_count);
        }
    }
    weft_block_free(allocator, parent);
    return WEFT_OK;
}
