#include <math.h>
#include <string.h>

#include "core/error.h"
#include "quant/quantizer.h"


static bool moves_codes(enum weft_op op)
{
    return op == WEFT_OP_MAXPOOL || op == WEFT_OP_CONCAT || op == WEFT_OP_PAD || op == WEFT_OP_RESHAPE ||
           op == WEFT_OP_SELECT;
}

/* ---- classes: union-find ---- */

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
    for (int t = 0; t < graph->tensors_count; t++) {
        parent[t] = find(parent, t);
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

/* ---- candidates ---- */

/* The value that every tensor of the class is limited to, if it is reached; else 0. */
static float find_saturation(const struct weft_quantizer *q, int root)
{
    const struct weft_graph *graph = q->graph;
    float limit = 0;
    for (int t = 0; t < graph->tensors_count; t++) {
        int producer = graph->tensors[t].producer;
        if (q->class_of[t] != root || (producer >= 0 && moves_codes(graph->nodes[producer].op))) {
            continue;
        }
        const struct weft_act *act = producer >= 0 ? &graph->nodes[producer].act : NULL;
        bool limits = act && act->func == WEFT_FUNC_CLIP && isfinite(act->hi) && act->hi > 0 && act->lo == 0;
        if (!limits || (limit > 0 && act->hi != limit)) {
            return 0;
        }
        limit = act->hi;
    }
    return q->stats[root].most >= limit ? limit : 0;
}

static void add_form(struct weft_edge_class *class, const struct weft_fine_sums *sums,
                     const struct weft_edge_wish *wish)
{
    class->noise[class->forms] = weft_edge_fit(sums, wish, &class->form[class->forms]);
    class->forms++;
}

static void make_forms(struct weft_quantizer *q, int root, struct weft_fine_sums *sums)
{
    static const int magnitudes[] = {7, 15, 31, 63, 127};
    struct weft_edge_class *class = &q->classes[root];
    int producer = q->graph->tensors[root].producer;
    const struct weft_layer_choice *choice = producer >= 0 ? &q->choices[producer] : NULL;
    bool is_signed = q->stats[root].negatives > 0;
    int most = is_signed ? WEFT_TABLE_MAX_SIGNED : WEFT_TABLE_MAX_UNSIGNED;
    int table_max = choice && choice->table_max > 0 && choice->table_max < most ? choice->table_max : most;
    struct weft_edge_wish wish = {WEFT_EDGE_LOG, is_signed, 0, table_max, find_saturation(q, root)};
    weft_fine_sum(sums, &q->stats[root].fine);
    class->signal = sums->square[WEFT_FINE_BUCKETS];
    class->fixed = -1;
    if (choice && choice->act_levels > 0) {
        wish.magnitudes = choice->act_levels - 1;
        class->fixed = 0;
        add_form(class, sums, &wish);
    }
    for (size_t i = class->is_input ? 4 : 0; class->fixed < 0 && i < sizeof magnitudes / sizeof *magnitudes; i++) {
        wish.magnitudes = magnitudes[i];
        add_form(class, sums, &wish);
    }
    if (class->fixed < 0) {
        wish.kind = WEFT_EDGE_LINEAR;
        wish.magnitudes = is_signed ? WEFT_MAGNITUDES_MAX_SIGNED : WEFT_MAGNITUDES_MAX;
        add_form(class, sums, &wish);
    }
    for (int i = 0; i < 2; i++) {
        struct weft_edge_wish narrow = {WEFT_EDGE_LOG, is_signed,
                                        choice && choice->act_levels > 0 ? choice->act_levels - 1 : 31,
                                        i ? 31 : 63, wish.saturated};
        class->narrow_noise[i] = weft_edge_fit(sums, &narrow, &class->narrow[i]);
    }
}

weft_status weft_classes_make(struct weft_quantizer *q)
{
    const struct weft_graph *graph = q->graph;
    struct weft_fine_sums *sums = weft_block_alloc(q->allocator, 1, sizeof *sums);
    if (!sums) {
        return weft_fail(q->error, WEFT_E_MEMORY, "%s: memory is short", graph->name);
    }
    unite(graph, q->class_of);
    for (int t = 0; t < graph->tensors_count; t++) {
        int root = q->class_of[t];
        q->classes[root].elements += weft_tensor_elements(&graph->tensors[t]);
        if (root != t) {
            weft_stats_merge(&q->stats[root], &q->stats[t]);
        }
    }
    for (int t = 0; t < graph->tensors_count; t++) {
        struct weft_edge_class *class = &q->classes[t];
        if (q->class_of[t] == t) {
            class->is_float = stays_float(graph, t);
            class->is_input = t == q->class_of[graph->input];
            if (!class->is_float) {
                make_forms(q, t, sums);
            }
        }
        if (q->options->progress) {
            q->options->progress(q->options->progress_cookie, "choosing scales", t + 1, graph->tensors_count);
        }
    }
    weft_block_free(q->allocator, sums);
    return WEFT_OK;
}

void weft_classes_apply(struct weft_quantizer *q, int root, const struct weft_edge *edge)
{
    for (int t = 0; t < q->graph->tensors_count; t++) {
        if (q->class_of[t] == root) {
            q->edges[t] = *edge;
        }
    }
}

/* ---- the published search ---- */

/* Codes of the image: linear, like the pixels. */
static void publish_input(const struct weft_tensor_stats *stats, struct weft_edge *edge)
{
    float top = stats->most > -stats->least ? stats->most : -stats->least;
    weft_edge_init_linear(edge, stats->negatives > 0, WEFT_MAGNITUDES_MAX_SIGNED, top > 1e-30f ? top : 1);
}

weft_status weft_classes_publish(struct weft_quantizer *q)
{
    for (int t = 0; t < q->graph->tensors_count; t++) {
        struct weft_edge edge = {.kind = WEFT_EDGE_FLOAT};
        const struct weft_tensor_stats *stats = &q->stats[t];
        if (q->class_of[t] != t) {
            continue;
        }
        if (q->classes[t].is_input) {
            publish_input(stats, &edge);
        } else if (!q->classes[t].is_float) {
            const struct weft_layer_choice *choice = &q->choices[q->graph->tensors[t].producer];
            bool is_signed = stats->negatives > 0;
            int most = is_signed ? WEFT_TABLE_MAX_SIGNED : WEFT_TABLE_MAX_UNSIGNED;
            struct weft_log_scale scale;
            weft_act_search(&stats->histogram, choice->act_levels, &scale);
            weft_edge_init_log(&edge, is_signed, choice->act_levels - 1, scale.fsr, scale.step,
                               choice->table_max > 0 && choice->table_max < most ? choice->table_max : most);
        }
        weft_classes_apply(q, t, &edge);
    }
    return WEFT_OK;
}
