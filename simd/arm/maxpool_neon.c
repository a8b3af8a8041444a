#include <assert.h>

#include "simd/arm/arm.h"
#include "simd/arm/list.h"

/* Sign-magnitude codes to bytes in signed order, and back. */
WEFT_INLINE int8x16_t order(uint8x16_t code)
{
    int8x16_t x = vreinterpretq_s8_u8(code);
    return veorq_s8(x, vandq_s8(vshrq_n_s8(x, 7), vdupq_n_s8(0x7f)));
}

WEFT_INLINE void pool16(const struct weft_maxpool_args *args, ptrdiff_t at, int is_signed, uint8_t *out)
{
    uint8x16_t best = vld1q_u8(args->a[0] + at);
    if (is_signed) {
        int8x16_t top = order(best);
        for (int t = 1; t < args->taps; t++) {
            top = vmaxq_s8(top, order(vld1q_u8(args->a[t] + at)));
        }
        best = vreinterpretq_u8_s8(order(vreinterpretq_u8_s8(top)));
    } else {
        for (int t = 1; t < args->taps; t++) {
            best = vmaxq_u8(best, vld1q_u8(args->a[t] + at));
        }
    }
    vst1q_u8(out, best);
}

static uint8_t pool1(const struct weft_maxpool_args *args, ptrdiff_t at)
{
    int best = -256;
    for (int t = 0; t < args->taps; t++) {
        int code = args->a[t][at], key = args->is_signed && code > 127 ? -1 - (code & 127) : code;
        best = key > best ? key : best;
    }
    return (uint8_t)(best < 0 ? 0x80 | (-1 - best) : best);
}

WEFT_INLINE void pool_pixel(const struct weft_maxpool_args *args, ptrdiff_t p, int is_signed)
{
    ptrdiff_t at = p * args->a_stride;
    uint8_t *out = args->out + p * args->out_stride;
    int c = 0;
    for (; c + 16 <= args->channels; c += 16) {
        pool16(args, at + c, is_signed, out + c);
    }
    if (c < args->channels && args->channels >= 16) { /* overlaps what is done: the same bytes again */
        pool16(args, at + args->channels - 16, is_signed, out + args->channels - 16);
        return;
    }
    for (; c < args->channels; c++) {
        out[c] = pool1(args, at + c);
    }
}

void weft_maxpool_neon(const struct weft_maxpool_args *args)
{
    assert(args->taps >= 1);
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        if (args->is_signed) {
            pool_pixel(args, p, 1);
        } else {
            pool_pixel(args, p, 0);
        }
    }
}
