/* Products of Winograd's points straight from bins: the definition, of any form's filter. */
#include <assert.h>

#include "simd/scalar/scalar.h"

enum { TAPS = 9, NR_MAX = 32, BLOCK = 8, PLANES_MAX = 4 };

/* The values of point p's planes, which begin at `values`, times the filters of a block of eight channels. Returns the
 * number of planes. */
static int add_block(const struct weft_wino_bins_args *args, int nr, int is_signed, weft_wino_planes_fn *planes,
                     int8_t taps[TAPS][NR_MAX * BLOCK], int p, int b, const uint8_t *values, int32_t *sums)
{
    int count = 0;
    for (int i = 0; i < nr * BLOCK; i++) {
        /* The packed layout: halves of four channels, output by output. */
        const int o = i / 4 % nr, k = BLOCK * b + i / (4 * nr) * 4 + i % 4;
        int8_t g[TAPS], w[PLANES_MAX];
        for (int t = 0; t < TAPS; t++) {
            g[t] = taps[t][i];
        }
        count = planes(g, p, w);
        for (int t = 0; t < args->tiles && sums; t++) {
            for (int v = 0; v < count; v++) {
                const uint8_t x = values[v * args->point + t * args->tile + k];
                sums[t * nr + o] += w[v] * (is_signed ? (int8_t)x : x);
            }
        }
    }
    return count;
}

void weft_wino_bins_scalar(const struct weft_wino_bins_args *args, int nr, int is_signed, weft_wino_planes_fn *planes)
{
    const int packed = args->fmt == WEFT_WFMT_C4 ? nr * 4 : args->fmt == WEFT_WFMT_C5 ? nr * 5 : nr * BLOCK;
    const struct weft_wino_filter_args look_up = {.lut = args->lut, .fmt = args->fmt};
    const uint8_t *values = args->values;
    assert(nr <= NR_MAX && args->k8 >= 1);
    for (int p = 0, count = 0; p < args->first + args->points; p++, values += count * args->point) {
        const uint8_t *block = args->w;
        int32_t *sums = p < args->first ? NULL : args->sums + (p - args->first) * args->sum_point;
        for (int i = 0; i < args->tiles * nr && sums; i++) {
            sums[i] = args->init[(p - args->first) * nr + i % nr];
        }
        for (int b = 0; b < args->k8; b++) {
            int8_t taps[TAPS][NR_MAX * BLOCK];
            for (int t = 0; t < TAPS; t++, block += packed) {
                weft_wino_look_up_scalar(&look_up, nr, block, taps[t]);
            }
            count = add_block(args, nr, is_signed, planes, taps, p, b, values, sums);
        }
    }
}
