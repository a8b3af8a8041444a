/* weft: a pool owns many small and large blocks that live and die together (a model, a session). */
#ifndef WEFT_CORE_POOL_H
#define WEFT_CORE_POOL_H

#include <stdbool.h>

#include <weft/weft.h>

struct weft_pool {
    weft_allocator allocator; /* resolved: functions are never NULL */
    struct weft_pool_block *blocks;
    struct weft_slab *slabs;
    bool in_slabs; /* large blocks come from slabs (core/slab.h) */
    size_t bytes; /* payload handed out so far */
};

/* Initialises an empty pool. `allocator` may be NULL (C library). Cannot fail. */
void weft_pool_init(struct weft_pool *pool, const weft_allocator *allocator);
/* Large blocks of an empty pool shall come from slabs, for what is read in every inference. Where the allocator is not
 * the C library's, all memory stays the allocator's. */
void weft_pool_use_slabs(struct weft_pool *pool);
/* Frees every block. The pool may be used again. */
void weft_pool_free(struct weft_pool *pool);
/* count * size bytes, zeroed, aligned to 64; NULL if the product overflows or memory is short.
 * A count or size of 0 gives a valid pointer. Small requests share blocks. Not thread-safe. */
void *weft_pool_alloc(struct weft_pool *pool, size_t count, size_t size);
/* Copy of a string or of a block (aligned as above); NULL if memory is short. */
char *weft_pool_strdup(struct weft_pool *pool, const char *text);
void *weft_pool_copy(struct weft_pool *pool, const void *data, size_t count, size_t size);

/* Single blocks, aligned to 64 and not zeroed, for temporaries: pair each alloc with a free. `allocator` may be
 * NULL (C library). NULL if the product overflows or memory is short; freeing NULL does nothing. */
void *weft_block_alloc(const weft_allocator *allocator, size_t count, size_t size);
void weft_block_free(const weft_allocator *allocator, void *pointer);

#endif
