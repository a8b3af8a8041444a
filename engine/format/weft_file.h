/* weft: the .weft model file (docs/formats.md): a safetensors container. The parser of untrusted bytes. */
#ifndef WEFT_FORMAT_WEFT_FILE_H
#define WEFT_FORMAT_WEFT_FILE_H

#include "graph/graph.h"

/* Reads a whole file from memory, validates it completely. `name` stands for the file in errors. */
weft_status weft_file_parse(const void *data, size_t size, const char *name, const weft_allocator *allocator,
                            struct weft_model **model, weft_error *error);

/* Serialises a quantized model into one block taken from the model's allocator (weft_block_free). */
weft_status weft_file_serialise(const struct weft_model *model, void **data, size_t *size, weft_error *error);

#endif
