#include "simd/arm/conv_dotprod.h"

WEFT_TILES(WEFT_HEIGHTS_8, tile, conv_tile, WEFT_WFMT_C4)

void weft_conv_c4_s8_8x16_dotprod(const struct weft_conv_args *args)
{
    assert(args->pixels >= 1 && args->pixels <= 8);
    tile[args->pixels - 1](args);
}

void weft_conv_c4_s8_1x16_dotprod(const struct weft_conv_args *args)
{
    conv_one(args, WEFT_WFMT_C4);
}
