/* The ONNX importer: inputs, convolutions and products, and what is said about files that it refuses. */
#include "onnx_case.h"

/* ---- input and batch --------------------------------------------------------------------------- */

Test(onnx, an_open_batch_becomes_one_and_names_are_kept)
{
    struct onnx_model m;
    single(&m, 13, DIMS(0, 3, 4, 5), "Relu", "x", "");
    weft_model *model = load(&m);
    cr_assert_eq(only(model)->act.func, WEFT_FUNC_CLIP);
    cr_assert_str_eq(only(model)->name, "n_y");
    cr_assert_str_eq(model->graph.tensors[0].name, "x");
    cr_assert_str_eq(model->graph.tensors[1].name, "y");
    cr_assert_str_eq(model->graph.name, "test");
    check_shape(model, 1, 3, 4, 5);
    weft_model_free(&model);
}

Test(onnx, a_fixed_batch_is_kept)
{
    struct onnx_model m;
    single(&m, 13, DIMS(4, 3, 4, 5), "GlobalAveragePool", "x", "");
    weft_model *model = load(&m);
    check_shape(model, 4, 3, 1, 1);
    weft_model_free(&model);
}

Test(onnx, an_open_height_is_refused_with_the_mend)
{
    struct onnx_model m;
    single(&m, 13, DIMS(1, 3, 0, 5), "Relu", "x", "");
    refuse(&m, WEFT_E_UNSUPPORTED, "input 'x': it has an open dimension (2): export with a fixed input size");
}

Test(onnx, opsets_outside_7_to_21_are_refused)
{
    struct onnx_model m;
    single(&m, 6, DIMS(1, 3, 4, 5), "Relu", "x", "");
    refuse(&m, WEFT_E_UNSUPPORTED, "is of opset 6: weft reads 7 to 21");
    single(&m, 22, DIMS(1, 3, 4, 5), "Relu", "x", "");
    refuse(&m, WEFT_E_UNSUPPORTED, "is of opset 22: weft reads 7 to 21");
}

Test(onnx, several_inputs_or_outputs_are_refused)
{
    struct onnx_model m;
    single(&m, 13, DIMS(1, 3, 4, 5), "Add", "x z", "");
    onnx_input(&m, "z", DIMS(1, 3, 4, 5));
    refuse(&m, WEFT_E_UNSUPPORTED, "has several inputs ('x', 'z', ...)");
    single(&m, 13, DIMS(1, 3, 4, 5), "Relu", "x", "");
    onnx_output(&m, "x");
    refuse(&m, WEFT_E_UNSUPPORTED, "has 2 outputs");
}

/* ---- convolutions and products ----------------------------------------------------------------- */

static const struct weft_window *conv_window(struct onnx_model *m, weft_model **model)
{
    onnx_random(m, "w", DIMS(4, 2, 3, 3), 1);
    *model = load(m);
    cr_assert_eq(only(*model)->op, WEFT_OP_CONV);
    return &only(*model)->window;
}

Test(onnx, same_padding_goes_where_the_name_says)
{
    struct onnx_model m;
    weft_model *model;
    single(&m, 11, DIMS(1, 2, 8, 7), "Conv", "x w", "auto_pad=s:SAME_UPPER strides=I:2,2");
    const struct weft_window *w = conv_window(&m, &model);
    cr_assert(w->pad_top == 0 && w->pad_bottom == 1 && w->pad_left == 1 && w->pad_right == 1);
    check_shape(model, 1, 4, 4, 4);
    weft_model_free(&model);
    single(&m, 11, DIMS(1, 2, 8, 7), "Conv", "x w", "auto_pad=s:SAME_LOWER strides=I:2,2");
    w = conv_window(&m, &model);
    cr_assert(w->pad_top == 1 && w->pad_bottom == 0 && w->pad_left == 1 && w->pad_right == 1);
    weft_model_free(&model);
    single(&m, 11, DIMS(1, 2, 8, 7), "Conv", "x w", "auto_pad=s:VALID pads=I:1,1,1,1");
    w = conv_window(&m, &model);
    cr_assert(w->pad_top == 0 && w->pad_bottom == 0);
    check_shape(model, 1, 4, 6, 5);
    weft_model_free(&model);
}

Test(onnx, convolutions_take_asymmetric_pads_dilation_and_groups)
{
    struct onnx_model m;
    single(&m, 11, DIMS(1, 4, 9, 9), "Conv", "x w b",
           "pads=I:0,1,2,3 dilations=I:2,3 group=i:2 kernel_shape=I:3,3 strides=I:1,2");
    onnx_random(&m, "b", DIMS(4), 2);
    weft_model *model;
    const struct weft_window *w = conv_window(&m, &model);
    cr_assert(w->pad_top == 0 && w->pad_left == 1 && w->pad_bottom == 2 && w->pad_right == 3);
    cr_assert(w->dilation_h == 2 && w->dilation_w == 3 && only(model)->groups == 2);
    check_shape(model, 1, 4, 7, 4);
    weft_model_free(&model);
}

Test(onnx, convolutions_of_one_dimension_run_over_rows)
{
    struct onnx_model m;
    single(&m, 11, DIMS(1, 1, 4), "Conv", "x w", "pads=I:1,0");
    onnx_floats(&m, "w", DIMS(1, 1, 2), (const float[]){1, 10});
    check_run(load(&m), 1, (const float[]){10, 21, 32, 43}, 4);
}

Test(onnx, weights_that_do_not_fit_are_damage)
{
    struct onnx_model m;
    single(&m, 11, DIMS(1, 3, 8, 8), "Conv", "x w", "");
    onnx_random(&m, "w", DIMS(4, 2, 3, 3), 1);
    refuse(&m, WEFT_E_FORMAT, "node 'n_y' (Conv): 1 groups, 3 input channels and weights of 4 x 2 do not fit together");
}

Test(onnx, gemm_scales_transposes_and_adds)
{
    struct onnx_model m;
    single(&m, 13, DIMS(1, 3), "Gemm", "x w b", "alpha=f:2 beta=f:0.5 transB=i:1");
    onnx_floats(&m, "w", DIMS(2, 3), (const float[]){1, 2, 3, 4, 5, 6});
    onnx_floats(&m, "b", DIMS(2), (const float[]){10, 20});
    check_run(load(&m), 1, (const float[]){33, 74}, 2);
    single(&m, 13, DIMS(1, 3), "Gemm", "x w b", "");
    onnx_floats(&m, "w", DIMS(3, 2), (const float[]){1, 4, 2, 5, 3, 6});
    onnx_floats(&m, "b", SCALAR, (const float[]){100});
    check_run(load(&m), 1, (const float[]){114, 132}, 2);
}

Test(onnx, a_dense_layer_after_flatten_is_a_convolution_over_the_whole_image)
{
    struct onnx_model m;
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(0, 2, 2, 2));
    onnx_output(&m, "y");
    onnx_node(&m, "Flatten", "x", "flat", "");
    onnx_node(&m, "MatMul", "flat w", "product", "");
    onnx_node(&m, "Add", "product b", "y", "");
    onnx_floats(&m, "w", DIMS(8, 1), (const float[]){1, 2, 3, 4, 5, 6, 7, 8});
    onnx_floats(&m, "b", DIMS(1), (const float[]){1000});
    weft_model *model = load(&m);
    cr_assert(only(model)->op == WEFT_OP_CONV && only(model)->window.kernel_h == 2);
    check_run(model, 1, (const float[]){1204}, 1);
}

Test(onnx, batch_normalization_melts_into_the_convolution)
{
    struct onnx_model m;
    onnx_begin(&m, 9);
    onnx_input(&m, "x", DIMS(1, 1, 1, 2));
    onnx_output(&m, "y");
    onnx_node(&m, "Conv", "x w", "conv", "");
    onnx_node(&m, "BatchNormalization", "conv gamma beta mean variance", "y", "epsilon=f:1 momentum=f:0.9");
    onnx_floats(&m, "w", DIMS(1, 1, 1, 1), (const float[]){2});
    onnx_floats(&m, "gamma", DIMS(1), (const float[]){3});
    onnx_floats(&m, "beta", DIMS(1), (const float[]){5});
    onnx_floats(&m, "mean", DIMS(1), (const float[]){4});
    onnx_floats(&m, "variance", DIMS(1), (const float[]){8});
    weft_model *model = load(&m);
    only(model);
    check_run(model, 1, (const float[]){3, 5}, 2);
}

/* ---- the report -------------------------------------------------------------------------------- */

Test(onnx, everything_unsupported_is_reported_at_once)
{
    struct onnx_model m;
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 2, 4, 4));
    onnx_info(&m, "e", DIMS(0, 2, 4, 4));
    onnx_output(&m, "y");
    onnx_node(&m, "Erf", "x", "e", "");
    onnx_node(&m, "Transpose", "e", "t", "perm=I:0,2,3,1"); /* known: the file states what Erf makes */
    onnx_node(&m, "Relu", "t", "r", "");                    /* unknown, and supported: nothing to say */
    onnx_node(&m, "Einsum", "r", "y", "");
    struct onnx_bytes file = onnx_end(&m);
    weft_model *model;
    cr_assert_eq(weft_onnx_load_memory(file.data, file.size, "a.onnx", NULL, &model, &error), WEFT_E_UNSUPPORTED);
    free(file.data);
    cr_assert_str_eq(error.text, "a.onnx: node 'n_e' (Erf): weft does not have this operator\n"
                                 "a.onnx: node 'n_t' (Transpose): it moves values: weft's layout is fixed\n"
                                 "a.onnx: node 'n_y' (Einsum): weft does not have this operator");
}

Test(onnx, a_report_that_is_too_long_says_how_much_more_there_is)
{
    struct onnx_model m;
    char from[16] = "x", to[16];
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 2, 4, 4));
    for (int i = 0; i < 200; i++) {
        snprintf(to, sizeof to, "t%d", i);
        onnx_node(&m, "Erf", from, to, "");
        snprintf(from, sizeof from, "t%d", i);
    }
    onnx_output(&m, to);
    struct onnx_bytes file = onnx_end(&m);
    weft_model *model;
    cr_assert_eq(weft_onnx_load_memory(file.data, file.size, "a.onnx", NULL, &model, &error), WEFT_E_UNSUPPORTED);
    free(file.data);
    int lines = 1;
    for (const char *at = error.text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    char tail[64];
    snprintf(tail, sizeof tail, "\n... and %d more", 200 - (lines - 1));
    cr_assert_lt(strlen(error.text), sizeof error.text);
    cr_assert_str_eq(strrchr(error.text, '\n'), tail);
}

Test(onnx, what_the_output_does_not_need_is_not_looked_at)
{
    struct onnx_model m;
    single(&m, 13, DIMS(1, 2, 4, 4), "Relu", "x", "");
    onnx_node(&m, "Erf", "x", "unused", "");
    weft_model *model = load(&m);
    weft_model_free(&model);
}

Test(onnx, attributes_are_checked)
{
    struct onnx_model m;
    single(&m, 13, DIMS(1, 2, 4, 4), "Relu", "x", "alpha=f:1");
    refuse(&m, WEFT_E_UNSUPPORTED, "attribute 'alpha' is not known");
    single(&m, 13, DIMS(1, 2, 4, 4), "LeakyRelu", "x", "alpha=i:1");
    refuse(&m, WEFT_E_FORMAT, "attribute 'alpha' has another type than its operator asks for");
    single(&m, 13, DIMS(1, 2, 4, 4), "LeakyRelu", "x", "alpha=f:1 alpha=f:2");
    refuse(&m, WEFT_E_FORMAT, "attribute 'alpha' is there twice");
    single(&m, 13, DIMS(1, 2, 4, 4), "MaxPool", "x", "kernel_shape=I:2");
    refuse(&m, WEFT_E_FORMAT, "attribute 'kernel_shape' has 1 values where 2 are due");
    single(&m, 13, DIMS(1, 2, 4, 4), "MaxPool", "x", "kernel_shape=I:2,2 strides=I:1,0");
    refuse(&m, WEFT_E_UNSUPPORTED, "attribute 'strides' holds 0, outside 1..4096");
}

/* ---- hostile files ----------------------------------------------------------------------------- */

Test(onnx, graphs_out_of_order_cyclic_or_with_gaps)
{
    struct onnx_model m;
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 2, 4, 4));
    onnx_output(&m, "y");
    onnx_node(&m, "Add", "x b", "a", "");
    onnx_node(&m, "Relu", "a", "b", "");
    onnx_node(&m, "Relu", "b", "y", "");
    refuse(&m, WEFT_E_FORMAT, "node 'n_a' (Add): reads 'b' before it is made");
    single(&m, 13, DIMS(1, 2, 4, 4), "Add", "x gone", "");
    refuse(&m, WEFT_E_FORMAT, "node 'n_y' (Add): reads 'gone', which nothing makes");
    single(&m, 13, DIMS(1, 2, 4, 4), "Relu", "x", "");
    onnx_node(&m, "Relu", "x", "y", "");
    refuse(&m, WEFT_E_FORMAT, "two values have the name 'y'");
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 2, 4, 4));
    onnx_output(&m, "y");
    refuse(&m, WEFT_E_FORMAT, "nothing makes its output 'y'");
}

Test(onnx, huge_dimensions)
{
    struct onnx_model m;
    single(&m, 13, DIMS(1, 1 << 20, 4, 4), "Relu", "x", "");
    refuse(&m, WEFT_E_UNSUPPORTED, "a dimension above 65536");
    single(&m, 13, DIMS(1, 60000, 60000, 4), "Relu", "x", "");
    refuse(&m, WEFT_E_UNSUPPORTED, "a tensor without elements, or with 2^31 or more");
    single(&m, 13, DIMS(1, 4), "ConstantOfShape", "s", "");
    onnx_ints(&m, "s", DIMS(3), (const int64_t[]){1 << 20, 1 << 20, 1 << 20});
    refuse(&m, WEFT_E_UNSUPPORTED, "its output depends on no input");
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 4));
    onnx_output(&m, "y");
    onnx_ints(&m, "s", DIMS(2), (const int64_t[]){4, 40000000});
    onnx_node(&m, "ConstantOfShape", "s", "w", "");
    onnx_node(&m, "MatMul", "x w", "y", "");
    refuse(&m, WEFT_E_FORMAT, "bytes of memory, which its size does not explain");
}

Test(onnx, factors_that_overflow_where_they_are_folded)
{
    struct onnx_model m;
    onnx_begin(&m, 13);
    onnx_input(&m, "x", DIMS(1, 1, 2, 2));
    onnx_output(&m, "y");
    onnx_floats(&m, "w", DIMS(1, 1, 1, 1), (const float[]){1e30f});
    onnx_node(&m, "Conv", "x w", "c", "");
    onnx_node(&m, "Mul", "c w", "y", "");
    refuse(&m, WEFT_E_RANGE, "test.onnx: layer 'n_c' (conv): weight 0 is not a finite number");
}

Test(onnx, messages_nested_without_end)
{
    /* A graph in an attribute of a node in a graph in ... */
    struct onnx_bytes inner = {0};
    for (int i = 0; i < 100; i++) {
        struct onnx_bytes attribute = {0}, node = {0}, graph = {0};
        onnx_put_message(&attribute, 6, &inner);
        onnx_put_message(&node, 5, &attribute);
        onnx_put_message(&graph, 1, &node);
        inner = graph;
    }
    struct onnx_bytes file = {0};
    onnx_put_message(&file, 7, &inner);
    weft_model *model;
    weft_status status = weft_onnx_load_memory(file.data, file.size, "test.onnx", NULL, &model, &error);
    cr_assert_eq(status, WEFT_E_FORMAT);
    cr_assert(strstr(error.text, "messages nested too deeply"), "%s", error.text);
    free(file.data);
}

Test(onnx, files_that_are_something_else)
{
    static const char *const texts[] = {"{\"model\": 1}", "\x89PNG\r\n\x1a\n", "\x08\x07", "\xff\xff\xff\xff\xff\xff"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        weft_model *model;
        weft_status status = weft_onnx_load_memory(texts[i], strlen(texts[i]), "test.onnx", NULL, &model, &error);
        cr_assert_eq(status, WEFT_E_FORMAT);
        cr_assert(strstr(error.text, "test.onnx: no ONNX file, or damaged"), "%s", error.text);
    }
    weft_model *model;
    cr_assert_eq(weft_onnx_load("/nowhere/model.onnx", NULL, &model, &error), WEFT_E_IO);
}
