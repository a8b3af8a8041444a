/* What the operators build with: layers, layouts, outputs. */
#include <stdio.h>
#include <string.h>

#include "format/utf8.h"
#include "graph/check.h"
#include "onnx/importer.h"

#define NAME_SIZE 256 /* of a layer or an edge */

/* Arrays that grow by doubling keep the old half, and the passes make the tensors anew. */
_Static_assert(3 * sizeof(struct weft_tensor) + 2 * sizeof(struct weft_node) + 4 * NAME_SIZE <= WEFT_ONNX_MEMORY_LAYER,
               "what a layer costs");

struct weft_onnx_value *weft_onnx_input(const struct weft_onnx_node *node, int k)
{
    return k < node->inputs_count ? node->inputs[k] : NULL;
}

int weft_onnx_axis(int64_t axis, int rank)
{
    if (axis < 0) {
        axis += rank;
    }
    return axis >= 0 && axis < rank ? (int)axis : -1;
}

float *weft_onnx_filled(struct weft_onnx_node *node, int64_t count, float value)
{
    float *values = weft_pool_alloc(node->import->graph->pool, (size_t)count, sizeof *values);
    for (int64_t i = 0; values && i < count; i++) {
        values[i] = value;
    }
    return values;
}

weft_status weft_onnx_per_channel(struct weft_onnx_node *node, struct weft_onnx_value *constant, int rank,
                                  int64_t channels, float **values)
{
    /* As numpy aligns them: from the last dimension on. */
    int channel_axis = rank > 1 ? 1 : 0;
    int64_t count = weft_onnx_elements(constant->rank, constant->dims);
    for (int i = 0; i < constant->rank; i++) {
        int axis = i + rank - constant->rank;
        bool fits = constant->dims[i] == 1 || (axis == channel_axis && constant->dims[i] == channels);
        if (!fits) {
            return weft_onnx_refuse(node, "constant '%.100s' is neither one number nor one per channel",
                                    constant->name);
        }
    }
    const float *data = weft_onnx_floats(node->import, constant);
    *values = weft_onnx_filled(node, channels, 0);
    if (!data || !*values) {
        return WEFT_E_MEMORY;
    }
    for (int64_t c = 0; c < channels; c++) {
        (*values)[c] = data[count == 1 ? 0 : c];
    }
    return WEFT_OK;
}

const char *weft_onnx_extents(int rank, const int64_t *dims, struct weft_onnx_shape *shape)
{
    int64_t extents[4] = {1, 1, 1, 1};
    if (weft_onnx_elements(rank, dims) < 1) {
        return "a tensor without elements, or with 2^31 or more";
    }
    for (int i = 0; i < rank; i++) {
        int at = rank == 1 ? 1 : i < 3 ? i : 3;
        extents[at] *= dims[i];
        if (extents[at] > WEFT_EXTENT_MAX) {
            return "a dimension above 65536";
        }
    }
    *shape = (struct weft_onnx_shape){(int)extents[0], (int)extents[1], (int)extents[2], (int)extents[3]};
    return NULL;
}

weft_status weft_onnx_shape_of(const struct weft_onnx_node *node, int rank, const int64_t *dims,
                               struct weft_onnx_shape *shape)
{
    const char *problem = weft_onnx_extents(rank, dims, shape);
    return problem ? weft_onnx_refuse(node, "%s", problem) : WEFT_OK;
}

/* A name that fits into messages: one line, not too long. */
static const char *line_of(const char *name, char *out, size_t size)
{
    return strlen(name) < size && weft_utf8_is_line(name) ? name : weft_onnx_printable(name, out, size);
}

/* The first layer of a node has the node's name; the others say what they are for. */
static void name_layer(struct weft_onnx_node *node, enum weft_op op, char *out, size_t size)
{
    char line[NAME_SIZE];
    const char *name = line_of(node->name, line, sizeof line);
    if (op == WEFT_OP_RESHAPE) {
        snprintf(out, size, "%s.reshape", name);
    } else if (node->layers++ == 0) {
        snprintf(out, size, "%s", name);
    } else {
        snprintf(out, size, "%s.%d", name, node->layers);
    }
}

weft_status weft_onnx_emit(struct weft_onnx_node *node, enum weft_op op, const int *inputs, int inputs_count,
                           struct weft_onnx_shape shape, struct weft_node **layer)
{
    struct weft_graph *graph = node->import->graph;
    const int64_t dims[4] = {shape.n, shape.c, shape.h, shape.w};
    weft_status status = weft_onnx_shape_of(node, 4, dims, &shape);
    if (status) {
        return status;
    }
    if (graph->nodes_count >= WEFT_NODES_MAX) {
        return weft_onnx_refuse(node, "more than %d layers", WEFT_NODES_MAX);
    }
    node->import->memory.limit += WEFT_ONNX_MEMORY_LAYER;
    char name[NAME_SIZE + 16], line[NAME_SIZE];
    name_layer(node, op, name, sizeof name);
    const char *edge = node->outputs_count > 0 && node->outputs[0] ? node->outputs[0]->name : node->name;
    edge = op == WEFT_OP_RESHAPE ? name : line_of(edge, line, sizeof line);
    int output = weft_graph_add_tensor(graph, edge, shape.n, shape.c, shape.h, shape.w);
    int index = output < 0 ? -1 : weft_graph_add_node(graph, op, name, inputs, inputs_count, output);
    if (index < 0) {
        return WEFT_E_MEMORY;
    }
    *layer = &graph->nodes[index];
    return WEFT_OK;
}

weft_status weft_onnx_view(struct weft_onnx_node *node, const struct weft_onnx_value *value,
                           struct weft_onnx_shape shape, int *tensor)
{
    if (value->kind != WEFT_ONNX_TENSOR) {
        return weft_onnx_refuse(node, "'%.100s' is constant where weft takes a tensor", value->name);
    }
    const struct weft_tensor *there = &node->import->graph->tensors[value->tensor];
    *tensor = value->tensor;
    if (there->n != shape.n) {
        return weft_onnx_refuse(node, "dimensions that mix the batch with the rest of '%.100s'", value->name);
    }
    if (there->c == shape.c && there->h == shape.h && there->w == shape.w) {
        return WEFT_OK;
    }
    struct weft_node *reshape;
    weft_status status = weft_onnx_emit(node, WEFT_OP_RESHAPE, tensor, 1, shape, &reshape);
    if (!status) {
        *tensor = reshape->output;
    }
    return status;
}

weft_status weft_onnx_layout(struct weft_onnx_node *node, const struct weft_onnx_value *value, int *tensor)
{
    struct weft_onnx_shape shape;
    weft_status status = weft_onnx_shape_of(node, value->rank, value->dims, &shape);
    return status ? status : weft_onnx_view(node, value, shape, tensor);
}

static struct weft_onnx_value *put(struct weft_onnx_node *node, int k, enum weft_onnx_kind kind, int rank,
                                   const int64_t *dims)
{
    struct weft_onnx_value *value = node->outputs[k];
    if (value) {
        value->kind = kind;
        value->rank = rank;
        memmove(value->dims, dims, (size_t)rank * sizeof *dims);
    }
    return value;
}

void weft_onnx_put_tensor_at(struct weft_onnx_node *node, int k, int tensor, int rank, const int64_t *dims)
{
    struct weft_onnx_value *value = put(node, k, WEFT_ONNX_TENSOR, rank, dims);
    if (value) {
        value->tensor = tensor;
    }
}

void weft_onnx_put_tensor(struct weft_onnx_node *node, int tensor, int rank, const int64_t *dims)
{
    weft_onnx_put_tensor_at(node, 0, tensor, rank, dims);
}

void weft_onnx_put_integers(struct weft_onnx_node *node, const int64_t *data, int rank, const int64_t *dims)
{
    struct weft_onnx_value *value = put(node, 0, WEFT_ONNX_CONSTANT, rank, dims);
    if (value) {
        value->integer = true;
        value->integers = data;
    }
}

void weft_onnx_put_floats(struct weft_onnx_node *node, const float *data, int rank, const int64_t *dims)
{
    struct weft_onnx_value *value = put(node, 0, WEFT_ONNX_CONSTANT, rank, dims);
    if (value) {
        value->floats = data;
    }
}
