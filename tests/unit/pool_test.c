#include <criterion/criterion.h>
#include <string.h>

#include "core/pool.h"

/* Counts what is live, and can refuse. */
struct counter {
    int live, refuse;
};

static void *counted_alloc(void *cookie, size_t size, size_t align)
{
    struct counter *counter = cookie;
    void *pointer = NULL;
    if (counter->refuse || size == 0 || posix_memalign(&pointer, align, size) != 0) {
        return NULL;
    }
    memset(pointer, 0xa5, size);
    counter->live++;
    return pointer;
}

static void counted_free(void *cookie, void *pointer)
{
    ((struct counter *)cookie)->live--;
    free(pointer);
}

static bool is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i]) {
            return false;
        }
    }
    return true;
}

Test(pool, blocks_are_zeroed_aligned_and_apart)
{
    struct counter counter = {0, 0};
    weft_allocator allocator = {counted_alloc, counted_free, &counter};
    struct weft_pool pool;
    weft_pool_init(&pool, &allocator);
    static const size_t sizes[] = {0, 1, 63, 64, 65, 4000, 8191, 8192, 8193, 40000, 7, 100000, 3};
    unsigned char *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        size_t size = sizes[i % 13];
        blocks[i] = weft_pool_alloc(&pool, size, 1);
        cr_assert_not_null(blocks[i]);
        cr_assert_eq((uintptr_t)blocks[i] % 64, 0);
        cr_assert(is_zero(blocks[i], size));
        memset(blocks[i], (int)i + 1, size);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t k = 0; k < sizes[i % 13]; k++) {
            cr_assert_eq(blocks[i][k], (unsigned char)(i + 1));
        }
    }
    cr_expect_gt(pool.bytes, 15 * 168000);
    cr_expect_gt(counter.live, 1);
    weft_pool_free(&pool);
    cr_expect_eq(counter.live, 0);
    cr_expect_eq(pool.bytes, 0);
    cr_expect_not_null(weft_pool_alloc(&pool, 10, 10));
    weft_pool_free(&pool);
}

Test(pool, small_requests_share_blocks)
{
    struct counter counter = {0, 0};
    weft_allocator allocator = {counted_alloc, counted_free, &counter};
    struct weft_pool pool;
    weft_pool_init(&pool, &allocator);
    for (int i = 0; i < 100; i++) {
        cr_assert_not_null(weft_pool_alloc(&pool, 1, 64));
        if (i % 10 == 0) {
            cr_assert_not_null(weft_pool_alloc(&pool, 1, 100000));
        }
    }
    cr_expect_eq(counter.live, 11); /* ten large blocks, one for all the small ones */
    weft_pool_free(&pool);
}

Test(pool, products_that_overflow_and_refusals_give_null)
{
    struct counter counter = {0, 1};
    weft_allocator allocator = {counted_alloc, counted_free, &counter};
    struct weft_pool pool;
    weft_pool_init(&pool, NULL);
    cr_expect_null(weft_pool_alloc(&pool, SIZE_MAX / 2, 3));
    cr_expect_null(weft_pool_alloc(&pool, SIZE_MAX, 1));
    cr_expect_null(weft_pool_alloc(&pool, 3, SIZE_MAX / 2));
    cr_expect_null(weft_block_alloc(NULL, SIZE_MAX / 4, 8));
    weft_pool_free(&pool);
    weft_pool_init(&pool, &allocator);
    cr_expect_null(weft_pool_alloc(&pool, 1, 1));
    cr_expect_null(weft_pool_strdup(&pool, "text"));
    cr_expect_null(weft_block_alloc(&allocator, 1, 1));
    counter.refuse = 0;
    cr_expect_not_null(weft_pool_alloc(&pool, 1, 1));
    weft_pool_free(&pool);
}

Test(pool, copies_are_copies)
{
    struct weft_pool pool;
    weft_pool_init(&pool, NULL);
    const int values[3] = {1, 2, 3};
    int *copy = weft_pool_copy(&pool, values, 3, sizeof *values);
    cr_expect_arr_eq(copy, values, sizeof values);
    cr_expect_neq((const int *)copy, values);
    cr_expect_str_eq(weft_pool_strdup(&pool, "weft"), "weft");
    cr_expect_str_empty(weft_pool_strdup(&pool, ""));
    cr_expect_not_null(weft_pool_copy(&pool, NULL, 0, 4));
    weft_pool_free(&pool);
}

Test(pool, single_blocks_come_and_go)
{
    struct counter counter = {0, 0};
    weft_allocator allocator = {counted_alloc, counted_free, &counter};
    void *block = weft_block_alloc(&allocator, 10, 10);
    cr_assert_not_null(block);
    cr_expect_eq((uintptr_t)block % 64, 0);
    weft_block_free(&allocator, block);
    weft_block_free(&allocator, NULL);
    cr_expect_eq(counter.live, 0);
    block = weft_block_alloc(NULL, 0, 0);
    cr_expect_not_null(block);
    weft_block_free(NULL, block);
}

static bool all_fives(const unsigned char *bytes, size_t count)
{
    return bytes[0] == 0x55 && memcmp(bytes, bytes + 1, count - 1) == 0;
}

Test(pool, large_blocks_in_slabs_are_zeroed_aligned_and_apart)
{
    enum { BLOCKS = 60 };
    unsigned char *block[BLOCKS];
    size_t size[BLOCKS], sum = 0;
    struct weft_pool pool;
    weft_pool_init(&pool, NULL);
    weft_pool_use_slabs(&pool);
    for (int i = 0; i < BLOCKS; i++) { /* 1 to 3 MiB: slabs of 32 MiB follow one another; one is larger than that */
        size[i] = i == 17 ? (size_t)40 << 20 : i % 5 == 0 ? 100 : ((size_t)1 << 20) + (size_t)i * 34567;
        block[i] = weft_pool_alloc(&pool, size[i], 1);
        sum += (size[i] + 63) / 64 * 64;
        cr_assert(block[i]);
        cr_assert_eq((uintptr_t)block[i] % 64, 0);
        cr_assert(is_zero(block[i], size[i]));
        memset(block[i], 0x55, size[i]);
    }
    cr_assert_eq(pool.bytes, sum);
    for (int i = 0; i < BLOCKS; i++) {
        cr_assert(all_fives(block[i], size[i]), "%d", i);
        memset(block[i], 0, size[i]);
    }
    weft_pool_free(&pool);
    unsigned char *again = weft_pool_alloc(&pool, (size_t)1 << 20, 1);
    cr_assert(again && is_zero(again, (size_t)1 << 20));
    weft_pool_free(&pool);
}

Test(pool, an_allocator_gives_what_slabs_would)
{
    struct counter counter = {0};
    weft_allocator allocator = {counted_alloc, counted_free, &counter};
    struct weft_pool pool;
    weft_pool_init(&pool, &allocator);
    weft_pool_use_slabs(&pool);
    for (int i = 1; i <= 3; i++) {
        cr_assert(weft_pool_alloc(&pool, (size_t)1 << 20, 1));
        cr_assert_eq(counter.live, i);
    }
    weft_pool_free(&pool);
    cr_assert_eq(counter.live, 0);
}
