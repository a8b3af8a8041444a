#include "simd/arm/conv_neon.h"

void weft_conv_c8_s8_4x16_neon(const struct weft_conv_args *args)
{
    conv_exact(args, WEFT_WFMT_C8, 4);
}

void weft_conv_c8_s8_1x16_neon(const struct weft_conv_args *args)
{
    conv_exact(args, WEFT_WFMT_C8, 1);
}

void weft_conv_c8n_s8_4x16_neon(const struct weft_conv_args *args)
{
    conv_narrow(args, WEFT_WFMT_C8, 4);
}

void weft_conv_c8n_s8_1x16_neon(const struct weft_conv_args *args)
{
    conv_narrow(args, WEFT_WFMT_C8, 1);
}
