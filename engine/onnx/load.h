/* weft: the ONNX importer on bytes in memory: for tests. */
#ifndef WEFT_ONNX_LOAD_H
#define WEFT_ONNX_LOAD_H

#include <weft/weft.h>

/* weft_onnx_load of a file's bytes, which are not kept. `name` stands for the file in errors; external data are
 * looked for in its folder. */
weft_status weft_onnx_load_memory(const void *data, size_t size, const char *name, const weft_allocator *allocator,
                                  weft_model **model, weft_error *error);

#endif
