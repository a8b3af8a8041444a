/* Small ONNX files for tests, written byte by byte: independent of the code that reads them. */
#ifndef WEFT_TESTS_FUZZ_ONNX_BUILD_H
#define WEFT_TESTS_FUZZ_ONNX_BUILD_H

#include <stddef.h>
#include <stdint.h>

struct onnx_bytes {
    uint8_t *data;
    size_t size, room;
};

/* Protobuf, for what the functions below do not write. */
void onnx_put_varint(struct onnx_bytes *bytes, uint64_t value);
void onnx_put_int(struct onnx_bytes *bytes, int field, int64_t value);
void onnx_put_float(struct onnx_bytes *bytes, int field, float value);
void onnx_put_bytes(struct onnx_bytes *bytes, int field, const void *data, size_t size);
void onnx_put_text(struct onnx_bytes *bytes, int field, const char *text);
/* Moves `inner` into a field and frees it. */
void onnx_put_message(struct onnx_bytes *bytes, int field, struct onnx_bytes *inner);

struct onnx_model {
    struct onnx_bytes graph;
    int opset;
};

/* Dimensions are lists of non-negative integers that a negative one ends: (const int64_t[]){1, 3, -1}. */
void onnx_begin(struct onnx_model *model, int opset);
/* A float input or value info; dimension 0 is written as the open dimension "N". */
void onnx_input(struct onnx_model *model, const char *name, const int64_t *dims);
void onnx_info(struct onnx_model *model, const char *name, const int64_t *dims);
void onnx_output(struct onnx_model *model, const char *name);
/* Initializers: floats (raw data), all of the values in turn; integers (typed field). */
void onnx_floats(struct onnx_model *model, const char *name, const int64_t *dims, const float *values);
void onnx_ints(struct onnx_model *model, const char *name, const int64_t *dims, const int64_t *values);
/* Floats that a seed makes, in -1 .. 1. */
void onnx_random(struct onnx_model *model, const char *name, const int64_t *dims, uint64_t seed);
/* Inputs and outputs are separated by blanks ("-": left out); attributes are "name=T:value" with T one of
 * i f s I F (lists: commas between the values). The node's name is its first output with "n_" before it. */
void onnx_node(struct onnx_model *model, const char *op, const char *inputs, const char *outputs,
               const char *attributes);
/* The file; free data. The model is empty then. */
struct onnx_bytes onnx_end(struct onnx_model *model);

#endif
