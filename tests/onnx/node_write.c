/* Models made of a test: with one input and one output, as weft takes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node_case.h"

#define INITIALIZERS_MAX 256
#define NODES_MAX 512

static bool write_model(const WeftOnnx__ModelProto *model, const char *path)
{
    size_t size = weft_onnx__model_proto__get_packed_size(model);
    uint8_t *bytes = malloc(size);
    FILE *file = bytes ? fopen(path, "wb") : NULL;
    bool fine = file && weft_onnx__model_proto__pack(model, bytes) == size && fwrite(bytes, 1, size, file) == size;
    if (file && fclose(file) != 0) {
        fine = false;
    }
    free(bytes);
    return fine;
}

/* The graph is changed for the time of the packing only, with borrowed arrays: nothing of it is owned twice. */
bool node_case_write(const struct node_case *test, int data, int output, const char *path)
{
    WeftOnnx__GraphProto *graph = test->model->graph, before = *graph;
    WeftOnnx__ValueInfoProto *input[1];
    WeftOnnx__TensorProto *initializers[INITIALIZERS_MAX], named[CASE_VALUES_MAX];
    size_t count = graph->n_initializer;
    if (count + (size_t)test->inputs_count > INITIALIZERS_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        initializers[i] = graph->initializer[i];
    }
    for (int i = 0; i < test->inputs_count; i++) {
        if (i != data) {
            named[i] = *test->inputs[i];
            named[i].name = test->infos[i]->name;
            initializers[count++] = &named[i];
        }
    }
    bool has_data = data < test->inputs_count;
    input[0] = has_data ? test->infos[data] : NULL;
    graph->input = input;
    graph->n_input = has_data;
    graph->initializer = initializers;
    graph->n_initializer = count;
    graph->output += output;
    graph->n_output = 1;
    bool fine = write_model(test->model, path);
    *graph = before;
    return fine;
}

/* ---- inputs joined along the channels ---- */

static size_t channel_axis(const WeftOnnx__TensorProto *tensor)
{
    return tensor->n_dims > 1 ? 1 : 0;
}

bool node_case_can_join(const struct node_case *test)
{
    const WeftOnnx__TensorProto *first = test->inputs[0];
    if (test->inputs_count < 2 || first->n_dims < 1) {
        return false;
    }
    for (int i = 0; i < test->inputs_count; i++) {
        const WeftOnnx__TensorProto *one = test->inputs[i];
        if (one->data_type != WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT || one->n_dims != first->n_dims) {
            return false;
        }
        for (size_t k = 0; k < one->n_dims; k++) {
            if (k != channel_axis(one) && one->dims[k] != first->dims[k]) {
                return false;
            }
        }
    }
    return true;
}

/* What is added to the graph: one input, and a Gather with its list of channels for each input of the test. */
struct joined {
    WeftOnnx__ValueInfoProto info, *infos[1];
    WeftOnnx__TypeProto type;
    WeftOnnx__TypeProto__Tensor tensor_type;
    WeftOnnx__TensorShapeProto shape;
    WeftOnnx__TensorShapeProto__Dimension dims[8], *dim_list[8];
    struct {
        WeftOnnx__NodeProto node;
        WeftOnnx__TensorProto list;
        WeftOnnx__AttributeProto axis, *attributes[1];
        int64_t length;
        char name[32], *inputs[2], *outputs[1];
    } parts[CASE_VALUES_MAX];
    WeftOnnx__NodeProto *nodes[NODES_MAX];
    WeftOnnx__TensorProto *initializers[INITIALIZERS_MAX];
};

static void describe_input(struct joined *j, const struct node_case *test, int64_t channels)
{
    const WeftOnnx__TensorProto *first = test->inputs[0];
    weft_onnx__value_info_proto__init(&j->info);
    weft_onnx__type_proto__init(&j->type);
    weft_onnx__type_proto__tensor__init(&j->tensor_type);
    weft_onnx__tensor_shape_proto__init(&j->shape);
    for (size_t k = 0; k < first->n_dims; k++) {
        weft_onnx__tensor_shape_proto__dimension__init(&j->dims[k]);
        j->dims[k].value_case = WEFT_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        j->dims[k].dim_value = k == channel_axis(first) ? channels : first->dims[k];
        j->dim_list[k] = &j->dims[k];
    }
    j->shape.dim = j->dim_list;
    j->shape.n_dim = first->n_dims;
    j->tensor_type.has_elem_type = 1;
    j->tensor_type.elem_type = WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    j->tensor_type.shape = &j->shape;
    j->type.value_case = WEFT_ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    j->type.tensor_type = &j->tensor_type;
    j->info.name = "joined";
    j->info.type = &j->type;
    j->infos[0] = &j->info;
}

/* Input `i` of the test is `list->n_int64_data` channels of the joined one, from `from` on. */
static void describe_part(struct joined *j, const struct node_case *test, int i, int64_t from, int64_t *channels)
{
    size_t axis = channel_axis(test->inputs[i]);
    j->parts[i].length = test->inputs[i]->dims[axis];
    snprintf(j->parts[i].name, sizeof j->parts[i].name, "joined.%d", i);
    for (int64_t c = 0; c < j->parts[i].length; c++) {
        channels[c] = from + c;
    }
    WeftOnnx__TensorProto *list = &j->parts[i].list;
    weft_onnx__tensor_proto__init(list);
    list->name = j->parts[i].name;
    list->dims = &j->parts[i].length;
    list->n_dims = 1;
    list->has_data_type = 1;
    list->data_type = WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    list->int64_data = channels;
    list->n_int64_data = (size_t)j->parts[i].length;
    WeftOnnx__AttributeProto *attribute = &j->parts[i].axis;
    weft_onnx__attribute_proto__init(attribute);
    attribute->name = "axis";
    attribute->has_type = attribute->has_i = 1;
    attribute->type = WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
    attribute->i = (int64_t)axis;
    j->parts[i].attributes[0] = attribute;
    WeftOnnx__NodeProto *node = &j->parts[i].node;
    weft_onnx__node_proto__init(node);
    node->op_type = "Gather";
    j->parts[i].inputs[0] = "joined";
    j->parts[i].inputs[1] = list->name;
    j->parts[i].outputs[0] = test->infos[i]->name;
    node->input = j->parts[i].inputs;
    node->n_input = 2;
    node->output = j->parts[i].outputs;
    node->n_output = 1;
    node->attribute = j->parts[i].attributes;
    node->n_attribute = 1;
}

/* The values: image by image, the channels of one input after those of the one before. */
static float *join_values(const struct node_case *test, size_t *count)
{
    float *parts[CASE_VALUES_MAX] = {NULL};
    size_t sizes[CASE_VALUES_MAX], images = test->inputs[0]->n_dims > 1 ? (size_t)test->inputs[0]->dims[0] : 1;
    bool fine = images > 0;
    *count = 0;
    for (int i = 0; i < test->inputs_count; i++) {
        parts[i] = tensor_floats(test->inputs[i], &sizes[i]);
        fine = fine && parts[i];
        *count += parts[i] ? sizes[i] : 0;
    }
    float *values = fine ? malloc(*count * sizeof *values + 1) : NULL;
    size_t at = 0;
    for (size_t n = 0; values && n < images; n++) {
        for (int i = 0; i < test->inputs_count; i++) {
            size_t each = sizes[i] / images;
            memcpy(values + at, parts[i] + n * each, each * sizeof *values);
            at += each;
        }
    }
    for (int i = 0; i < test->inputs_count; i++) {
        free(parts[i]);
    }
    return values;
}

float *node_case_write_joined(const struct node_case *test, int output, const char *path, size_t *count)
{
    WeftOnnx__GraphProto *graph = test->model->graph, before = *graph;
    int64_t all = 0;
    for (int i = 0; i < test->inputs_count; i++) {
        all += test->inputs[i]->dims[channel_axis(test->inputs[i])];
    }
    struct joined *j = calloc(1, sizeof *j);
    int64_t *channels = calloc((size_t)all + 1, sizeof *channels), from = 0;
    size_t parts = (size_t)test->inputs_count;
    bool fine = j && channels && graph->n_node + parts <= NODES_MAX &&
                graph->n_initializer + parts <= INITIALIZERS_MAX && test->inputs[0]->n_dims <= 8;
    for (int i = 0; fine && i < test->inputs_count; i++) {
        describe_part(j, test, i, from, channels + from);
        from += j->parts[i].length;
        j->nodes[i] = &j->parts[i].node;
        j->initializers[i] = &j->parts[i].list;
    }
    if (fine) {
        memcpy(j->nodes + parts, graph->node, graph->n_node * sizeof *graph->node);
        if (graph->n_initializer > 0) {
            memcpy(j->initializers + parts, graph->initializer, graph->n_initializer * sizeof *graph->initializer);
        }
        describe_input(j, test, all);
        graph->input = j->infos;
        graph->n_input = 1;
        graph->node = j->nodes;
        graph->n_node += parts;
        graph->initializer = j->initializers;
        graph->n_initializer += parts;
        graph->output += output;
        graph->n_output = 1;
        fine = write_model(test->model, path);
        *graph = before;
    }
    free(channels);
    free(j);
    return fine ? join_values(test, count) : NULL;
}
