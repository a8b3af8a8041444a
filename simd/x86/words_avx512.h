/* weft: the word form of the encoder (simd/kernels.h) on two pixels of 32 channels: 64 floats become 64 codes. With
 * VBMI by its tables of bytes; `many` (constant) if a bucket may hold more than one threshold. */
#ifndef WEFT_SIMD_X86_WORDS_AVX512_H
#define WEFT_SIMD_X86_WORDS_AVX512_H

#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/x86.h"

#if defined(__AVX512VBMI__)

#define WORDS_MANY 1

struct words_avx512 {
    __m512i counts, lasts, low, high, bucket;
    const uint8_t *rows; /* all but the first */
    int more;
};

WEFT_INLINE void load_words(struct words_avx512 *w, const struct weft_encoder *enc)
{
    assert(enc->rows >= 1 && enc->word_shift >= 1 && enc->word_shift <= 7);
    w->counts = _mm512_loadu_si512(enc->counts);
    w->lasts = _mm512_loadu_si512(enc->lasts);
    w->rows = enc->lasts + 64;
    w->more = enc->rows - 1;
    w->low = _mm512_set1_epi16((short)enc->word_low);
    w->high = _mm512_set1_epi16((short)enc->word_high);
    /* Of each word of a quadword the eight bits from the bucket's first on, twice. */
    w->bucket = _mm512_add_epi8(_mm512_set1_epi8((char)enc->word_shift), _mm512_set1_epi64(0x3030202010100000));
}

/* Thresholds at or below the halves: the even bytes those of a, the odd ones those of b. Two tables of 64 bytes for 64
 * halves; words in one table of two registers take as many permutes for 32 of them, each three times as dear. */
WEFT_INLINE __m512i count_words(const struct words_avx512 *w, int many, __m512i a, __m512i b)
{
    const __mmask64 odd = 0xaaaaaaaaaaaaaaaa;
    const __m512i up = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10, 12, 12, 14, 14));
    a = _mm512_min_epi16(_mm512_max_epi16(a, w->low), w->high);
    b = _mm512_min_epi16(_mm512_max_epi16(b, w->low), w->high);
    __m512i bucket = _mm512_multishift_epi64_epi8(w->bucket, a);
    bucket = _mm512_mask_multishift_epi64_epi8(bucket, odd, w->bucket, b);
    __m512i half = _mm512_mask_shuffle_epi8(a, odd, b, up);
    __m512i m = _mm512_permutexvar_epi8(bucket, w->counts);
    __mmask64 reached = _mm512_cmpgt_epu8_mask(half, _mm512_permutexvar_epi8(bucket, w->lasts));
    m = _mm512_mask_add_epi8(m, reached, m, _mm512_set1_epi8(1));
    for (int r = 0; many && r < w->more; r++) {
        __m512i lasts = _mm512_permutexvar_epi8(bucket, _mm512_loadu_si512(w->rows + 64 * r));
        m = _mm512_mask_add_epi8(m, _mm512_cmpgt_epu8_mask(half, lasts), m, _mm512_set1_epi8(1));
    }
    return m;
}

/* Bytes of a dword: a's channel i, b's i, a's 16 + i, b's 16 + i. Those of a come first. */
WEFT_INLINE __m512i sort_codes(__m512i codes)
{
    const __m512i order = _mm512_setr_epi64(0x1c1814100c080400, 0x3c3834302c282420,
                                            0x1e1a16120e0a0602, 0x3e3a36322e2a2622,
                                            0x1d1915110d090501, 0x3d3935312d292521,
                                            0x1f1b17130f0b0703, 0x3f3b37332f2b2723);
    return _mm512_permutexvar_epi8(order, codes);
}

#else

#define WORDS_MANY 0

struct words_avx512 {
    __m512i table[2], shift, left, low, high;
};

WEFT_INLINE void load_words(struct words_avx512 *w, const struct weft_encoder *enc)
{
    assert(enc->words && enc->word_shift >= 1 && enc->word_shift <= 7);
    w->table[0] = _mm512_loadu_si512(enc->words);
    w->table[1] = _mm512_loadu_si512(enc->words + 32);
    w->shift = _mm512_set1_epi16((short)enc->word_shift);
    w->left = _mm512_set1_epi16((short)(8 - enc->word_shift));
    w->low = _mm512_set1_epi16((short)enc->word_low);
    w->high = _mm512_set1_epi16((short)enc->word_high);
}

/* m << shift and a rest below, of 32 upper halves. A negative one counts as none. */
WEFT_INLINE __m512i shifted_count(const struct words_avx512 *w, __m512i half)
{
    half = _mm512_min_epi16(_mm512_max_epi16(half, w->low), w->high);
    __m512i entry = _mm512_permutex2var_epi16(w->table[0], _mm512_srlv_epi16(half, w->shift), w->table[1]);
    return _mm512_add_epi16(half, entry);
}

/* Thresholds at or below the halves: the even bytes those of a, the odd ones those of b. */
WEFT_INLINE __m512i count_words(const struct words_avx512 *w, int many, __m512i a, __m512i b)
{
    const __mmask64 odd = 0xaaaaaaaaaaaaaaaa;
    (void)many;
    a = _mm512_srlv_epi16(shifted_count(w, a), w->shift);
    b = _mm512_sllv_epi16(shifted_count(w, b), w->left);
    return _mm512_mask_mov_epi8(a, odd, b);
}

/* Bytes of a dword: a's channel i, b's i, a's 16 + i, b's 16 + i. Those of a come first: sorted within 128 bits, then
 * across. */
WEFT_INLINE __m512i sort_codes(__m512i codes)
{
    const __m512i group = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, _mm512_shuffle_epi8(codes, group));
}

#endif

/* The upper halves of 32 floats: word 2i of channel i, word 2i + 1 of channel 16 + i. */
WEFT_INLINE __m512i upper_halves(__m512 first, __m512 second)
{
    const __m512i down = _mm512_broadcast_i32x4(_mm_setr_epi8(2, 3, 2, 3, 6, 7, 6, 7, 10, 11, 10, 11, 14, 15, 14, 15));
    return _mm512_mask_shuffle_epi8(_mm512_castps_si512(second), 0x3333333333333333, _mm512_castps_si512(first), down);
}

/* Codes of magnitudes, negative where bit 7 of `sign` is set; or what stands for them in 64 `values`, unless NULL
 * (0 for 0, if there are signs). */
WEFT_INLINE __m512i codes_of(const uint8_t *values, int is_signed, __m512i m, __m512i sign)
{
    const __m512i top = _mm512_set1_epi8((char)0x80);
#if defined(__AVX512VBMI__)
    if (values) {
        m = _mm512_permutexvar_epi8(m, _mm512_loadu_si512(values));
        return is_signed ? _mm512_mask_sub_epi8(m, _mm512_movepi8_mask(sign), _mm512_setzero_si512(), m) : m;
    }
#endif
    (void)values;
    if (!is_signed) {
        return m;
    }
    m = _mm512_ternarylogic_epi32(m, sign, top, 0xf8); /* m | (sign & top) */
    return _mm512_maskz_mov_epi8(_mm512_cmpneq_epi8_mask(m, top), m);
}

/* Codes of upper halves: the even bytes those of a, the odd ones those of b. */
WEFT_INLINE __m512i encode_halves(const struct words_avx512 *w, const uint8_t *values, int many, int is_signed,
                                  __m512i a, __m512i b)
{
    __m512i sign = _mm512_setzero_si512();
    if (is_signed) {
        const __m512i magnitude = _mm512_set1_epi16(0x7fff);
        const __m512i upper = _mm512_broadcast_i32x4(
            _mm_setr_epi8(1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15));
        sign = _mm512_mask_shuffle_epi8(b, 0x5555555555555555, a, upper);
        a = _mm512_and_si512(a, magnitude);
        b = _mm512_and_si512(b, magnitude);
    }
    return codes_of(values, is_signed, count_words(w, many, a, b), sign);
}

/* The codes of pixel a in the lower 32 bytes, those of pixel b in the upper ones. */
WEFT_INLINE __m512i encode_words(const struct words_avx512 *w, const uint8_t *values, int many, int is_signed,
                                 __m512i a, __m512i b)
{
    return sort_codes(encode_halves(w, values, many, is_signed, a, b));
}

#endif
