#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "scatter.h"

#include <stddef.h>
#include <sys/mman.h>

enum { LINE = 64, PLACES = 1024 };

/* Just below each block. */
struct mapping {
    void *base;
    size_t size;
};

/* splitmix64 (Steele, Lea and Flood 2014): threads may allocate at the same time. */
static uint64_t draw(scatter_state *state)
{
    uint64_t z = atomic_fetch_add(state, UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void *scatter_alloc(void *cookie, size_t size, size_t align)
{
    size_t offset = (size_t)(draw(cookie) >> 32) % PLACES * LINE, step = align > LINE ? align : LINE;
    size_t more = offset + sizeof(struct mapping) + step;
    if (size > PTRDIFF_MAX - more) {
        return NULL;
    }
    unsigned char *base = mmap(NULL, size + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) {
        return NULL;
    }
    uintptr_t at = (uintptr_t)base + offset + sizeof(struct mapping);
    unsigned char *block = base + ((at + step - 1) / step * step - (uintptr_t)base);
    ((struct mapping *)(void *)block)[-1] = (struct mapping){base, size + more};
    return block;
}

static void scatter_free(void *cookie, void *pointer)
{
    (void)cookie;
    if (pointer) {
        struct mapping mapping = ((struct mapping *)pointer)[-1];
        munmap(mapping.base, mapping.size);
    }
}

weft_allocator scatter_allocator(scatter_state *state)
{
    return (weft_allocator){scatter_alloc, scatter_free, state};
}
