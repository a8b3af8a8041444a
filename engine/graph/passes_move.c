/* Passes over operators that only move values, or do nothing at all. */
#include "graph/check.h"
#include "graph/passes.h"

static bool affine_does_nothing(const struct weft_node *node, int channels)
{
    for (int c = 0; c < channels; c++) {
        if (node->scale[c] != 1 || node->bias[c] != 0) {
            return false;
        }
    }
    return node->act.func == WEFT_FUNC_NONE;
}

static bool select_does_nothing(const struct weft_node *node, int inputs, int outputs)
{
    for (int c = 0; c < outputs; c++) {
        if (node->select[c] != c) {
            return false;
        }
    }
    return inputs == outputs;
}

static bool does_nothing(const struct weft_graph *graph, const struct weft_node *node)
{
    const struct weft_tensor *in = &graph->tensors[node->inputs[0]];
    const struct weft_tensor *out = &graph->tensors[node->output];
    const struct weft_window *w = &node->window;
    switch (node->op) {
    case WEFT_OP_ACT:
        return node->act.func == WEFT_FUNC_NONE || node->act.func == WEFT_FUNC_RECODE;
    case WEFT_OP_RESHAPE:
    case WEFT_OP_PAD:
        return in->c == out->c && in->h == out->h && in->w == out->w;
    case WEFT_OP_CONCAT:
        return node->inputs_count == 1;
    case WEFT_OP_SELECT:
        return select_does_nothing(node, in->c, out->c);
    case WEFT_OP_MAXPOOL:
    case WEFT_OP_AVGPOOL:
        return w->kernel_h == 1 && w->kernel_w == 1 && in->h == out->h && in->w == out->w &&
               w->stride_h == 1 && w->stride_w == 1 && w->pad_top == 0 && w->pad_left == 0 &&
               node->act.func == WEFT_FUNC_NONE;
    case WEFT_OP_AFFINE:
        return affine_does_nothing(node, out->c);
    default:
        return false;
    }
}

bool weft_pass_identities(struct weft_rewrite *rewrite)
{
    struct weft_graph *graph = rewrite->graph;
    int *stands_for = rewrite->numbers;
    for (int t = 0; t < graph->tensors_count; t++) {
        stands_for[t] = t;
    }
    for (int i = 0; i < graph->nodes_count; i++) {
        struct weft_node *node = &graph->nodes[i];
        for (int k = 0; k < node->inputs_count; k++) {
            node->inputs[k] = stands_for[node->inputs[k]];
        }
        if (node->residual >= 0) {
            node->residual = stands_for[node->residual];
        }
        const struct weft_node *before = weft_rewrite_producer(rewrite, node->inputs[0]);
        if (node->op == WEFT_OP_RESHAPE && before && before->op == WEFT_OP_RESHAPE) {
            node->inputs[0] = before->inputs[0];
            rewrite->changed = true;
        }
        if (does_nothing(graph, node)) {
            stands_for[node->output] = node->inputs[0];
            rewrite->dead[i] = true;
            rewrite->changed = true;
        }
    }
    graph->output = stands_for[graph->output];
    return true;
}

bool weft_pass_dense(struct weft_rewrite *rewrite)
{
    struct weft_graph *graph = rewrite->graph;
    for (int i = 0; i < graph->nodes_count; i++) {
        struct weft_node *node = &graph->nodes[i];
        const struct weft_tensor *flat = &graph->tensors[node->inputs[0]];
        const struct weft_tensor *out = &graph->tensors[node->output];
        const struct weft_node *reshape = weft_rewrite_producer(rewrite, node->inputs[0]);
        if (node->op != WEFT_OP_CONV || node->groups != 1 || !reshape || reshape->op != WEFT_OP_RESHAPE) {
            continue;
        }
        const struct weft_tensor *in = &graph->tensors[reshape->inputs[0]];
        bool pointwise = node->window.kernel_h == 1 && node->window.kernel_w == 1 && flat->h == 1 &&
                         flat->w == 1 && out->h == 1 && out->w == 1 && node->window.pad_top == 0 &&
                         node->window.pad_left == 0;
        if (!pointwise || in->h > WEFT_WINDOW_MAX || in->w > WEFT_WINDOW_MAX) {
            continue;
        }
        /* The weights [out_c][c*h*w] already are [out_c][c][h][w]. */
        node->window = (struct weft_window){.kernel_h = in->h,
                                            .kernel_w = in->w,
                                            .stride_h = 1,
                                            .stride_w = 1,
                                            .dilation_h = 1,
                                            .dilation_w = 1};
        weft_rewrite_read(rewrite, &node->inputs[0], reshape->inputs[0]);
    }
    return true;
}

static const struct weft_node *inner_concat(const struct weft_rewrite *rewrite, int t)
{
    const struct weft_node *inner = weft_rewrite_sole(rewrite, t);
    return inner && inner->op == WEFT_OP_CONCAT ? inner : NULL;
}

bool weft_pass_concat(struct weft_rewrite *rewrite)
{
    struct weft_graph *graph = rewrite->graph;
    for (int i = 0; i < graph->nodes_count; i++) {
        struct weft_node *node = &graph->nodes[i];
        int count = 0;
        for (int k = 0; k < node->inputs_count; k++) {
            const struct weft_node *inner = inner_concat(rewrite, node->inputs[k]);
            count += inner ? inner->inputs_count : 1;
        }
        bool joins = node->op == WEFT_OP_CONCAT || node->op == WEFT_OP_SELECT;
        if (!joins || count == node->inputs_count) {
            continue;
        }
        int *inputs = weft_pool_alloc(graph->pool, (size_t)count, sizeof *inputs);
        if (!inputs) {
            return false;
        }
        int filled = 0;
        for (int k = 0; k < node->inputs_count; k++) {
            const struct weft_node *inner = inner_concat(rewrite, node->inputs[k]);
            for (int j = 0; j < (inner ? inner->inputs_count : 1); j++) {
                inputs[filled++] = inner ? inner->inputs[j] : node->inputs[k];
            }
            if (inner) {
                rewrite->dead[inner - graph->nodes] = true;
            }
        }
        node->inputs = inputs;
        node->inputs_count = count;
        rewrite->changed = true;
    }
    return true;
}
