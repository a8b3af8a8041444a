/* The ONNX importer: pools, functions and arithmetic. */
#include "onnx_case.h"

/* ---- pools ------------------------------------------------------------------------------------- */

Test(onnx_operators, ceil_mode_lets_the_last_window_hang_over)
{
    struct onnx_model m;
    single(&m, 11, DIMS(1, 1, 1, 6), "MaxPool", "x", "kernel_shape=I:1,3 strides=I:1,2 ceil_mode=i:1");
    check_run(load(&m), 1, (const float[]){3, 5, 6}, 3);
    single(&m, 11, DIMS(1, 1, 1, 2), "MaxPool", "x", "kernel_shape=I:1,3 strides=I:1,2 ceil_mode=i:1");
    check_run(load(&m), 1, (const float[]){2}, 1);
    /* A window that would begin beyond the input is none. */
    single(&m, 11, DIMS(1, 1, 1, 4), "MaxPool", "x", "kernel_shape=I:1,1 strides=I:1,3 ceil_mode=i:1 pads=I:0,0,0,1");
    check_run(load(&m), 1, (const float[]){1, 4}, 2);
}

Test(onnx_operators, averages_count_the_padding_only_if_told)
{
    struct onnx_model m;
    single(&m, 11, DIMS(1, 1, 1, 3), "AveragePool", "x", "kernel_shape=I:1,2 pads=I:0,1,0,1");
    check_run(load(&m), 1, (const float[]){1, 1.5f, 2.5f, 3}, 4);
    single(&m, 11, DIMS(1, 1, 1, 3), "AveragePool", "x", "kernel_shape=I:1,2 pads=I:0,1,0,1 count_include_pad=i:1");
    check_run(load(&m), 1, (const float[]){0.5f, 1.5f, 2.5f, 1.5f}, 4);
}

Test(onnx_operators, means_over_space_are_pools)
{
    struct onnx_model m;
    single(&m, 11, DIMS(1, 2, 1, 2), "ReduceMean", "x", "axes=I:2,-1 keepdims=i:0");
    weft_model *model = load(&m);
    cr_assert_eq(only(model)->op, WEFT_OP_AVGPOOL);
    check_run(model, 1, (const float[]){1.5f, 3.5f}, 2);
    single(&m, 18, DIMS(1, 2, 1, 2), "ReduceMean", "x axes", "");
    onnx_ints(&m, "axes", DIMS(2), (const int64_t[]){2, 3});
    check_run(load(&m), 1, (const float[]){1.5f, 3.5f}, 2);
    single(&m, 11, DIMS(1, 2, 2, 2), "ReduceMean", "x", "axes=I:1");
    refuse(&m, WEFT_E_UNSUPPORTED, "it reduces other dimensions than rows and columns");
}

Test(onnx_operators, indices_of_a_pool_may_not_be_used)
{
    struct onnx_model m;
    onnx_begin(&m, 12);
    onnx_input(&m, "x", DIMS(1, 1, 2, 2));
    onnx_output(&m, "i");
    onnx_node(&m, "MaxPool", "x", "y i", "kernel_shape=I:2,2");
    refuse(&m, WEFT_E_UNSUPPORTED, "its output 1 is used");
}

/* ---- functions --------------------------------------------------------------------------------- */

Test(onnx_operators, clip_has_its_bounds_where_the_opset_says)
{
    struct onnx_model m;
    single(&m, 7, DIMS(1, 1, 1, 3), "Clip", "x", "min=f:0 max=f:6");
    weft_model *model = load(&m);
    cr_assert(only(model)->act.lo == 0 && only(model)->act.hi == 6);
    weft_model_free(&model);
    single(&m, 11, DIMS(1, 1, 1, 3), "Clip", "x - hi", "");
    onnx_floats(&m, "hi", SCALAR, (const float[]){6});
    model = load(&m);
    cr_assert(only(model)->act.lo == -INFINITY && only(model)->act.hi == 6);
    weft_model_free(&model);
}

Test(onnx_operators, slopes_are_one_per_channel)
{
    struct onnx_model m;
    single(&m, 9, DIMS(1, 2, 1, 2), "PRelu", "x s", "");
    onnx_floats(&m, "s", DIMS(2, 1, 1), (const float[]){0.5f, 0.25f});
    check_run(load(&m), -1, (const float[]){-0.5f, -1, -0.75f, -1}, 4);
    single(&m, 9, DIMS(1, 2, 1, 2), "LeakyRelu", "x", "alpha=f:0.125");
    check_run(load(&m), -8, (const float[]){-1, -2, -3, -4}, 4);
    single(&m, 9, DIMS(1, 2, 1, 2), "PRelu", "x s", "");
    onnx_floats(&m, "s", DIMS(1, 2), (const float[]){1, 2});
    refuse(&m, WEFT_E_UNSUPPORTED, "constant 's' is neither one number nor one per channel");
}

static void check_function(struct onnx_model *m, enum weft_func func)
{
    weft_model *model = load(m);
    cr_assert_eq(only(model)->op, WEFT_OP_ACT);
    cr_assert_eq(only(model)->act.func, func, "%s", weft_func_name(only(model)->act.func));
    float *output = graphs_run(model, (const float[]){-4, -1, 1, 4}, 1);
    for (int i = 0; i < 4; i++) {
        float x = (const float[]){-4, -1, 1, 4}[i], gate = fminf(fmaxf(x / 6 + 0.5f, 0), 1);
        float y = func == WEFT_FUNC_SWISH ? x / (1 + expf(-x)) : func == WEFT_FUNC_HSWISH ? x * gate : gate;
        cr_assert_float_eq(output[i], y, 1e-5f, "%g: %g, expected %g", (double)x, (double)output[i], (double)y);
    }
    free(output);
    weft_model_free(&model);
}

static void begin_function(struct onnx_model *m)
{
    onnx_begin(m, 13);
    onnx_input(m, "x", DIMS(1, 2, 1, 2));
    onnx_output(m, "y");
    onnx_floats(m, "zero", SCALAR, (const float[]){0});
    onnx_floats(m, "three", SCALAR, (const float[]){3});
    onnx_floats(m, "six", SCALAR, (const float[]){6});
    onnx_floats(m, "sixth", SCALAR, (const float[]){1.0f / 6});
}

Test(onnx_operators, functions_that_exporters_write_out_are_recognised)
{
    struct onnx_model m;
    begin_function(&m);
    onnx_node(&m, "Sigmoid", "x", "s", "");
    onnx_node(&m, "Mul", "x s", "y", "");
    check_function(&m, WEFT_FUNC_SWISH);
    begin_function(&m);
    onnx_node(&m, "HardSigmoid", "x", "s", "alpha=f:0.166666667");
    onnx_node(&m, "Mul", "s x", "y", "");
    check_function(&m, WEFT_FUNC_HSWISH);
    begin_function(&m);
    onnx_node(&m, "HardSwish", "x", "y", "");
    check_function(&m, WEFT_FUNC_HSWISH);
    begin_function(&m); /* x * relu6(x + 3) / 6 */
    onnx_node(&m, "Add", "three x", "a", "");
    onnx_node(&m, "Clip", "a zero six", "b", "");
    onnx_node(&m, "Mul", "x b", "c", "");
    onnx_node(&m, "Div", "c six", "y", "");
    check_function(&m, WEFT_FUNC_HSWISH);
    begin_function(&m); /* relu6(x + 3) / 6 */
    onnx_node(&m, "Add", "x three", "a", "");
    onnx_node(&m, "Relu", "a", "b", "");
    onnx_node(&m, "Min", "six b", "c", "");
    onnx_node(&m, "Mul", "c sixth", "y", "");
    struct onnx_bytes file = onnx_end(&m); /* Relu and Min are two nodes: not recognised, but right */
    weft_model *model;
    cr_assert_eq(weft_onnx_load_memory(file.data, file.size, "test.onnx", NULL, &model, &error), WEFT_OK);
    free(file.data);
    float *output = graphs_run(model, (const float[]){-4, -1, 1, 4}, 1);
    cr_assert_float_eq(output[1], 2.0f / 6, 1e-6f);
    cr_assert_float_eq(output[3], 1, 1e-6f);
    free(output);
    weft_model_free(&model);
    begin_function(&m);
    onnx_node(&m, "Add", "x three", "a", "");
    onnx_node(&m, "Clip", "a zero six", "b", "");
    onnx_node(&m, "Div", "b six", "y", "");
    check_function(&m, WEFT_FUNC_HSIGMOID);
}

/* ---- arithmetic -------------------------------------------------------------------------------- */

Test(onnx_operators, arithmetic_with_constants_is_affine)
{
    struct onnx_model m;
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 2, 1, 1));
    onnx_output(&m, "y");
    onnx_floats(&m, "a", DIMS(2, 1, 1), (const float[]){10, 20});
    onnx_floats(&m, "b", DIMS(1), (const float[]){4});
    onnx_node(&m, "Sub", "a x", "1", "");
    onnx_node(&m, "Div", "1 b", "2", "");
    onnx_node(&m, "Mul", "a 2", "3", "");
    onnx_node(&m, "Neg", "3", "4", "");
    onnx_node(&m, "Sub", "4 b", "y", "");
    weft_model *model = load(&m);
    cr_assert_eq(only(model)->op, WEFT_OP_AFFINE);
    check_run(model, 1, (const float[]){-26.5f, -94}, 2);
    single(&m, 13, DIMS(1, 2, 1, 2), "Add", "x c", "");
    onnx_floats(&m, "c", DIMS(2), (const float[]){1, 2});
    refuse(&m, WEFT_E_UNSUPPORTED, "constant 'c' is neither one number nor one per channel");
}

Test(onnx_operators, sums_of_several_tensors)
{
    struct onnx_model m;
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 1, 1, 2));
    onnx_output(&m, "y");
    onnx_node(&m, "Tanh", "x", "t", "");
    onnx_node(&m, "Relu", "x", "r", "");
    onnx_node(&m, "Sum", "r t x", "y", "");
    check_run(load(&m), 1, (const float[]){2 + tanhf(1), 4 + tanhf(2)}, 2);
}

Test(onnx_operators, squeeze_and_excite_is_a_gate)
{
    struct onnx_model m;
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 2, 1, 2));
    onnx_output(&m, "y");
    onnx_ints(&m, "axes", DIMS(2), (const int64_t[]){2, 3});
    onnx_floats(&m, "w", DIMS(2, 2), (const float[]){0, 1, 1, 0});
    onnx_node(&m, "GlobalAveragePool", "x", "mean", "");
    onnx_node(&m, "Squeeze", "mean axes", "flat", "");
    onnx_node(&m, "Gemm", "flat w", "dense", "");
    onnx_node(&m, "Unsqueeze", "dense axes", "gate", "");
    onnx_node(&m, "Mul", "gate x", "y", "");
    weft_model *model = load(&m);
    cr_assert_eq(model->graph.nodes_count, 3);
    cr_assert_eq(model->graph.nodes[2].op, WEFT_OP_GATE);
    check_run(model, 1, (const float[]){3.5f, 7, 4.5f, 6}, 4);
    single(&m, 13, DIMS(1, 2, 1, 2), "Mul", "x x", "");
    refuse(&m, WEFT_E_UNSUPPORTED, "a product of tensors that is no gate of channels");
}
