/* Shared by the tests of the ONNX importer: small models, loaded, refused, run. */
#ifndef WEFT_TESTS_ONNX_CASE_H
#define WEFT_TESTS_ONNX_CASE_H

#include <string.h>

#include <weft/convert.h>

#include "graphs.h"
#include "onnx/load.h"
#include "tests/fuzz/onnx_build.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__, -1})
#define SCALAR ((const int64_t[]){-1})

static weft_error error;

/* Ends the model and loads it. */
static inline weft_model *load(struct onnx_model *model)
{
    struct onnx_bytes file = onnx_end(model);
    weft_model *loaded;
    weft_status status = weft_onnx_load_memory(file.data, file.size, "test.onnx", NULL, &loaded, &error);
    cr_assert_eq(status, WEFT_OK, "%s", error.text);
    free(file.data);
    graphs_check(loaded);
    return loaded;
}

static inline void refuse(struct onnx_model *model, weft_status expected, const char *text)
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
static inline void single(struct onnx_model *model, int opset, const int64_t *dims, const char *op, const char *inputs,
                   const char *attributes)
{
    onnx_begin(model, opset);
    onnx_input(model, "x", dims);
    onnx_output(model, "y");
    onnx_node(model, op, inputs, "y", attributes);
}

static inline const struct weft_node *only(const weft_model *model)
{
    cr_assert_eq(model->graph.nodes_count, 1, "%d layers", model->graph.nodes_count);
    return &model->graph.nodes[0];
}

static inline void check_shape(const weft_model *model, int n, int c, int h, int w)
{
    const struct weft_tensor *out = &model->graph.tensors[model->graph.output];
    cr_assert(out->n == n && out->c == c && out->h == h && out->w == w, "%dx%dx%dx%d", out->n, out->c, out->h, out->w);
}

/* Runs the model on 1, 2, 3, ... times `step` and compares. */
static inline void check_run(weft_model *model, float step, const float *expected, int count)
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

#endif
