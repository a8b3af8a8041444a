#include "simd/x86/dw3x3_avx512.h"

void weft_dw3x3_avx512vbmi(const struct weft_dw3x3_args *args)
{
    dw3x3(args);
}
