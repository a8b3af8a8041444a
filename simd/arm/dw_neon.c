/* Depthwise taps, 16 channels at a time: the products of two taps are summed in 16 bits, then widened. */
#include <assert.h>

#include "simd/arm/arm.h"
#include "simd/arm/list.h"

_Static_assert(2 * 127 * 128 <= INT16_MAX, "two products fit 16 bits");

WEFT_INLINE void add16(int32x4_t sum[4], int16x8_t low, int16x8_t high)
{
    sum[0] = vaddw_s16(sum[0], vget_low_s16(low));
    sum[1] = vaddw_high_s16(sum[1], low);
    sum[2] = vaddw_s16(sum[2], vget_low_s16(high));
    sum[3] = vaddw_high_s16(sum[3], high);
}

/* All taps of channels c..c+15 of pixel p. */
WEFT_INLINE void pixel16(const struct weft_dw_args *args, ptrdiff_t p, int c)
{
    const int8_t *w = args->w + c;
    ptrdiff_t at = p * args->a_stride + c;
    int32_t *acc = args->acc + p * args->acc_stride + c;
    int32x4_t sum[4];
    int t = 0;
    WEFT_UNROLL
    for (int v = 0; v < 4; v++) {
        sum[v] = vld1q_s32(args->init + c + 4 * v);
    }
    for (; t + 1 < args->taps; t += 2, w += 2 * args->wstride) {
        int8x16_t w0 = vld1q_s8(w), w1 = vld1q_s8(w + args->wstride);
        int8x16_t x0 = vreinterpretq_s8_u8(vld1q_u8(args->a[t] + at));
        int8x16_t x1 = vreinterpretq_s8_u8(vld1q_u8(args->a[t + 1] + at));
        int16x8_t low = vmull_s8(vget_low_s8(w0), vget_low_s8(x0));
        low = vmlal_s8(low, vget_low_s8(w1), vget_low_s8(x1));
        add16(sum, low, vmlal_high_s8(vmull_high_s8(w0, x0), w1, x1));
    }
    if (t < args->taps) {
        int8x16_t w0 = vld1q_s8(w), x0 = vreinterpretq_s8_u8(vld1q_u8(args->a[t] + at));
        add16(sum, vmull_s8(vget_low_s8(w0), vget_low_s8(x0)), vmull_high_s8(w0, x0));
    }
    WEFT_UNROLL
    for (int v = 0; v < 4; v++) {
        vst1q_s32(acc + 4 * v, sum[v]);
    }
}

/* Layers of fewer than 16 channels. */
static void few_channels(const struct weft_dw_args *args)
{
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        for (int c = 0; c < args->channels; c++) {
            int32_t sum = args->init[c];
            for (int t = 0; t < args->taps; t++) {
                sum += args->w[t * args->wstride + c] * (int8_t)args->a[t][p * args->a_stride + c];
            }
            args->acc[p * args->acc_stride + c] = sum;
        }
    }
}

void weft_dw_s8_neon(const struct weft_dw_args *args)
{
    assert(args->taps >= 1 && args->pixels >= 0 && args->channels >= 0);
    if (args->channels < 16) {
        few_channels(args);
        return;
    }
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        for (int c = 0; c + 16 <= args->channels; c += 16) {
            pixel16(args, p, c);
        }
        if (args->channels % 16) {
            pixel16(args, p, args->channels - 16); /* overlaps what is done: the same sums again */
        }
    }
}
