/* The products of all points of up to twelve tiles, 32 channels: the c8 tile of conv_avx512.h without the way in and
 * out of a kernel for each point, which costs a fifth where there are 64 channels. */
#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/thirds_avx512.h"

#define NR 32
#define NEAR 1024 /* bytes ahead that weights are fetched into the first cache */

/* Where a call stands. */
struct place {
    struct thirds tiles;
    const uint8_t *w, *ahead;
    ptrdiff_t ahead_step;
};

/* Weights of half a block, and some of those to come into the caches. */
WEFT_INLINE void load_half(struct place *at, int half, __m512i w[2])
{
    const uint8_t *from = at->w + half * 128;
    w[0] = _mm512_loadu_si512(from);
    w[1] = _mm512_loadu_si512(from + 64);
    _mm_prefetch((const char *)from + NEAR, _MM_HINT_T0);
    _mm_prefetch((const char *)from + NEAR + 64, _MM_HINT_T0);
    _mm_prefetch((const char *)at->ahead, _MM_HINT_T1);
    _mm_prefetch((const char *)at->ahead + 64, _MM_HINT_T1);
    at->ahead += at->ahead_step;
}

/* The second half of a block, and the first of the next, whose values lie `by` bytes behind. */
WEFT_INLINE void step_on(struct place *at, int tiles, ptrdiff_t by, __m512i *sum)
{
    __m512i w[2];
    load_half(at, 1, w);
    step(&at->tiles, 0, tiles, 4, w, sum);
    at->w += 256;
    move_thirds(&at->tiles, by, tiles);
    load_half(at, 0, w);
    step(&at->tiles, 0, tiles, 0, w, sum);
}

/* Where sums start from: init, every tile's, or what they hold. */
struct start {
    const int32_t *from;
    ptrdiff_t tile; /* entries */
};

WEFT_INLINE void start_sums(struct start *start, int first, int end, __m512i *sum)
{
    WEFT_UNROLL
    for (int i = first; i < end; i++) {
        sum[2 * i] = _mm512_loadu_si512(start->from);
        sum[2 * i + 1] = _mm512_loadu_si512(start->from + 16);
        WEFT_KEEP512(sum[2 * i]);
        WEFT_KEEP512(sum[2 * i + 1]);
        start->from += start->tile;
        __asm__ volatile("" : "+r"(start->from)); /* init is loaded each time: registers are short */
    }
}

/* The last step of a point and the first of the next for tiles first .. first + 2. */
WEFT_INLINE void next_third(struct place *at, int first, int tiles, ptrdiff_t by, const __m512i last[2],
                            const __m512i next[2], struct start *start, int32_t *sums, __m512i *sum)
{
    if (first >= tiles) {
        return;
    }
    const int end = first + 3 < tiles ? first + 3 : tiles;
    step(&at->tiles, first, end, 4, last, sum);
    WEFT_UNROLL
    for (int i = first; i < end; i++) {
        _mm512_storeu_si512(sums + i * NR, sum[2 * i]);
        _mm512_storeu_si512(sums + i * NR + 16, sum[2 * i + 1]);
    }
    at->tiles.third[first / 3] += by;
    start_sums(start, first, end, sum);
    step(&at->tiles, first, end, 0, next, sum);
}

/* The same for all, three tiles in turns: all stores in a row would wait for their sums and keep the next point's
 * products from starting (64 channels: a tenth of the time). */
WEFT_INLINE void next_point(struct place *at, int tiles, ptrdiff_t by, const uint8_t *next_w, struct start start,
                            int32_t *sums, __m512i *sum)
{
    __m512i last[2], next[2];
    load_half(at, 1, last);
    at->w = next_w;
    load_half(at, 0, next);
    next_third(at, 0, tiles, by, last, next, &start, sums, sum);
    next_third(at, 3, tiles, by, last, next, &start, sums, sum);
    next_third(at, 6, tiles, by, last, next, &start, sums, sum);
    next_third(at, 9, tiles, by, last, next, &start, sums, sum);
}

/* After the last point comes the first again, whose step is lost: a case of its own costs more. */
WEFT_INLINE void points(const struct weft_wino_sum_args *args, int tiles)
{
    struct place at = {.tiles.tile = args->tile, .w = args->w, .ahead = args->ahead, .ahead_step = args->ahead_step};
    const struct start first = {args->init ? args->init : args->sums, args->init ? 0 : NR};
    const ptrdiff_t start_point = args->init ? NR : args->sum_point, depth = (args->run_k8 - 1) * 8;
    const ptrdiff_t by_run = args->run - depth, by_point = args->point - (args->runs - 1) * args->run - depth;
    const int blocks = args->runs * args->run_k8;
    int32_t *sums = args->sums;
    struct start start = first;
    __m512i sum[2 * TILES_MAX], w[2];
    place_thirds(&at.tiles, args->values, tiles);
    start_sums(&start, 0, tiles, sum);
    load_half(&at, 0, w);
    step(&at.tiles, 0, tiles, 0, w, sum);
    for (int p = 1; p <= args->points; p++) {
        int left = args->run_k8;
        for (int n = blocks; n > 1; n--) {
            ptrdiff_t by = 8;
            if (--left == 0) {
                left = args->run_k8;
                by = by_run;
            }
            step_on(&at, tiles, by, sum);
        }
        int next = p < args->points ? p : 0;
        start.from = first.from + next * start_point;
        next_point(&at, tiles, next ? by_point : args->values - at.tiles.third[0],
                   (const uint8_t *)args->w + next * args->w_point, start, sums, sum);
        sums += args->sum_point;
    }
}

#define HEIGHT_FN(height, ...)                                                                         \
    static __attribute__((noinline)) void points_##height(const struct weft_wino_sum_args *args)       \
    {                                                                                                  \
        points(args, height);                                                                          \
    }
#define HEIGHT_REF(height, ...) points_##height,
WEFT_HEIGHTS_12(HEIGHT_FN, )
static weft_wino_sum_fn *const heights[] = {WEFT_HEIGHTS_12(HEIGHT_REF, )};

void weft_wino_sum_avx512vnni(const struct weft_wino_sum_args *args)
{
    assert(args->points >= 1 && args->runs >= 1 && args->run_k8 >= 1);
    assert(args->tiles >= 1 && args->tiles <= TILES_MAX);
    heights[args->tiles - 1](args);
}
