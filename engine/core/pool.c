#include "core/pool.h"

#include <stdlib.h>
#include <string.h>

#include "core/slab.h"

/* Every block starts with one of these; the payload follows at the next multiple of ALIGN. Requests of less
 * than LARGE bytes share blocks of SHARED bytes: a graph makes thousands of names and small arrays. */
struct weft_pool_block {
    struct weft_pool_block *next;
    size_t capacity, used; /* of the payload */
};

#define ALIGN ((size_t)64)
#define SHARED ((size_t)32 << 10)
#define LARGE (SHARED / 4)

_Static_assert(sizeof(struct weft_pool_block) <= ALIGN, "the header must fit in front of the payload");

static void *libc_alloc(void *cookie, size_t size, size_t align)
{
    (void)cookie;
    void *pointer = NULL;
    if (align < sizeof(void *)) {
        align = sizeof(void *);
    }
    return posix_memalign(&pointer, align, size) == 0 ? pointer : NULL;
}

static void libc_free(void *cookie, void *pointer)
{
    (void)cookie;
    free(pointer);
}

static weft_allocator resolve(const weft_allocator *allocator)
{
    if (allocator && allocator->alloc && allocator->free) {
        return *allocator;
    }
    return (weft_allocator){libc_alloc, libc_free, NULL};
}

/* count * size rounded up to ALIGN, at least ALIGN; 0 if that is more than half the address space. */
static size_t rounded(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 2 / size) {
        return 0;
    }
    size_t bytes = count * size;
    return bytes ? (bytes + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
}

void *weft_block_alloc(const weft_allocator *allocator, size_t count, size_t size)
{
    weft_allocator a = resolve(allocator);
    size_t bytes = rounded(count, size);
    return bytes ? a.alloc(a.cookie, bytes, ALIGN) : NULL;
}

void weft_block_free(const weft_allocator *allocator, void *pointer)
{
    weft_allocator a = resolve(allocator);
    if (pointer) {
        a.free(a.cookie, pointer);
    }
}

void weft_pool_init(struct weft_pool *pool, const weft_allocator *allocator)
{
    pool->allocator = resolve(allocator);
    pool->blocks = NULL;
    pool->slabs = NULL;
    pool->in_slabs = false;
    pool->bytes = 0;
}

void weft_pool_use_slabs(struct weft_pool *pool)
{
    pool->in_slabs = pool->allocator.alloc == libc_alloc;
}

void weft_pool_free(struct weft_pool *pool)
{
    struct weft_pool_block *block = pool->blocks;
    while (block) {
        struct weft_pool_block *next = block->next;
        pool->allocator.free(pool->allocator.cookie, block);
        block = next;
    }
    weft_slab_free(&pool->slabs);
    pool->blocks = NULL;
    pool->bytes = 0;
}

void *weft_pool_alloc(struct weft_pool *pool, size_t count, size_t size)
{
    size_t bytes = rounded(count, size);
    if (bytes == 0) {
        return NULL;
    }
    void *in_slab = pool->in_slabs && bytes >= LARGE ? weft_slab_alloc(&pool->slabs, bytes) : NULL;
    if (in_slab) {
        pool->bytes += bytes;
        return in_slab;
    }
    /* The block that small requests share is always the first of the list. */
    struct weft_pool_block *block = pool->blocks;
    if (!block || bytes > block->capacity - block->used) {
        size_t capacity = bytes < LARGE ? SHARED : bytes;
        block = weft_block_alloc(&pool->allocator, 1, ALIGN + capacity);
        if (!block) {
            return NULL;
        }
        block->capacity = capacity;
        block->used = 0;
        if (bytes < LARGE || !pool->blocks) {
            block->next = pool->blocks;
            pool->blocks = block;
        } else {
            block->next = pool->blocks->next;
            pool->blocks->next = block;
        }
    }
    unsigned char *payload = (unsigned char *)block + ALIGN + block->used;
    block->used += bytes;
    pool->bytes += bytes;
    return memset(payload, 0, bytes);
}

char *weft_pool_strdup(struct weft_pool *pool, const char *text)
{
    return weft_pool_copy(pool, text, strlen(text) + 1, 1);
}

void *weft_pool_copy(struct weft_pool *pool, const void *data, size_t count, size_t size)
{
    void *copy = weft_pool_alloc(pool, count, size);
    if (copy && count && size) {
        memcpy(copy, data, count * size);
    }
    return copy;
}
