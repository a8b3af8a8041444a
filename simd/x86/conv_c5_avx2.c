#include "simd/x86/conv_avx2.h"

void weft_conv_c5_u8_4x16_avx2(const struct weft_conv_args *args)
{
    conv_exact(args, WEFT_WFMT_C5, 4);
}

void weft_conv_c5_u8_1x16_avx2(const struct weft_conv_args *args)
{
    conv_exact(args, WEFT_WFMT_C5, 1);
}

void weft_conv_c5n_u8_4x16_avx2(const struct weft_conv_args *args)
{
    conv_narrow(args, WEFT_WFMT_C5, 4);
}

void weft_conv_c5n_u8_1x16_avx2(const struct weft_conv_args *args)
{
    conv_narrow(args, WEFT_WFMT_C5, 1);
}
