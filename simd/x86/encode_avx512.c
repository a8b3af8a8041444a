#include "simd/x86/encode_avx512.h"
#include "simd/x86/linear_avx512.h"

WEFT_INLINE void encode_by_linear(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out,
                                  int is_signed)
{
    struct linear_avx512 l;
    load_linear(&l, enc);
    for (size_t i = 0; i < n; i += 64) {
        __m512 y[4];
        WEFT_UNROLL
        for (size_t j = 0; j < 4; j++) {
            size_t at = i + 16 * j;
            y[j] = at + 16 <= n ? _mm512_loadu_ps(in + at)
                                : _mm512_maskz_loadu_ps(at < n ? first16(n - at) : 0, in + at);
            y[j] = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y[j], y[j], _CMP_ORD_Q), y[j]); /* NaN counts as 0 */
        }
        __m512i codes = sort_linear(encode_linear(&l, NULL, is_signed, y));
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
            encode_by_linear(in, n, enc, out, 1);
        } else {
            encode_by_linear(in, n, enc, out, 0);
        }
        return;
    }
    WITH_ENCODER(enc, encode, in, n, enc, out)
}
