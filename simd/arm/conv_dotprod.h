/* weft: the dot product convolution tile, up to 8 pixels x 16 channels, for every weight format. Bodies with
 * constant format; conv_<fmt>_dotprod.c makes kernels of them.
 *
 * The tile goes over its run twice, for channels 0..7 and 8..15: 16 vectors of sums leave registers for 8
 * pixels, and a vector of weights that was looked up serves 8 products (6 x 16 in one go: 6).
 */
#ifndef WEFT_SIMD_ARM_CONV_DOTPROD_H
#define WEFT_SIMD_ARM_CONV_DOTPROD_H

#include "simd/arm/panel.h"

#define MR 8

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
