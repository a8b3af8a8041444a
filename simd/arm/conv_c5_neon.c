#include "simd/arm/conv_neon.h"

void weft_conv_c5_s8_4x16_neon(const struct weft_conv_args *args)
{
    conv_exact(args, WEFT_WFMT_C5, 4);
}

void weft_conv_c5_s8_1x16_neon(const struct weft_conv_args *args)
{
    conv_exact(args, WEFT_WFMT_C5, 1);
}

void weft_conv_c5n_s8_4x16_neon(const struct weft_conv_args *args)
{
    conv_narrow(args, WEFT_WFMT_C5, 4);
}

void weft_conv_c5n_s8_1x16_neon(const struct weft_conv_args *args)
{
    conv_narrow(args, WEFT_WFMT_C5, 1);
}
