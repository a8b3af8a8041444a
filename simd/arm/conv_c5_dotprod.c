#include "simd/arm/conv_dotprod.h"

void weft_conv_c5_s8_8x16_dotprod(const struct weft_conv_args *args)
{
    conv_tile(args, WEFT_WFMT_C5);
}

void weft_conv_c5_s8_1x16_dotprod(const struct weft_conv_args *args)
{
    conv_one(args, WEFT_WFMT_C5);
}
