/* Conv. */
#include "onnx/operators.h"

/* Weights and bias of the layer, whose output has `channels` channels. */
static weft_status fill(struct weft_onnx_node *node, struct weft_node *layer, int64_t channels)
{
    struct weft_onnx_value *weights = node->inputs[1], *bias = weft_onnx_input(node, 2);
    layer->weights_count = weft_onnx_elements(weights->rank, weights->dims);
    layer->weights = weft_onnx_weights(node->import, weights);
    layer->bias = bias ? NULL : weft_onnx_filled(node, channels, 0);
    weft_status status = bias ? weft_onnx_per_channel(node, bias, 1, channels, &layer->bias) : WEFT_OK;
    return !status && (!layer->weights || !layer->bias) ? WEFT_E_MEMORY : status;
}

weft_status weft_onnx_conv(struct weft_onnx_node *node)
{
    struct weft_onnx_value *x = node->inputs[0], *weights = node->inputs[1], *bias = weft_onnx_input(node, 2);
    if (x->kind != WEFT_ONNX_TENSOR || weights->kind != WEFT_ONNX_CONSTANT ||
        (bias && bias->kind != WEFT_ONNX_CONSTANT)) {
        return weft_onnx_refuse(node, "weights or bias that are not constant");
    }
    if (weights->rank != x->rank || x->rank < 3) {
        return weft_onnx_damage(node, "weights of rank %d for an input of rank %d", weights->rank, x->rank);
    }
    struct weft_onnx_window w;
    weft_status status = weft_onnx_read_window(node, weights->dims + 2, &w);
    if (status) {
        return status;
    }
    int64_t groups = weft_onnx_int(node, "group", 1), channels = weights->dims[0];
    if (groups < 1 || groups > w.in.c || w.in.c % groups || channels < 1 || channels % groups ||
        weights->dims[1] != w.in.c / groups) {
        return weft_onnx_damage(node, "%lld groups, %d input channels and weights of %lld x %lld do not fit together",
                                (long long)groups, w.in.c, (long long)channels, (long long)weights->dims[1]);
    }
    if (bias && (bias->rank != 1 || bias->dims[0] != channels)) {
        return weft_onnx_damage(node, "its bias does not have a value for each of %lld channels", (long long)channels);
    }
    int input;
    struct weft_node *layer;
    w.dims[1] = channels;
    struct weft_onnx_shape shape;
    status = weft_onnx_shape_of(node, x->rank, w.dims, &shape);
    status = status ? status : weft_onnx_layout(node, x, &input);
    status = status ? status : weft_onnx_emit(node, WEFT_OP_CONV, &input, 1, shape, &layer);
    if (status) {
        return status;
    }
    layer->window = w.window;
    layer->window.real_pad_bottom = layer->window.real_pad_right = 0; /* of the pools */
    layer->groups = (int)groups;
    status = fill(node, layer, channels);
    if (!status) {
        weft_onnx_put_tensor(node, layer->output, x->rank, w.dims);
    }
    return status;
}
