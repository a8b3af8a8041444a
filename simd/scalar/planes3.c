#include "simd/scalar/list.h"

void weft_planes3_scalar(const uint8_t *in, ptrdiff_t plane, size_t pixels, uint8_t *out)
{
    for (size_t p = 0; p < pixels; p++) {
        for (int c = 0; c < 3; c++) {
            out[3 * p + (size_t)c] = in[c * plane + (ptrdiff_t)p];
        }
    }
}
