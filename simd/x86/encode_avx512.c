#include "simd/x86/encode_avx512.h"

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
    const struct linear_avx512 l = load_linear(enc);
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
    if (is_linear(enc)) {
        if (enc->is_signed) {
            encode_linear(in, n, enc, out, 1);
        } else {
            encode_linear(in, n, enc, out, 0);
        }
        return;
    }
    WITH_ENCODER(enc, encode, in, n, enc, out)
}
