/* Passes that melt an operator into the one before it. */
#include <stdint.h>

#include "format/index_sort.h"
#include "graph/passes.h"

/* How many nodes use the same weights. Sorted by address, so that finding one does not take a walk over all nodes. */
struct sharing {
    const float **weights;
    int *uses;
    int count;
};

static int by_weights(const void *context, uint32_t a, uint32_t b)
{
    const struct weft_graph *graph = context;
    uintptr_t x = (uintptr_t)graph->nodes[a].weights, y = (uintptr_t)graph->nodes[b].weights;
    return (x > y) - (x < y);
}

static void free_sharing(const struct weft_graph *graph, struct sharing *sharing)
{
    weft_block_free(&graph->pool->allocator, sharing->weights);
    weft_block_free(&graph->pool->allocator, sharing->uses);
}

static bool make_sharing(const struct weft_graph *graph, struct sharing *sharing)
{
    const weft_allocator *allocator = &graph->pool->allocator;
    size_t nodes = (size_t)graph->nodes_count;
    uint32_t *order = weft_block_alloc(allocator, nodes, sizeof *order);
    *sharing = (struct sharing){.weights = weft_block_alloc(allocator, nodes, sizeof *sharing->weights),
                                .uses = weft_block_alloc(allocator, nodes, sizeof *sharing->uses)};
    bool made = order && sharing->weights && sharing->uses;
    for (size_t i = 0; i < nodes && made; i++) {
        order[i] = (uint32_t)i;
    }
    if (made) {
        weft_index_sort(order, nodes, by_weights, graph);
    } else {
        free_sharing(graph, sharing);
    }
    for (size_t i = 0; i < nodes && made; i++) {
        const float *weights = graph->nodes[order[i]].weights;
        if (sharing->count == 0 || sharing->weights[sharing->count - 1] != weights) {
            sharing->weights[sharing->count] = weights;
            sharing->uses[sharing->count++] = 0;
        }
        sharing->uses[sharing->count - 1]++;
    }
    weft_block_free(allocator, order);
    return made;
}

/* The uses of weights that some node had when the sharing was made; NULL for others, which have one. */
static int *uses_of(const struct sharing *sharing, const float *weights)
{
    int low = 0, high = sharing->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (sharing->weights[middle] == weights) {
            return &sharing->uses[middle];
        }
        if ((uintptr_t)sharing->weights[middle] < (uintptr_t)weights) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static bool scale_weights(const struct weft_graph *graph, const struct sharing *sharing, struct weft_node *node,
                          const float *scale, int channels)
{
    int *uses = uses_of(sharing, node->weights);
    if (uses && *uses > 1) {
        --*uses;
        node->weights =
            weft_pool_copy(graph->pool, node->weights, (size_t)node->weights_count, sizeof *node->weights);
        if (!node->weights) {
            return false;
        }
    }
    int64_t depth = node->weights_count / channels;
    for (int c = 0; c < channels; c++) {
        for (int64_t k = 0; k < depth; k++) {
            node->weights[c * depth + k] *= scale[c];
        }
    }
    return true;
}

/* node, then affine: both into node, whose bias and scale may belong to other nodes too. */
static bool fold_affine(const struct weft_graph *graph, const struct sharing *sharing, struct weft_node *node,
                        const struct weft_node *affine)
{
    int channels = graph->tensors[node->output].c;
    float *bias = weft_pool_alloc(graph->pool, (size_t)channels, sizeof *bias);
    float *scale = weft_pool_alloc(graph->pool, (size_t)channels, sizeof *scale);
    if (!bias || !scale) {
        return false;
    }
    for (int c = 0; c < channels; c++) {
        bias[c] = node->bias[c] * affine->scale[c] + affine->bias[c];
        scale[c] = node->op == WEFT_OP_AFFINE ? node->scale[c] * affine->scale[c] : affine->scale[c];
    }
    node->bias = bias;
    node->act = affine->act;
    if (node->op == WEFT_OP_AFFINE) {
        node->scale = scale;
        return true;
    }
    return scale_weights(graph, sharing, node, scale, channels);
}

static bool fold_affines(struct weft_rewrite *rewrite, const struct sharing *sharing)
{
    struct weft_graph *graph = rewrite->graph;
    for (int i = 0; i < graph->nodes_count; i++) {
        if (graph->nodes[i].op != WEFT_OP_AFFINE) {
            continue;
        }
        struct weft_node *before = weft_rewrite_sole(rewrite, graph->nodes[i].inputs[0]);
        bool takes = before && before->act.func == WEFT_FUNC_NONE && before->residual < 0 &&
                     (before->op == WEFT_OP_CONV || before->op == WEFT_OP_AFFINE);
        if (takes) {
            if (!fold_affine(graph, sharing, before, &graph->nodes[i])) {
                return false;
            }
            weft_rewrite_absorb(rewrite, before, i);
        }
    }
    return true;
}

bool weft_pass_affine(struct weft_rewrite *rewrite)
{
    struct sharing sharing;
    if (!make_sharing(rewrite->graph, &sharing)) {
        return false;
    }
    bool done = fold_affines(rewrite, &sharing);
    free_sharing(rewrite->graph, &sharing);
    return done;
}

static float clip(float y, const struct weft_act *act)
{
    y = y > act->lo ? y : act->lo;
    return y < act->hi ? y : act->hi;
}

/* Melts `act` into what `before` does already; false if it does not go. */
static bool fuse_act(struct weft_node *before, const struct weft_act *act)
{
    if (before->act.func == WEFT_FUNC_CLIP && act->func == WEFT_FUNC_CLIP) {
        before->act.lo = clip(before->act.lo, act);
        before->act.hi = clip(before->act.hi, act);
        return true;
    }
    bool takes = before->op == WEFT_OP_CONV || before->op == WEFT_OP_ADD || before->op == WEFT_OP_AVGPOOL ||
                 before->op == WEFT_OP_AFFINE || before->op == WEFT_OP_GATE;
    if (!takes || before->act.func != WEFT_FUNC_NONE || act->func > WEFT_FUNC_HSWISH) {
        return false;
    }
    before->act = *act;
    return true;
}

bool weft_pass_act(struct weft_rewrite *rewrite)
{
    struct weft_graph *graph = rewrite->graph;
    for (int i = 0; i < graph->nodes_count; i++) {
        if (graph->nodes[i].op != WEFT_OP_ACT) {
            continue;
        }
        struct weft_node *before = weft_rewrite_sole(rewrite, graph->nodes[i].inputs[0]);
        if (before && fuse_act(before, &graph->nodes[i].act)) {
            weft_rewrite_absorb(rewrite, before, i);
        }
    }
    return true;
}

static struct weft_node *takes_residual(const struct weft_rewrite *rewrite, int t)
{
    struct weft_node *node = weft_rewrite_sole(rewrite, t);
    bool takes = node && node->op == WEFT_OP_CONV && node->residual < 0 && node->act.func == WEFT_FUNC_NONE;
    return takes ? node : NULL;
}

bool weft_pass_residual(struct weft_rewrite *rewrite)
{
    struct weft_graph *graph = rewrite->graph;
    for (int i = 0; i < graph->nodes_count; i++) {
        struct weft_node *add = &graph->nodes[i];
        if (add->op != WEFT_OP_ADD) {
            continue;
        }
        /* Of two convolutions the later one: the other's output then waits less long. */
        int later = graph->tensors[add->inputs[0]].producer > graph->tensors[add->inputs[1]].producer ? 0 : 1;
        struct weft_node *conv = takes_residual(rewrite, add->inputs[later]);
        if (!conv) {
            later = 1 - later;
            conv = takes_residual(rewrite, add->inputs[later]);
        }
        if (!conv) {
            continue;
        }
        /* It moves to the place of the ADD, where both inputs are there in any case. */
        struct weft_node fused = *conv;
        fused.residual = add->inputs[1 - later];
        fused.act = add->act;
        fused.output = add->output;
        rewrite->dead[conv - graph->nodes] = true;
        *add = fused;
        rewrite->changed = true;
    }
    return true;
}
