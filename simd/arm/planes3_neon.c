#include <arm_neon.h>

#include "simd/arm/list.h"

void weft_planes3_neon(const uint8_t *in, ptrdiff_t plane, size_t pixels, uint8_t *out)
{
    size_t p = 0;
    for (; p + 16 <= pixels; p += 16) {
        const uint8x16x3_t three = {{vld1q_u8(in + p), vld1q_u8(in + plane + p), vld1q_u8(in + 2 * plane + p)}};
        vst3q_u8(out + 3 * p, three); /* a macro with clang */
    }
    for (; p < pixels; p++) {
        out[3 * p] = in[p];
        out[3 * p + 1] = in[plane + (ptrdiff_t)p];
        out[3 * p + 2] = in[2 * plane + (ptrdiff_t)p];
    }
}
