/* Gemm and MatMul: products of each image with a constant matrix, which are convolutions over the whole image. */
#include "graph/check.h"
#include "onnx/operators.h"

struct dense {
    int64_t rows, depth, outputs; /* rows: the batch */
    float *weights; /* [outputs][depth] */
    float *bias;
};

static weft_status emit_dense(struct weft_onnx_node *node, const struct dense *dense, struct weft_node **layer)
{
    const struct weft_onnx_value *x = node->inputs[0];
    const struct weft_tensor *there = &node->import->graph->tensors[x->tensor];
    const int64_t flat[2] = {dense->rows, dense->depth}, result[2] = {dense->rows, dense->outputs};
    int input = x->tensor;
    struct weft_onnx_shape shape, out;
    weft_status status = weft_onnx_shape_of(node, 2, result, &out);
    /* The weights [outputs][c * h * w] already are [outputs][c][h][w]. */
    bool as_is = there->n == dense->rows && there->h <= WEFT_WINDOW_MAX && there->w <= WEFT_WINDOW_MAX;
    struct weft_window window = {.kernel_h = as_is ? there->h : 1, .kernel_w = as_is ? there->w : 1};
    if (!status && !as_is) {
        status = weft_onnx_shape_of(node, 2, flat, &shape);
        status = status ? status : weft_onnx_view(node, x, shape, &input);
    }
    status = status ? status : weft_onnx_emit(node, WEFT_OP_CONV, &input, 1, out, layer);
    if (status) {
        return status;
    }
    (*layer)->window.kernel_h = window.kernel_h;
    (*layer)->window.kernel_w = window.kernel_w;
    (*layer)->weights = dense->weights;
    (*layer)->weights_count = dense->outputs * dense->depth;
    (*layer)->bias = dense->bias;
    return WEFT_OK;
}

/* y = x * scale + bias on the output of `layer`. */
static weft_status emit_scaled(struct weft_onnx_node *node, float scale, float *bias, struct weft_node **layer)
{
    const struct weft_tensor *there = &node->import->graph->tensors[(*layer)->output];
    struct weft_onnx_shape shape = {there->n, there->c, there->h, there->w};
    int input = (*layer)->output;
    weft_status status = weft_onnx_emit(node, WEFT_OP_AFFINE, &input, 1, shape, layer);
    if (!status) {
        (*layer)->scale = weft_onnx_filled(node, shape.c, scale);
        (*layer)->bias = bias;
    }
    return !status && !(*layer)->scale ? WEFT_E_MEMORY : status;
}

static weft_status check_product(struct weft_onnx_node *node)
{
    if (node->inputs[0]->kind != WEFT_ONNX_TENSOR || node->inputs[1]->kind != WEFT_ONNX_CONSTANT) {
        return weft_onnx_refuse(node, "its second factor is not constant");
    }
    return node->inputs[1]->rank == 2 ? WEFT_OK : weft_onnx_refuse(node, "its second factor is no matrix");
}

/* beta * C as one value per output. */
static weft_status read_bias(struct weft_onnx_node *node, int64_t outputs, float beta, float **bias)
{
    struct weft_onnx_value *c = weft_onnx_input(node, 2);
    if (!c) {
        *bias = weft_onnx_filled(node, outputs, 0);
        return *bias ? WEFT_OK : WEFT_E_MEMORY;
    }
    if (c->kind != WEFT_ONNX_CONSTANT) {
        return weft_onnx_refuse(node, "its bias is not constant");
    }
    weft_status status = weft_onnx_per_channel(node, c, 2, outputs, bias);
    for (int64_t i = 0; i < outputs && !status; i++) {
        (*bias)[i] *= beta;
    }
    return status;
}

weft_status weft_onnx_gemm(struct weft_onnx_node *node)
{
    struct weft_onnx_value *x = node->inputs[0], *b = node->inputs[1];
    weft_status status = check_product(node);
    if (status) {
        return status;
    }
    if (x->rank != 2) {
        return weft_onnx_damage(node, "its first factor has rank %d", x->rank);
    }
    bool transposed = weft_onnx_int(node, "transA", 0) != 0, b_transposed = weft_onnx_int(node, "transB", 0) != 0;
    /* A matrix of one row or column is its own transpose in memory. */
    if (transposed && x->dims[0] != 1 && x->dims[1] != 1) {
        return weft_onnx_refuse(node, "transA: it mixes the images of the batch");
    }
    struct dense dense = {.rows = x->dims[transposed], .depth = x->dims[!transposed]};
    dense.outputs = b->dims[b_transposed ? 0 : 1];
    int64_t dims[2] = {dense.rows, dense.outputs};
    if (b->dims[b_transposed ? 1 : 0] != dense.depth || dense.outputs < 1) {
        return weft_onnx_damage(node, "a matrix of %lld x %lld after %lld values", (long long)b->dims[0],
                                (long long)b->dims[1], (long long)dense.depth);
    }
    float alpha = weft_onnx_float(node, "alpha", 1), *bias;
    status = read_bias(node, dense.outputs, weft_onnx_float(node, "beta", 1), &bias);
    if (status) {
        return status;
    }
    dense.weights = b_transposed ? weft_onnx_weights(node->import, b) : weft_onnx_weights_transposed(node->import, b);
    dense.bias = alpha == 1 ? bias : weft_onnx_filled(node, dense.outputs, 0);
    if (!dense.weights || !dense.bias) {
        return WEFT_E_MEMORY;
    }
    struct weft_node *layer;
    status = emit_dense(node, &dense, &layer);
    if (!status && alpha != 1) {
        status = emit_scaled(node, alpha, bias, &layer);
    }
    if (!status) {
        weft_onnx_put_tensor(node, layer->output, 2, dims);
    }
    return status;
}

weft_status weft_onnx_matmul(struct weft_onnx_node *node)
{
    struct weft_onnx_value *x = node->inputs[0], *b = node->inputs[1];
    weft_status status = check_product(node);
    if (status) {
        return status;
    }
    int last = x->rank - 1;
    if (last < 0 || b->dims[0] != x->dims[last] || b->dims[1] < 1) {
        return weft_onnx_damage(node, "a matrix of %lld x %lld does not fit its first factor", (long long)b->dims[0],
                                (long long)b->dims[1]);
    }
    struct dense dense = {.rows = weft_onnx_elements(last, x->dims), .depth = b->dims[0], .outputs = b->dims[1]};
    dense.weights = weft_onnx_weights_transposed(node->import, b);
    dense.bias = weft_onnx_filled(node, dense.outputs, 0);
    if (!dense.weights || !dense.bias) {
        return WEFT_E_MEMORY;
    }
    int64_t dims[WEFT_ONNX_RANK_MAX];
    for (int i = 0; i < x->rank; i++) {
        dims[i] = i == last ? dense.outputs : x->dims[i];
    }
    struct weft_node *layer;
    status = emit_dense(node, &dense, &layer);
    if (!status) {
        weft_onnx_put_tensor(node, layer->output, x->rank, dims);
    }
    return status;
}
