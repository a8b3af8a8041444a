#include <assert.h>

#include "simd/arm/arm.h"
#include "simd/arm/list.h"

/* Sign-magnitude codes to bytes in signed order, and back. */
WEFT_INLINE int8x16_t order(uint8x16_t code)
{
    int8x16_t x = vreinterpretq_s8_u8(code);
    return veorq_s8(x, vandq_s8(vshrq_n_s8(x, 7), vdupq_n_s8(0x7f)));
}

WEFT_INLINE void pool16(const uint8_t *const *a, int taps, int c, int is_signed, uint8_t *out)
{
    uint8x16_t best = vld1q_u8(a[0] + c);
    if (is_signed) {
        int8x16_t top = order(best);
        for (int t = 1; t < taps; t++) {
            top = vmaxq_s8(top, order(vld1q_u8(a[t] + c)));
        }
        best = vreinterpretq_u8_s8(order(vreinterpretq_u8_s8(top)));
    } else {
        for (int t = 1; t < taps; t++) {
            best = vmaxq_u8(best, vld1q_u8(a[t] + c));
        }
    }
    vst1q_u8(out + c, best);
}

static uint8_t pool1(const uint8_t *const *a, int taps, int c, int is_signed)
{
    int best = -256;
    for (int t = 0; t < taps; t++) {
        int code = a[t][c], key = is_signed && code > 127 ? -1 - (code & 127) : code;
        best = key > best ? key : best;
    }
    return (uint8_t)(best < 0 ? 0x80 | (-1 - best) : best);
}

void weft_maxpool_neon(const uint8_t *const *a, int taps, int channels, int is_signed, uint8_t *out)
{
    assert(taps >= 1);
    int c = 0;
    for (; c + 16 <= channels; c += 16) {
        pool16(a, taps, c, is_signed, out);
    }
    if (c < channels && channels >= 16) {
        pool16(a, taps, channels - 16, is_signed, out); /* overlaps what is done: the same bytes again */
        return;
    }
    for (; c < channels; c++) {
        out[c] = pool1(a, taps, c, is_signed);
    }
}
