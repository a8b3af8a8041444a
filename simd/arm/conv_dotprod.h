/* weft: the dot product convolution tile, up to 8 pixels x 16 channels, for every weight format. Bodies with
 * constant format; conv_<fmt>_dotprod.c makes kernels of them.
 *
 * The tile goes over its run twice, for channels 0..7 and 8..15: 16 vectors of sums leave registers for 8
 * pixels, and a vector of weights that was looked up serves 8 products (6 x 16 in one go: 6).
 */
#ifndef WEFT_SIMD_ARM_CONV_DOTPROD_H
#define WEFT_SIMD_ARM_CONV_DOTPROD_H

#include <assert.h>

#include "simd/arm/arm.h"
#include "simd/arm/list.h"

#define NR 16
#define MR 8

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

/* sum[i][v] += the products of one block of 8 k's and `vectors` vectors of 4 channels from `first` on. */
WEFT_INLINE void dot_block(enum weft_wfmt fmt, int mr, int first, int vectors, const uint8_t *const *a,
                           ptrdiff_t k, const uint8_t *block, int8x16_t lut, int32x4_t *sum)
{
    int8x8_t x[MR];
    WEFT_UNROLL
    for (int i = 0; i < mr; i++) {
        x[i] = vreinterpret_s8_u8(vld1_u8(a[i] + k));
    }
    WEFT_UNROLL
    for (int v = 0; v < vectors; v++) {
        int8x16_t w0 = load_weights(fmt, block, 0, first + v, lut);
        int8x16_t w1 = load_weights(fmt, block, 1, first + v, lut);
        WEFT_UNROLL
        for (int i = 0; i < mr; i++) {
            sum[i * vectors + v] = vdotq_lane_s32(sum[i * vectors + v], w0, x[i], 0);
        }
        WEFT_UNROLL
        for (int i = 0; i < mr; i++) {
            sum[i * vectors + v] = vdotq_lane_s32(sum[i * vectors + v], w1, x[i], 1);
        }
    }
}

/* mr pixels x 4 * vectors channels from channel 4 * first on. */
WEFT_INLINE void sweep(const struct weft_conv_args *args, enum weft_wfmt fmt, int mr, int first, int vectors)
{
    const int8x16_t lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    const uint8_t *a[MR];
    int32x4_t sum[16];
    WEFT_UNROLL
    for (int i = 0; i < mr * vectors; i++) {
        sum[i] = vld1q_s32(args->init + (first + i % vectors) * 4);
    }
    for (int r = 0; r < args->runs; r++) {
        WEFT_UNROLL
        for (int i = 0; i < mr; i++) {
            a[i] = args->a[i] + args->run_off[r];
        }
        ptrdiff_t end = (ptrdiff_t)args->run_k8 * 8;
        for (ptrdiff_t k = 0; k < end; k += 8) {
            dot_block(fmt, mr, first, vectors, a, k, block, lut, sum);
            block += block_bytes(fmt);
        }
    }
    WEFT_UNROLL
    for (int i = 0; i < mr * vectors; i++) {
        vst1q_s32(args->acc + i / vectors * NR + (first + i % vectors) * 4, sum[i]);
    }
}

WEFT_INLINE void conv_tile(const struct weft_conv_args *args, enum weft_wfmt fmt, int mr)
{
    assert_args(args, fmt);
    sweep(args, fmt, mr, 0, 2);
    sweep(args, fmt, mr, 2, 2);
}

WEFT_INLINE void conv_one(const struct weft_conv_args *args, enum weft_wfmt fmt)
{
    assert_args(args, fmt);
    sweep(args, fmt, 1, 0, 4);
}

#endif
