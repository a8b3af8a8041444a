/* weft: thresholds at equal distances (the encoder's `linear`, simd/kernels.h), 64 floats to 64 codes.
 *
 * The quotient y / distance, rounded, is the code or one less: the reciprocal is a little small, so that it is never more;
 * 2^-20 of it covers the roundings of the reciprocal and of the threshold, and is far below the half that would lose two.
 * The threshold above it, made as the encoder's own were, decides. */
#ifndef WEFT_SIMD_X86_LINEAR_AVX512_H
#define WEFT_SIMD_X86_LINEAR_AVX512_H

#include "simd/x86/words_avx512.h"

struct linear_avx512 {
    __m512 reciprocal, distance, top;
};

WEFT_INLINE int is_linear(const struct weft_encoder *enc)
{
    return enc->linear > 0;
}

WEFT_INLINE void load_linear(struct linear_avx512 *l, const struct weft_encoder *enc)
{
    l->reciprocal = _mm512_set1_ps(1 / enc->linear * (1 - 0x1p-20f));
    l->distance = _mm512_set1_ps(enc->linear);
    l->top = _mm512_set1_ps((float)enc->magnitudes * enc->linear);
}

/* The low words hold the count of thresholds at or below y, or |y| if is_signed; of a negative y otherwise something from
 * -2 * 255 to 0. y is no NaN. */
WEFT_INLINE __m512i linear16(const struct linear_avx512 *l, int is_signed, __m512 y)
{
    const __m512 magic = _mm512_set1_ps(0x1p23f); /* the low bits of a float from here on are the integer, below twice it */
    const __m512 half_less = _mm512_set1_ps(0x1p23f - 0.5f);
    __m512 a = is_signed ? _mm512_range_ps(y, l->top, 10) : _mm512_range_ps(y, l->top, 2); /* no farther from 0 than top */
    __m512 lifted = _mm512_fmadd_ps(a, l->reciprocal, magic);
    __m512 above = _mm512_mul_ps(_mm512_sub_ps(lifted, half_less), l->distance);
    __m512i m = _mm512_castps_si512(lifted);
    return _mm512_mask_add_epi32(m, _mm512_cmp_ps_mask(a, above, _CMP_GE_OQ), m, _mm512_set1_epi32(1));
}

/* Low words of first and second in turn. */
WEFT_INLINE __m512i low_words(__m512i first, __m512i second)
{
    const __m512i up = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 0, 1, 4, 5, 4, 5, 8, 9, 8, 9, 12, 13, 12, 13));
    return _mm512_mask_shuffle_epi8(first, 0xcccccccccccccccc, second, up);
}

/* Codes of four vectors, none of which holds a NaN. Of each 128 bits the lower half holds those of y[0] and y[1] in turn,
 * the upper one those of y[2] and y[3]. */
WEFT_INLINE __m512i encode_linear(const struct linear_avx512 *l, int is_signed, const __m512 y[4])
{
    __m512i m = _mm512_packus_epi16(low_words(linear16(l, is_signed, y[0]), linear16(l, is_signed, y[1])),
                                    low_words(linear16(l, is_signed, y[2]), linear16(l, is_signed, y[3])));
    if (is_signed) {
        const __m512i top = _mm512_set1_epi8((char)0x80);
        __m512i sign = _mm512_packs_epi16(upper_halves(y[0], y[1]), upper_halves(y[2], y[3])); /* keeps the sign */
        m = _mm512_ternarylogic_epi32(m, sign, top, 0xf8); /* m | (sign & top) */
        m = _mm512_maskz_mov_epi8(_mm512_cmpneq_epi8_mask(m, top), m);
    }
    return m;
}

/* The codes of each vector together within 128 bits. */
WEFT_INLINE __m512i linear_by_fours(__m512i codes)
{
    const __m512i group = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15));
    return _mm512_shuffle_epi8(codes, group);
}

/* All codes of y[0], then those of y[1], y[2], y[3]. */
WEFT_INLINE __m512i sort_linear(__m512i codes)
{
#if defined(__AVX512VBMI__)
    const __m512i order = _mm512_setr_epi64(0x1614121006040200, 0x3634323026242220, 0x1715131107050301, 0x3735333127252321,
                                            0x1e1c1a180e0c0a08, 0x3e3c3a382e2c2a28, 0x1f1d1b190f0d0b09, 0x3f3d3b392f2d2b29);
    return _mm512_permutexvar_epi8(order, codes);
#else
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, linear_by_fours(codes));
#endif
}

#endif
