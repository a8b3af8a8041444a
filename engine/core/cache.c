#include "core/cache.h"

#include <unistd.h>

long weft_first_cache_bytes(void)
{
#ifdef _SC_LEVEL1_DCACHE_SIZE
    long bytes = sysconf(_SC_LEVEL1_DCACHE_SIZE);
    return bytes > 0 ? bytes : 0;
#else
    return 0;
#endif
}
