/* weft: products of up to twelve tiles whose values lie at equal distances, 32 channels. Tiles go by threes: few
 * pointers and a distance, or the compiler keeps pointers in vector registers. */
#ifndef WEFT_SIMD_X86_THIRDS_AVX512_H
#define WEFT_SIMD_X86_THIRDS_AVX512_H

#include "simd/x86/x86.h"

#define TILES_MAX 12

struct thirds {
    const uint8_t *third[TILES_MAX / 3]; /* values of tiles 0, 3, 6, 9 */
    ptrdiff_t tile;
};

WEFT_INLINE void place_thirds(struct thirds *at, const uint8_t *values, int tiles)
{
    WEFT_UNROLL
    for (int g = 0; g < (tiles + 2) / 3; g++) {
        at->third[g] = values + 3 * g * at->tile;
    }
}

WEFT_INLINE void move_thirds(struct thirds *at, ptrdiff_t by, int tiles)
{
    WEFT_UNROLL
    for (int g = 0; g < (tiles + 2) / 3; g++) {
        at->third[g] += by;
    }
}

/* sums += the products of four k's, of tiles first..end-1. */
WEFT_INLINE void step(const struct thirds *at, int first, int end, int k, const __m512i w[2], __m512i *sum)
{
    WEFT_UNROLL
    for (int i = first; i < end; i++) {
        int32_t four;
        memcpy(&four, at->third[i / 3] + i % 3 * at->tile + k, sizeof four);
        __m512i x = _mm512_set1_epi32(four);
        sum[2 * i] = _mm512_dpbusd_epi32(sum[2 * i], x, w[0]);
        WEFT_KEEP512(sum[2 * i]);
        sum[2 * i + 1] = _mm512_dpbusd_epi32(sum[2 * i + 1], x, w[1]);
        WEFT_KEEP512(sum[2 * i + 1]);
    }
}

#endif
