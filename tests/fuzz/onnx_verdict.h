/* What must hold whatever the bytes of an ONNX file are. */
#ifndef WEFT_TESTS_FUZZ_ONNX_VERDICT_H
#define WEFT_TESTS_FUZZ_ONNX_VERDICT_H

#include <stddef.h>

/* Loads the bytes and checks: a status with lines that begin with the name, and no model; or a model that passes
 * the graph's check and, if it is small, can be run. Nothing leaks; memory stays below four times the size, a mebibyte,
 * and what `layers` layers cost. NULL if so, else what does not hold. *loaded (may be NULL): whether there was a
 * model. */
const char *onnx_verdict(const void *data, size_t size, size_t layers, int *loaded);

/* Loads the bytes, which are a good model, with each allocation failing in turn. */
const char *onnx_verdict_allocations(const void *data, size_t size);

#endif
