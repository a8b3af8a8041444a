/* weft: 64 floats to 64 codes by either of the encoder's fast forms: words_avx512.h, linear_avx512.h. */
#ifndef WEFT_SIMD_X86_FAST_AVX512_H
#define WEFT_SIMD_X86_FAST_AVX512_H

#include "simd/x86/linear_avx512.h"

/* Constant wherever it is passed on: what belongs to the other form vanishes. */
enum fast_form { FAST_NONE, FAST_WORDS, FAST_LINEAR };

struct fast_avx512 {
    struct words_avx512 words;
    struct linear_avx512 linear;
};

WEFT_INLINE enum fast_form fast_form(const struct weft_encoder *enc)
{
    return enc->words ? FAST_WORDS : is_linear(enc) ? FAST_LINEAR : FAST_NONE;
}

WEFT_INLINE void load_fast(struct fast_avx512 *f, enum fast_form form, const struct weft_encoder *enc)
{
    if (form == FAST_WORDS) {
        load_words(&f->words, enc);
    } else {
        load_linear(&f->linear, enc);
    }
}

/* Codes of four vectors without a NaN: all of y[0], then those of y[1], y[2], y[3]. */
WEFT_INLINE __m512i encode_fast(const struct fast_avx512 *f, enum fast_form form, int is_signed, const __m512 y[4])
{
    if (form == FAST_WORDS) {
        return encode_words(&f->words, is_signed, upper_halves(y[0], y[1]), upper_halves(y[2], y[3]));
    }
    return sort_linear(encode_linear(&f->linear, is_signed, y));
}

/* The same, four of each vector in every 128 bits. */
WEFT_INLINE __m512i encode_fast_by_fours(const struct fast_avx512 *f, enum fast_form form, int is_signed, const __m512 y[4])
{
    /* Bytes of a dword of words: vectors 0, 2, 1, 3. */
    const __m512i order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11, 15));
    if (form == FAST_WORDS) {
        return _mm512_shuffle_epi8(encode_halves(&f->words, is_signed, upper_halves(y[0], y[1]), upper_halves(y[2], y[3])),
                                   order);
    }
    return linear_by_fours(encode_linear(&f->linear, is_signed, y));
}

#endif
