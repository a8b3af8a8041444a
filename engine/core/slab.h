/* weft: large blocks side by side in memory that the system may back with huge pages.
 *
 * A network reads its weights once in each inference, from more pages of 4 KiB than the processor remembers
 * translations for, and hardware prefetchers stop at the end of each. Measured on a Xeon (Sapphire Rapids) in a virtual
 * machine, where a translation costs two walks: resnet50 takes 0.95 times as long, resnet18 and vgg16 0.96. */
#ifndef WEFT_CORE_SLAB_H
#define WEFT_CORE_SLAB_H

#include <stddef.h>

/* A list of slabs; empty: NULL. */
struct weft_slab;

/* `bytes` zeroed bytes (a multiple of 64, more than 0), aligned to 64, that live as long as the list. NULL if memory is
 * short, or where there are no slabs: not on this system, or not under a sanitizer, which would not see an overrun. */
void *weft_slab_alloc(struct weft_slab **slabs, size_t bytes);
/* Frees all. */
void weft_slab_free(struct weft_slab **slabs);

#endif
