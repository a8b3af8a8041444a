#include <assert.h>
#include <math.h>

#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

uint8_t weft_encode_one_scalar(float y, const struct weft_encoder *enc)
{
    int m = 0;
    if (!enc->is_signed && y < 0) {
        return 0;
    }
    for (int t = 0; t < enc->magnitudes; t++) {
        m += enc->theta[t] <= fabsf(y); /* never true of a NaN */
    }
    return (uint8_t)(m > 0 && y < 0 ? m | 0x80 : m);
}

void weft_encode_scalar(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out)
{
    assert(enc->magnitudes >= 1 && enc->magnitudes <= 255);
    for (size_t i = 0; i < n; i++) {
        out[i] = weft_encode_one_scalar(in[i], enc);
    }
}
