/* The ONNX importer: what each family of operators becomes, and what is said about files that it refuses. */
#include <string.h>
#include <unistd.h>

#include <weft/convert.h>

#include "graphs.h"
#include "onnx/load.h"
#include "onnx_build.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__, -1})
#define SCALAR ((const int64_t[]){-1})

static weft_error error;

/* Ends the model and loads it. */
static weft_model *load(struct onnx_model *model)
{
    struct onnx_bytes file = onnx_end(model);
    weft_model *loaded;
    weft_status status = weft_onnx_load_memory(file.data, file.size, "test.onnx", NULL, &loaded, &error);
    cr_assert_eq(status, WEFT_OK, "%s", error.text);
    free(file.data);
    graphs_check(loaded);
    return loaded;
}

static void refuse(struct onnx_model *model, weft_status expected, const char *text)
{
    struct onnx_bytes file = onnx_end(model);
    weft_model *loaded;
    weft_status status = weft_onnx_load_memory(file.data, file.size, "test.onnx", NULL, &loaded, &error);
    free(file.data);
    cr_assert_eq(status, expected, "status %d: %s", status, error.text);
    cr_assert_null(loaded);
    cr_assert(strstr(error.text, text), "'%s' is not in: %s", text, error.text);
    cr_assert(strncmp(error.text, "test.onnx: ", 11) == 0, "%s", error.text);
}

/* One operator on the input x, with the given dimensions, to the output y. */
static void single(struct onnx_model *model, int opset, const int64_t *dims, const char *op, const char *inputs,
                   const char *attributes)
{
    onnx_begin(model, opset);
    onnx_input(model, "x", dims);
    onnx_output(model, "y");
    onnx_node(model, op, inputs, "y", attributes);
}

static const struct weft_node *only(const weft_model *model)
{
    cr_assert_eq(model->graph.nodes_count, 1, "%d layers", model->graph.nodes_count);
    return &model->graph.nodes[0];
}

static void check_shape(const weft_model *model, int n, int c, int h, int w)
{
    const struct weft_tensor *out = &model->graph.tensors[model->graph.output];
    cr_assert(out->n == n && out->c == c && out->h == h && out->w == w, "%dx%dx%dx%d", out->n, out->c, out->h, out->w);
}

/* Runs the model on 1, 2, 3, ... times `step` and compares. */
static void check_run(weft_model *model, float step, const float *expected, int count)
{
    int64_t elements = weft_tensor_elements(&model->graph.tensors[model->graph.input]);
    float *input = malloc((size_t)elements * sizeof *input);
    for (int64_t i = 0; i < elements; i++) {
        input[i] = (float)(i + 1) * step;
    }
    cr_assert_eq(weft_tensor_elements(&model->graph.tensors[model->graph.output]), count);
    float *output = graphs_run(model, input, 1);
    for (int i = 0; i < count; i++) {
        cr_assert(fabsf(output[i] - expected[i]) <= 1e-5f * (1 + fabsf(expected[i])), "%d: %g, expected %g", i,
                  (double)output[i], (double)expected[i]);
    }
    free(output);
    free(input);
    weft_model_free(&model);
}

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

/* ---- pools ------------------------------------------------------------------------------------- */

Test(onnx, ceil_mode_lets_the_last_window_hang_over)
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

Test(onnx, averages_count_the_padding_only_if_told)
{
    struct onnx_model m;
    single(&m, 11, DIMS(1, 1, 1, 3), "AveragePool", "x", "kernel_shape=I:1,2 pads=I:0,1,0,1");
    check_run(load(&m), 1, (const float[]){1, 1.5f, 2.5f, 3}, 4);
    single(&m, 11, DIMS(1, 1, 1, 3), "AveragePool", "x", "kernel_shape=I:1,2 pads=I:0,1,0,1 count_include_pad=i:1");
    check_run(load(&m), 1, (const float[]){0.5f, 1.5f, 2.5f, 1.5f}, 4);
}

Test(onnx, means_over_space_are_pools)
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

Test(onnx, indices_of_a_pool_may_not_be_used)
{
    struct onnx_model m;
    onnx_begin(&m, 12);
    onnx_input(&m, "x", DIMS(1, 1, 2, 2));
    onnx_output(&m, "i");
    onnx_node(&m, "MaxPool", "x", "y i", "kernel_shape=I:2,2");
    refuse(&m, WEFT_E_UNSUPPORTED, "its output 1 is used");
}

/* ---- functions --------------------------------------------------------------------------------- */

Test(onnx, clip_has_its_bounds_where_the_opset_says)
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

Test(onnx, slopes_are_one_per_channel)
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

Test(onnx, functions_that_exporters_write_out_are_recognised)
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

Test(onnx, arithmetic_with_constants_is_affine)
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

Test(onnx, sums_of_several_tensors)
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

Test(onnx, squeeze_and_excite_is_a_gate)
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

/* ---- shapes ------------------------------------------------------------------------------------ */

Test(onnx, shape_arithmetic_is_folded)
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

Test(onnx, transposes_that_move_nothing_are_views)
{
    struct onnx_model m;
    single(&m, 13, DIMS(1, 3, 1, 1), "Transpose", "x", "perm=I:0,2,3,1");
    weft_model *model = load(&m);
    check_shape(model, 1, 1, 1, 3);
    weft_model_free(&model);
    single(&m, 13, DIMS(1, 3, 2, 1), "Transpose", "x", "perm=I:0,2,3,1");
    refuse(&m, WEFT_E_UNSUPPORTED, "it moves values: weft's layout is fixed");
}

Test(onnx, reshape_copies_infers_and_keeps_the_batch)
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

Test(onnx, softmax_takes_the_axis_of_its_opset)
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

Test(onnx, pads_come_from_attributes_or_inputs)
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

Test(onnx, concatenation_is_along_channels)
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

Test(onnx, channels_are_split_sliced_and_gathered)
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

Test(onnx, a_shuffle_of_channels_is_one_layer)
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

Test(onnx, dropout_and_identity_vanish)
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
