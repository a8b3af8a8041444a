/* weft: thresholds at equal distances (the encoder's `linear`, simd/kernels.h), 64 floats to 64 codes.
 *
 * 1 + (y / distance + 0.5) / 256 as a float has the code in its upper eight bits of mantissa, and 15 bits of fraction
 * below. The reciprocal's and the threshold's roundings move it by 1 of these fractions at most, the sum's by half of
 * one: the code is the true one unless the fraction is within 2 of 0. All but one in 4096 values are that far from any
 * threshold. Where one of 64 is not, all take the exact way: the quotient by a reciprocal that is a little small,
 * rounded, is the code or one less; 2^-20 of it covers the roundings and is far below the half that would lose two. The
 * threshold above it, made as the encoder's own were, decides. */
#ifndef WEFT_SIMD_X86_LINEAR_AVX512_H
#define WEFT_SIMD_X86_LINEAR_AVX512_H

#include "simd/x86/words_avx512.h"

struct linear_avx512 {
    __m512 lift;                      /* reciprocal / 256 */
    __m512 reciprocal, distance, top; /* of the exact way */
    __m512i most;
};

WEFT_INLINE int is_linear(const struct weft_encoder *enc)
{
    return enc->linear > 0;
}

WEFT_INLINE void load_linear(struct linear_avx512 *l, const struct weft_encoder *enc)
{
    l->lift = _mm512_set1_ps(1 / enc->linear / 256);
    l->most = _mm512_set1_epi8((char)enc->magnitudes);
    l->reciprocal = _mm512_set1_ps(1 / enc->linear * (1 - 0x1p-20f));
    l->distance = _mm512_set1_ps(enc->linear);
    l->top = _mm512_set1_ps((float)enc->magnitudes * enc->linear);
}

/* The low words hold the count of thresholds at or below y, or |y| if is_signed; of a negative y otherwise something
 * from -2 * 255 to 0. y is no NaN. */
WEFT_INLINE __m512i linear16(const struct linear_avx512 *l, int is_signed, __m512 y)
{
    /* the low bits of a float from here on are the integer, below twice it */
    const __m512 magic = _mm512_set1_ps(0x1p23f);
    const __m512 half_less = _mm512_set1_ps(0x1p23f - 0.5f);
    /* no farther from 0 than top */
    __m512 a = is_signed ? _mm512_range_ps(y, l->top, 10) : _mm512_range_ps(y, l->top, 2);
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

/* Counts of four vectors by the exact way; four of each in every 128 bits. */
WEFT_INLINE __m512i count_exactly(const struct linear_avx512 *l, int is_signed, const __m512 y[4])
{
    const __m512i group = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15));
    __m512i a = low_words(linear16(l, is_signed, y[0]), linear16(l, is_signed, y[1]));
    __m512i b = low_words(linear16(l, is_signed, y[2]), linear16(l, is_signed, y[3]));
    return _mm512_shuffle_epi8(_mm512_packus_epi16(a, b), group);
}

WEFT_INLINE __m512i count_linear(const struct linear_avx512 *l, int is_signed, const __m512 y[4])
{
    const __m512 offset = _mm512_set1_ps(1 + 0x4004 * 0x1p-23f); /* 1, the half, 4 fractions: those in doubt are 0..7 */
    const __m512i doubt = _mm512_set1_epi32(0x7ff8), one = _mm512_set1_epi16(0x7f00); /* 1.0f >> 15 */
    __m512i t[4];
    __mmask16 clear = 0xffff;
    WEFT_UNROLL
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_castps_si512(_mm512_fmadd_ps(is_signed ? _mm512_abs_ps(y[i]) : y[i], l->lift, offset));
        clear = i == 0 ? _mm512_test_epi32_mask(t[i], doubt) : _mm512_mask_test_epi32_mask(clear, t[i], doubt);
    }
    if (!__builtin_expect(clear == 0xffff, 1)) {
        return count_exactly(l, is_signed, y);
    }
    /* From 2.0f on, packing stops at 0x7fff; below 1.0f, at 0. */
    __m512i a = _mm512_packs_epi32(_mm512_srai_epi32(t[0], 15), _mm512_srai_epi32(t[1], 15));
    __m512i b = _mm512_packs_epi32(_mm512_srai_epi32(t[2], 15), _mm512_srai_epi32(t[3], 15));
    __m512i m = _mm512_packus_epi16(_mm512_subs_epi16(a, one), _mm512_subs_epi16(b, one));
    return _mm512_min_epu8(m, l->most);
}

/* Codes of four vectors, none of which holds a NaN; four of each in every 128 bits. */
WEFT_INLINE __m512i encode_linear(const struct linear_avx512 *l, const uint8_t *values, int is_signed,
                                  const __m512 y[4])
{
    __m512i m = count_linear(l, is_signed, y), sign = _mm512_setzero_si512();
    if (is_signed) {
        __m512i a = _mm512_packs_epi32(_mm512_castps_si512(y[0]), _mm512_castps_si512(y[1])); /* keeps the sign */
        __m512i b = _mm512_packs_epi32(_mm512_castps_si512(y[2]), _mm512_castps_si512(y[3]));
        sign = _mm512_packs_epi16(a, b);
    }
    return codes_of(values, is_signed, m, sign);
}

/* All codes of y[0], then those of y[1], y[2], y[3]. */
WEFT_INLINE __m512i sort_linear(__m512i codes)
{
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), codes);
}

#endif
