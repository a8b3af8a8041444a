#include <assert.h>

#include "simd/scalar/list.h"

/* Sign-magnitude order as an integer order; the code 0x80, which no encoder makes, sorts below 0. */
static int order(uint8_t code, int is_signed)
{
    return is_signed && code > 127 ? -1 - (code & 127) : code;
}

void weft_maxpool_scalar(const struct weft_maxpool_args *args)
{
    assert(args->taps >= 1);
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        for (int c = 0; c < args->channels; c++) {
            ptrdiff_t at = p * args->a_stride + c;
            uint8_t best = args->a[0][at];
            for (int t = 1; t < args->taps; t++) {
                if (order(args->a[t][at], args->is_signed) > order(best, args->is_signed)) {
                    best = args->a[t][at];
                }
            }
            args->out[p * args->out_stride + c] = best;
        }
    }
}
