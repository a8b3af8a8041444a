#include "simd/arm/panel.h"

WEFT_INLINE void expand(const struct weft_expand_args *args, enum weft_wfmt fmt)
{
    const int8x16_t lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    int8_t *out = args->out;
    assert(args->lut && (uintptr_t)args->out % 16 == 0);
    for (size_t b = 0; b < args->blocks; b++) {
        WEFT_UNROLL
        for (int v = 0; v < NR / 4; v++) {
            vst1q_s8(out + v * 16, load_weights(fmt, block, 0, v, lut));
            vst1q_s8(out + NR * 4 + v * 16, load_weights(fmt, block, 1, v, lut));
        }
        block += block_bytes(fmt);
        out += NR * 8;
    }
}

void weft_expand_c4_neon(const struct weft_expand_args *args)
{
    expand(args, WEFT_WFMT_C4);
}

void weft_expand_c5_neon(const struct weft_expand_args *args)
{
    expand(args, WEFT_WFMT_C5);
}
