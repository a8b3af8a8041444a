/* weft: the word form of the encoder (simd/kernels.h) on two pixels of 32 channels: 64 floats become 64 codes. */
#ifndef WEFT_SIMD_X86_WORDS_AVX512_H
#define WEFT_SIMD_X86_WORDS_AVX512_H

#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/x86.h"

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

/* The upper halves of 32 floats: word 2i of channel i, word 2i + 1 of channel 16 + i. */
WEFT_INLINE __m512i upper_halves(__m512 first, __m512 second)
{
    return _mm512_mask_mov_epi16(_mm512_castps_si512(second), 0x55555555,
                                 _mm512_srli_epi32(_mm512_castps_si512(first), 16));
}

/* m << shift and a rest below, of 32 upper halves. A negative one counts as none. */
WEFT_INLINE __m512i count_words(const struct words_avx512 *w, __m512i half)
{
    half = _mm512_min_epi16(_mm512_max_epi16(half, w->low), w->high);
    __m512i entry = _mm512_permutex2var_epi16(w->table[0], _mm512_srlv_epi16(half, w->shift), w->table[1]);
    return _mm512_add_epi16(half, entry);
}

/* The codes of pixel a in the lower 32 bytes, those of pixel b in the upper ones. */
WEFT_INLINE __m512i encode_words(const struct words_avx512 *w, int is_signed, __m512i a, __m512i b)
{
    const __mmask64 odd = 0xaaaaaaaaaaaaaaaa;
    /* Bytes of a dword: a's channel i, b's i, a's 16 + i, b's 16 + i; first within 128 bits, then across. */
    const __m512i group = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11, 15);
    __m512i sign = _mm512_setzero_si512();
    if (is_signed) {
        const __m512i magnitude = _mm512_set1_epi16(0x7fff);
        sign = _mm512_mask_mov_epi8(_mm512_srli_epi16(a, 8), odd, b);
        a = _mm512_and_si512(a, magnitude);
        b = _mm512_and_si512(b, magnitude);
    }
    a = _mm512_srlv_epi16(count_words(w, a), w->shift);
    b = _mm512_sllv_epi16(count_words(w, b), w->left);
    __m512i m = _mm512_mask_mov_epi8(a, odd, b);
    if (is_signed) {
        const __m512i top = _mm512_set1_epi8((char)0x80);
        m = _mm512_ternarylogic_epi32(m, sign, top, 0xf8); /* m | (sign & top) */
        m = _mm512_maskz_mov_epi8(_mm512_cmpneq_epi8_mask(m, top), m);
    }
    return _mm512_permutexvar_epi32(order, _mm512_shuffle_epi8(m, group));
}

#endif
