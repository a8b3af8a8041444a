#include "simd/x86/conv_avx512.h"

WEFT_INLINE void expand(const struct weft_expand_args *args, enum weft_wfmt fmt)
{
    const __m512i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    int8_t *out = args->out;
    __m512i w[NV];
    assert(args->lut && (uintptr_t)args->out % 64 == 0);
    for (size_t b = 0; b < args->blocks; b++) {
        WEFT_UNROLL
        for (int half = 0; half < 2; half++) {
            load_half(fmt, block, half, lut, w);
            _mm512_storeu_si512(out + half * NR * 4, w[0]);
            _mm512_storeu_si512(out + half * NR * 4 + 64, w[1]);
        }
        block += block_bytes(fmt);
        out += NR * 8;
    }
}

void weft_expand_c4_avx512(const struct weft_expand_args *args)
{
    expand(args, WEFT_WFMT_C4);
}

void weft_expand_c5_avx512(const struct weft_expand_args *args)
{
    expand(args, WEFT_WFMT_C5);
}
