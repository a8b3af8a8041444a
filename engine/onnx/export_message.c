#include "onnx/export.h"

#include <stdio.h>
#include <string.h>

#define TYPE(name) WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__##name

static bool append(struct weft_onnx_export *out, struct weft_onnx_list *list, void *item)
{
    if (!item) {
        out->failed = true;
        return false;
    }
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        void **items = weft_pool_alloc(&out->pool, room, sizeof *items);
        if (!items) {
            out->failed = true;
            return false;
        }
        if (list->count) {
            memcpy(items, list->items, list->count * sizeof *items);
        }
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
    return true;
}

static char *copy_text(struct weft_onnx_export *out, const char *text)
{
    char *copy = weft_pool_strdup(&out->pool, text);
    out->failed = out->failed || !copy;
    return copy;
}

/* A name that nothing else has: the layer's, and a number. */
static char *new_name(struct weft_onnx_export *out)
{
    char name[320];
    const char *layer = out->layer < 0 ? "input" : out->graph->nodes[out->layer].name;
    do {
        snprintf(name, sizeof name, "%.256s/%d", layer, out->steps++);
    } while (strcmp(name, out->input) == 0 || strcmp(name, out->output) == 0);
    return copy_text(out, name);
}

const char *weft_onnx_out_node(struct weft_onnx_export *out, const char *op, const char *const *inputs)
{
    size_t count = 0;
    while (inputs[count]) {
        count++;
    }
    WeftOnnx__NodeProto *node = weft_pool_alloc(&out->pool, 1, sizeof *node);
    char **strings = weft_pool_alloc(&out->pool, count + 1, sizeof *strings), *output = new_name(out);
    if (!node || !strings || !output || !append(out, &out->nodes, node)) {
        out->failed = true;
        return "";
    }
    weft_onnx__node_proto__init(node);
    for (size_t i = 0; i < count; i++) {
        strings[i] = (char *)inputs[i]; /* names live as long as the pool */
    }
    strings[count] = output;
    node->n_input = count;
    node->input = strings;
    node->n_output = 1;
    node->output = strings + count;
    node->name = output;
    node->op_type = copy_text(out, op);
    return output;
}

static WeftOnnx__AttributeProto *new_attribute(struct weft_onnx_export *out, const char *name, int type)
{
    enum { MOST = 8 };
    WeftOnnx__AttributeProto *attribute = weft_pool_alloc(&out->pool, 1, sizeof *attribute);
    WeftOnnx__NodeProto *node = out->failed || !out->nodes.count ? NULL : out->nodes.items[out->nodes.count - 1];
    if (node && !node->attribute) {
        node->attribute = weft_pool_alloc(&out->pool, MOST, sizeof *node->attribute);
    }
    if (!node || !node->attribute || !attribute || node->n_attribute == MOST) {
        out->failed = true;
        return NULL;
    }
    weft_onnx__attribute_proto__init(attribute);
    attribute->name = copy_text(out, name);
    attribute->has_type = 1;
    attribute->type = (WeftOnnx__AttributeProto__AttributeType)type;
    node->attribute[node->n_attribute++] = attribute;
    return attribute;
}

void weft_onnx_out_int(struct weft_onnx_export *out, const char *name, int64_t value)
{
    WeftOnnx__AttributeProto *attribute =
        new_attribute(out, name, WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (attribute) {
        attribute->has_i = 1;
        attribute->i = value;
    }
}

void weft_onnx_out_float(struct weft_onnx_export *out, const char *name, float value)
{
    WeftOnnx__AttributeProto *attribute =
        new_attribute(out, name, WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    if (attribute) {
        attribute->has_f = 1;
        attribute->f = value;
    }
}

void weft_onnx_out_ints(struct weft_onnx_export *out, const char *name, const int64_t *values, int count)
{
    WeftOnnx__AttributeProto *attribute =
        new_attribute(out, name, WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    if (attribute) {
        attribute->ints = weft_pool_copy(&out->pool, values, (size_t)count, sizeof *values);
        attribute->n_ints = attribute->ints ? (size_t)count : 0;
        out->failed = out->failed || !attribute->ints;
    }
}

const char *weft_onnx_out_constant(struct weft_onnx_export *out, int type, int rank, const int64_t *dims,
                                   const void *data, size_t bytes)
{
    WeftOnnx__TensorProto *tensor = weft_pool_alloc(&out->pool, 1, sizeof *tensor);
    char *name = new_name(out);
    uint8_t *copy = weft_pool_copy(&out->pool, data, bytes, 1);
    int64_t *extents = weft_pool_copy(&out->pool, dims, (size_t)rank, sizeof *dims);
    if (!tensor || !name || !copy || !extents || !append(out, &out->initializers, tensor)) {
        out->failed = true;
        return "";
    }
    weft_onnx__tensor_proto__init(tensor);
    tensor->n_dims = (size_t)rank;
    tensor->dims = extents;
    tensor->has_data_type = 1;
    tensor->data_type = type;
    tensor->name = name;
    tensor->has_raw_data = 1;
    tensor->raw_data = (ProtobufCBinaryData){bytes, copy};
    return name;
}

const char *weft_onnx_out_floats(struct weft_onnx_export *out, int rank, const int64_t *dims, const float *values)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++) {
        count *= (size_t)dims[i]; /* shapes of a graph that was checked */
    }
    return weft_onnx_out_constant(out, TYPE(FLOAT), rank, dims, values, count * sizeof *values);
}

const char *weft_onnx_out_number(struct weft_onnx_export *out, float value)
{
    return weft_onnx_out_constant(out, TYPE(FLOAT), 0, NULL, &value, sizeof value);
}

const char *weft_onnx_out_integers(struct weft_onnx_export *out, const int64_t *values, int count)
{
    const int64_t dims = count;
    return weft_onnx_out_constant(out, TYPE(INT64), 1, &dims, values, (size_t)count * sizeof *values);
}

void weft_onnx_out_end(struct weft_onnx_export *out, const char *value)
{
    const struct weft_tensor *y = &out->graph->tensors[out->graph->output];
    bool vector = y->h == 1 && y->w == 1;
    weft_onnx_out_node(out, vector ? "Flatten" : "Identity", (const char *[]){value, NULL});
    if (!out->failed) {
        WeftOnnx__NodeProto *node = out->nodes.items[out->nodes.count - 1];
        node->output[0] = copy_text(out, out->output);
    }
}

/* Input or output: floats, with an open batch where the graph's is one. */
static WeftOnnx__ValueInfoProto *describe(struct weft_onnx_export *out, const char *name, const int64_t *dims, int rank)
{
    struct parts {
        WeftOnnx__ValueInfoProto info;
        WeftOnnx__TypeProto type;
        WeftOnnx__TypeProto__Tensor tensor;
        WeftOnnx__TensorShapeProto shape;
        WeftOnnx__TensorShapeProto__Dimension dim[4], *dims[4];
    } *parts = weft_pool_alloc(&out->pool, 1, sizeof *parts);
    if (!parts) {
        out->failed = true;
        return NULL;
    }
    weft_onnx__value_info_proto__init(&parts->info);
    weft_onnx__type_proto__init(&parts->type);
    weft_onnx__type_proto__tensor__init(&parts->tensor);
    weft_onnx__tensor_shape_proto__init(&parts->shape);
    for (int i = 0; i < rank; i++) {
        WeftOnnx__TensorShapeProto__Dimension *dim = parts->dims[i] = &parts->dim[i];
        weft_onnx__tensor_shape_proto__dimension__init(dim);
        dim->value_case = WEFT_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dim->dim_value = dims[i];
        if (i == 0 && dims[0] == 1) {
            dim->value_case = WEFT_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dim->dim_param = copy_text(out, "N");
        }
    }
    parts->shape.n_dim = (size_t)rank;
    parts->shape.dim = parts->dims;
    parts->tensor.has_elem_type = 1;
    parts->tensor.elem_type = TYPE(FLOAT);
    parts->tensor.shape = &parts->shape;
    parts->type.value_case = WEFT_ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    parts->type.tensor_type = &parts->tensor;
    parts->info.name = copy_text(out, name);
    parts->info.type = &parts->type;
    return &parts->info;
}

void *weft_onnx_out_pack(struct weft_onnx_export *out, size_t *size)
{
    const struct weft_graph *graph = out->graph;
    const struct weft_tensor *in = &graph->tensors[graph->input], *y = &graph->tensors[graph->output];
    const int64_t in_dims[4] = {in->n, in->c, in->h, in->w}, out_dims[4] = {y->n, y->c, y->h, y->w};
    WeftOnnx__ValueInfoProto *input = describe(out, out->input, in_dims, 4);
    WeftOnnx__ValueInfoProto *output = describe(out, out->output, out_dims, y->h == 1 && y->w == 1 ? 2 : 4);
    WeftOnnx__OperatorSetIdProto opset = WEFT_ONNX__OPERATOR_SET_ID_PROTO__INIT, *opsets = &opset;
    WeftOnnx__GraphProto network = WEFT_ONNX__GRAPH_PROTO__INIT;
    WeftOnnx__ModelProto model = WEFT_ONNX__MODEL_PROTO__INIT;
    char empty[] = "", producer[] = "weft", version[] = WEFT_VERSION_STRING;
    opset.domain = empty;
    opset.has_version = 1;
    opset.version = WEFT_ONNX_EXPORT_OPSET;
    network.n_node = out->nodes.count;
    network.node = (WeftOnnx__NodeProto **)out->nodes.items;
    network.n_initializer = out->initializers.count;
    network.initializer = (WeftOnnx__TensorProto **)out->initializers.items;
    network.n_input = network.n_output = 1;
    network.input = &input;
    network.output = &output;
    network.name = copy_text(out, graph->name);
    model.has_ir_version = 1;
    model.ir_version = 7; /* of opset 13 */
    model.n_opset_import = 1;
    model.opset_import = &opsets;
    model.producer_name = producer;
    model.producer_version = version;
    model.doc_string = copy_text(out, graph->provenance);
    model.graph = &network;
    if (out->failed) {
        return NULL;
    }
    *size = weft_onnx__model_proto__get_packed_size(&model);
    void *data = *size <= INT32_MAX ? weft_pool_alloc(&out->pool, *size, 1) : NULL;
    if (data) {
        weft_onnx__model_proto__pack(&model, data);
    }
    return data;
}
