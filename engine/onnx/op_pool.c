/* Pools, and reductions over space, which are pools over everything. */
#include "graph/check.h"
#include "onnx/operators.h"

static weft_status emit_pool(struct weft_onnx_node *node, enum weft_op op, const struct weft_window *window,
                             const int64_t *dims, struct weft_node **layer)
{
    const struct weft_onnx_value *x = node->inputs[0];
    int input;
    struct weft_onnx_shape shape;
    weft_status status = weft_onnx_shape_of(node, x->rank, dims, &shape);
    status = status ? status : weft_onnx_layout(node, x, &input);
    status = status ? status : weft_onnx_emit(node, op, &input, 1, shape, layer);
    if (!status) {
        (*layer)->window = *window;
    }
    return status;
}

static weft_status pool(struct weft_onnx_node *node, enum weft_op op)
{
    struct weft_onnx_window w;
    weft_status status = weft_onnx_read_window(node, NULL, &w);
    if (status) {
        return status;
    }
    bool sees = weft_window_sees_input(w.in.h, w.out_h, w.window.kernel_h, w.window.stride_h, w.window.dilation_h,
                                       w.window.pad_top) &&
                weft_window_sees_input(w.in.w, w.out_w, w.window.kernel_w, w.window.stride_w, w.window.dilation_w,
                                       w.window.pad_left);
    if (!sees) {
        return weft_onnx_refuse(node, "some of its windows lie wholly in the padding");
    }
    w.window.count_include_pad = op == WEFT_OP_AVGPOOL && weft_onnx_int(node, "count_include_pad", 0) != 0;
    if (op == WEFT_OP_MAXPOOL) {
        w.window.real_pad_bottom = w.window.real_pad_right = 0;
    }
    struct weft_node *layer;
    status = emit_pool(node, op, &w.window, w.dims, &layer);
    if (!status) {
        weft_onnx_put_tensor(node, layer->output, node->inputs[0]->rank, w.dims);
    }
    return status;
}

weft_status weft_onnx_maxpool(struct weft_onnx_node *node)
{
    return pool(node, WEFT_OP_MAXPOOL);
}

weft_status weft_onnx_avgpool(struct weft_onnx_node *node)
{
    return pool(node, WEFT_OP_AVGPOOL);
}

/* One window over the axes of `over` (bit i: dimension i), none of them batch or channels. */
static weft_status reduce(struct weft_onnx_node *node, enum weft_op op, unsigned over, bool keep)
{
    const struct weft_onnx_value *x = node->inputs[0];
    if (x->rank < 3 || x->rank > 4 || (over & 3) || over == 0) {
        return weft_onnx_refuse(node, "it reduces other dimensions than rows and columns");
    }
    int64_t pooled[4] = {0}, kept[4] = {0};
    int rank = 0;
    for (int i = 0; i < x->rank; i++) {
        bool reduced = over >> i & 1;
        pooled[i] = reduced ? 1 : x->dims[i];
        if (!reduced || keep) {
            kept[rank++] = pooled[i];
        }
        if (reduced && x->dims[i] > WEFT_WINDOW_MAX) {
            return weft_onnx_refuse(node, "it reduces %lld values at once, above %d", (long long)x->dims[i],
                                    WEFT_WINDOW_MAX);
        }
    }
    struct weft_window window = {.kernel_h = over >> 2 & 1 ? (int)x->dims[2] : 1,
                                 .kernel_w = over >> 3 & 1 ? (int)x->dims[3] : 1,
                                 .stride_h = 1,
                                 .stride_w = 1,
                                 .dilation_h = 1,
                                 .dilation_w = 1};
    struct weft_node *layer;
    weft_status status = emit_pool(node, op, &window, pooled, &layer);
    if (!status) {
        weft_onnx_put_tensor(node, layer->output, rank, kept);
    }
    return status;
}

static weft_status global(struct weft_onnx_node *node, enum weft_op op)
{
    unsigned rank = (unsigned)node->inputs[0]->rank;
    return reduce(node, op, ((1u << rank) - 1) & ~3u, true);
}

weft_status weft_onnx_global_avgpool(struct weft_onnx_node *node)
{
    return global(node, WEFT_OP_AVGPOOL);
}

weft_status weft_onnx_global_maxpool(struct weft_onnx_node *node)
{
    return global(node, WEFT_OP_MAXPOOL);
}

/* Axes from the attribute or, in later opsets, from input 1; none: all of them. */
static weft_status reduce_axes(struct weft_onnx_node *node, enum weft_op op)
{
    const struct weft_onnx_value *x = node->inputs[0];
    const int64_t *axes;
    int count;
    weft_status status = weft_onnx_list(node, 1, "axes", WEFT_ONNX_RANK_MAX, &axes, &count);
    if (status) {
        return status;
    }
    if (count == 0 && weft_onnx_int(node, "noop_with_empty_axes", 0)) {
        return weft_onnx_identity(node);
    }
    unsigned over = count == 0 ? (1u << x->rank) - 1 : 0;
    for (int i = 0; i < count; i++) {
        int axis = weft_onnx_axis(axes[i], x->rank);
        if (axis < 0) {
            return weft_onnx_damage(node, "axis %lld of a tensor of rank %d", (long long)axes[i], x->rank);
        }
        over |= 1u << axis;
    }
    return reduce(node, op, over, weft_onnx_int(node, "keepdims", 1) != 0);
}

weft_status weft_onnx_reduce_mean(struct weft_onnx_node *node)
{
    return reduce_axes(node, WEFT_OP_AVGPOOL);
}

weft_status weft_onnx_reduce_max(struct weft_onnx_node *node)
{
    return reduce_axes(node, WEFT_OP_MAXPOOL);
}
