/* weft: memory of an import. What a file asks for is bounded by its size: every block of an import is counted,
 * and a request beyond the limit fails like one that the system refuses. */
#ifndef WEFT_ONNX_MEMORY_H
#define WEFT_ONNX_MEMORY_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include <weft/weft.h>

/* Bytes of memory that a byte of the file may cost, what is granted in any case, and what for each message of more
 * than a few bytes (a node, an attribute, a tensor) and each layer: their structs are larger than their text. */
#define WEFT_ONNX_MEMORY_TIMES 4
#define WEFT_ONNX_MEMORY_SLACK ((size_t)1 << 20)
#define WEFT_ONNX_MEMORY_MESSAGE ((size_t)512)
#define WEFT_ONNX_MEMORY_LAYER ((size_t)7168)

struct weft_onnx_memory {
    weft_allocator base;
    size_t used, limit; /* bytes */
    bool exceeded;      /* a request failed because of the limit, not of the system */
    size_t refused;     /* requests that failed */
};

/* `allocator` may be NULL (C library). No limit yet. */
void weft_onnx_memory_init(struct weft_onnx_memory *memory, const weft_allocator *allocator);

/* For temporaries: freeing gives the bytes back. */
weft_allocator weft_onnx_memory_scratch(struct weft_onnx_memory *memory);
/* For the model: its blocks are blocks of the base allocator, so that the model can outlive the import. */
weft_allocator weft_onnx_memory_kept(struct weft_onnx_memory *memory);
/* For protobuf-c: as scratch. */
ProtobufCAllocator weft_onnx_memory_protobuf(struct weft_onnx_memory *memory);

#endif
