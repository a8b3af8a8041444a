#include "onnx/memory.h"

#include <stdint.h>
#include <string.h>

#include "core/pool.h"

/* protobuf-c asks for many small blocks, which need no more than malloc's alignment. */
#define PROTOBUF_ALIGN ((size_t)16)

void weft_onnx_memory_init(struct weft_onnx_memory *memory, const weft_allocator *allocator)
{
    struct weft_pool pool;
    weft_pool_init(&pool, allocator); /* resolves NULL */
    *memory = (struct weft_onnx_memory){.base = pool.allocator, .limit = SIZE_MAX};
}

static bool admit(struct weft_onnx_memory *memory, size_t size)
{
    if (size > memory->limit || memory->used > memory->limit - size) {
        memory->exceeded = true;
        return false;
    }
    return true;
}

/* A block with its size in front of it, in `align` bytes. */
static void *counted_alloc(struct weft_onnx_memory *memory, size_t size, size_t align)
{
    if (size > SIZE_MAX - align) {
        return NULL;
    }
    size_t bytes = size + align;
    unsigned char *block = admit(memory, bytes) ? memory->base.alloc(memory->base.cookie, bytes, align) : NULL;
    if (!block) {
        memory->refused++;
        return NULL;
    }
    memory->used += bytes;
    memcpy(block, &bytes, sizeof bytes);
    return block + align;
}

static void counted_free(struct weft_onnx_memory *memory, void *pointer, size_t align)
{
    unsigned char *block = (unsigned char *)pointer - align;
    size_t bytes;
    memcpy(&bytes, block, sizeof bytes);
    memory->used -= bytes;
    memory->base.free(memory->base.cookie, block);
}

/* weft_pool and weft_block_alloc always ask for 64. */
#define SCRATCH_ALIGN ((size_t)64)

static void *scratch_alloc(void *cookie, size_t size, size_t align)
{
    return align == SCRATCH_ALIGN ? counted_alloc(cookie, size, align) : NULL;
}

static void scratch_free(void *cookie, void *pointer)
{
    counted_free(cookie, pointer, SCRATCH_ALIGN);
}

weft_allocator weft_onnx_memory_scratch(struct weft_onnx_memory *memory)
{
    return (weft_allocator){scratch_alloc, scratch_free, memory};
}

static void *kept_alloc(void *cookie, size_t size, size_t align)
{
    struct weft_onnx_memory *memory = cookie;
    void *block = admit(memory, size) ? memory->base.alloc(memory->base.cookie, size, align) : NULL;
    memory->used += block ? size : 0;
    memory->refused += !block;
    return block;
}

static void kept_free(void *cookie, void *pointer)
{
    struct weft_onnx_memory *memory = cookie;
    memory->base.free(memory->base.cookie, pointer);
}

weft_allocator weft_onnx_memory_kept(struct weft_onnx_memory *memory)
{
    return (weft_allocator){kept_alloc, kept_free, memory};
}

static void *protobuf_alloc(void *cookie, size_t size)
{
    return counted_alloc(cookie, size, PROTOBUF_ALIGN);
}

static void protobuf_free(void *cookie, void *pointer)
{
    if (pointer) {
        counted_free(cookie, pointer, PROTOBUF_ALIGN);
    }
}

ProtobufCAllocator weft_onnx_memory_protobuf(struct weft_onnx_memory *memory)
{
    return (ProtobufCAllocator){protobuf_alloc, protobuf_free, memory};
}
