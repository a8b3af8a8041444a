#include "simd/x86/encode_avx512.h"

/* Codes of sixteen floats by thresholds at equal distances: the quotient is off by one at most, and the two
 * thresholds about it, made as the encoder's own were, decide. NaN is told apart at the end. */
WEFT_INLINE __m128i linear16(const struct weft_encoder *enc, int is_signed, __m512 y)
{
    const __m512 distance = _mm512_set1_ps(enc->linear), half = _mm512_set1_ps(0.5f);
    const __m512i one = _mm512_set1_epi32(1), most = _mm512_set1_epi32(enc->magnitudes);
    __m512 a = _mm512_abs_ps(y);
    __m512 quotient = _mm512_min_ps(_mm512_mul_ps(a, _mm512_set1_ps(1 / enc->linear)), _mm512_set1_ps(127));
    __m512 near = _mm512_roundscale_ps(quotient, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512i m = _mm512_cvtps_epi32(near);
    __mmask16 below = _mm512_cmp_ps_mask(a, _mm512_mul_ps(_mm512_sub_ps(near, half), distance), _CMP_LT_OQ);
    __mmask16 above = _mm512_cmp_ps_mask(a, _mm512_mul_ps(_mm512_add_ps(near, half), distance), _CMP_GE_OQ);
    m = _mm512_mask_sub_epi32(m, below, m, one);
    m = _mm512_min_epi32(_mm512_mask_add_epi32(m, above, m, one), most);
    if (is_signed) {
        m = _mm512_maskz_mov_epi32(_mm512_cmp_ps_mask(y, y, _CMP_ORD_Q), m);
        __m512i sign = _mm512_and_si512(_mm512_srli_epi32(_mm512_castps_si512(y), 24), _mm512_set1_epi32(0x80));
        m = _mm512_mask_or_epi32(m, _mm512_test_epi32_mask(m, m), m, sign);
    } else {
        m = _mm512_maskz_mov_epi32(_mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_GE_OQ), m);
    }
    return _mm512_cvtepi32_epi8(m);
}

WEFT_INLINE void encode_linear(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out, int is_signed)
{
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 some = first16(n - i);
        _mm_mask_storeu_epi8(out + i, some, linear16(enc, is_signed, _mm512_maskz_loadu_ps(some, in + i)));
    }
}

WEFT_INLINE void encode(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out, int searches,
                        int is_signed)
{
    struct encoder_avx512 e;
    load_encoder(&e, enc);
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 some = first16(n - i);
        __m512 y = _mm512_maskz_loadu_ps(some, in + i);
        _mm_mask_storeu_epi8(out + i, some, encode16(&e, searches, is_signed, y));
    }
}

void weft_encode_avx512(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out)
{
    /* Beyond these bounds the reciprocal is no normal number. */
    if (enc->linear > 1e-30f && enc->linear < 1e30f) {
        if (enc->is_signed) {
            encode_linear(in, n, enc, out, 1);
        } else {
            encode_linear(in, n, enc, out, 0);
        }
        return;
    }
    WITH_ENCODER(enc, encode, in, n, enc, out)
}
