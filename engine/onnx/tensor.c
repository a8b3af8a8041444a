/* Constants: the many forms in which a TensorProto holds numbers. */
#include <string.h>

#include "onnx/importer.h"

#define TYPE(name) WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__##name

/* Where the elements of one tensor lie. */
struct source {
    const WeftOnnx__TensorProto *tensor;
    const uint8_t *raw; /* little-endian; NULL: in the typed field */
    int type;
    size_t bytes; /* of one element in raw */
};

/* Bytes of an element; 0 for types that weft does not read. */
static size_t type_bytes(int type)
{
    switch (type) {
    case TYPE(UINT8):
    case TYPE(INT8):
    case TYPE(BOOL):
        return 1;
    case TYPE(UINT16):
    case TYPE(INT16):
    case TYPE(FLOAT16):
    case TYPE(BFLOAT16):
        return 2;
    case TYPE(FLOAT):
    case TYPE(INT32):
    case TYPE(UINT32):
        return 4;
    case TYPE(DOUBLE):
    case TYPE(INT64):
    case TYPE(UINT64):
        return 8;
    default:
        return 0;
    }
}

static bool is_integer(int type)
{
    return type != TYPE(FLOAT) && type != TYPE(DOUBLE) && type != TYPE(FLOAT16) && type != TYPE(BFLOAT16);
}

/* Elements in the typed field of the type. */
static size_t typed_count(const WeftOnnx__TensorProto *tensor)
{
    switch (tensor->data_type) {
    case TYPE(FLOAT):
        return tensor->n_float_data;
    case TYPE(DOUBLE):
        return tensor->n_double_data;
    case TYPE(INT64):
        return tensor->n_int64_data;
    case TYPE(UINT32):
    case TYPE(UINT64):
        return tensor->n_uint64_data;
    default:
        return tensor->n_int32_data;
    }
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float from_half(uint32_t half)
{
    uint32_t sign = (half & 0x8000) << 16, exponent = half >> 10 & 31, mantissa = half & 1023;
    if (exponent == 31) {
        return from_bits(sign | 0x7f800000 | mantissa << 13);
    }
    if (exponent > 0) {
        return from_bits(sign | (exponent + 112) << 23 | mantissa << 13);
    }
    float value = (float)mantissa * 0x1p-24f;
    return sign ? -value : value;
}

static uint64_t raw_bits(const struct source *source, size_t i)
{
    uint64_t bits = 0;
    for (size_t k = 0; k < source->bytes; k++) {
        bits |= (uint64_t)source->raw[i * source->bytes + k] << (8 * k);
    }
    return bits;
}

static float float_at(const struct source *source, size_t i)
{
    const WeftOnnx__TensorProto *tensor = source->tensor;
    switch (source->type) {
    case TYPE(FLOAT):
        return source->raw ? from_bits((uint32_t)raw_bits(source, i)) : tensor->float_data[i];
    case TYPE(FLOAT16):
        return from_half(source->raw ? (uint32_t)raw_bits(source, i) : (uint32_t)tensor->int32_data[i] & 0xffff);
    case TYPE(BFLOAT16):
        return from_bits((source->raw ? (uint32_t)raw_bits(source, i) : (uint32_t)tensor->int32_data[i]) << 16);
    default: {
        double value = source->raw ? 0 : tensor->double_data[i];
        if (source->raw) {
            uint64_t bits = raw_bits(source, i);
            memcpy(&value, &bits, sizeof value);
        }
        return (float)value;
    }
    }
}

static int64_t integer_at(const struct source *source, size_t i)
{
    const WeftOnnx__TensorProto *tensor = source->tensor;
    bool is_unsigned = source->type == TYPE(UINT32) || source->type == TYPE(UINT64);
    if (!source->raw) {
        return source->type == TYPE(INT64) ? tensor->int64_data[i]
               : is_unsigned               ? (int64_t)(tensor->uint64_data[i] & INT64_MAX)
                                           : tensor->int32_data[i];
    }
    uint64_t bits = raw_bits(source, i);
    switch (source->type) {
    case TYPE(INT8):
        return (int8_t)bits;
    case TYPE(INT16):
        return (int16_t)bits;
    case TYPE(INT32):
        return (int32_t)bits;
    case TYPE(UINT64):
        return (int64_t)(bits & INT64_MAX);
    default:
        return (int64_t)bits;
    }
}

static bool is_external(const WeftOnnx__TensorProto *tensor)
{
    return tensor->has_data_location &&
           tensor->data_location == WEFT_ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

static weft_status bad_constant(struct weft_onnx *import, const struct weft_onnx_value *value, weft_status status,
                                const char *what)
{
    char name[128];
    weft_onnx_report(import, status, "constant '%s': %s", weft_onnx_printable(value->name, name, sizeof name), what);
    return status;
}

weft_status weft_onnx_constant_from_proto(struct weft_onnx *import, struct weft_onnx_value *value,
                                          const WeftOnnx__TensorProto *tensor)
{
    value->kind = WEFT_ONNX_BROKEN;
    if (tensor->n_dims > WEFT_ONNX_RANK_MAX) {
        return bad_constant(import, value, WEFT_E_UNSUPPORTED, "more than 8 dimensions");
    }
    size_t bytes = type_bytes(tensor->data_type);
    if (bytes == 0) {
        return bad_constant(import, value, WEFT_E_UNSUPPORTED,
                            "a type of numbers that weft does not read (floats and integers of 8 bits or more)");
    }
    value->rank = (int)tensor->n_dims;
    if (value->rank > 0) {
        memcpy(value->dims, tensor->dims, tensor->n_dims * sizeof *value->dims);
    }
    int64_t elements = weft_onnx_elements(value->rank, value->dims);
    if (elements < 0) {
        return bad_constant(import, value, WEFT_E_FORMAT, "a negative dimension, or 2^31 elements or more");
    }
    size_t count = (size_t)elements;
    if (tensor->segment) {
        return bad_constant(import, value, WEFT_E_UNSUPPORTED, "it is stored in segments");
    }
    if (!is_external(tensor) && (tensor->has_raw_data ? tensor->raw_data.len != count * bytes
                                                      : typed_count(tensor) != count)) {
        return bad_constant(import, value, WEFT_E_FORMAT, "its data are longer or shorter than its dimensions say");
    }
    value->kind = WEFT_ONNX_CONSTANT;
    value->proto = tensor;
    value->integer = is_integer(tensor->data_type);
    return WEFT_OK;
}

static weft_status open_source(struct weft_onnx *import, const WeftOnnx__TensorProto *tensor, size_t count,
                               struct source *source, void **block)
{
    *source = (struct source){.tensor = tensor, .type = tensor->data_type, .bytes = type_bytes(tensor->data_type)};
    *block = NULL;
    if (is_external(tensor)) {
        weft_status status = weft_onnx_external_read(import, tensor, count * source->bytes, block);
        source->raw = *block;
        return status;
    }
    source->raw = tensor->has_raw_data ? tensor->raw_data.data : NULL;
    return WEFT_OK;
}

/* The elements of `value`, which has a proto, into one of two arrays; false if its file cannot be read. A matrix
 * may be transposed on the way (columns > 0), so that the model never holds it twice. */
static bool decode(struct weft_onnx *import, const struct weft_onnx_value *value, size_t columns, float *floats,
                   int64_t *integers)
{
    size_t count = (size_t)weft_onnx_elements(value->rank, value->dims);
    struct source source;
    void *block;
    if (count == 0) {
        return true;
    }
    if (open_source(import, value->proto, count, &source, &block) != WEFT_OK) {
        return false;
    }
    size_t rows = columns ? count / columns : 0;
    for (size_t i = 0; i < count; i++) {
        size_t to = columns ? i % columns * rows + i / columns : i;
        if (integers) {
            integers[to] = integer_at(&source, i);
        } else {
            floats[to] = value->integer ? (float)integer_at(&source, i) : float_at(&source, i);
        }
    }
    weft_block_free(&import->pool.allocator, block);
    return true;
}

/* Elements as floats in a pool; transposed if columns > 0. */
static float *floats_in(struct weft_onnx *import, struct weft_pool *pool, const struct weft_onnx_value *value,
                        size_t columns)
{
    size_t count = (size_t)weft_onnx_elements(value->rank, value->dims);
    float *floats = weft_pool_alloc(pool, count, sizeof *floats);
    if (!floats) {
        return NULL;
    }
    if (value->proto) {
        return decode(import, value, columns, floats, NULL) ? floats : NULL;
    }
    size_t rows = columns ? count / columns : 0;
    for (size_t i = 0; i < count; i++) {
        size_t to = columns ? i % columns * rows + i / columns : i;
        floats[to] = value->integer ? (float)value->integers[i] : value->floats[i];
    }
    return floats;
}

const float *weft_onnx_floats(struct weft_onnx *import, struct weft_onnx_value *value)
{
    if (!value->floats) {
        value->floats = value->weights ? value->weights : floats_in(import, &import->pool, value, 0);
    }
    return value->floats;
}

const int64_t *weft_onnx_integers(struct weft_onnx *import, struct weft_onnx_value *value)
{
    if (!value->integers && value->integer) {
        size_t count = (size_t)weft_onnx_elements(value->rank, value->dims);
        int64_t *integers = weft_pool_alloc(&import->pool, count, sizeof *integers);
        value->integers = integers && decode(import, value, 0, NULL, integers) ? integers : NULL;
    }
    return value->integers;
}

float *weft_onnx_weights(struct weft_onnx *import, struct weft_onnx_value *value)
{
    if (!value->weights) {
        value->weights = floats_in(import, &import->model->pool, value, 0);
    }
    return value->weights;
}

float *weft_onnx_weights_transposed(struct weft_onnx *import, struct weft_onnx_value *value)
{
    if (!value->transposed) {
        value->transposed = floats_in(import, &import->model->pool, value, (size_t)value->dims[1]);
    }
    return value->transposed;
}
