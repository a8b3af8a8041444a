/* weft: the log encoder on eight floats, for encode_avx2.c and epilogue_avx2.c. */
#ifndef WEFT_SIMD_X86_ENCODE_AVX2_H
#define WEFT_SIMD_X86_ENCODE_AVX2_H

#include <assert.h>

#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

struct encoder_avx2 {
    const int *lut;
    __m256i base, last, low;
    __m128i shift;
    __m256i sign; /* 0x80 on signed edges, else 0 */
};

WEFT_INLINE struct encoder_avx2 load_encoder(const struct weft_encoder *enc)
{
    assert(enc->entries >= 2 && enc->shift <= 23);
    struct encoder_avx2 e;
    e.lut = (const int *)enc->lut;
    e.base = _mm256_set1_epi32(enc->base);
    e.last = _mm256_set1_epi32(enc->entries - 1);
    e.low = _mm256_set1_epi32((int)((1u << enc->shift) - 1));
    e.shift = _mm_cvtsi32_si128((int)enc->shift);
    e.sign = _mm256_set1_epi32(enc->is_signed ? 0x80 : 0);
    return e;
}

/* Codes of eight floats, one in each 32-bit element. */
WEFT_INLINE __m256i encode8(const struct encoder_avx2 *e, int is_signed, __m256 y)
{
    __m256i bits = _mm256_castps_si256(y);
    __m256i b = _mm256_and_si256(bits, _mm256_set1_epi32(0x7fffffff));
    __m256i i = _mm256_sub_epi32(_mm256_srl_epi32(b, e->shift), e->base);
    i = _mm256_min_epi32(_mm256_max_epi32(i, _mm256_setzero_si256()), e->last);
    __m256i entry = _mm256_i32gather_epi32(e->lut, i, 4);
    __m256i below =
        _mm256_cmpgt_epi32(_mm256_and_si256(entry, _mm256_set1_epi32(0xffffff)), _mm256_and_si256(b, e->low));
    /* The entry's count, plus one unless the threshold inside is above y. */
    __m256i m = _mm256_add_epi32(_mm256_srli_epi32(entry, 24), _mm256_add_epi32(below, _mm256_set1_epi32(1)));
    if (is_signed) {
        m = _mm256_and_si256(m, _mm256_castps_si256(_mm256_cmp_ps(y, y, _CMP_ORD_Q)));
        __m256i sign = _mm256_and_si256(_mm256_srli_epi32(bits, 24), e->sign);
        return _mm256_or_si256(m, _mm256_and_si256(sign, _mm256_cmpgt_epi32(m, _mm256_setzero_si256())));
    }
    return _mm256_and_si256(m, _mm256_castps_si256(_mm256_cmp_ps(y, _mm256_setzero_ps(), _CMP_GE_OQ)));
}

/* Writes the low bytes of eight 32-bit elements. */
WEFT_INLINE void store8(uint8_t *out, __m256i m)
{
    __m256i words = _mm256_packus_epi32(m, m);
    __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storel_epi64((__m128i *)(void *)out, _mm_shuffle_epi32(bytes, _MM_SHUFFLE(3, 1, 2, 0)));
}

#endif
