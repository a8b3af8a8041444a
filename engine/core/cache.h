/* weft: what is known of the processor's caches. */
#ifndef WEFT_CORE_CACHE_H
#define WEFT_CORE_CACHE_H

#include <unistd.h>

/* Bytes of a core's first-level data cache, 0 where the system does not tell. */
static inline long weft_first_cache_bytes(void)
{
#ifdef _SC_LEVEL1_DCACHE_SIZE
    long bytes = sysconf(_SC_LEVEL1_DCACHE_SIZE);
    return bytes > 0 ? bytes : 0;
#else
    return 0;
#endif
}

#endif
