#include "onnx/operators.h"

#include <string.h>

#include "onnx/fold.h"

/* By name. Inputs (least, most), outputs that ONNX knows, attributes with the letter of their type. */
static const struct weft_onnx_operator operators[] = {
    {"Add", 2, 2, 1, "", weft_onnx_add, weft_onnx_fold_add},
    {"AveragePool", 1, 1, 1, "kernel_shape:I strides:I pads:I auto_pad:s ceil_mode:i count_include_pad:i dilations:I",
     weft_onnx_avgpool, NULL},
    {"BatchNormalization", 5, 5, 5, "epsilon:f momentum:f spatial:i training_mode:i", weft_onnx_batch_norm, NULL},
    {"Cast", 1, 1, 1, "to:i saturate:i", weft_onnx_cast, weft_onnx_fold_cast},
    {"Ceil", 1, 1, 1, "", NULL, weft_onnx_fold_ceil},
    {"Clip", 1, 3, 1, "min:f max:f", weft_onnx_clip, NULL},
    {"Concat", 1, INT32_MAX, 1, "axis:i", weft_onnx_concat, weft_onnx_fold_concat},
    {"Constant", 0, 0, 1, "value:t value_float:f value_floats:F value_int:i value_ints:I", NULL, weft_onnx_constant},
    {"ConstantOfShape", 1, 1, 1, "value:t", NULL, weft_onnx_constant_of_shape},
    {"Conv", 2, 3, 1, "kernel_shape:I strides:I pads:I auto_pad:s dilations:I group:i", weft_onnx_conv, NULL},
    {"Div", 2, 2, 1, "", weft_onnx_div, weft_onnx_fold_div},
    {"Dropout", 1, 3, 2, "ratio:f seed:i", weft_onnx_dropout, weft_onnx_dropout},
    {"Equal", 2, 2, 1, "", NULL, weft_onnx_fold_equal},
    {"Expand", 2, 2, 1, "", NULL, weft_onnx_fold_expand},
    {"Flatten", 1, 1, 1, "axis:i", weft_onnx_flatten, weft_onnx_flatten},
    {"Floor", 1, 1, 1, "", NULL, weft_onnx_fold_floor},
    {"Gather", 2, 2, 1, "axis:i", weft_onnx_gather, weft_onnx_fold_gather},
    {"Gemm", 2, 3, 1, "alpha:f beta:f transA:i transB:i", weft_onnx_gemm, NULL},
    {"GlobalAveragePool", 1, 1, 1, "", weft_onnx_global_avgpool, NULL},
    {"GlobalMaxPool", 1, 1, 1, "", weft_onnx_global_maxpool, NULL},
    {"HardSigmoid", 1, 1, 1, "alpha:f beta:f", weft_onnx_hard_sigmoid, NULL},
    {"HardSwish", 1, 1, 1, "", weft_onnx_hard_swish, NULL},
    {"Identity", 1, 1, 1, "", weft_onnx_identity, weft_onnx_identity},
    {"LRN", 1, 1, 1, "alpha:f beta:f bias:f size:i", weft_onnx_lrn, NULL},
    {"LeakyRelu", 1, 1, 1, "alpha:f", weft_onnx_leaky_relu, NULL},
    {"LogSoftmax", 1, 1, 1, "axis:i", weft_onnx_log_softmax, NULL},
    {"MatMul", 2, 2, 1, "", weft_onnx_matmul, NULL},
    {"Max", 1, INT32_MAX, 1, "", weft_onnx_max, weft_onnx_fold_max},
    {"MaxPool", 1, 1, 2, "kernel_shape:I strides:I pads:I auto_pad:s ceil_mode:i storage_order:i dilations:I",
     weft_onnx_maxpool, NULL},
    {"Min", 1, INT32_MAX, 1, "", weft_onnx_min, weft_onnx_fold_min},
    {"Mul", 2, 2, 1, "", weft_onnx_mul, weft_onnx_fold_mul},
    {"Neg", 1, 1, 1, "", weft_onnx_neg, weft_onnx_fold_neg},
    {"PRelu", 2, 2, 1, "", weft_onnx_prelu, NULL},
    {"Pad", 1, 4, 1, "mode:s pads:I value:f", weft_onnx_pad, NULL},
    {"ReduceMax", 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i", weft_onnx_reduce_max, NULL},
    {"ReduceMean", 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i", weft_onnx_reduce_mean, NULL},
    {"ReduceProd", 1, 2, 1, "axes:I keepdims:i noop_with_empty_axes:i", NULL, weft_onnx_fold_prod},
    {"Relu", 1, 1, 1, "", weft_onnx_relu, NULL},
    {"Reshape", 2, 2, 1, "allowzero:i", weft_onnx_reshape, weft_onnx_reshape},
    {"Shape", 1, 1, 1, "start:i end:i", weft_onnx_shape, weft_onnx_shape},
    {"Sigmoid", 1, 1, 1, "", weft_onnx_sigmoid, NULL},
    {"Slice", 1, 5, 1, "starts:I ends:I axes:I", weft_onnx_slice, weft_onnx_fold_slice},
    {"Softmax", 1, 1, 1, "axis:i", weft_onnx_softmax, NULL},
    {"Split", 1, 2, INT32_MAX, "axis:i split:I num_outputs:i", weft_onnx_split, NULL},
    {"Sqrt", 1, 1, 1, "", NULL, weft_onnx_fold_sqrt},
    {"Squeeze", 1, 2, 1, "axes:I", weft_onnx_squeeze, weft_onnx_squeeze},
    {"Sub", 2, 2, 1, "", weft_onnx_sub, weft_onnx_fold_sub},
    {"Sum", 1, INT32_MAX, 1, "", weft_onnx_sum, weft_onnx_fold_add},
    {"Tanh", 1, 1, 1, "", weft_onnx_tanh, NULL},
    {"Transpose", 1, 1, 1, "perm:I", weft_onnx_transpose, weft_onnx_fold_transpose},
    {"Unsqueeze", 1, 2, 1, "axes:I", weft_onnx_unsqueeze, weft_onnx_unsqueeze},
    {"Where", 3, 3, 1, "", NULL, weft_onnx_fold_where},
};

const struct weft_onnx_operator *weft_onnx_operator_find(const char *name)
{
    size_t low = 0, high = sizeof operators / sizeof *operators;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, operators[middle].name);
        if (order == 0) {
            return &operators[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}
