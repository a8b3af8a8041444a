#include "simd/arm/conv_neon.h"

void weft_conv_c4_s8_4x16_neon(const struct weft_conv_args *args)
{
    conv_exact(args, WEFT_WFMT_C4, 4);
}

void weft_conv_c4_s8_1x16_neon(const struct weft_conv_args *args)
{
    conv_exact(args, WEFT_WFMT_C4, 1);
}

void weft_conv_c4n_s8_4x16_neon(const struct weft_conv_args *args)
{
    conv_narrow(args, WEFT_WFMT_C4, 4);
}

void weft_conv_c4n_s8_1x16_neon(const struct weft_conv_args *args)
{
    conv_narrow(args, WEFT_WFMT_C4, 1);
}
