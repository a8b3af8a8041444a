#include "simd/x86/encode_avx2.h"

WEFT_INLINE void encode(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out, int levels,
                        int is_signed)
{
    struct encoder_avx2 e;
    load_encoder(&e, enc, levels);
    if (n < 8) { /* too short for a vector */
        float few[8] = {0};
        uint8_t codes[8];
        memcpy(few, in, n * sizeof *few);
        store8(codes, encode8(&e, levels, is_signed, _mm256_loadu_ps(few)));
        memcpy(out, codes, n);
        return;
    }
    for (size_t i = 0; i + 8 <= n; i += 8) {
        store8(out + i, encode8(&e, levels, is_signed, _mm256_loadu_ps(in + i)));
    }
    /* The last vector overlaps the one before: the same codes again. */
    store8(out + n - 8, encode8(&e, levels, is_signed, _mm256_loadu_ps(in + n - 8)));
}

void weft_encode_avx2(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out)
{
    WITH_ENCODER(enc, encode, in, n, enc, out)
}
