#include "simd/x86/conv_avx2.h"

WEFT_TILES(WEFT_HEIGHTS_4, exact, conv_exact, WEFT_WFMT_C4)
WEFT_TILES(WEFT_HEIGHTS_6, narrow, conv_narrow, WEFT_WFMT_C4)

void weft_conv_c4_u8_4x16_avx2(const struct weft_conv_args *args)
{
    assert(args->pixels >= 1 && args->pixels <= 4);
    exact[args->pixels - 1](args);
}

void weft_conv_c4_u8_1x16_avx2(const struct weft_conv_args *args)
{
    exact_1(args);
}

void weft_conv_c4n_u8_6x16_avx2(const struct weft_conv_args *args)
{
    assert(args->pixels >= 1 && args->pixels <= 6);
    narrow[args->pixels - 1](args);
}

void weft_conv_c4n_u8_1x16_avx2(const struct weft_conv_args *args)
{
    narrow_1(args);
}
