/* weft: the NEON convolution tile, mr pixels x 16 channels, for every weight format. Bodies with constant mr
 * and format; conv_<fmt>_neon.c makes kernels of them.
 *
 * A vector of weights holds a pair of k's of 8 channels, so that the two products of a channel lie side by
 * side in 16 bits and sadalp puts 4 channels into 4 sums; ld2 brings the packed order into this one.
 *
 * exact:  smull and smlal sum two products in 16 bits (2 * 127 * 128 = 32512), sadalp widens.
 * narrow: smlal goes on in 16 bits for `group` steps of 4 k's; then sadalp widens.
 */
#ifndef WEFT_SIMD_ARM_CONV_NEON_H
#define WEFT_SIMD_ARM_CONV_NEON_H

#include "simd/arm/panel.h"

#define NV 4 /* vectors of 4 sums, or of 8 channels x 2 k's in half a block */
_Static_assert(2 * 127 * 128 <= INT16_MAX, "two products fit 16 bits");

/* 64 bytes in the order o*4 + j as v[2u + p]: channels 8u..8u+7, k's 2p and 2p + 1 of each. */
WEFT_INLINE void load_pairs(const uint8_t *bytes, uint8x16_t v[NV])
{
    WEFT_UNROLL
    for (int u = 0; u < 2; u++) {
        uint16x8x2_t pair = vld2q_u16((const uint16_t *)(const void *)(bytes + u * 32));
        v[2 * u] = vreinterpretq_u8_u16(pair.val[0]);
        v[2 * u + 1] = vreinterpretq_u8_u16(pair.val[1]);
    }
}

/* w, negated where the sign bit is set: bit 4c + j of the 8 bytes belongs to channel c and k j. */
WEFT_INLINE void negate_pairs(const uint8_t *bits, int8x16_t w[NV])
{
    const uint8x16_t pair[2] = {vreinterpretq_u8_u32(vdupq_n_u32(0x20100201)),  /* bits 0, 1 of both nibbles */
                                vreinterpretq_u8_u32(vdupq_n_u32(0x80400804))}; /* bits 2, 3 */
    uint8x8_t bytes = vld1_u8(bits);
    uint8x16_t twice = vcombine_u8(vzip1_u8(bytes, bytes), vzip2_u8(bytes, bytes));
    uint8x16_t signs[2] = {vzip1q_u8(twice, twice), vzip2q_u8(twice, twice)}; /* each byte four times */
    WEFT_UNROLL
    for (int v = 0; v < NV; v++) {
        int8x16_t s = vreinterpretq_s8_u8(vtstq_u8(signs[v / 2], pair[v % 2]));
        w[v] = vsubq_s8(veorq_s8(w[v], s), s);
    }
}

/* The signed weights of half a block (k's 0..3 or 4..7) in the order of load_pairs. `bins` holds the block's
 * nibbles, loaded with the first half; c8 has bytes of its own in each half. */
WEFT_INLINE void load_half(enum weft_wfmt fmt, const uint8_t *block, int half, int8x16_t lut, uint8x16_t bins[NV],
                           int8x16_t w[NV])
{
    if (fmt == WEFT_WFMT_C8 || half == 0) {
        load_pairs(block + half * NR * 4, bins);
    }
    WEFT_UNROLL
    for (int v = 0; v < NV; v++) {
        if (fmt == WEFT_WFMT_C8) {
            w[v] = vreinterpretq_s8_u8(bins[v]);
        } else {
            w[v] = vqtbl1q_s8(lut, half ? vshrq_n_u8(bins[v], 4) : vandq_u8(bins[v], vdupq_n_u8(15)));
        }
    }
    if (fmt == WEFT_WFMT_C5) {
        negate_pairs(block + NR * 4 + half * (NR / 2), w);
    }
}

/* A pair of k's in every 16 bits. */
WEFT_INLINE int8x16_t broadcast_pair(const uint8_t *a)
{
    int16_t pair;
    memcpy(&pair, a, sizeof pair);
    return vreinterpretq_s8_s16(vdupq_n_s16(pair));
}

/* sum[i][v] += the products of half a block, exactly. */
WEFT_INLINE void exact_half(int mr, const uint8_t *const *a, ptrdiff_t k, const int8x16_t w[NV], int32x4_t *sum)
{
    WEFT_UNROLL
    for (int i = 0; i < mr; i++) {
        int8x16_t x0 = broadcast_pair(a[i] + k), x1 = broadcast_pair(a[i] + k + 2);
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            int16x8_t s;
            if (v % 2) {
                s = vmlal_high_s8(vmull_high_s8(w[v - 1], x0), w[v], x1);
            } else {
                s = vmull_s8(vget_low_s8(w[v]), vget_low_s8(x0));
                s = vmlal_s8(s, vget_low_s8(w[v + 1]), vget_low_s8(x1));
            }
            sum[i * NV + v] = vpadalq_s16(sum[i * NV + v], s);
            WEFT_KEEP(sum[i * NV + v]);
        }
    }
}

WEFT_INLINE void conv_exact(const struct weft_conv_args *args, enum weft_wfmt fmt, int mr)
{
    const int8x16_t lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    const uint8_t *a[4];
    int32x4_t sum[4 * NV];
    uint8x16_t bins[NV];
    int8x16_t w[NV];
    assert_args(args, fmt);
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        sum[i] = vld1q_s32(args->init + i % NV * 4);
    }
    for (int r = 0; r < args->runs; r++) {
        WEFT_UNROLL
        for (int i = 0; i < mr; i++) {
            a[i] = args->a[i] + args->run_off[r];
        }
        ptrdiff_t end = (ptrdiff_t)args->run_k8 * 8;
        for (ptrdiff_t k = 0; k < end; k += 8) {
            load_half(fmt, block, 0, lut, bins, w);
            exact_half(mr, a, k, w, sum);
            load_half(fmt, block, 1, lut, bins, w);
            exact_half(mr, a, k + 4, w, sum);
            block += block_bytes(fmt);
        }
    }
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        vst1q_s32(args->acc + i * 4, sum[i]);
    }
}

/* sum[i][v] (+)= the products of half a block in 16 bits. */
WEFT_INLINE void narrow_half(int mr, int first, const uint8_t *const *a, ptrdiff_t k, const int8x16_t w[NV],
                             int16x8_t *sum)
{
    WEFT_UNROLL
    for (int p = 0; p < 2; p++) {
        WEFT_UNROLL
        for (int i = 0; i < mr; i++) {
            int8x16_t x = broadcast_pair(a[i] + k + 2 * p);
            WEFT_UNROLL
            for (int u = 0; u < 2; u++) {
                int16x8_t *s = sum + i * NV + 2 * u;
                int8x16_t wu = w[2 * u + p];
                if (first && p == 0) {
                    s[0] = vmull_s8(vget_low_s8(wu), vget_low_s8(x));
                    s[1] = vmull_high_s8(wu, x);
                } else {
                    s[0] = vmlal_s8(s[0], vget_low_s8(wu), vget_low_s8(x));
                    s[1] = vmlal_high_s8(s[1], wu, x);
                }
                WEFT_KEEP(s[0]);
                WEFT_KEEP(s[1]);
            }
        }
    }
}

WEFT_INLINE void narrow_block(enum weft_wfmt fmt, int mr, int first, const uint8_t *const *a, ptrdiff_t k,
                              const uint8_t *block, int8x16_t lut, int16x8_t *sum)
{
    uint8x16_t bins[NV];
    int8x16_t w[NV];
    load_half(fmt, block, 0, lut, bins, w);
    narrow_half(mr, first, a, k, w, sum);
    load_half(fmt, block, 1, lut, bins, w);
    narrow_half(mr, 0, a, k + 4, w, sum);
}

/* acc += 16-bit sums. The 32-bit sums stay in memory: the registers hold the 16-bit ones. */
WEFT_INLINE void widen(int mr, const int16x8_t *sum, int32_t *acc)
{
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        vst1q_s32(acc + i * 4, vpadalq_s16(vld1q_s32(acc + i * 4), sum[i]));
    }
}

WEFT_INLINE void conv_narrow(const struct weft_conv_args *args, enum weft_wfmt fmt, int mr)
{
    const int8x16_t lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    const uint8_t *a[4];
    int16x8_t sum[4 * NV];
    ptrdiff_t group = (ptrdiff_t)(args->group / 2) * 8; /* whole blocks, in k's */
    assert_args(args, fmt);
    assert(group >= 8);
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        vst1q_s32(args->acc + i * 4, vld1q_s32(args->init + i % NV * 4));
    }
    for (int r = 0; r < args->runs; r++) {
        WEFT_UNROLL
        for (int i = 0; i < mr; i++) {
            a[i] = args->a[i] + args->run_off[r];
        }
        ptrdiff_t end = (ptrdiff_t)args->run_k8 * 8;
        for (ptrdiff_t k = 0; k < end;) {
            ptrdiff_t stop = end - k < group ? end : k + group;
            narrow_block(fmt, mr, 1, a, k, block, lut, sum);
            block += block_bytes(fmt);
            for (k += 8; k < stop; k += 8) {
                narrow_block(fmt, mr, 0, a, k, block, lut, sum);
                block += block_bytes(fmt);
            }
            widen(mr, sum, args->acc);
        }
    }
}

#endif
