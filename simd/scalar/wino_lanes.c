#include <assert.h>
#include <string.h>

#include "simd/scalar/scalar.h"

enum { BLOCK = 8 };

/* The start of a channel's lanes and the products of `blocks` blocks with the values at x. */
static int32_t sum_group(const int8_t *w, int nr, int o, int blocks, const uint8_t *x)
{
    int16_t start[2];
    memcpy(start, w + o * (int)sizeof start, sizeof start);
    w += nr * (int)sizeof start;
    int32_t sum = start[0] + start[1];
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
        args->sums[i] = args->init[i % nr];
        for (int left = args->k8, blocks; left > 0; left -= blocks) {
            blocks = left < args->group ? 1 : args->group;
            args->sums[i] += sum_group(w, nr, i % nr, blocks, x);
            w += nr * 4 + blocks * nr * BLOCK;
            x += blocks * BLOCK;
        }
    }
}
