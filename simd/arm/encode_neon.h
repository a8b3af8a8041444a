/* weft: the log encoder on eight floats, for encode_neon.c and epilogue_neon.c: the table form of kernels.h,
 * its entries fetched one by one, since NEON gathers nothing. */
#ifndef WEFT_SIMD_ARM_ENCODE_NEON_H
#define WEFT_SIMD_ARM_ENCODE_NEON_H

#include <assert.h>

#include "simd/arm/arm.h"
#include "simd/arm/list.h"

struct encoder_neon {
    const uint32_t *lut;
    int32x4_t base, last, shift; /* shift: negative, to the right */
    uint32x4_t low;
};

WEFT_INLINE struct encoder_neon load_encoder(const struct weft_encoder *enc)
{
    assert(enc->magnitudes >= 1 && enc->magnitudes <= 255 && enc->entries >= 2 && enc->shift <= 23);
    return (struct encoder_neon){enc->lut, vdupq_n_s32(enc->base), vdupq_n_s32(enc->entries - 1),
                                 vdupq_n_s32(-(int32_t)enc->shift), vdupq_n_u32((1u << enc->shift) - 1)};
}

WEFT_INLINE uint32x4_t fetch(const uint32_t *lut, int32x4_t i)
{
    uint32x4_t entry = vdupq_n_u32(lut[vgetq_lane_s32(i, 0)]);
    entry = vld1q_lane_u32(lut + vgetq_lane_s32(i, 1), entry, 1);
    entry = vld1q_lane_u32(lut + vgetq_lane_s32(i, 2), entry, 2);
    return vld1q_lane_u32(lut + vgetq_lane_s32(i, 3), entry, 3);
}

/* Codes of four floats. */
WEFT_INLINE uint32x4_t encode4(const struct encoder_neon *e, int is_signed, float32x4_t y)
{
    uint32x4_t bits = vreinterpretq_u32_f32(y), b = vbicq_u32(bits, vdupq_n_u32(0x80000000u));
    int32x4_t i = vsubq_s32(vreinterpretq_s32_u32(vshlq_u32(b, e->shift)), e->base);
    i = vminq_s32(vmaxq_s32(i, vdupq_n_s32(0)), e->last);
    uint32x4_t entry = fetch(e->lut, i);
    /* The entry's count, plus one where the threshold inside is not above b. */
    uint32x4_t reached = vcgeq_u32(vandq_u32(b, e->low), vbicq_u32(entry, vdupq_n_u32(0xff000000u)));
    uint32x4_t m = vsubq_u32(vshrq_n_u32(entry, 24), reached);
    if (is_signed) {
        m = vandq_u32(m, vceqq_f32(y, y));
        return vorrq_u32(m, vandq_u32(vshlq_n_u32(vshrq_n_u32(bits, 31), 7), vcgtq_u32(m, vdupq_n_u32(0))));
    }
    return vandq_u32(m, vcgezq_f32(y));
}

WEFT_INLINE uint8x8_t encode8(const struct encoder_neon *e, int is_signed, const float32x4_t y[2])
{
    uint16x4_t low = vmovn_u32(encode4(e, is_signed, y[0]));
    return vmovn_u16(vmovn_high_u32(low, encode4(e, is_signed, y[1])));
}

#endif
