/* weft: products of Winograd's points straight from bins: weights are looked up, and added where a point's filter is a
 * sum of a few taps, beside the products of up to twelve tiles. On processors whose multiplier leaves shuffles and
 * additions to other ports (Zen 4) that costs nothing, and no transformed weights go through the caches. */
#ifndef WEFT_SIMD_X86_WINO_BINS_AVX512_H
#define WEFT_SIMD_X86_WINO_BINS_AVX512_H

#include "simd/tiles.h"
#include "simd/x86/conv_avx512.h"
#include "simd/x86/thirds_avx512.h"

#define TAPS 9
#define NEAR 4 /* blocks that bins are fetched ahead */

/* What a call goes through. */
struct walk {
    struct thirds tiles;
    const uint8_t *w, *ahead;
    ptrdiff_t ahead_step;
    int k8;
};

WEFT_INLINE struct walk start_walk(const struct weft_wino_bins_args *args)
{
    return (struct walk){.tiles.tile = args->tile, .w = args->w, .ahead = args->ahead, .ahead_step = args->ahead_step,
                         .k8 = args->k8};
}

/* The products of a plane's values, whose weights are the sum of some taps, or the first ones less the last. `tap`:
 * bytes from a block's first to each. */
WEFT_INLINE void plane(struct walk *at, enum weft_wfmt fmt, __m512i lut, int taps, int less, const ptrdiff_t tap[4],
                       int tiles, __m512i *sum)
{
    const uint8_t *block = at->w;
    const ptrdiff_t step_block = TAPS * block_bytes(fmt);
    for (int n = at->k8; n > 0; n--, block += step_block) {
        WEFT_UNROLL
        for (int half = 0; half < 2; half++) {
            __m512i w[NV];
            load_half(fmt, block + tap[0], half, lut, w);
            WEFT_UNROLL
            for (int i = 1; i < taps; i++) {
                __m512i more[NV];
                load_half(fmt, block + tap[i], half, lut, more);
                WEFT_UNROLL
                for (int v = 0; v < NV; v++) {
                    w[v] = less && i == taps - 1 ? _mm512_sub_epi8(w[v], more[v]) : _mm512_add_epi8(w[v], more[v]);
                }
            }
            WEFT_UNROLL
            for (int i = 0; i < taps; i++) { /* too far apart for the hardware to see where it goes */
                _mm_prefetch((const char *)block + tap[i] + NEAR * step_block + half * 64, _MM_HINT_T0);
            }
            _mm_prefetch((const char *)at->ahead, _MM_HINT_T1);
            at->ahead += at->ahead_step;
            step(&at->tiles, 0, tiles, 4 * half, w, sum);
        }
        move_thirds(&at->tiles, 8, tiles);
    }
}

typedef void bins_fn(const struct weft_wino_bins_args *args);
typedef bins_fn *const bins_heights[WEFT_WFMT_COUNT][TILES_MAX];

/* `name`: a table of body(args, format, tiles) for all of both. */
#define BINS_HEIGHT_FN(height, body, fmt)                                                           \
    static __attribute__((noinline)) void body##_##fmt##_##height(const struct weft_wino_bins_args *args) \
    {                                                                                               \
        body(args, WEFT_WFMT_##fmt, height);                                                        \
    }
#define BINS_HEIGHT_REF(height, body, fmt) body##_##fmt##_##height,
#define BINS_HEIGHTS(name, body)                                                                                    \
    WEFT_HEIGHTS_12(BINS_HEIGHT_FN, body, C4)                                                                       \
    WEFT_HEIGHTS_12(BINS_HEIGHT_FN, body, C5)                                                                       \
    WEFT_HEIGHTS_12(BINS_HEIGHT_FN, body, C8)                                                                       \
    static bins_heights name = {[WEFT_WFMT_C4] = {WEFT_HEIGHTS_12(BINS_HEIGHT_REF, body, C4)},                      \
                                [WEFT_WFMT_C5] = {WEFT_HEIGHTS_12(BINS_HEIGHT_REF, body, C5)},                      \
                                [WEFT_WFMT_C8] = {WEFT_HEIGHTS_12(BINS_HEIGHT_REF, body, C8)}};

static inline void by_height(const struct weft_wino_bins_args *args, bins_heights heights)
{
    assert(args->k8 >= 1 && args->tiles >= 1 && args->tiles <= TILES_MAX);
    assert(args->fmt == WEFT_WFMT_C8 || args->lut);
    heights[args->fmt][args->tiles - 1](args);
}

#endif
