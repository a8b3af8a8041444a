/* Operators that move values or leave them alone: Concat, Pad, Identity, Dropout, Cast. */
#include <string.h>

#include "graph/check.h"
#include "onnx/operators.h"

/* Output 0 is input 0 under other dimensions. */
void weft_onnx_put_view(struct weft_onnx_node *node, int rank, const int64_t *dims)
{
    const struct weft_onnx_value *x = node->inputs[0];
    struct weft_onnx_value *y = node->outputs[0];
    struct weft_onnx_value copy = *x;
    copy.name = y->name;
    copy.needed = y->needed;
    copy.node = y->node;
    copy.rank = rank;
    memcpy(copy.dims, dims, (size_t)rank * sizeof *dims);
    *y = copy;
}

weft_status weft_onnx_identity(struct weft_onnx_node *node)
{
    int64_t dims[WEFT_ONNX_RANK_MAX];
    memcpy(dims, node->inputs[0]->dims, sizeof dims);
    weft_onnx_put_view(node, node->inputs[0]->rank, dims);
    return WEFT_OK;
}

weft_status weft_onnx_dropout(struct weft_onnx_node *node)
{
    struct weft_onnx_value *training = weft_onnx_input(node, 2);
    if (training) {
        const int64_t *mode = training->kind == WEFT_ONNX_CONSTANT && training->integer &&
                                      weft_onnx_elements(training->rank, training->dims) == 1
                                  ? weft_onnx_integers(node->import, training)
                                  : NULL;
        if (!mode || *mode) {
            return weft_onnx_refuse(node, "it is in training mode: export for inference");
        }
    }
    return weft_onnx_identity(node);
}

weft_status weft_onnx_cast(struct weft_onnx_node *node)
{
    switch (weft_onnx_int(node, "to", 0)) {
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        return weft_onnx_identity(node); /* tensors are floats in any case */
    default:
        return weft_onnx_refuse(node, "a tensor of another type than float");
    }
}

/* Along channels; other axes where all dimensions before them, but the batch, are one. */
weft_status weft_onnx_concat(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *first = node->inputs[0];
    int axis = weft_onnx_axis(weft_onnx_int(node, "axis", 1), first->rank);
    int *inputs = weft_pool_alloc(&node->import->pool, (size_t)node->inputs_count, sizeof *inputs);
    if (!inputs) {
        return WEFT_E_MEMORY;
    }
    if (axis < 0 || !weft_onnx_attribute(node, "axis")) {
        return weft_onnx_damage(node, "no axis, or one that its inputs do not have");
    }
    int64_t dims[WEFT_ONNX_RANK_MAX], total = 0;
    memcpy(dims, first->dims, sizeof dims);
    for (int k = 0; k < node->inputs_count; k++) {
        const struct weft_onnx_value *x = node->inputs[k];
        if (!x || x->kind != WEFT_ONNX_TENSOR) {
            return weft_onnx_refuse(node, "its input %d is constant or left out", k);
        }
        bool fits = x->rank == first->rank;
        for (int i = 0; i < x->rank && fits; i++) {
            fits = i == axis || x->dims[i] == first->dims[i];
        }
        if (!fits) {
            return weft_onnx_damage(node, "its input %d has other dimensions than the first", k);
        }
        total += x->dims[axis];
        /* Seen as N, C, the rest: the axis is C. */
        int64_t seen[4] = {x->rank > 1 ? x->dims[0] : 1, x->dims[axis], 1, 1};
        seen[2] = weft_onnx_elements(x->rank - axis - 1, x->dims + axis + 1);
        bool before = axis == 0 ? x->rank > 1 && x->dims[0] != 1 : weft_onnx_elements(axis - 1, x->dims + 1) != 1;
        if (before || (axis == 0 && x->rank > 1)) {
            return weft_onnx_refuse(node, "it joins along axis %d: weft joins channels (axis 1)", axis);
        }
        struct weft_onnx_shape shape;
        weft_status status = axis == 1 ? weft_onnx_shape_of(node, x->rank, x->dims, &shape)
                                       : weft_onnx_shape_of(node, 4, seen, &shape);
        status = status ? status : weft_onnx_view(node, x, shape, &inputs[k]);
        if (status) {
            return status;
        }
    }
    const struct weft_tensor *there = &node->import->graph->tensors[inputs[0]];
    struct weft_onnx_shape out = {there->n, total <= WEFT_EXTENT_MAX ? (int)total : 0, there->h, there->w};
    struct weft_node *layer;
    weft_status status = weft_onnx_emit(node, WEFT_OP_CONCAT, inputs, node->inputs_count, out, &layer);
    if (!status) {
        dims[axis] = total;
        weft_onnx_put_tensor(node, layer->output, first->rank, dims);
    }
    return status;
}

/* Padding per dimension, begins and ends: from attributes or, since opset 11, from inputs. */
static weft_status read_pads(struct weft_onnx_node *node, int64_t *before, int64_t *after)
{
    const struct weft_onnx_value *x = node->inputs[0];
    const int64_t *pads, *axes;
    int pads_count, count;
    weft_status status = weft_onnx_list(node, 1, "pads", 2 * WEFT_ONNX_RANK_MAX, &pads, &pads_count);
    status = status ? status : weft_onnx_list(node, 3, "axes", WEFT_ONNX_RANK_MAX, &axes, &count);
    if (status) {
        return status;
    }
    count = axes ? count : x->rank;
    if (pads_count != 2 * count || !pads) {
        return weft_onnx_damage(node, "%d paddings for %d dimensions", pads_count, count);
    }
    for (int i = 0; i < count; i++) {
        int axis = weft_onnx_axis(axes ? axes[i] : i, x->rank);
        if (axis < 0) {
            return weft_onnx_damage(node, "it pads an axis that its input does not have");
        }
        before[axis] = pads[i];
        after[axis] = pads[count + i];
    }
    return WEFT_OK;
}

static weft_status read_pad_value(struct weft_onnx_node *node, float *fill)
{
    struct weft_onnx_value *value = weft_onnx_input(node, 2);
    *fill = weft_onnx_float(node, "value", 0);
    if (!value) {
        return WEFT_OK;
    }
    if (value->kind != WEFT_ONNX_CONSTANT || weft_onnx_elements(value->rank, value->dims) != 1) {
        return weft_onnx_refuse(node, "its value is no constant number");
    }
    const float *data = weft_onnx_floats(node->import, value);
    *fill = data ? *data : 0;
    return data ? WEFT_OK : WEFT_E_MEMORY;
}

weft_status weft_onnx_pad(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    int64_t before[WEFT_ONNX_RANK_MAX] = {0}, after[WEFT_ONNX_RANK_MAX] = {0}, dims[WEFT_ONNX_RANK_MAX];
    float fill;
    if (x->kind != WEFT_ONNX_TENSOR) {
        return weft_onnx_refuse(node, "a function of a constant");
    }
    if (weft_onnx_attribute(node, "mode") && !weft_onnx_string_is(node, "mode", "constant")) {
        return weft_onnx_refuse(node, "weft pads with a constant only");
    }
    weft_status status = read_pads(node, before, after);
    status = status ? status : read_pad_value(node, &fill);
    if (status) {
        return status;
    }
    bool any = false, channels = x->rank > 1 && (before[1] || after[1]) && fill == 0;
    for (int i = 0; i < x->rank; i++) {
        channels = channels && (i == 1 || (before[i] == 0 && after[i] == 0));
    }
    for (int i = 0; i < x->rank; i++) {
        bool padded = before[i] != 0 || after[i] != 0;
        any = any || padded;
        if (padded && ((i < 2 && !channels) || i > 3 || before[i] < 0 || after[i] < 0 || before[i] > WEFT_WINDOW_MAX ||
                       after[i] > WEFT_WINDOW_MAX)) {
            return weft_onnx_refuse(node,
                                    "it pads axis %d by %lld and %lld: weft pads rows and columns, or channels with "
                                    "zeros, by 0..%d", i, (long long)before[i], (long long)after[i], WEFT_WINDOW_MAX);
        }
        dims[i] = x->dims[i] + before[i] + after[i];
    }
    if (!any) {
        return weft_onnx_identity(node);
    }
    if (channels) {
        return weft_onnx_pad_channels(node, before[1], after[1]);
    }
    int tensor;
    struct weft_onnx_shape shape;
    struct weft_node *layer;
    status = weft_onnx_shape_of(node, x->rank, dims, &shape);
    status = status ? status : weft_onnx_layout(node, x, &tensor);
    status = status ? status : weft_onnx_emit(node, WEFT_OP_PAD, &tensor, 1, shape, &layer);
    if (status) {
        return status;
    }
    layer->pad_value = fill;
    layer->window.pad_top = (int)before[2];
    layer->window.pad_bottom = (int)after[2];
    layer->window.pad_left = (int)before[3];
    layer->window.pad_right = (int)after[3];
    weft_onnx_put_tensor(node, layer->output, x->rank, dims);
    return WEFT_OK;
}
