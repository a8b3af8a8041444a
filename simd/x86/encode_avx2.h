/* weft: the log encoder on eight floats, for encode_avx2.c and epilogue_avx2.c.
 *
 * Up to 31 thresholds: a binary search in registers, a permute or two per level, over the bits of the float,
 * which ascend as positive floats do. Beyond: a gather from the encoder's table. (Zen 3: four levels 2.4,
 * five 1.6, six 1.0, the gather 1.1 floats per nanosecond.) */
#ifndef WEFT_SIMD_X86_ENCODE_AVX2_H
#define WEFT_SIMD_X86_ENCODE_AVX2_H

#include <assert.h>

#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

#define LEVELS_MAX 5 /* 31 thresholds */

struct encoder_avx2 {
    /* Search: node i of level l at [2^l + i], as the threshold's bits less one, so that > means >=. */
    _Alignas(32) int32_t node[1 << LEVELS_MAX];
    /* Gather, as kernels.h says. */
    const int *lut;
    __m256i base, last, low;
    __m128i shift;
};

/* Levels of the search, 4 or 5; 0: gather. */
WEFT_INLINE int encoder_levels(const struct weft_encoder *enc)
{
    return enc->magnitudes < 16 ? 4 : enc->magnitudes < 32 ? 5 : 0;
}

WEFT_INLINE void load_encoder(struct encoder_avx2 *e, const struct weft_encoder *enc, int levels)
{
    assert(enc->magnitudes >= 1 && enc->magnitudes <= 255 && enc->entries >= 2 && enc->shift <= 23);
    for (int l = 0; l < levels; l++) {
        for (int i = 0; i < 1 << l; i++) {
            int t = ((2 * i + 1) << (levels - 1 - l)) - 1;
            int32_t bits = INT32_MAX; /* no float is above */
            if (t < enc->magnitudes) {
                memcpy(&bits, enc->theta + t, sizeof bits);
                bits--;
            }
            e->node[(1 << l) + i] = bits;
        }
    }
    e->lut = (const int *)enc->lut;
    e->base = _mm256_set1_epi32(enc->base);
    e->last = _mm256_set1_epi32(enc->entries - 1);
    e->low = _mm256_set1_epi32((int)((1u << enc->shift) - 1));
    e->shift = _mm_cvtsi32_si128((int)enc->shift);
}

/* Thresholds at or below the float with bits b. */
WEFT_INLINE __m256i search(const struct encoder_avx2 *e, int levels, __m256i b)
{
    __m256i root = _mm256_set1_epi32(e->node[1]);
    __m256i index = _mm256_sub_epi32(_mm256_setzero_si256(), _mm256_cmpgt_epi32(b, root));
    WEFT_UNROLL
    for (int l = 1; l < levels; l++) {
        /* Levels of 2 and 4 nodes lie in the first eight, at index + 2^l. */
        __m256i at = l < 3 ? _mm256_add_epi32(index, _mm256_set1_epi32(1 << l)) : index;
        __m256i node = _mm256_permutevar8x32_epi32(weft_x86_load(e->node + (l < 3 ? 0 : 1 << l)), at);
        if (l == 4) { /* 16 nodes: bit 3 of the index chooses between two eights */
            __m256i upper = _mm256_permutevar8x32_epi32(weft_x86_load(e->node + 24), at);
            __m256 bit3 = _mm256_castsi256_ps(_mm256_slli_epi32(at, 28));
            node = _mm256_castps_si256(
                _mm256_blendv_ps(_mm256_castsi256_ps(node), _mm256_castsi256_ps(upper), bit3));
        }
        index = _mm256_sub_epi32(_mm256_add_epi32(index, index), _mm256_cmpgt_epi32(b, node));
    }
    return index;
}

WEFT_INLINE __m256i gather(const struct encoder_avx2 *e, __m256i b)
{
    __m256i i = _mm256_sub_epi32(_mm256_srl_epi32(b, e->shift), e->base);
    i = _mm256_min_epi32(_mm256_max_epi32(i, _mm256_setzero_si256()), e->last);
    __m256i entry = _mm256_i32gather_epi32(e->lut, i, 4);
    __m256i inside = _mm256_and_si256(entry, _mm256_set1_epi32(0xffffff));
    /* The entry's count, plus one unless the threshold inside is above b. */
    __m256i above = _mm256_cmpgt_epi32(inside, _mm256_and_si256(b, e->low));
    return _mm256_add_epi32(_mm256_srli_epi32(entry, 24), _mm256_add_epi32(above, _mm256_set1_epi32(1)));
}

/* Codes of eight floats, one in each 32-bit element. */
WEFT_INLINE __m256i encode8(const struct encoder_avx2 *e, int levels, int is_signed, __m256 y)
{
    __m256i bits = _mm256_castps_si256(y);
    __m256i b = _mm256_and_si256(bits, _mm256_set1_epi32(0x7fffffff));
    __m256i m = levels ? search(e, levels, b) : gather(e, b);
    if (is_signed) {
        m = _mm256_and_si256(m, _mm256_castps_si256(_mm256_cmp_ps(y, y, _CMP_ORD_Q)));
        __m256i sign = _mm256_and_si256(_mm256_srli_epi32(bits, 24), _mm256_set1_epi32(0x80));
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

/* Calls body(..., levels, is_signed) with both constant. */
#define WITH_ENCODER(enc, body, ...)                             \
    switch (encoder_levels(enc) * 2 + ((enc)->is_signed != 0)) { \
    case 8:                                                      \
        body(__VA_ARGS__, 4, 0);                                 \
        break;                                                   \
    case 9:                                                      \
        body(__VA_ARGS__, 4, 1);                                 \
        break;                                                   \
    case 10:                                                     \
        body(__VA_ARGS__, 5, 0);                                 \
        break;                                                   \
    case 11:                                                     \
        body(__VA_ARGS__, 5, 1);                                 \
        break;                                                   \
    case 0:                                                      \
        body(__VA_ARGS__, 0, 0);                                 \
        break;                                                   \
    default:                                                     \
        body(__VA_ARGS__, 0, 1);                                 \
        break;                                                   \
    }

#endif
