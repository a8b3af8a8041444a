#include "simd/x86/conv_avx512.h"

WEFT_TILES(WEFT_HEIGHTS_12, dot, conv_dot, WEFT_WFMT_C4)

void weft_conv_c4_u8_12x32_avx512vbmi(const struct weft_conv_args *args)
{
    assert(args->pixels >= 1 && args->pixels <= 12);
    dot[args->pixels - 1](args);
}

void weft_conv_c4_u8_1x32_avx512vbmi(const struct weft_conv_args *args)
{
    conv_dot_one(args, WEFT_WFMT_C4);
}
