#include "simd/x86/encode_avx512.h"

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
    WITH_ENCODER(enc, encode, in, n, enc, out)
}
