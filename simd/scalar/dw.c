#include <assert.h>

#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

void weft_dw_scalar(const struct weft_dw_args *args, int act_signed)
{
    assert(args->taps >= 1 && args->pixels >= 0 && args->channels >= 0);
    for (int p = 0; p < args->pixels; p++) {
        for (int c = 0; c < args->channels; c++) {
            int64_t acc = args->init[c];
            for (int t = 0; t < args->taps; t++) {
                int x = args->a[t][p * args->a_stride + c];
                if (act_signed && x > 127) {
                    x -= 256;
                }
                acc += args->w[t * args->wstride + c] * x;
            }
            args->acc[p * args->acc_stride + c] = (int32_t)(uint32_t)acc;
        }
    }
}

void weft_dw_u8_scalar(const struct weft_dw_args *args)
{
    weft_dw_scalar(args, 0);
}
