#include <assert.h>

#include "simd/scalar/scalar.h"

enum { BLOCK = 8 };

/* The start of a channel's lanes and the products of `blocks` blocks with the values at x. */
static int32_t sum_group(const int8_t *w, const int16_t *starts, int nr, int o, int blocks, const uint8_t *x)
{
    int32_t sum = starts[2 * o] + starts[2 * o + 1];
    for (int k = 0; k < blocks * BLOCK; k++) {
        sum += w[k / 4 * nr * 4 + o * 4 + k % 4] * x[k];
    }
    return sum;
}

void weft_wino_lanes_scalar(const struct weft_wino_lanes_args *args, int nr)
{
    assert(args->tiles >= 1 && args->k8 >= 1 && (args->group == 1 || args->group == 2 || args->group == 4));
    for (int i = 0; i < args->tiles * nr; i++) {
        const uint8_t *x = args->values + i / nr * args->tile;
        const int8_t *w = args->w;
        const int16_t *starts = args->starts;
        args->sums[i] = args->init[i % nr];
        for (int left = args->k8, blocks; left > 0; left -= blocks) {
            blocks = left < args->group ? 1 : args->group;
            args->sums[i] += sum_group(w, starts, nr, i % nr, blocks, x);
            w += blocks * nr * BLOCK;
            starts += nr * 2;
            x += blocks * BLOCK;
        }
    }
}
