/* weft: Winograd's transform of sums, g of kernels_wino.h, on sixteen channels. */
#ifndef WEFT_SIMD_X86_WINO_OUT_AVX512_H
#define WEFT_SIMD_X86_WINO_OUT_AVX512_H

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

#endif
