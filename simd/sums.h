/* weft: the entry of wino44_sum, of which an ISA writes one loop: static sum_tiles(part, tiles), inlined, with the
 * number of tiles known when it is compiled, so that their sums stay in registers. */
#ifndef WEFT_SIMD_SUMS_H
#define WEFT_SIMD_SUMS_H

#include <assert.h>

#include "simd/tiles.h"

/* One point of some tiles. */
struct weft_wino44_part {
    const int16_t *values, *w;
    ptrdiff_t tile;
    int k8;
    int32_t *sums;
};
typedef void weft_wino44_part_fn(const struct weft_wino44_part *part);

/* heights[n - 1] sums n tiles, n <= most. */
static inline void weft_wino44_sum_parts(const struct weft_wino44_sum_args *args, weft_wino44_part_fn *const heights[],
                                         int most, int nr)
{
    assert(args->points >= 1 && args->tiles >= 1 && args->k8 >= 1);
    for (int p = 0; p < args->points; p++) {
        struct weft_wino44_part part = {args->values + p * args->point, args->w + p * args->w_point, args->tile,
                                        args->k8, args->sums + p * args->sum_point};
        int left = args->tiles, parts = (left + most - 1) / most;
        for (int tiles = 0; parts > 0; parts--, left -= tiles) {
            tiles = (left + parts - 1) / parts; /* of equal size, to within one tile */
            heights[tiles - 1](&part);
            part.values += tiles * args->tile;
            part.sums += tiles * nr;
        }
    }
}

#define WEFT_WINO44_PART_FN(height, ...)                                                    \
    static __attribute__((noinline)) void sum_##height(const struct weft_wino44_part *part) \
    {                                                                                       \
        sum_tiles(part, height);                                                            \
    }
#define WEFT_WINO44_PART_REF(height, ...) sum_##height,

/* WEFT_WINO44_SUM(isa, WEFT_HEIGHTS_<most>, most, nr) */
#define WEFT_WINO44_SUM(isa, heights, most, nr)                                       \
    heights(WEFT_WINO44_PART_FN, )                                                    \
    void weft_wino44_sum_##isa(const struct weft_wino44_sum_args *args)               \
    {                                                                                 \
        static weft_wino44_part_fn *const sums[] = {heights(WEFT_WINO44_PART_REF, )}; \
        weft_wino44_sum_parts(args, sums, most, nr);                                  \
    }

#endif
