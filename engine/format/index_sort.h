/* weft: sorting of indices, in place and in bounded time whatever the input (heapsort). */
#ifndef WEFT_FORMAT_INDEX_SORT_H
#define WEFT_FORMAT_INDEX_SORT_H

#include <stddef.h>
#include <stdint.h>

/* < 0, 0, > 0 as strcmp. */
typedef int weft_index_compare_fn(const void *context, uint32_t a, uint32_t b);

/* Ascending. Not stable. */
void weft_index_sort(uint32_t *index, size_t count, weft_index_compare_fn *compare, const void *context);

#endif
