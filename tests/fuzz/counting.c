#include "counting.h"

#include <stdlib.h>
#include <string.h>

/* In front of each block: its size and the pointer that free wants. */
struct front {
    size_t size;
    void *base;
};

static void *count_alloc(void *cookie, size_t size, size_t align)
{
    struct counting *counting = cookie;
    if (counting->calls++ == counting->fail_at ||
        (counting->limit && size > counting->limit - counting->live)) {
        return NULL;
    }
    char *base = malloc(size + align + sizeof(struct front));
    if (!base) {
        return NULL;
    }
    uintptr_t at = ((uintptr_t)base + sizeof(struct front) + align - 1) / align * align;
    struct front front = {size, base};
    memcpy((char *)at - sizeof front, &front, sizeof front);
    counting->blocks++;
    counting->live += size;
    counting->peak = counting->live > counting->peak ? counting->live : counting->peak;
    return (void *)at;
}

static void count_free(void *cookie, void *pointer)
{
    struct counting *counting = cookie;
    struct front front;
    memcpy(&front, (char *)pointer - sizeof front, sizeof front);
    counting->blocks--;
    counting->live -= front.size;
    free(front.base);
}

weft_allocator counting_allocator(struct counting *counting)
{
    *counting = (struct counting){.fail_at = -1};
    return (weft_allocator){count_alloc, count_free, counting};
}
