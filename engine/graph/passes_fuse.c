/* Passes that melt an operator into the one before it. */
#include "graph/passes.h"

/* Whether a node other than `node` uses the same weights. */
static bool weights_are_shared(const struct weft_graph *graph, const struct weft_node *node)
{
    for (int i = 0; i < graph->nodes_count; i++) {
        if (&graph->nodes[i] != node && graph->nodes[i].weights == node->weights) {
            return true;
        }
    }
    return false;
}

static bool scale_weights(const struct weft_graph *graph, struct weft_node *node, const float *scale,
                          int channels)
{
    if (weights_are_shared(graph, node)) {
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
static bool fold_affine(const struct weft_graph *graph, struct weft_node *node,
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
    return scale_weights(graph, node, scale, channels);
}

bool weft_pass_affine(struct weft_rewrite *rewrite)
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
            if (!fold_affine(graph, before, &graph->nodes[i])) {
                return false;
            }
            weft_rewrite_absorb(rewrite, before, i);
        }
    }
    return true;
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
