/* Which form each layer and each class of edges gets. */
#include <math.h>

#include "quant/quantizer.h"

/* Shares of the noise that may be allowed: of the weights, of the edges; what head room may add on top. */
#define WEIGHTS_SHARE 0.75
#define EDGES_SHARE 0.25
#define HEADROOM_SHARE 0.25
/* What the edges add at their finest nothing can take away: weights may always add this share of what the edges do, for
 * finer ones would hardly be noticed. */
#define WEIGHTS_OF_EDGES 0.7

static const int levels_of[WEFT_LAYER_FORMS] = {4, 8, 16, 32, 256};
static const int bits_of[WEFT_LAYER_FORMS] = {2, 3, 4, 5, 8};

static struct weft_part layer_part(const struct weft_quantizer *q, int node)
{
    const struct weft_weight_plan *plan = &q->plans[node];
    struct weft_part part = {.forms = WEFT_LAYER_FORMS};
    for (int f = 0; f < part.forms; f++) {
        part.cost[f] = (double)q->graph->nodes[node].weights_count * bits_of[f] / 8;
        part.noise[f] = plan->sensitivity * plan->noise[f];
    }
    return part;
}

static void plan_layers(struct weft_quantizer *q, struct weft_part *parts, double noise_max)
{
    int count = 0;
    double fixed_bytes = 0;
    for (int i = 0; i < q->graph->nodes_count; i++) {
        if (q->graph->nodes[i].op != WEFT_OP_CONV) {
            continue;
        }
        if (q->plans[i].fixed_levels == 0) {
            parts[count++] = layer_part(q, i);
        } else {
            int bits = weft_codebook_format(q->plans[i].fixed_levels);
            fixed_bytes += (double)q->graph->nodes[i].weights_count * bits / 8;
        }
    }
    bool sized = q->options->max_size > 0;
    weft_allocate(parts, count, sized ? 0 : noise_max,
                  sized ? (double)q->options->max_size - fixed_bytes : (double)INFINITY);
    for (int i = 0, at = 0; i < q->graph->nodes_count; i++) {
        if (q->graph->nodes[i].op == WEFT_OP_CONV) {
            int fixed = q->plans[i].fixed_levels;
            q->plans[i].form = (struct weft_layer_form){fixed ? fixed : levels_of[parts[at].chosen],
                                                        q->choices[i].codebook_max, WEFT_HEADROOM_NONE};
            at += fixed == 0;
        }
    }
}

/* Bits of a code, sign and all. */
static double code_bits(const struct weft_edge *edge)
{
    return ceil(log2(edge->magnitudes + 1)) + edge->is_signed;
}

static bool is_code_class(const struct weft_quantizer *q, int t)
{
    return q->class_of[t] == t && !q->classes[t].is_float;
}

/* Returns the noise of what was chosen. */
static double plan_edges(struct weft_quantizer *q, struct weft_part *parts, double noise_max)
{
    int count = 0;
    for (int t = 0; t < q->graph->tensors_count; t++) {
        const struct weft_edge_class *class = &q->classes[t];
        if (!is_code_class(q, t)) {
            continue;
        }
        struct weft_part *part = &parts[count++];
        *part = (struct weft_part){.forms = class->forms};
        for (int f = 0; f < class->forms; f++) {
            part->cost[f] = (double)class->elements * code_bits(&class->form[f]);
            part->noise[f] = class->sensitivity * class->noise[f];
        }
    }
    weft_allocate(parts, count, noise_max, INFINITY);
    for (int t = 0, at = 0; t < q->graph->tensors_count; t++) {
        if (q->class_of[t] == t) {
            struct weft_edge none = {.kind = WEFT_EDGE_FLOAT};
            const struct weft_edge_class *class = &q->classes[t];
            weft_classes_apply(q, t, class->is_float ? &none : &class->form[parts[at].chosen]);
            at += !class->is_float;
        }
    }
    return weft_parts_noise(parts, count);
}

/* ---- head room ---- */

static const struct weft_edge *input_edge(const struct weft_quantizer *q, int node)
{
    return &q->edges[q->graph->nodes[node].inputs[0]];
}

static int table_top(const struct weft_edge *edge)
{
    return edge->table[edge->magnitudes];
}

static double edge_noise(const struct weft_quantizer *q, int root)
{
    const struct weft_edge_class *class = &q->classes[root];
    for (int f = 0; f < class->forms; f++) {
        if (weft_edge_equal(&class->form[f], &q->edges[root])) {
            return class->noise[f];
        }
    }
    return class->narrow_noise[1];
}

/* Logit noise that head room in a layer adds: coarser weights, and a smaller table on its input unless it has one. */
static double headroom_cost(const struct weft_quantizer *q, int node)
{
    const struct weft_weight_plan *plan = &q->plans[node];
    int i = plan->form.levels > 16, root = q->class_of[q->graph->nodes[node].inputs[0]];
    double cost = plan->sensitivity * fmax(plan->headroom_noise[i] - plan->noise[WEFT_FORM_C4 + i], 0);
    if (table_top(input_edge(q, node)) > 31) {
        cost += q->classes[root].sensitivity * fmax(q->classes[root].narrow_noise[1] - edge_noise(q, root), 0);
    }
    return cost;
}

static void take_headroom(struct weft_quantizer *q, int node)
{
    int root = q->class_of[q->graph->nodes[node].inputs[0]];
    q->plans[node].form.headroom = WEFT_HEADROOM_TILE;
    if (table_top(input_edge(q, node)) > 31) {
        weft_classes_apply(q, root, &q->classes[root].narrow[1]);
    }
}

/* The layer whose head room costs least for the work it saves, or -1. */
static int cheapest_headroom(const struct weft_quantizer *q, double room)
{
    int best = -1;
    double best_rate = INFINITY;
    for (int i = 0; i < q->graph->nodes_count; i++) {
        const struct weft_weight_plan *plan = &q->plans[i];
        if (!plan->can_headroom || !(plan->sensitivity > 0) || plan->form.headroom != WEFT_HEADROOM_NONE ||
            plan->form.levels > 32) {
            continue;
        }
        double cost = headroom_cost(q, i), rate = cost / (double)weft_node_macs(q->graph, &q->graph->nodes[i]);
        if (cost <= room && rate < best_rate) {
            best_rate = rate;
            best = i;
        }
    }
    return best;
}

/* Where nothing was measured (all levels are fixed), AUTO gives none. */
static void plan_headroom(struct weft_quantizer *q, double noise_max)
{
    double room = noise_max * HEADROOM_SHARE;
    if (q->options->headroom == WEFT_HEADROOM_OFF) {
        return;
    }
    for (int i = 0; q->options->headroom == WEFT_HEADROOM_ALL && i < q->graph->nodes_count; i++) {
        if (q->plans[i].can_headroom && !q->classes[q->class_of[q->graph->nodes[i].inputs[0]]].is_input) {
            q->plans[i].form.levels = q->plans[i].form.levels > 32 ? 32 : q->plans[i].form.levels;
            take_headroom(q, i);
        }
    }
    for (int i; q->options->headroom == WEFT_HEADROOM_AUTO && (i = cheapest_headroom(q, room)) >= 0;) {
        room -= headroom_cost(q, i);
        take_headroom(q, i);
    }
}

bool weft_plan_forms(struct weft_quantizer *q, double noise_max)
{
    int most = q->graph->nodes_count + q->graph->tensors_count;
    struct weft_part *parts = weft_block_alloc(q->allocator, (size_t)most, sizeof *parts);
    if (!parts) {
        return false;
    }
    double edges = q->options->acts == WEFT_ACTS_FITTED ? plan_edges(q, parts, noise_max * EDGES_SHARE) : 0;
    plan_layers(q, parts, fmax(noise_max * WEIGHTS_SHARE, edges * WEIGHTS_OF_EDGES));
    if (q->options->weights == WEFT_WEIGHTS_FITTED) {
        plan_headroom(q, noise_max);
    }
    weft_block_free(q->allocator, parts);
    return true;
}
