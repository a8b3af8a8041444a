/* PAD into the window of the operator behind it. */
#include <float.h>
#include <math.h>

#include "graph/check.h"
#include "graph/passes.h"

/* A value that tensor `t` never falls below. */
static float lower_bound(const struct weft_rewrite *rewrite, int t)
{
    const struct weft_node *node = weft_rewrite_producer(rewrite, t);
    while (node && node->op == WEFT_OP_MAXPOOL) {
        node = weft_rewrite_producer(rewrite, node->inputs[0]);
    }
    return node && node->act.func == WEFT_FUNC_CLIP ? node->act.lo : -FLT_MAX;
}

/* Whether cells of the padding value may be taken for the window's own padding. */
static bool same_meaning(const struct weft_rewrite *rewrite, const struct weft_node *node,
                         const struct weft_node *pad)
{
    const struct weft_window *w = &node->window;
    switch (node->op) {
    case WEFT_OP_CONV:
        return pad->pad_value == 0;
    case WEFT_OP_MAXPOOL:
        /* The window's own padding never wins, and each window sees a cell of the input. */
        return pad->pad_value <= lower_bound(rewrite, pad->inputs[0]);
    case WEFT_OP_AVGPOOL:
        /* PAD's cells count for the average, so the window's own must count too, if there are any. */
        return pad->pad_value == 0 &&
               (w->count_include_pad ||
                (w->pad_top == 0 && w->pad_left == 0 && w->real_pad_bottom == 0 && w->real_pad_right == 0));
    default:
        return false;
    }
}

static struct weft_window joined(const struct weft_node *node, const struct weft_window *pad)
{
    struct weft_window w = node->window;
    w.pad_top += pad->pad_top;
    w.pad_left += pad->pad_left;
    w.pad_bottom += pad->pad_bottom;
    w.pad_right += pad->pad_right;
    if (node->op == WEFT_OP_AVGPOOL) {
        w.real_pad_bottom += pad->pad_bottom;
        w.real_pad_right += pad->pad_right;
        w.count_include_pad = true;
    }
    return w;
}

static bool window_is_legal(const struct weft_graph *graph, const struct weft_node *node,
                            const struct weft_window *w, const struct weft_tensor *in)
{
    const struct weft_tensor *out = &graph->tensors[node->output];
    if (w->pad_top > WEFT_WINDOW_MAX || w->pad_left > WEFT_WINDOW_MAX || w->pad_bottom > WEFT_WINDOW_MAX ||
        w->pad_right > WEFT_WINDOW_MAX) {
        return false;
    }
    return node->op == WEFT_OP_CONV ||
           (weft_window_sees_input(in->h, out->h, w->kernel_h, w->stride_h, w->dilation_h, w->pad_top) &&
            weft_window_sees_input(in->w, out->w, w->kernel_w, w->stride_w, w->dilation_w, w->pad_left));
}

bool weft_pass_pad(struct weft_rewrite *rewrite)
{
    struct weft_graph *graph = rewrite->graph;
    for (int i = 0; i < graph->nodes_count; i++) {
        struct weft_node *node = &graph->nodes[i];
        const struct weft_node *pad = weft_rewrite_producer(rewrite, node->inputs[0]);
        if (!pad || pad->op != WEFT_OP_PAD || !same_meaning(rewrite, node, pad)) {
            continue;
        }
        struct weft_window window = joined(node, &pad->window);
        if (window_is_legal(graph, node, &window, &graph->tensors[pad->inputs[0]])) {
            node->window = window;
            weft_rewrite_read(rewrite, &node->inputs[0], pad->inputs[0]);
        }
    }
    return true;
}
