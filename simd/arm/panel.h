/* weft: what the ARM convolutions know of a packed panel. */
#ifndef WEFT_SIMD_ARM_PANEL_H
#define WEFT_SIMD_ARM_PANEL_H

#include <assert.h>

#include "simd/arm/arm.h"
#include "simd/arm/list.h"

#define NR 16

WEFT_INLINE int block_bytes(enum weft_wfmt fmt)
{
    return fmt == WEFT_WFMT_C4 ? NR * 4 : fmt == WEFT_WFMT_C5 ? NR * 5 : NR * 8;
}

WEFT_INLINE int8x16_t load_lut(enum weft_wfmt fmt, const int8_t *lut)
{
    return fmt == WEFT_WFMT_C8 ? vdupq_n_s8(0) : vld1q_s8(lut);
}

/* w, negated where the bit is set: bit o*4 + j of the two bytes belongs to byte o*4 + j. */
WEFT_INLINE int8x16_t negate(int8x16_t w, const uint8_t *bits)
{
    const uint8x16_t bit = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201u));
    uint8x16_t spread = vcombine_u8(vdup_n_u8(bits[0]), vdup_n_u8(bits[1]));
    int8x16_t s = vreinterpretq_s8_u8(vtstq_u8(spread, bit));
    return vsubq_s8(veorq_s8(w, s), s);
}

/* The signed weights of half a block (k's 0..3 or 4..7) and channels 4v..4v+3: byte o*4 + j. */
WEFT_INLINE int8x16_t load_weights(enum weft_wfmt fmt, const uint8_t *block, int half, int v, int8x16_t lut)
{
    if (fmt == WEFT_WFMT_C8) {
        return vreinterpretq_s8_u8(vld1q_u8(block + half * NR * 4 + v * 16));
    }
    uint8x16_t bins = vld1q_u8(block + v * 16);
    int8x16_t w = vqtbl1q_s8(lut, half ? vshrq_n_u8(bins, 4) : vandq_u8(bins, vdupq_n_u8(15)));
    return fmt == WEFT_WFMT_C5 ? negate(w, block + NR * 4 + half * (NR / 2) + v * 2) : w;
}

WEFT_INLINE void assert_args(const struct weft_conv_args *args, enum weft_wfmt fmt)
{
    assert(args->runs >= 1 && args->run_k8 >= 1);
    assert((uintptr_t)args->w % 16 == 0 && (uintptr_t)args->acc % 16 == 0);
    assert(fmt == WEFT_WFMT_C8 || args->lut);
    (void)args;
    (void)fmt;
}

#endif
