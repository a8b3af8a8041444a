/* weft: what is known of the processor's caches. */
#ifndef WEFT_CORE_CACHE_H
#define WEFT_CORE_CACHE_H

/* Bytes of a core's first-level data cache, 0 where the system does not tell. Alone in its file, so that a test may put
 * another in its place. */
long weft_first_cache_bytes(void);

#endif
