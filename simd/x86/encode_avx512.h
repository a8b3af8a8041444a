/* weft: the log encoder on sixteen floats, for encode_avx512.c and epilogue_avx512.c.
 *
 * Up to 31 thresholds: a binary search in registers over the bits of the float, which ascend as positive floats do.
 * Beyond: a gather from the encoder's table. The fast forms of some encoders are in fast_avx512.h. */
#ifndef WEFT_SIMD_X86_ENCODE_AVX512_H
#define WEFT_SIMD_X86_ENCODE_AVX512_H

#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/x86.h"

#define LEVELS 5 /* 31 thresholds */

struct encoder_avx512 {
    /* Search: node i of level l is entry 2^l + i: the threshold's bits less one, so that > means >=. */
    __m512i node[2];
    /* Gather, as kernels.h says. */
    const int *lut;
    __m512i base, last, low;
    __m128i shift;
};

WEFT_INLINE int encoder_searches(const struct weft_encoder *enc)
{
    return enc->magnitudes < 1 << LEVELS;
}

WEFT_INLINE void load_encoder(struct encoder_avx512 *e, const struct weft_encoder *enc)
{
    assert(enc->magnitudes >= 1 && enc->magnitudes <= 255 && enc->entries >= 2 && enc->shift <= 23);
    if (encoder_searches(enc)) {
        int32_t node[1 << LEVELS] = {0};
        for (int l = 0; l < LEVELS; l++) {
            for (int i = 0; i < 1 << l; i++) {
                int t = ((2 * i + 1) << (LEVELS - 1 - l)) - 1;
                int32_t bits = INT32_MAX; /* no float is above */
                if (t < enc->magnitudes) {
                    memcpy(&bits, enc->theta + t, sizeof bits);
                    bits--;
                }
                node[(1 << l) + i] = bits;
            }
        }
        e->node[0] = _mm512_loadu_si512(node);
        e->node[1] = _mm512_loadu_si512(node + 16);
    }
    e->lut = (const int *)enc->lut;
    e->base = _mm512_set1_epi32(enc->base);
    e->last = _mm512_set1_epi32(enc->entries - 1);
    e->low = _mm512_set1_epi32((int)((1u << enc->shift) - 1));
    e->shift = _mm_cvtsi32_si128((int)enc->shift);
}

/* Thresholds at or below the float with bits b. */
WEFT_INLINE __m512i search(const struct encoder_avx512 *e, __m512i b)
{
    const __m512i one = _mm512_set1_epi32(1);
    __m512i index = one;
    WEFT_UNROLL
    for (int l = 0; l < LEVELS; l++) {
        __m512i node = l < 4 ? _mm512_permutexvar_epi32(index, e->node[0])
                             : _mm512_permutex2var_epi32(e->node[0], index, e->node[1]);
        __mmask16 above = _mm512_cmpgt_epi32_mask(b, node);
        index = _mm512_add_epi32(index, index);
        index = _mm512_mask_add_epi32(index, above, index, one);
    }
    return _mm512_sub_epi32(index, _mm512_set1_epi32(1 << LEVELS));
}

WEFT_INLINE __m512i gather(const struct encoder_avx512 *e, __m512i b)
{
    __m512i i = _mm512_sub_epi32(_mm512_srl_epi32(b, e->shift), e->base);
    i = _mm512_min_epi32(_mm512_max_epi32(i, _mm512_setzero_si512()), e->last);
    __m512i entry = _mm512_i32gather_epi32(i, e->lut, 4);
    __m512i inside = _mm512_and_si512(entry, _mm512_set1_epi32(0xffffff));
    /* The entry's count, plus one unless the threshold inside is above b. */
    __mmask16 reached = _mm512_cmpge_epi32_mask(_mm512_and_si512(b, e->low), inside);
    __m512i count = _mm512_srli_epi32(entry, 24);
    return _mm512_mask_add_epi32(count, reached, count, _mm512_set1_epi32(1));
}

/* Codes of sixteen floats. */
WEFT_INLINE __m128i encode16(const struct encoder_avx512 *e, int searches, int is_signed, __m512 y)
{
    __m512i bits = _mm512_castps_si512(y);
    __m512i b = _mm512_and_si512(bits, _mm512_set1_epi32(0x7fffffff));
    __m512i m = searches ? search(e, b) : gather(e, b);
    if (is_signed) {
        m = _mm512_maskz_mov_epi32(_mm512_cmp_ps_mask(y, y, _CMP_ORD_Q), m);
        __m512i sign = _mm512_and_si512(_mm512_srli_epi32(bits, 24), _mm512_set1_epi32(0x80));
        m = _mm512_mask_or_epi32(m, _mm512_test_epi32_mask(m, m), m, sign);
    } else {
        m = _mm512_maskz_mov_epi32(_mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_GE_OQ), m);
    }
    return _mm512_cvtepi32_epi8(m);
}

WEFT_INLINE __mmask16 first16(size_t n)
{
    return n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1);
}

/* Calls body(..., searches, is_signed) with both constant. */
#define WITH_ENCODER(enc, body, ...)                               \
    switch (encoder_searches(enc) * 2 + ((enc)->is_signed != 0)) { \
    case 0:                                                        \
        body(__VA_ARGS__, 0, 0);                                   \
        break;                                                     \
    case 1:                                                        \
        body(__VA_ARGS__, 0, 1);                                   \
        break;                                                     \
    case 2:                                                        \
        body(__VA_ARGS__, 1, 0);                                   \
        break;                                                     \
    default:                                                       \
        body(__VA_ARGS__, 1, 1);                                   \
        break;                                                     \
    }

#endif
