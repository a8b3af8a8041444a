/* The importer and the float path against logits that another runtime made, where the models are at hand. */
#include <string.h>
#include <unistd.h>

#include <weft/convert.h>

#include "graphs.h"

#define DATA WEFT_SOURCE_DIR "/../shared/data/"

/* Floats of a .npy file of version 1, and the shape's first dimension. */
static float *read_npy(const char *path, int *images, int64_t *per_image)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    unsigned char head[10];
    char text[512];
    cr_assert_eq(fread(head, 1, sizeof head, file), sizeof head);
    size_t length = (size_t)(head[8] | head[9] << 8);
    cr_assert_lt(length, sizeof text);
    cr_assert_eq(fread(text, 1, length, file), length);
    text[length] = '\0';
    cr_assert_not_null(strstr(text, "'<f4'"));
    cr_assert_not_null(strstr(text, "'fortran_order': False"));
    const char *shape = strchr(text, '(');
    cr_assert_not_null(shape);
    int64_t count = 1;
    *images = 0;
    for (const char *at = shape + 1; *at >= '0' && *at <= '9';) {
        char *end;
        long extent = strtol(at, &end, 10);
        *images = *images ? *images : (int)extent;
        count *= extent;
        at = end + (*end == ',') + (end[0] == ',' && end[1] == ' ');
    }
    float *values = malloc((size_t)count * sizeof *values);
    cr_assert_not_null(values);
    cr_assert_eq(fread(values, sizeof *values, (size_t)count, file), (size_t)count);
    fclose(file);
    *per_image = count / *images;
    return values;
}

static void check_model(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, DATA "models/%s.onnx", name);
    if (access(path, R_OK) != 0) {
        printf("skipped: ../shared/data is not here\n");
        cr_skip_test("../shared/data is not here");
    }
    weft_error error = {""};
    weft_model *model;
    cr_assert_eq(weft_onnx_load(path, NULL, &model, &error), WEFT_OK, "%s", error.text);
    snprintf(path, sizeof path, DATA "golden/%s.input.npy", name);
    int images, outputs;
    int64_t in_count, out_count;
    float *inputs = read_npy(path, &images, &in_count);
    snprintf(path, sizeof path, DATA "golden/%s.logits.npy", name);
    float *expected = read_npy(path, &outputs, &out_count);
    cr_assert_eq(images, outputs);
    cr_assert_eq(weft_tensor_elements(&model->graph.tensors[model->graph.input]), in_count);
    cr_assert_eq(weft_tensor_elements(&model->graph.tensors[model->graph.output]), out_count);
    for (int i = 0; i < images; i++) {
        float *output = graphs_run(model, inputs + i * in_count, 2);
        double largest = 0;
        for (int64_t k = 0; k < out_count; k++) {
            largest = fmax(largest, fabs((double)expected[i * out_count + k]));
        }
        double distance = graphs_distance(output, expected + i * out_count, out_count);
        cr_assert_gt(largest, 0);
        cr_assert_leq(distance, 1e-3 * largest, "%s, image %d: off by %g of %g", name, i, distance, largest);
        free(output);
    }
    free(inputs);
    free(expected);
    weft_model_free(&model);
    cr_assert_null(model);
}

Test(onnx_oracle, squeezenet_with_half_precision_weights)
{
    check_model("squeezenet1.1_fp16w");
}

Test(onnx_oracle, mobilenet_v1_with_batch_normalization)
{
    check_model("mobilenet_v1_0.75_224_fp32");
}

Test(onnx_oracle, mobilenet_v2)
{
    check_model("mobilenet_v2_1.0_224_int8deq");
}

Test(onnx_oracle, resnet20)
{
    check_model("cifar10_resnet20");
}

Test(onnx_oracle, resnet8)
{
    check_model("cifar10_resnet8_mlperftiny");
}
