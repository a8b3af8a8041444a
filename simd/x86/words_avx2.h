/* weft: the word form of the encoder by its tables of bytes (simd/kernels.h), on 16 floats of each of two pixels; one
 * threshold in a bucket at most. A lookup climbs a ladder of four shuffles, as lookup_avx2.c does. */
#ifndef WEFT_SIMD_X86_WORDS_AVX2_H
#define WEFT_SIMD_X86_WORDS_AVX2_H

#include <assert.h>

#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

#define RUNGS 4 /* of 16 buckets */

struct words_avx2 {
    __m256i counts[RUNGS], lasts[RUNGS], low, high;
    __m128i shift;
};

WEFT_INLINE void load_words(struct words_avx2 *w, const struct weft_encoder *enc)
{
    assert(enc->rows == 1 && enc->word_shift >= 1 && enc->word_shift <= 7);
    weft_x86_load_rungs(enc->counts, RUNGS, w->counts);
    weft_x86_load_rungs(enc->lasts, RUNGS, w->lasts);
    w->low = _mm256_set1_epi16((short)enc->word_low);
    w->high = _mm256_set1_epi16((short)enc->word_high);
    w->shift = _mm_cvtsi32_si128(enc->word_shift);
}

/* The upper halves of 16 floats: of 0..3, 8..11 in the lower half, of 4..7, 12..15 in the upper. */
WEFT_INLINE __m256i upper_halves(__m256 first, __m256 second)
{
    return _mm256_packs_epi32(_mm256_srai_epi32(_mm256_castps_si256(first), 16),
                              _mm256_srai_epi32(_mm256_castps_si256(second), 16));
}

/* Thresholds at or below the halves, none for negative ones, as packus orders them. */
WEFT_INLINE __m256i count_words(const struct words_avx2 *w, __m256i a, __m256i b)
{
    const __m256i last_bucket = _mm256_set1_epi16(63), byte = _mm256_set1_epi16(255), row = _mm256_set1_epi8(16);
    a = _mm256_min_epi16(_mm256_max_epi16(a, w->low), w->high);
    b = _mm256_min_epi16(_mm256_max_epi16(b, w->low), w->high);
    __m256i bucket = _mm256_packus_epi16(_mm256_and_si256(_mm256_srl_epi16(a, w->shift), last_bucket),
                                         _mm256_and_si256(_mm256_srl_epi16(b, w->shift), last_bucket));
    __m256i half = _mm256_packus_epi16(_mm256_and_si256(a, byte), _mm256_and_si256(b, byte));
    __m256i count = _mm256_shuffle_epi8(w->counts[0], bucket), last = _mm256_shuffle_epi8(w->lasts[0], bucket);
    WEFT_UNROLL
    for (int t = 1; t < RUNGS; t++) {
        bucket = _mm256_sub_epi8(bucket, row);
        count = _mm256_xor_si256(count, _mm256_shuffle_epi8(w->counts[t], bucket));
        last = _mm256_xor_si256(last, _mm256_shuffle_epi8(w->lasts[t], bucket));
    }
    return _mm256_add_epi8(count, _mm256_min_epu8(_mm256_subs_epu8(half, last), _mm256_set1_epi8(1)));
}

/* The codes of pixel a's halves in the lower 16 bytes, those of b's in the upper ones. */
WEFT_INLINE __m256i encode_words(const struct words_avx2 *w, int is_signed, __m256i a, __m256i b)
{
    const __m256i infinity = _mm256_set1_epi16(0x7f80), magnitude = _mm256_set1_epi16(0x7fff);
    __m256i abs_a = is_signed ? _mm256_and_si256(a, magnitude) : a;
    __m256i abs_b = is_signed ? _mm256_and_si256(b, magnitude) : b;
    abs_a = _mm256_andnot_si256(_mm256_cmpgt_epi16(abs_a, infinity), abs_a); /* NaN */
    abs_b = _mm256_andnot_si256(_mm256_cmpgt_epi16(abs_b, infinity), abs_b);
    __m256i m = count_words(w, abs_a, abs_b);
    if (is_signed) {
        __m256i sign = _mm256_and_si256(_mm256_packs_epi16(a, b), _mm256_set1_epi8((char)0x80));
        m = _mm256_or_si256(m, _mm256_and_si256(sign, _mm256_cmpgt_epi8(m, _mm256_setzero_si256())));
    }
    return _mm256_permutevar8x32_epi32(m, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

#endif
