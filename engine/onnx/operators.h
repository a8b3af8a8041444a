/* weft: the operators of the importer: one function each, named in the table of operators.c. */
#ifndef WEFT_ONNX_OPERATORS_H
#define WEFT_ONNX_OPERATORS_H

#include "onnx/importer.h"

/* What Conv and the pools have in common (op_window.c). */
struct weft_onnx_window {
    struct weft_window window;
    struct weft_onnx_shape in; /* of input 0 */
    int out_h, out_w;
    int64_t dims[4]; /* of the output: in the input's rank */
};
/* Reads kernel_shape, strides, dilations, pads, auto_pad and ceil_mode of a node whose input 0 has rank 3 or 4.
 * `kernel`: of the weights, NULL for the pools. dims[1] is the input's. */
weft_status weft_onnx_read_window(struct weft_onnx_node *node, const int64_t *kernel, struct weft_onnx_window *out);

weft_onnx_operator_fn weft_onnx_conv, weft_onnx_gemm, weft_onnx_matmul;                      /* op_conv.c, op_dense.c */
weft_onnx_operator_fn weft_onnx_maxpool, weft_onnx_avgpool, weft_onnx_global_avgpool, weft_onnx_global_maxpool,
    weft_onnx_reduce_mean, weft_onnx_reduce_max;                                             /* op_pool.c */
weft_onnx_operator_fn weft_onnx_relu, weft_onnx_clip, weft_onnx_leaky_relu, weft_onnx_prelu, weft_onnx_hard_swish,
    weft_onnx_hard_sigmoid, weft_onnx_sigmoid, weft_onnx_tanh;                               /* op_act.c */
weft_onnx_operator_fn weft_onnx_add, weft_onnx_sub, weft_onnx_mul, weft_onnx_div, weft_onnx_min, weft_onnx_max,
    weft_onnx_sum, weft_onnx_neg;                                                            /* op_arithmetic.c */
weft_onnx_operator_fn weft_onnx_batch_norm, weft_onnx_lrn, weft_onnx_softmax, weft_onnx_log_softmax; /* op_norm.c */
weft_onnx_operator_fn weft_onnx_concat, weft_onnx_pad, weft_onnx_identity, weft_onnx_dropout, weft_onnx_cast;
                                                                                             /* op_move.c */
weft_onnx_operator_fn weft_onnx_flatten, weft_onnx_reshape, weft_onnx_squeeze, weft_onnx_unsqueeze,
    weft_onnx_transpose, weft_onnx_shape;                                                    /* op_shape.c */

weft_onnx_operator_fn weft_onnx_split, weft_onnx_slice, weft_onnx_gather;                    /* op_select.c */
/* Zeros as further channels of input 0. */
weft_status weft_onnx_pad_channels(struct weft_onnx_node *node, int64_t before, int64_t after);
/* Output 0 is input 0 with its dimensions in another order, where that moves whole channels; else it is refused. */
weft_status weft_onnx_shuffle(struct weft_onnx_node *node, const int64_t *perm, const int64_t *dims);

/* Output 0 is input 0, tensor or constant, under other dimensions of as many elements (op_move.c). */
void weft_onnx_put_view(struct weft_onnx_node *node, int rank, const int64_t *dims);

#endif
