#include "simd/x86/conv_avx2.h"

void weft_conv_c4_u8_4x16_avx2(const struct weft_conv_args *args)
{
    conv_exact(args, WEFT_WFMT_C4, 4);
}

void weft_conv_c4_u8_1x16_avx2(const struct weft_conv_args *args)
{
    conv_exact(args, WEFT_WFMT_C4, 1);
}

void weft_conv_c4n_u8_4x16_avx2(const struct weft_conv_args *args)
{
    conv_narrow(args, WEFT_WFMT_C4, 4);
}

void weft_conv_c4n_u8_1x16_avx2(const struct weft_conv_args *args)
{
    conv_narrow(args, WEFT_WFMT_C4, 1);
}
