#include "simd/x86/encode_avx512.h"

/* Thresholds at equal distances: m is the quotient, rounded, or one more. The reciprocal is a little small, so that the
 * rounded quotient is never above m: 2^-20 of it covers the roundings of the reciprocal and of the threshold, and is far
 * below the half that would lose two. The threshold above it, made as the encoder's own were, decides. */
struct linear_avx512 {
    __m512 reciprocal, distance, top;
};

/* The low bytes hold code | sign; a code of zero may have one. NaN counts as zero. */
WEFT_INLINE __m512i linear16(const struct linear_avx512 *l, int is_signed, __m512 y)
{
    const __m512 magic = _mm512_set1_ps(0x1p23f); /* the low bits of a float from here on are the integer */
    const __m512i magnitude = _mm512_set1_epi32(0x7fffffff), one = _mm512_set1_epi32(1), top = _mm512_set1_epi32(0x80);
    __m512 a = is_signed ? _mm512_castsi512_ps(_mm512_maskz_and_epi32(_mm512_cmp_ps_mask(y, y, _CMP_ORD_Q), magnitude,
                                                                      _mm512_castps_si512(y)))
                         : _mm512_max_ps(y, _mm512_setzero_ps());
    a = _mm512_min_ps(a, l->top);
    __m512 lifted = _mm512_fmadd_ps(a, l->reciprocal, magic);
    __m512 above = _mm512_add_ps(_mm512_sub_ps(lifted, magic), _mm512_set1_ps(0.5f));
    __mmask16 reached = _mm512_cmp_ps_mask(a, _mm512_mul_ps(above, l->distance), _CMP_GE_OQ);
    __m512i m = _mm512_castps_si512(lifted);
    m = _mm512_mask_add_epi32(m, reached, m, one);
    return is_signed ? _mm512_ternarylogic_epi32(m, _mm512_srli_epi32(_mm512_castps_si512(y), 24), top, 0xf8) : m;
}

/* The low bytes of 64 elements, in order: dwords of four vectors' bytes, then each vector's bytes together. */
WEFT_INLINE __m512i low_bytes(const __m512i v[4])
{
    const __m512i group = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i x = _mm512_mask_mov_epi8(v[0], 0x2222222222222222, _mm512_slli_epi32(v[1], 8));
    x = _mm512_mask_mov_epi8(x, 0x4444444444444444, _mm512_slli_epi32(v[2], 16));
    x = _mm512_mask_mov_epi8(x, 0x8888888888888888, _mm512_slli_epi32(v[3], 24));
    return _mm512_permutexvar_epi32(order, _mm512_shuffle_epi8(x, group));
}

WEFT_INLINE void encode_linear(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out, int is_signed)
{
    const __m512i minus_zero = _mm512_set1_epi8((char)0x80);
    const struct linear_avx512 l = {_mm512_set1_ps(1 / enc->linear * (1 - 0x1p-20f)), _mm512_set1_ps(enc->linear),
                                    _mm512_set1_ps((float)enc->magnitudes * enc->linear)};
    for (size_t i = 0; i < n; i += 64) {
        __m512i v[4];
        WEFT_UNROLL
        for (size_t j = 0; j < 4; j++) {
            size_t at = i + 16 * j;
            __m512 y = at + 16 <= n ? _mm512_loadu_ps(in + at) : _mm512_maskz_loadu_ps(at < n ? first16(n - at) : 0, in + at);
            v[j] = linear16(&l, is_signed, y);
        }
        __m512i codes = low_bytes(v);
        if (is_signed) {
            codes = _mm512_maskz_mov_epi8(_mm512_cmpneq_epi8_mask(codes, minus_zero), codes);
        }
        if (i + 64 <= n) {
            _mm512_storeu_si512(out + i, codes);
        } else {
            _mm512_mask_storeu_epi8(out + i, (1ull << (n - i)) - 1, codes);
        }
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
