/* F(2x2,3x3) of stride 2: the definitions. */
#include <assert.h>

#include "simd/scalar/scalar.h"

enum { TAPS = 9, BLOCK = 8, EDGE = 5, WINDOW = EDGE * EDGE, POINTS = WEFT_WINO22S2_POINTS,
       PLANES = WEFT_WINO22S2_PLANES };

/* Entries of each point along an axis; n of kernels_wino.h. */
static const int entries[3] = {1, 2, 2};

static int is_difference(int point, int entry)
{
    return point > 0 && entry == point - 1;
}

/* f of kernels_wino.h: an entry of a point of five values that are `step` apart. */
static uint8_t forward(const uint8_t *x, int step, int point, int entry)
{
    if (is_difference(point, entry)) {
        return (uint8_t)(x[4 * entry * step] - x[2 * step]);
    }
    return x[(point == 0 ? 2 : point == 1 ? 1 : 3) * step];
}

/* u, in the same way. */
static int8_t filter(const int8_t *g, int step, int point, int entry)
{
    return point == 0 ? (int8_t)(uint8_t)(g[0] + g[2 * step]) : g[(point - 1 + entry) * step];
}

/* g: three sums to two, modulo 2^32. */
static void backward(const uint32_t *m, int step, uint32_t y[2])
{
    y[0] = m[0] + m[step];
    y[1] = m[0] + m[2 * step];
}

/* Point 3*i + j of a window; returns the number of its planes. */
static int window_to_point(const uint8_t x[WINDOW], int i, int j, uint8_t add, uint8_t *v)
{
    for (int k = 0; k < entries[i]; k++) {
        for (int l = 0; l < entries[j]; l++) {
            uint8_t down[EDGE];
            for (int column = 0; column < EDGE; column++) {
                down[column] = forward(x + column, EDGE, i, k);
            }
            v[l * entries[i] + k] = forward(down, 1, j, l);
            if (is_difference(i, k) || is_difference(j, l)) {
                v[l * entries[i] + k] = (uint8_t)(v[l * entries[i] + k] + add);
            }
        }
    }
    return entries[i] * entries[j];
}

void weft_wino22s2_in_scalar(const struct weft_wino_in_args *args)
{
    assert(args->channels % BLOCK == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c++) {
            uint8_t x[WINDOW], v[PLANES], *to = v;
            for (int i = 0; i < WINDOW; i++) {
                x[i] = args->a[i / EDGE * args->row + (4 * t + i % EDGE) * args->pixel + c];
            }
            for (int p = 0; p < POINTS; p++) {
                to += window_to_point(x, p / 3, p % 3, args->add, to);
            }
            for (int p = 0; p < PLANES; p++) {
                args->out[p * args->point + t * args->channels + c] = v[p];
            }
        }
    }
}

/* Point p of a filter, plane by plane; returns the number of its planes. */
static int filter_to_point(const int8_t g[TAPS], int p, int8_t *w)
{
    const int i = p / 3, j = p % 3;
    for (int l = 0; l < entries[j]; l++) {
        for (int k = 0; k < entries[i]; k++) {
            int8_t down[3];
            for (int column = 0; column < 3; column++) {
                down[column] = filter(g + column, 3, i, k);
            }
            w[l * entries[i] + k] = filter(down, 1, j, l);
        }
    }
    return entries[i] * entries[j];
}

void weft_wino22s2_sum_scalar(const struct weft_wino_bins_args *args, int nr, int is_signed)
{
    weft_wino_bins_scalar(args, nr, is_signed, filter_to_point);
}

void weft_wino22s2_out_scalar(const struct weft_wino_out_args *args)
{
    assert(args->channels % BLOCK == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c++) {
            uint32_t m[POINTS], r[2 * 3], y[2];
            for (int p = 0; p < POINTS; p++) {
                m[p] = (uint32_t)args->sums[p * args->point + t * args->channels + c];
            }
            for (int j = 0; j < 3; j++) {
                backward(m + j, 3, y);
                r[j] = y[0];
                r[3 + j] = y[1];
            }
            for (int i = 0; i < 2; i++) {
                backward(r + 3 * i, 1, y);
                args->acc[i * args->row + 2 * t * args->channels + c] = (int32_t)y[0];
                args->acc[i * args->row + (2 * t + 1) * args->channels + c] = (int32_t)y[1];
            }
        }
    }
}
