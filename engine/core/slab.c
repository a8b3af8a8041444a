#define _DEFAULT_SOURCE /* MAP_ANONYMOUS, madvise */
#include "core/slab.h"

#include <stdint.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_NO_SLABS
#endif
#endif

#if defined(MADV_HUGEPAGE) && !defined(__SANITIZE_ADDRESS__) && !defined(WEFT_NO_SLABS)

#define HUGE_PAGE ((size_t)2 << 20)
#define HEADER ((size_t)64)
/* Addresses only: what is not written takes no memory, but for the rest of the last huge page. */
#define ROOM ((size_t)32 << 20)

/* At the beginning of a mapping. */
struct weft_slab {
    struct weft_slab *next;
    size_t size, used;
};
_Static_assert(sizeof(struct weft_slab) <= HEADER, "the header must fit in front of the blocks");

/* A mapping of `size` bytes that begins with a huge page. */
static struct weft_slab *map_slab(size_t size)
{
    unsigned char *base = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        return NULL;
    }
    size_t before = -(uintptr_t)base % HUGE_PAGE;
    if (before > 0) {
        munmap(base, before);
    }
    if (before < HUGE_PAGE) {
        munmap(base + before + size, HUGE_PAGE - before);
    }
    struct weft_slab *slab = (struct weft_slab *)(void *)(base + before);
    madvise(slab, size, MADV_HUGEPAGE); /* advice: without it pages are small */
    *slab = (struct weft_slab){.size = size, .used = HEADER};
    return slab;
}

void *weft_slab_alloc(struct weft_slab **slabs, size_t bytes)
{
    struct weft_slab *slab = *slabs;
    if (bytes > SIZE_MAX / 2) {
        return NULL;
    }
    if (!slab || bytes > slab->size - slab->used) {
        size_t size = bytes + HEADER <= ROOM ? ROOM : (bytes + HEADER + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
        slab = map_slab(size);
        if (!slab) {
            return NULL;
        }
        slab->next = *slabs;
        *slabs = slab;
    }
    unsigned char *block = (unsigned char *)slab + slab->used;
    slab->used += bytes;
    return block;
}

void weft_slab_free(struct weft_slab **slabs)
{
    while (*slabs) {
        struct weft_slab *next = (*slabs)->next;
        munmap(*slabs, (*slabs)->size);
        *slabs = next;
    }
}

#else

void *weft_slab_alloc(struct weft_slab **slabs, size_t bytes)
{
    (void)slabs;
    (void)bytes;
    return NULL;
}

void weft_slab_free(struct weft_slab **slabs)
{
    (void)slabs;
}

#endif
