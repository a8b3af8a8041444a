/* An allocator that counts, and that fails where it is told to. */
#ifndef WEFT_TESTS_FUZZ_COUNTING_H
#define WEFT_TESTS_FUZZ_COUNTING_H

#include <weft/weft.h>

struct counting {
    size_t live, peak; /* bytes */
    long blocks;       /* not yet freed */
    long calls;        /* of alloc, so far */
    long fail_at;      /* number of the call that fails, from 0; -1: none */
    size_t limit;      /* live bytes above which calls fail; 0: none */
};

/* Resets the counters; the allocator refers to `counting`. One thread only. */
weft_allocator counting_allocator(struct counting *counting);

#endif
