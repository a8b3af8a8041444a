/* The names of an ONNX graph and what they stand for. */
#include <string.h>

#include "format/index_sort.h"
#include "onnx/importer.h"

int64_t weft_onnx_elements(int rank, const int64_t *dims)
{
    int64_t elements = 1;
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0 || (elements > 0 && dims[i] > INT32_MAX / elements)) {
            return -1;
        }
        elements *= dims[i];
    }
    return elements;
}

static int by_name(const void *context, uint32_t a, uint32_t b)
{
    const struct weft_onnx_value *values = context;
    int order = strcmp(values[a].name, values[b].name);
    return order ? order : a < b ? -1 : a > b;
}

struct weft_onnx_value *weft_onnx_find(const struct weft_onnx *import, const char *name)
{
    size_t low = 0, high = import->values_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct weft_onnx_value *value = &import->values[import->order[middle]];
        int order = strcmp(name, value->name);
        if (order == 0) {
            return value;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

static size_t count_names(const WeftOnnx__GraphProto *graph)
{
    size_t count = graph->n_initializer + graph->n_input;
    for (size_t i = 0; i < graph->n_node; i++) {
        count += graph->node[i]->n_output;
    }
    return count;
}

/* Values without a name stay out: the next one takes the place. */
static struct weft_onnx_value *add(struct weft_onnx *import, const char *name, enum weft_onnx_kind kind, int node)
{
    struct weft_onnx_value *value = &import->values[import->values_count];
    *value = (struct weft_onnx_value){.name = name, .kind = kind, .node = node};
    import->values_count += name && name[0];
    return value;
}

/* Drops the inputs that initializers of the same name give a value (IR versions up to 3 list both). */
static weft_status drop_defaults(struct weft_onnx *import, size_t initializers)
{
    size_t kept = 0;
    for (size_t i = 0; i < import->values_count; i++) {
        const struct weft_onnx_value *value = &import->values[import->order[i]];
        const struct weft_onnx_value *before = kept ? &import->values[import->order[kept - 1]] : NULL;
        if (!before || strcmp(before->name, value->name) != 0) {
            import->order[kept++] = import->order[i];
            continue;
        }
        bool is_default = before < import->values + initializers && value >= import->values + initializers &&
                          value->node < 0;
        if (!is_default) {
            char name[128];
            return weft_onnx_fail(import, WEFT_E_FORMAT, "two values have the name '%s'",
                                  weft_onnx_printable(value->name, name, sizeof name));
        }
    }
    import->values_count = kept;
    return WEFT_OK;
}

weft_status weft_onnx_collect_values(struct weft_onnx *import)
{
    const WeftOnnx__GraphProto *graph = import->proto->graph;
    size_t count = count_names(graph);
    import->values = weft_pool_alloc(&import->pool, count + 1, sizeof *import->values);
    import->order = weft_pool_alloc(&import->pool, count, sizeof *import->order);
    if (!import->values || !import->order || count > UINT32_MAX) {
        return weft_onnx_no_memory(import);
    }
    for (size_t i = 0; i < graph->n_initializer; i++) {
        struct weft_onnx_value *value = add(import, graph->initializer[i]->name, WEFT_ONNX_CONSTANT, -1);
        value->proto = graph->initializer[i];
        value->rank = -1; /* not looked at yet */
    }
    size_t initializers = import->values_count;
    for (size_t i = 0; i < graph->n_input; i++) {
        add(import, graph->input[i]->name, WEFT_ONNX_UNMADE, -1);
    }
    for (size_t i = 0; i < graph->n_node; i++) {
        for (size_t k = 0; k < graph->node[i]->n_output; k++) {
            add(import, graph->node[i]->output[k], WEFT_ONNX_UNMADE, (int)i);
        }
    }
    for (size_t i = 0; i < import->values_count; i++) {
        import->order[i] = (uint32_t)i;
    }
    weft_index_sort(import->order, import->values_count, by_name, import->values);
    weft_status status = drop_defaults(import, initializers);
    for (size_t i = 0; i < graph->n_value_info && !status; i++) {
        struct weft_onnx_value *value = weft_onnx_find(import,
                                                       graph->value_info[i]->name ? graph->value_info[i]->name : "");
        if (value) {
            value->info = graph->value_info[i];
        }
    }
    return status;
}

const char *weft_onnx_stated_dims(const WeftOnnx__ValueInfoProto *info, int *rank, int64_t *dims, int *dim)
{
    const WeftOnnx__TypeProto *type = info->type;
    bool is_tensor = type && type->value_case == WEFT_ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE && type->tensor_type;
    if (!is_tensor || !type->tensor_type->shape || type->tensor_type->shape->n_dim > WEFT_ONNX_RANK_MAX) {
        return "it is no tensor of known dimensions";
    }
    const WeftOnnx__TensorShapeProto *shape = type->tensor_type->shape;
    *rank = (int)shape->n_dim;
    for (*dim = 0; *dim < *rank; ++*dim) {
        const WeftOnnx__TensorShapeProto__Dimension *stated = shape->dim[*dim];
        bool known = stated->value_case == WEFT_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
                     stated->dim_value > 0;
        if (!known && *dim > 0) {
            return "it has an open dimension";
        }
        dims[*dim] = known ? stated->dim_value : 1;
    }
    return NULL;
}
