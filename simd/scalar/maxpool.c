#include <assert.h>

#include "simd/scalar/list.h"

/* Sign-magnitude order as an integer order; the code 0x80, which no encoder makes, sorts below 0. */
static int order(uint8_t code, int is_signed)
{
    return is_signed && code > 127 ? -1 - (code & 127) : code;
}

void weft_maxpool_scalar(const uint8_t *const *a, int taps, int channels, int is_signed, uint8_t *out)
{
    assert(taps >= 1);
    for (int c = 0; c < channels; c++) {
        uint8_t best = a[0][c];
        for (int t = 1; t < taps; t++) {
            if (order(a[t][c], is_signed) > order(best, is_signed)) {
                best = a[t][c];
            }
        }
        out[c] = best;
    }
}
