/* BatchNormalization, LRN, Softmax, LogSoftmax. */
#include <math.h>

#include "onnx/operators.h"

weft_status weft_onnx_batch_norm(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    if (weft_onnx_int(node, "training_mode", 0) || !weft_onnx_int(node, "spatial", 1)) {
        return weft_onnx_refuse(node, "statistics of the batch, or of each position: export for inference");
    }
    float *p[4]; /* scale, bias, mean, variance */
    int tensor;
    if (x->kind != WEFT_ONNX_TENSOR) {
        return weft_onnx_refuse(node, "a function of a constant");
    }
    weft_status status = weft_onnx_layout(node, x, &tensor);
    if (status) {
        return status;
    }
    const struct weft_tensor *there = &node->import->graph->tensors[tensor];
    struct weft_onnx_shape shape = {there->n, there->c, there->h, there->w};
    for (int k = 0; k < 4; k++) {
        struct weft_onnx_value *constant = node->inputs[1 + k];
        if (constant->kind != WEFT_ONNX_CONSTANT) {
            return weft_onnx_refuse(node, "statistics that are not constant");
        }
        if (constant->rank != 1 || constant->dims[0] != shape.c) {
            return weft_onnx_damage(node, "its input %d does not have a value for each of %d channels", 1 + k,
                                    shape.c);
        }
        status = weft_onnx_per_channel(node, constant, 1, shape.c, &p[k]);
        if (status) {
            return status;
        }
    }
    float epsilon = weft_onnx_float(node, "epsilon", 1e-5f);
    for (int c = 0; c < shape.c; c++) {
        p[0][c] = (float)(p[0][c] / sqrt((double)p[3][c] + epsilon));
        p[1][c] = (float)(p[1][c] - (double)p[2][c] * p[0][c]);
    }
    struct weft_node *layer;
    status = weft_onnx_emit(node, WEFT_OP_AFFINE, &tensor, 1, shape, &layer);
    if (!status) {
        layer->scale = p[0];
        layer->bias = p[1];
        weft_onnx_put_tensor(node, layer->output, x->rank, x->dims);
    }
    return status;
}

/* A layer on the tensor in the given layout, whose output has the input's dimensions. */
static weft_status emit_unary(struct weft_onnx_node *node, enum weft_op op, struct weft_onnx_shape shape,
                              struct weft_node **layer)
{
    const struct weft_onnx_value *x = node->inputs[0];
    int tensor;
    if (x->kind != WEFT_ONNX_TENSOR) {
        return weft_onnx_refuse(node, "a function of a constant");
    }
    weft_status status = weft_onnx_view(node, x, shape, &tensor);
    status = status ? status : weft_onnx_emit(node, op, &tensor, 1, shape, layer);
    if (!status) {
        weft_onnx_put_tensor(node, (*layer)->output, x->rank, x->dims);
    }
    return status;
}

weft_status weft_onnx_lrn(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    struct weft_onnx_shape shape;
    int64_t size = weft_onnx_int(node, "size", 0);
    if (size < 1 || size > 65536) {
        return weft_onnx_damage(node, "a size of %lld channels", (long long)size);
    }
    struct weft_node *layer;
    weft_status status = weft_onnx_shape_of(node, x->rank, x->dims, &shape);
    status = status ? status : emit_unary(node, WEFT_OP_LRN, shape, &layer);
    if (!status) {
        layer->lrn_size = (int)size;
        layer->lrn_alpha = weft_onnx_float(node, "alpha", 1e-4f);
        layer->lrn_beta = weft_onnx_float(node, "beta", 0.75f);
        layer->lrn_bias = weft_onnx_float(node, "bias", 1);
    }
    return status;
}

/* Up to opset 12 the axis begins the part of the dimensions that is one vector; from 13 on it is the vector. */
static weft_status softmax(struct weft_onnx_node *node, bool logarithm)
{
    const struct weft_onnx_value *x = node->inputs[0];
    bool to_the_end = node->import->opset < 13;
    int64_t given = weft_onnx_int(node, "axis", to_the_end ? 1 : -1);
    int axis = weft_onnx_axis(given, x->rank);
    if (axis < 0) {
        return weft_onnx_damage(node, "axis %lld of a tensor of rank %d", (long long)given, x->rank);
    }
    int end = to_the_end ? x->rank : axis + 1;
    const int64_t dims[4] = {weft_onnx_elements(axis, x->dims), weft_onnx_elements(end - axis, x->dims + axis),
                             weft_onnx_elements(x->rank - end, x->dims + end), 1};
    struct weft_onnx_shape shape;
    struct weft_node *layer;
    weft_status status = weft_onnx_shape_of(node, 4, dims, &shape);
    status = status ? status : emit_unary(node, WEFT_OP_SOFTMAX, shape, &layer);
    if (!status) {
        layer->log_softmax = logarithm;
    }
    return status;
}

weft_status weft_onnx_softmax(struct weft_onnx_node *node)
{
    return softmax(node, false);
}

weft_status weft_onnx_log_softmax(struct weft_onnx_node *node)
{
    return softmax(node, true);
}
