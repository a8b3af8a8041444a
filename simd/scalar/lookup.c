#include "simd/scalar/list.h"

void weft_lookup_scalar(const uint8_t *in, size_t n, const uint8_t table[256], int limit, int is_signed,
                        uint8_t *out)
{
    (void)limit;
    (void)is_signed;
    for (size_t i = 0; i < n; i++) {
        out[i] = table[in[i]];
    }
}
