#include "node_case.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (64u << 20)

static void *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = file ? malloc(FILE_MAX) : NULL;
    *size = data ? fread(data, 1, FILE_MAX, file) : 0;
    bool whole = data && *size < FILE_MAX && feof(file);
    if (file) {
        fclose(file);
    }
    if (!whole) {
        free(data);
        return NULL;
    }
    return data;
}

/* The graph's value is a tensor, not a sequence, an optional or a map. */
static bool is_tensor(const WeftOnnx__ValueInfoProto *value)
{
    return value->type && value->type->value_case == WEFT_ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
}

/* A file of bfloat16 calls its words uint16: the model knows better. */
static WeftOnnx__TensorProto *read_tensor(const char *path, const WeftOnnx__ValueInfoProto *info)
{
    size_t size;
    void *data = read_file(path, &size);
    WeftOnnx__TensorProto *tensor = data ? weft_onnx__tensor_proto__unpack(NULL, size, data) : NULL;
    free(data);
    if (tensor && info->type->tensor_type->elem_type == WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16) {
        tensor->data_type = WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
    }
    return tensor;
}

bool node_case_has_set(const char *folder, int set)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/test_data_set_%d", folder, set);
    return access(path, R_OK) == 0;
}

static bool has_initializer(const WeftOnnx__GraphProto *graph, const char *name)
{
    for (size_t i = 0; i < graph->n_initializer; i++) {
        if (strcmp(graph->initializer[i]->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The data files are those of the inputs that no initializer gives a value, in the graph's order. */
static bool read_inputs(struct node_case *test, const char *folder, int set, char *why, size_t why_size)
{
    char path[1024];
    WeftOnnx__GraphProto *graph = test->model->graph;
    for (size_t i = 0; i < graph->n_input; i++) {
        int at = test->inputs_count;
        if (has_initializer(graph, graph->input[i]->name)) {
            continue;
        }
        if (!is_tensor(graph->input[i])) {
            snprintf(why, why_size, "input '%s' is no tensor", graph->input[i]->name);
            return false;
        }
        snprintf(path, sizeof path, "%s/test_data_set_%d/input_%d.pb", folder, set, at);
        if (at >= CASE_VALUES_MAX || !(test->inputs[at] = read_tensor(path, graph->input[i]))) {
            snprintf(why, why_size, "%s cannot be read", path);
            return false;
        }
        test->infos[at] = graph->input[i];
        test->inputs_count++;
    }
    return true;
}

static bool read_outputs(struct node_case *test, const char *folder, int set, char *why, size_t why_size)
{
    char path[1024];
    const WeftOnnx__GraphProto *graph = test->model->graph;
    for (size_t i = 0; i < graph->n_output; i++) {
        if (!is_tensor(graph->output[i])) {
            snprintf(why, why_size, "output '%s' is no tensor", graph->output[i]->name);
            return false;
        }
        snprintf(path, sizeof path, "%s/test_data_set_%d/output_%zu.pb", folder, set, i);
        if (i >= CASE_VALUES_MAX || !(test->outputs[i] = read_tensor(path, graph->output[i]))) {
            snprintf(why, why_size, "%s cannot be read", path);
            return false;
        }
        test->outputs_count++;
    }
    return true;
}

static void raise_opset(WeftOnnx__ModelProto *model)
{
    for (size_t i = 0; i < model->n_opset_import; i++) {
        WeftOnnx__OperatorSetIdProto *opset = model->opset_import[i];
        if ((!opset->domain || !opset->domain[0]) && opset->version < 7) {
            opset->version = 7;
        }
    }
}

bool node_case_read(struct node_case *test, const char *folder, int set, char *why, size_t why_size)
{
    char path[1024];
    size_t size;
    memset(test, 0, sizeof *test);
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    void *data = read_file(path, &size);
    test->model = data ? weft_onnx__model_proto__unpack(NULL, size, data) : NULL;
    free(data);
    if (!test->model || !test->model->graph || test->model->graph->n_output == 0) {
        snprintf(why, why_size, "%s cannot be read", path);
        return false;
    }
    raise_opset(test->model);
    return read_outputs(test, folder, set, why, why_size) && read_inputs(test, folder, set, why, why_size);
}

void node_case_free(struct node_case *test)
{
    if (test->model) {
        weft_onnx__model_proto__free_unpacked(test->model, NULL);
    }
    for (int i = 0; i < CASE_VALUES_MAX; i++) {
        if (test->inputs[i]) {
            weft_onnx__tensor_proto__free_unpacked(test->inputs[i], NULL);
        }
        if (test->outputs[i]) {
            weft_onnx__tensor_proto__free_unpacked(test->outputs[i], NULL);
        }
    }
    memset(test, 0, sizeof *test);
}

static float half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    float value = ldexpf((float)(exponent ? mantissa + 1024 : mantissa), (exponent ? exponent : 1) - 25);
    if (exponent == 31) {
        value = mantissa ? NAN : INFINITY;
    }
    return bits & 0x8000 ? -value : value;
}

static float brain(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

/* Element `i` of a tensor of floats of any width, from where its type keeps it. */
static float element(const WeftOnnx__TensorProto *t, size_t i)
{
    uint16_t bits = 0;
    double wide = 0;
    float value = 0;
    switch (t->data_type) {
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        if (t->has_raw_data) {
            memcpy(&wide, t->raw_data.data + i * sizeof wide, sizeof wide);
        } else {
            wide = t->double_data[i];
        }
        return (float)wide;
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        if (!t->has_raw_data) {
            return t->float_data[i];
        }
        memcpy(&value, t->raw_data.data + i * sizeof value, sizeof value);
        return value;
    default:
        if (t->has_raw_data) {
            memcpy(&bits, t->raw_data.data + i * sizeof bits, sizeof bits);
        } else {
            bits = (uint16_t)t->int32_data[i];
        }
        return t->data_type == WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ? half(bits) : brain(bits);
    }
}

float *tensor_floats(const WeftOnnx__TensorProto *tensor, size_t *count)
{
    size_t width, listed;
    *count = 1;
    for (size_t i = 0; i < tensor->n_dims; i++) {
        *count *= (size_t)tensor->dims[i];
    }
    switch (tensor->data_type) {
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        width = 4;
        listed = tensor->n_float_data;
        break;
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        width = 8;
        listed = tensor->n_double_data;
        break;
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        width = 2;
        listed = tensor->n_int32_data;
        break;
    default:
        return NULL;
    }
    if ((tensor->has_raw_data ? tensor->raw_data.len / width : listed) != *count) {
        return NULL;
    }
    float *values = malloc(*count * sizeof *values + 1);
    for (size_t i = 0; values && i < *count; i++) {
        values[i] = element(tensor, i);
    }
    return values;
}

