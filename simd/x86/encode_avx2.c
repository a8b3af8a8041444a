#include "simd/x86/encode_avx2.h"

WEFT_INLINE void encode(const float *in, size_t n, const struct weft_encoder *enc, int is_signed,
                        uint8_t *out)
{
    const struct encoder_avx2 e = load_encoder(enc);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        store_bytes(out + i, pack8(encode8(&e, is_signed, _mm256_loadu_ps(in + i))), 8);
    }
    if (i < n) {
        int rest = (int)(n - i);
        __m256 y = _mm256_maskload_ps(in + i, weft_x86_first(rest));
        store_bytes(out + i, pack8(encode8(&e, is_signed, y)), rest);
    }
}

void weft_encode_avx2(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out)
{
    if (enc->is_signed) {
        encode(in, n, enc, 1, out);
    } else {
        encode(in, n, enc, 0, out);
    }
}
