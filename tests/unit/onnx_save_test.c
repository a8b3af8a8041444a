/* The ONNX writer: what it writes reads back the same; its rounding is weft's for every float. */
#include <float.h>
#include <string.h>
#include <unistd.h>

#include <weft/convert.h>

#include "graphs.h"
#include "onnx/export.h"
#include "onnx/load.h"
#include "onnx_models.h"

static weft_error error;

static weft_model *build(enum onnx_models_kind kind)
{
    struct onnx_bytes file = onnx_models_build(kind);
    weft_model *model;
    weft_status status = weft_onnx_load_memory(file.data, file.size, "test.onnx", NULL, &model, &error);
    cr_assert_eq(status, WEFT_OK, "%s", error.text);
    free(file.data);
    return model;
}

static weft_model *save_and_load(const weft_model *model, const char *path, int float_activations)
{
    weft_onnx_save_options options;
    weft_model *back;
    weft_onnx_save_options_default(&options);
    options.float_activations = float_activations;
    cr_assert_eq(weft_onnx_save(model, path, &options, &error), WEFT_OK, "%s", error.text);
    cr_assert_eq(weft_onnx_load(path, NULL, &back, &error), WEFT_OK, "%s", error.text);
    unlink(path);
    return back;
}

static float *random_input(weft_model *model, uint64_t seed)
{
    return graphs_floats(model, &seed, weft_tensor_elements(&model->graph.tensors[model->graph.input]));
}

Test(onnx_save, float_models_read_back_the_same)
{
    for (int kind = 0; kind < ONNX_MODELS_COUNT; kind++) {
        char path[64];
        snprintf(path, sizeof path, "onnx_save_%s.onnx", onnx_models_name((enum onnx_models_kind)kind));
        weft_model *model = build((enum onnx_models_kind)kind), *back = save_and_load(model, path, 0);
        const struct weft_tensor *in = &model->graph.tensors[model->graph.input];
        const struct weft_tensor *out = &model->graph.tensors[model->graph.output];
        cr_assert_str_eq(back->graph.tensors[back->graph.input].name, in->name);
        cr_assert_str_eq(back->graph.tensors[back->graph.output].name, out->name);
        float *input = random_input(model, 7), *expected = graphs_run(model, input, 1),
              *output = graphs_run(back, input, 1);
        cr_assert_eq(weft_tensor_elements(&back->graph.tensors[back->graph.output]), weft_tensor_elements(out));
        double distance = graphs_distance(expected, output, weft_tensor_elements(out));
        cr_assert_leq(distance, 1e-6, "%s: %g", path, distance);
        free(expected);
        free(output);
        weft_model_free(&model);
        weft_model_free(&back);
    }
}

static int give_image(void *cookie, int index, float *out)
{
    uint64_t seed = (uint64_t)index + 1;
    graphs_fill(&seed, out, *(const int64_t *)cookie);
    return 0;
}

static weft_model *quantize(const weft_model *model)
{
    int64_t elements = weft_tensor_elements(&model->graph.tensors[model->graph.input]);
    weft_quantize_options options;
    weft_model *quantized;
    weft_quantize_options_default(&options);
    options.source = give_image;
    options.source_cookie = &elements;
    options.images = 4;
    options.threads = 1;
    cr_assert_eq(weft_quantize(model, &options, &quantized, &error), WEFT_OK, "%s", error.text);
    return quantized;
}

Test(onnx_save, weights_of_a_quantized_model_are_codebook_integers_times_the_scale)
{
    weft_model *model = build(ONNX_MODELS_MOBILE), *quantized = quantize(model);
    weft_model *back = save_and_load(quantized, "onnx_save_weights.onnx", 1);
    int convolutions = 0, next = 0;
    for (int i = 0; i < quantized->graph.nodes_count; i++) {
        const struct weft_node *from = &quantized->graph.nodes[i];
        if (from->op != WEFT_OP_CONV) {
            continue;
        }
        while (next < back->graph.nodes_count && back->graph.nodes[next].op != WEFT_OP_CONV) {
            next++;
        }
        cr_assert_lt(next, back->graph.nodes_count);
        const struct weft_node *to = &back->graph.nodes[next++];
        const struct weft_edge *in = &quantized->graph.tensors[from->inputs[0]].edge;
        int64_t depth = from->weights_count / quantized->graph.tensors[from->output].c;
        cr_assert_eq(from->weights_count, to->weights_count);
        for (int64_t k = 0; k < from->weights_count; k++) {
            uint8_t bin;
            weft_bins_unpack(from->bins, k, 1, from->codebook.format, &bin);
            double weight = weft_codebook_integer(&from->codebook, bin) * (double)from->scale[k / depth] / in->scale;
            cr_assert_float_eq(to->weights[k], weight, 1e-6 * fabs(weight) + 1e-12);
        }
        convolutions++;
    }
    cr_assert_geq(convolutions, 4);
    weft_model_free(&model);
    weft_model_free(&quantized);
    weft_model_free(&back);
}

Test(onnx_save, a_quantized_model_is_written_with_its_rounding)
{
    for (int kind = 0; kind < ONNX_MODELS_COUNT - 1; kind++) {
        weft_model *model = build((enum onnx_models_kind)kind), *quantized = quantize(model), *back;
        cr_assert_eq(weft_onnx_save(quantized, "onnx_save_codes.onnx", NULL, &error), WEFT_OK, "%s", error.text);
        /* It holds operators on tensors that weft itself does not have. */
        cr_assert_eq(weft_onnx_load("onnx_save_codes.onnx", NULL, &back, &error), WEFT_E_UNSUPPORTED);
        cr_assert(strstr(error.text, "(GreaterOrEqual): weft does not have this operator"), "%s", error.text);
        unlink("onnx_save_codes.onnx");
        weft_model_free(&model);
        weft_model_free(&quantized);
    }
}

Test(onnx_save, what_cannot_be_written_leaves_no_file)
{
    weft_model *model = build(ONNX_MODELS_TYPES);
    cr_assert_eq(weft_onnx_save(model, "no-such-folder/x.onnx", NULL, &error), WEFT_E_IO);
    struct weft_node *node = &model->graph.nodes[0];
    node->op = WEFT_OP_AVGPOOL; /* with a dilation, which opset 13 does not have */
    node->window.dilation_h = 2;
    cr_assert_eq(weft_onnx_save(model, "onnx_save_refused.onnx", NULL, &error), WEFT_E_UNSUPPORTED);
    cr_assert(strstr(error.text, node->name), "%s", error.text);
    cr_assert_neq(access("onnx_save_refused.onnx", F_OK), 0);
    weft_model_free(&model);
}

/* ---- the rounding, evaluated for one number ---------------------------------------------------- */

struct machine {
    const struct weft_onnx_export *out;
    float x;
    float values[512]; /* of the nodes' outputs, in order */
};

static const WeftOnnx__TensorProto *constant(const struct machine *m, const char *name)
{
    for (size_t i = 0; i < m->out->initializers.count; i++) {
        const WeftOnnx__TensorProto *tensor = m->out->initializers.items[i];
        if (strcmp(tensor->name, name) == 0) {
            return tensor;
        }
    }
    return NULL;
}

/* Element `index` of a constant, or the value of a node so far. */
static float element(const struct machine *m, const char *name, size_t index)
{
    const WeftOnnx__TensorProto *tensor = constant(m, name);
    if (strcmp(name, "x") == 0) {
        return m->x;
    }
    if (tensor && tensor->data_type == WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__INT32) {
        int32_t value;
        memcpy(&value, tensor->raw_data.data + index * 4, 4);
        return (float)value;
    }
    if (tensor) {
        float value;
        cr_assert_lt(index, tensor->raw_data.len / 4);
        memcpy(&value, tensor->raw_data.data + index * 4, 4);
        return value;
    }
    for (size_t i = 0; i < m->out->nodes.count; i++) {
        const WeftOnnx__NodeProto *node = m->out->nodes.items[i];
        if (strcmp(node->output[0], name) == 0) {
            return m->values[i];
        }
    }
    cr_assert(0, "nothing makes %s", name);
    return 0;
}

static float evaluate(struct machine *m, float x)
{
    m->x = x;
    for (size_t i = 0; i < m->out->nodes.count; i++) {
        const WeftOnnx__NodeProto *node = m->out->nodes.items[i];
        const char *op = node->op_type;
        bool gather = strcmp(op, "Gather") == 0;
        float a = gather ? 0 : element(m, node->input[0], 0), b = node->n_input > 1 ? element(m, node->input[1], 0) : 0;
        m->values[i] = gather                              ? element(m, node->input[0], (size_t)b)
                       : strcmp(op, "Add") == 0            ? a + b
                       : strcmp(op, "Mul") == 0            ? a * b
                       : strcmp(op, "GreaterOrEqual") == 0 ? (float)(a >= b)
                       : strcmp(op, "Cast") == 0           ? a
                       : strcmp(op, "Abs") == 0            ? fabsf(a)
                       : strcmp(op, "Relu") == 0           ? (a > 0 ? a : 0)
                       : strcmp(op, "Sign") == 0           ? (float)((a > 0) - (a < 0))
                                                           : NAN;
    }
    return m->values[m->out->nodes.count - 1];
}

static void check_rounding(const struct weft_edge *edge, bool integers)
{
    struct weft_graph graph = {0};
    struct weft_onnx_export out = {.graph = &graph, .layer = -1, .input = "x", .output = "y"};
    static struct machine m;
    weft_pool_init(&out.pool, NULL);
    weft_onnx_out_round(&out, edge, "x", integers);
    cr_assert(!out.failed && out.nodes.count < sizeof m.values / sizeof *m.values);
    m.out = &out;
    uint64_t seed = 5;
    for (int i = 0; i < 6 * edge->magnitudes + 200; i++) {
        float theta = edge->theta[i / 6 % edge->magnitudes];
        float near[3] = {nextafterf(theta, 0), theta, nextafterf(theta, FLT_MAX)};
        float x = near[i % 3];
        if (i >= 6 * edge->magnitudes) {
            graphs_fill(&seed, &x, 1);
            x *= 2 * edge->theta[edge->magnitudes - 1];
        }
        x = i % 6 < 3 ? x : -x;
        uint8_t code = weft_edge_encode(edge, x);
        float expected = integers ? (float)weft_edge_integer(edge, code) : weft_edge_decode(edge, code);
        float rounded = evaluate(&m, x);
        cr_assert(rounded == expected, "%a: %g, expected %g", (double)x, (double)rounded, (double)expected);
    }
    cr_assert_eq(evaluate(&m, 0), 0);
    cr_assert_eq(evaluate(&m, INFINITY), evaluate(&m, FLT_MAX));
    weft_pool_free(&out.pool);
}

Test(onnx_save, rounding_is_that_of_the_encoder)
{
    static const int magnitudes[] = {1, 2, 3, 7, 15, 16, 31, 63, 100, 127, 128, 255};
    for (size_t i = 0; i < sizeof magnitudes / sizeof *magnitudes; i++) {
        for (int is_signed = 0; is_signed <= (magnitudes[i] < 128); is_signed++) {
            struct weft_edge edge;
            weft_edge_init_log(&edge, is_signed, magnitudes[i], -20, 4, is_signed ? 127 : 255);
            check_rounding(&edge, true);
            check_rounding(&edge, false);
            weft_edge_init_linear(&edge, is_signed, magnitudes[i], 3.7f);
            check_rounding(&edge, true);
            check_rounding(&edge, false);
        }
    }
}
