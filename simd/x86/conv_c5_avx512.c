#include "simd/x86/conv_avx512.h"

WEFT_TILES(WEFT_HEIGHTS_8, exact, conv_exact, WEFT_WFMT_C5)
WEFT_TILES(WEFT_HEIGHTS_8, narrow, conv_narrow, WEFT_WFMT_C5)

void weft_conv_c5_u8_8x32_avx512(const struct weft_conv_args *args)
{
    assert(args->pixels >= 1 && args->pixels <= 8);
    exact[args->pixels - 1](args);
}

void weft_conv_c5_u8_1x32_avx512(const struct weft_conv_args *args)
{
    exact_1(args);
}

void weft_conv_c5n_u8_8x32_avx512(const struct weft_conv_args *args)
{
    assert(args->pixels >= 1 && args->pixels <= 8);
    narrow[args->pixels - 1](args);
}

void weft_conv_c5n_u8_1x32_avx512(const struct weft_conv_args *args)
{
    narrow_1(args);
}
