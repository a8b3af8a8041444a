#include "onnx/fold.h"

#include <math.h>
#include <string.h>

weft_status weft_onnx_array_read(struct weft_onnx_node *node, int k, struct weft_onnx_array *array)
{
    struct weft_onnx_value *value = node->inputs[k];
    *array = (struct weft_onnx_array){.rank = value->rank};
    memcpy(array->dims, value->dims, sizeof array->dims);
    array->count = weft_onnx_elements(array->rank, array->dims);
    if (value->integer) {
        array->integers = (int64_t *)weft_onnx_integers(node->import, value);
    } else {
        array->floats = (float *)weft_onnx_floats(node->import, value);
    }
    return array->integers || array->floats ? WEFT_OK : WEFT_E_MEMORY;
}

weft_status weft_onnx_array_make(struct weft_onnx_node *node, bool integer, struct weft_onnx_array *array)
{
    array->count = weft_onnx_elements(array->rank, array->dims);
    array->integers = NULL;
    array->floats = NULL;
    if (array->count < 0) {
        return weft_onnx_damage(node, "a constant with a negative dimension, or with 2^31 elements or more");
    }
    size_t count = (size_t)array->count;
    if (integer) {
        array->integers = weft_pool_alloc(&node->import->pool, count, sizeof *array->integers);
    } else {
        array->floats = weft_pool_alloc(&node->import->pool, count, sizeof *array->floats);
    }
    return array->integers || array->floats ? WEFT_OK : WEFT_E_MEMORY;
}

weft_status weft_onnx_array_put(struct weft_onnx_node *node, const struct weft_onnx_array *array)
{
    if (array->integers) {
        weft_onnx_put_integers(node, array->integers, array->rank, array->dims);
    } else {
        weft_onnx_put_floats(node, array->floats, array->rank, array->dims);
    }
    return WEFT_OK;
}

void weft_onnx_array_copy(struct weft_onnx_array *out, int64_t to, const struct weft_onnx_array *in, int64_t from)
{
    if (in->integers) {
        out->integers[to] = in->integers[from];
    } else {
        out->floats[to] = in->floats[from];
    }
}

weft_status weft_onnx_constant(struct weft_onnx_node *node)
{
    const WeftOnnx__AttributeProto *attribute = node->proto->n_attribute == 1 ? node->proto->attribute[0] : NULL;
    struct weft_onnx_value *value = node->outputs[0];
    if (!attribute) {
        return weft_onnx_damage(node, "it has %zu values", node->proto->n_attribute);
    }
    if (strcmp(attribute->name, "value") == 0) {
        return weft_onnx_constant_from_proto(node->import, value, attribute->t);
    }
    bool integer = strncmp(attribute->name, "value_int", 9) == 0,
         list = attribute->name[strlen(attribute->name) - 1] == 's';
    struct weft_onnx_array array = {.rank = list ? 1 : 0};
    size_t items = !list ? 1 : integer ? attribute->n_ints : attribute->n_floats;
    array.dims[0] = items < INT32_MAX ? (int64_t)items : -1;
    weft_status status = weft_onnx_array_make(node, integer, &array);
    if (status) {
        return status;
    }
    for (int64_t i = 0; i < array.count; i++) {
        if (integer) {
            array.integers[i] = list ? attribute->ints[i] : attribute->i;
        } else {
            array.floats[i] = list ? attribute->floats[i] : attribute->f;
        }
    }
    return weft_onnx_array_put(node, &array);
}

weft_status weft_onnx_constant_of_shape(struct weft_onnx_node *node)
{
    const int64_t *dims;
    struct weft_onnx_array array = {0};
    struct weft_onnx_value fill = {.kind = WEFT_ONNX_CONSTANT, .name = node->name};
    const WeftOnnx__AttributeProto *attribute = weft_onnx_attribute(node, "value");
    weft_status status = weft_onnx_list(node, 0, "input", WEFT_ONNX_RANK_MAX, &dims, &array.rank);
    if (!status && attribute) {
        status = weft_onnx_constant_from_proto(node->import, &fill, attribute->t);
        if (!status && weft_onnx_elements(fill.rank, fill.dims) != 1) {
            status = weft_onnx_damage(node, "its value is not one number");
        }
    }
    if (status) {
        return status;
    }
    const float *number = attribute && !fill.integer ? weft_onnx_floats(node->import, &fill) : NULL;
    const int64_t *integer = attribute && fill.integer ? weft_onnx_integers(node->import, &fill) : NULL;
    if (attribute && !number && !integer) {
        return WEFT_E_MEMORY;
    }
    memcpy(array.dims, dims, (size_t)array.rank * sizeof *dims);
    status = weft_onnx_array_make(node, integer != NULL, &array);
    for (int64_t i = 0; i < array.count && !status; i++) {
        if (integer) {
            array.integers[i] = *integer;
        } else {
            array.floats[i] = number ? *number : 0;
        }
    }
    return status ? status : weft_onnx_array_put(node, &array);
}

static int64_t to_integer(float value)
{
    return !(value > -0x1p63f) ? (isnan(value) ? 0 : INT64_MIN) : value < 0x1p63f ? (int64_t)value : INT64_MAX;
}

/* Integers and floats of any width are the same here; bool is 0 or 1. */
weft_status weft_onnx_fold_cast(struct weft_onnx_node *node)
{
    struct weft_onnx_array in, out;
    weft_status status = weft_onnx_array_read(node, 0, &in);
    if (status) {
        return status;
    }
    bool integer = true, is_bool = false;
    switch (weft_onnx_int(node, "to", 0)) {
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        integer = false;
        break;
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__BOOL:
        is_bool = true;
        break;
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
    case WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
        break;
    default:
        return weft_onnx_refuse(node, "a conversion to another type than float, int32, int64 or bool");
    }
    out = in;
    status = weft_onnx_array_make(node, integer, &out);
    for (int64_t i = 0; i < out.count && !status; i++) {
        if (!integer) {
            out.floats[i] = in.integers ? (float)in.integers[i] : in.floats[i];
        } else if (is_bool) {
            out.integers[i] = in.integers ? in.integers[i] != 0 : in.floats[i] != 0;
        } else {
            out.integers[i] = in.integers ? in.integers[i] : to_integer(in.floats[i]);
        }
    }
    return status ? status : weft_onnx_array_put(node, &out);
}
