#include "simd/arm/encode_neon.h"

WEFT_INLINE uint8x8_t encode_at(const struct encoder_neon *e, int is_signed, const float *in)
{
    float32x4_t y[2] = {vld1q_f32(in), vld1q_f32(in + 4)};
    return encode8(e, is_signed, y);
}

WEFT_INLINE void encode(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out, int is_signed)
{
    struct encoder_neon e = load_encoder(enc);
    if (n < 8) { /* too short for a vector */
        float few[8] = {0};
        uint8_t codes[8];
        memcpy(few, in, n * sizeof *few);
        vst1_u8(codes, encode_at(&e, is_signed, few));
        memcpy(out, codes, n);
        return;
    }
    for (size_t i = 0; i + 8 <= n; i += 8) {
        vst1_u8(out + i, encode_at(&e, is_signed, in + i));
    }
    /* The last vector overlaps the one before: the same codes again. */
    vst1_u8(out + n - 8, encode_at(&e, is_signed, in + n - 8));
}

void weft_encode_neon(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out)
{
    if (enc->is_signed) {
        encode(in, n, enc, out, 1);
    } else {
        encode(in, n, enc, out, 0);
    }
}
