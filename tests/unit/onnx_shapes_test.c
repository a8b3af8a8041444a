/* The ONNX importer: operators that only move values, and arithmetic with shapes. */
#include "onnx_case.h"

/* ---- shapes ------------------------------------------------------------------------------------ */

Test(onnx_shapes, shape_arithmetic_is_folded)
{
    struct onnx_model m;
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(0, 2, 1, 2));
    onnx_output(&m, "y");
    onnx_ints(&m, "0", SCALAR, (const int64_t[]){0});
    onnx_ints(&m, "axes", DIMS(1), (const int64_t[]){0});
    onnx_ints(&m, "from", DIMS(1), (const int64_t[]){1});
    onnx_ints(&m, "to", DIMS(1), (const int64_t[]){INT64_MAX});
    onnx_node(&m, "Shape", "x", "shape", "");
    onnx_node(&m, "Gather", "shape 0", "batch", "");
    onnx_node(&m, "Unsqueeze", "batch axes", "batch1", "");
    onnx_node(&m, "Slice", "shape from to", "rest", "");
    onnx_node(&m, "ReduceProd", "rest", "count", "");
    onnx_node(&m, "Cast", "count", "float", "to=i:1");
    onnx_node(&m, "Floor", "float", "floor", "");
    onnx_node(&m, "Cast", "floor", "whole", "to=i:7");
    onnx_node(&m, "Concat", "batch1 whole", "dims", "axis=i:0");
    onnx_node(&m, "Reshape", "x dims", "flat", "");
    onnx_node(&m, "Softmax", "flat", "y", "axis=i:1");
    weft_model *model = load(&m);
    check_shape(model, 1, 4, 1, 1);
    weft_model_free(&model);
}

Test(onnx_shapes, transposes_that_move_nothing_are_views)
{
    struct onnx_model m;
    single(&m, 13, DIMS(1, 3, 1, 1), "Transpose", "x", "perm=I:0,2,3,1");
    weft_model *model = load(&m);
    check_shape(model, 1, 1, 1, 3);
    weft_model_free(&model);
    single(&m, 13, DIMS(1, 3, 2, 1), "Transpose", "x", "perm=I:0,2,3,1");
    refuse(&m, WEFT_E_UNSUPPORTED, "it moves values: weft's layout is fixed");
}

Test(onnx_shapes, reshape_copies_infers_and_keeps_the_batch)
{
    struct onnx_model m;
    single(&m, 13, DIMS(2, 4, 2, 2), "Reshape", "x s", "");
    onnx_ints(&m, "s", DIMS(3), (const int64_t[]){0, -1, 2});
    weft_model *model = load(&m);
    check_shape(model, 2, 8, 2, 1);
    weft_model_free(&model);
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(2, 4, 2, 2));
    onnx_output(&m, "y");
    onnx_ints(&m, "s", DIMS(2), (const int64_t[]){-1, 4});
    onnx_node(&m, "Reshape", "x s", "r", "");
    onnx_node(&m, "Softmax", "r", "y", "axis=i:1");
    refuse(&m, WEFT_E_UNSUPPORTED, "dimensions that mix the batch with the rest of 'r'");
    single(&m, 13, DIMS(2, 4, 2, 2), "Reshape", "x s", "");
    onnx_ints(&m, "s", DIMS(2), (const int64_t[]){2, 17});
    refuse(&m, WEFT_E_FORMAT, "its output does not have as many elements as its input");
}

Test(onnx_shapes, softmax_takes_the_axis_of_its_opset)
{
    struct onnx_model m;
    single(&m, 11, DIMS(1, 2, 1, 2), "Softmax", "x", ""); /* over all that follows the batch */
    float sum = expf(-3) + expf(-2) + expf(-1) + 1;
    check_run(load(&m), 1, (const float[]){expf(-3) / sum, expf(-2) / sum, expf(-1) / sum, 1 / sum}, 4);
    single(&m, 13, DIMS(1, 2, 1, 2), "Softmax", "x", "axis=i:1"); /* over channels */
    sum = expf(-2) + 1;
    check_run(load(&m), 1, (const float[]){expf(-2) / sum, expf(-2) / sum, 1 / sum, 1 / sum}, 4);
    single(&m, 13, DIMS(1, 2), "LogSoftmax", "x", "");
    sum = expf(-1) + 1;
    check_run(load(&m), 1, (const float[]){-1 - logf(sum), -logf(sum)}, 2);
}

Test(onnx_shapes, pads_come_from_attributes_or_inputs)
{
    struct onnx_model m;
    single(&m, 10, DIMS(1, 1, 1, 2), "Pad", "x", "pads=I:0,0,0,1,0,0,0,2 value=f:7");
    check_run(load(&m), 1, (const float[]){7, 1, 2, 7, 7}, 5);
    single(&m, 13, DIMS(1, 1, 1, 2), "Pad", "x p v", "mode=s:constant");
    onnx_ints(&m, "p", DIMS(8), (const int64_t[]){0, 0, 0, 1, 0, 0, 0, 2});
    onnx_floats(&m, "v", SCALAR, (const float[]){7});
    check_run(load(&m), 1, (const float[]){7, 1, 2, 7, 7}, 5);
    single(&m, 13, DIMS(1, 1, 1, 2), "Pad", "x p", "mode=s:reflect");
    onnx_ints(&m, "p", DIMS(8), (const int64_t[]){0, 0, 0, 1, 0, 0, 0, 1});
    refuse(&m, WEFT_E_UNSUPPORTED, "weft pads with a constant only");
}

Test(onnx_shapes, concatenation_is_along_channels)
{
    struct onnx_model m;
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 2, 1, 1));
    onnx_output(&m, "y");
    onnx_node(&m, "Neg", "x", "n", "");
    onnx_node(&m, "Concat", "x n", "y", "axis=i:-3");
    check_run(load(&m), 1, (const float[]){1, 2, -1, -2}, 4);
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 2, 1, 1));
    onnx_output(&m, "y");
    onnx_node(&m, "Neg", "x", "n", "");
    onnx_node(&m, "Concat", "x n", "y", "axis=i:2");
    refuse(&m, WEFT_E_UNSUPPORTED, "it joins along axis 2: weft joins channels (axis 1)");
}

Test(onnx_shapes, channels_are_split_sliced_and_gathered)
{
    struct onnx_model m;
    onnx_begin(&m, 11);
    onnx_input(&m, "x", DIMS(1, 5, 1, 2));
    onnx_output(&m, "y");
    onnx_node(&m, "Split", "x", "a b c", "axis=i:1 split=I:1,2,2");
    onnx_node(&m, "Concat", "c a", "y", "axis=i:1");
    check_run(load(&m), 1, (const float[]){7, 8, 9, 10, 1, 2}, 6);
    single(&m, 13, DIMS(1, 5, 1, 2), "Slice", "x from to axes step", "");
    onnx_ints(&m, "from", DIMS(1), (const int64_t[]){-1});
    onnx_ints(&m, "to", DIMS(1), (const int64_t[]){INT64_MIN});
    onnx_ints(&m, "axes", DIMS(1), (const int64_t[]){1});
    onnx_ints(&m, "step", DIMS(1), (const int64_t[]){-2});
    check_run(load(&m), 1, (const float[]){9, 10, 5, 6, 1, 2}, 6);
    single(&m, 13, DIMS(1, 5, 1, 1), "Gather", "x i", "axis=i:1");
    onnx_ints(&m, "i", DIMS(3), (const int64_t[]){-1, 0, 0});
    check_run(load(&m), 1, (const float[]){5, 1, 1}, 3);
    single(&m, 13, DIMS(1, 2, 1, 1), "Pad", "x p", "");
    onnx_ints(&m, "p", DIMS(8), (const int64_t[]){0, 1, 0, 0, 0, 2, 0, 0});
    check_run(load(&m), 1, (const float[]){0, 1, 2, 0, 0}, 5);
    single(&m, 11, DIMS(1, 5, 1, 2), "Split", "x", "axis=i:1 split=I:5,1");
    refuse(&m, WEFT_E_FORMAT, "it has 1 outputs for other than as many parts");
    single(&m, 11, DIMS(1, 5, 4, 2), "Split", "x", "axis=i:2");
    refuse(&m, WEFT_E_UNSUPPORTED, "it splits another axis than channels");
    single(&m, 9, DIMS(1, 5, 4, 2), "Slice", "x", "axes=I:2 starts=I:1 ends=I:3");
    refuse(&m, WEFT_E_UNSUPPORTED, "it cuts axis 2: weft chooses channels (axis 1)");
}

Test(onnx_shapes, a_shuffle_of_channels_is_one_layer)
{
    struct onnx_model m;
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(0, 6, 1, 2));
    onnx_output(&m, "y");
    onnx_ints(&m, "groups", DIMS(5), (const int64_t[]){-1, 2, 3, 1, 2});
    onnx_ints(&m, "flat", DIMS(4), (const int64_t[]){-1, 6, 1, 2});
    onnx_node(&m, "Relu", "x", "r", "");
    onnx_node(&m, "Reshape", "r groups", "g", "");
    onnx_node(&m, "Transpose", "g", "t", "perm=I:0,2,1,3,4");
    onnx_node(&m, "Reshape", "t flat", "y", "");
    weft_model *model = load(&m);
    cr_assert_eq(model->graph.nodes_count, 2);
    cr_assert_eq(model->graph.nodes[1].op, WEFT_OP_SELECT);
    check_run(model, 1, (const float[]){1, 2, 7, 8, 3, 4, 9, 10, 5, 6, 11, 12}, 12);
}

Test(onnx_shapes, dropout_and_identity_vanish)
{
    struct onnx_model m;
    onnx_begin(&m, 12);
    onnx_input(&m, "x", DIMS(1, 2, 1, 1));
    onnx_output(&m, "y");
    onnx_node(&m, "Identity", "x", "i", "");
    onnx_node(&m, "Relu", "i", "r", "");
    onnx_node(&m, "Dropout", "r", "y mask", "");
    weft_model *model = load(&m);
    only(model);
    weft_model_free(&model);
}
