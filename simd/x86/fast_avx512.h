/* weft: 64 floats to 64 codes by one of the encoder's fast forms: words_avx512.h, linear_avx512.h. */
#ifndef WEFT_SIMD_X86_FAST_AVX512_H
#define WEFT_SIMD_X86_FAST_AVX512_H

#include "simd/x86/linear_avx512.h"

/* Constant wherever it is passed on: what belongs to another form vanishes. ROWS: words by bytes, more than one
 * threshold in a bucket. */
enum fast_form { FAST_WORDS, FAST_ROWS, FAST_LINEAR, FAST_FORMS };

struct fast_avx512 {
    struct words_avx512 words;
    struct linear_avx512 linear;
    const uint8_t *values; /* what stands for each of 64 magnitudes, or NULL: codes do */
};

/* FAST_FORMS where there is none. */
WEFT_INLINE enum fast_form fast_form(const struct weft_encoder *enc)
{
    return enc->words                    ? FAST_WORDS
           : WORDS_MANY && enc->rows > 0 ? FAST_ROWS
           : is_linear(enc)              ? FAST_LINEAR
                                         : FAST_FORMS;
}

WEFT_INLINE void load_fast(struct fast_avx512 *f, enum fast_form form, const struct weft_encoder *enc)
{
    f->values = NULL;
    if (form == FAST_LINEAR) {
        load_linear(&f->linear, enc);
    } else {
        load_words(&f->words, enc);
    }
}

/* Whether `values` may stand for its codes. */
WEFT_INLINE int has_values(const struct weft_encoder *enc)
{
    return enc->magnitudes < 64;
}

/* Codes of four vectors without a NaN: all of y[0], then those of y[1], y[2], y[3]. */
WEFT_INLINE __m512i encode_fast(const struct fast_avx512 *f, enum fast_form form, int is_signed, const __m512 y[4])
{
    if (form == FAST_LINEAR) {
        return sort_linear(encode_linear(&f->linear, f->values, is_signed, y));
    }
    return encode_words(&f->words, f->values, form == FAST_ROWS, is_signed, upper_halves(y[0], y[1]),
                        upper_halves(y[2], y[3]));
}

/* The same, four of each vector in every 128 bits. Nothing stands for codes with a sign. */
WEFT_INLINE __m512i encode_fast_by_fours(const struct fast_avx512 *f, enum fast_form form, int is_signed,
                                         const __m512 y[4])
{
    const uint8_t *values = is_signed ? NULL : f->values;
    if (form == FAST_LINEAR) {
        return encode_linear(&f->linear, values, is_signed, y);
    }
    /* Bytes of a dword: vectors 0, 2, 1, 3. */
    const __m512i order = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11, 15));
    __m512i a = upper_halves(y[0], y[1]), b = upper_halves(y[2], y[3]);
    return _mm512_shuffle_epi8(encode_halves(&f->words, values, form == FAST_ROWS, is_signed, a, b), order);
}

/* 32 codes of each of two pixels. Where both are the same, the first ones count. */
WEFT_INLINE void store_two(uint8_t *first, uint8_t *second, __m512i codes)
{
    _mm256_storeu_si256((__m256i *)(void *)second, _mm512_extracti64x4_epi64(codes, 1));
    _mm256_storeu_si256((__m256i *)(void *)first, _mm512_castsi512_si256(codes));
}

#endif
