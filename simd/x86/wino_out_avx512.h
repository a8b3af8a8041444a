/* weft: Winograd's transforms of sums, g of kernels_wino.h, on sixteen channels. */
#ifndef WEFT_SIMD_X86_WINO_OUT_AVX512_H
#define WEFT_SIMD_X86_WINO_OUT_AVX512_H

#include <assert.h>

#include "simd/kernels.h"
#include "simd/x86/x86.h"

WEFT_INLINE void backward(__m512i m0, __m512i m1, __m512i m2, __m512i m3, __m512i *y0, __m512i *y1)
{
    __m512i half = _mm512_srai_epi32(_mm512_add_epi32(m1, m2), 1);
    *y0 = _mm512_add_epi32(m0, half);
    *y1 = _mm512_sub_epi32(half, _mm512_add_epi32(m2, m3));
}

/* Sixteen points to outputs y_00, y_01, y_10, y_11. */
WEFT_INLINE void backward_22(const __m512i m[16], __m512i y[4])
{
    __m512i r[2][4];
    WEFT_UNROLL
    for (int j = 0; j < 4; j++) {
        backward(m[j], m[4 + j], m[8 + j], m[12 + j], &r[0][j], &r[1][j]);
    }
    backward(r[0][0], r[0][1], r[0][2], r[0][3], &y[0], &y[1]);
    backward(r[1][0], r[1][1], r[1][2], r[1][3], &y[2], &y[3]);
}

/* Nine points of wino22s2 to outputs in the same order. */
WEFT_INLINE void backward_22s2(const __m512i m[9], __m512i y[4])
{
    __m512i r[2][3];
    WEFT_UNROLL
    for (int j = 0; j < 3; j++) {
        r[0][j] = _mm512_add_epi32(m[j], m[3 + j]);
        r[1][j] = _mm512_add_epi32(m[j], m[6 + j]);
    }
    WEFT_UNROLL
    for (int i = 0; i < 2; i++) {
        y[2 * i] = _mm512_add_epi32(r[i][0], r[i][1]);
        y[2 * i + 1] = _mm512_add_epi32(r[i][0], r[i][2]);
    }
}

/* The same of 16 points (wino22), 9 (wino22s2) or, to two outputs, 4 (wino12). */
WEFT_INLINE void backward_of(const __m512i *m, int points, __m512i y[4])
{
    if (points == 4) {
        backward(m[0], m[1], m[2], m[3], &y[0], &y[1]);
    } else if (points == WEFT_WINO22S2_POINTS) {
        backward_22s2(m, y);
    } else {
        backward_22(m, y);
    }
}

WEFT_INLINE void tile_out(const struct weft_wino_out_args *args, int points, const int32_t *sums, int32_t *acc,
                          __mmask16 mask)
{
    const ptrdiff_t point = args->point;
    __m512i m[16], y[4];
    WEFT_UNROLL
    for (int p = 0; p < points; p++) {
        m[p] = _mm512_maskz_loadu_epi32(mask, sums + p * point);
    }
    backward_of(m, points, y);
    _mm512_mask_storeu_epi32(acc, mask, y[0]);
    _mm512_mask_storeu_epi32(acc + args->channels, mask, y[1]);
    if (points > 4) {
        _mm512_mask_storeu_epi32(acc + args->row, mask, y[2]);
        _mm512_mask_storeu_epi32(acc + args->row + args->channels, mask, y[3]);
    }
}

WEFT_INLINE void transform_out(const struct weft_wino_out_args *args, int points)
{
    assert(args->channels % 8 == 0);
    for (int t = 0; t < args->tiles; t++) {
        const int32_t *sums = args->sums + (ptrdiff_t)t * args->channels;
        int32_t *acc = args->acc + (ptrdiff_t)2 * t * args->channels;
        int c = 0;
        for (; c + 16 <= args->channels; c += 16) {
            tile_out(args, points, sums + c, acc + c, 0xffff);
        }
        if (c < args->channels) {
            tile_out(args, points, sums + c, acc + c, 0xff);
        }
    }
}

#endif
