/* F(4x4,3x3) in words of 16 bits: the definitions. */
#include <assert.h>
#include <string.h>

#include "simd/scalar/scalar.h"

enum { TAPS = 9, NR_MAX = 32, BLOCK = 8, EDGE = 6, POINTS = EDGE * EDGE };

/* f of kernels.h: six values to six points, each `step` entries apart. */
static void forward(int *x, int step)
{
    int x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
    x[0] = 4 * x0 - 5 * x2 + x4;
    x[step] = 4 * x1 + 4 * x2 - x3 - x4;
    x[2 * step] = -4 * x1 + 4 * x2 + x3 - x4;
    x[3 * step] = -2 * x1 - x2 + 2 * x3 + x4;
    x[4 * step] = 2 * x1 - x2 - 2 * x3 + x4;
    x[5 * step] = 4 * x1 - 5 * x3 + x5;
}

void weft_wino44_in_scalar(const struct weft_wino44_in_args *args)
{
    assert(args->channels % BLOCK == 0 && (args->zero == 0 || args->zero == 128));
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c++) {
            int v[POINTS];
            for (int p = 0; p < POINTS; p++) {
                v[p] = args->a[p / EDGE * args->row + (4 * t + p % EDGE) * args->pixel + c] - args->zero;
            }
            for (int j = 0; j < EDGE; j++) {
                forward(v + j, EDGE);
            }
            for (int i = 0; i < EDGE; i++) {
                forward(v + EDGE * i, 1);
            }
            for (int p = 0; p < POINTS; p++) {
                args->out[p * args->point + t * args->tile + c] = (int16_t)v[p];
            }
        }
    }
}

/* u of kernels.h. */
static void filter(const int g[3], int u[EDGE])
{
    u[0] = 6 * g[0];
    u[1] = 4 * (g[0] + g[1] + g[2]);
    u[2] = 4 * (g[0] - g[1] + g[2]);
    u[3] = g[0] + 2 * g[1] + 4 * g[2];
    u[4] = g[0] - 2 * g[1] + 4 * g[2];
    u[5] = 6 * g[2];
}

void weft_wino44_filter_scalar(const struct weft_wino_filter_args *args, int nr)
{
    int bytes = nr * BLOCK, packed = args->fmt == WEFT_WFMT_C4 ? nr * 4 : args->fmt == WEFT_WFMT_C5 ? nr * 5 : bytes;
    const uint8_t *block = args->w;
    assert(nr <= NR_MAX && args->blocks >= 1 && args->row >= 0 && args->row < EDGE);
    for (int b = 0; b < args->blocks; b++) {
        int8_t taps[TAPS][NR_MAX * BLOCK];
        for (int t = 0; t < TAPS; t++, block += packed) {
            weft_wino_look_up_scalar(args, nr, block, taps[t]);
        }
        for (int i = 0; i < bytes; i++) { /* as conv has them: four channels of all outputs, twice */
            int o = i / 4 % nr, c = i / (nr * 4) * 4 + i % 4, r[3], w[EDGE];
            for (int j = 0; j < 3; j++) {
                const int column[3] = {taps[j][i], taps[3 + j][i], taps[6 + j][i]};
                int down[EDGE];
                filter(column, down);
                r[j] = down[args->row];
            }
            filter(r, w);
            for (int p = 0; p < EDGE; p++) {
                int16_t word = (int16_t)w[p];
                ptrdiff_t at = ((ptrdiff_t)b * 4 + c / 2) * nr * 2 + o * 2 + c % 2;
                memcpy(args->out + p * args->point + at * 2, &word, sizeof word);
            }
        }
    }
}

void weft_wino44_sum_scalar(const struct weft_wino44_sum_args *args, int nr)
{
    assert(args->points >= 1 && args->tiles >= 1 && args->k8 >= 1);
    for (int p = 0; p < args->points; p++) {
        for (int i = 0; i < args->tiles * nr; i++) {
            const int16_t *w = args->w + p * args->w_point + i % nr * 2;
            const int16_t *values = args->values + p * args->point + i / nr * args->tile;
            uint32_t sum = 0;
            for (int k = 0; k < args->k8 * BLOCK; k++) {
                sum += (uint32_t)(w[k / 2 * nr * 2 + k % 2] * values[k]);
            }
            args->sums[p * args->sum_point + i] = (int32_t)sum;
        }
    }
}

/* g: six sums to four, modulo 2^32. */
static void backward(const uint32_t *m, int step, uint32_t y[4])
{
    uint32_t a = m[step] + m[2 * step], b = m[step] - m[2 * step];
    uint32_t c = m[3 * step] + m[4 * step], d = m[3 * step] - m[4 * step];
    y[0] = m[0] + a + c;
    y[1] = b + 2 * d;
    y[2] = a + 4 * c;
    y[3] = b + 8 * d + 4 * m[5 * step];
}

void weft_wino44_out_scalar(const struct weft_wino_out_args *args)
{
    assert(args->channels % 16 == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c++) {
            uint32_t m[POINTS], r[4 * EDGE], y[4];
            for (int p = 0; p < POINTS; p++) {
                m[p] = (uint32_t)args->sums[p * args->point + t * args->channels + c];
            }
            for (int j = 0; j < EDGE; j++) {
                backward(m + j, EDGE, y);
                for (int i = 0; i < 4; i++) {
                    r[EDGE * i + j] = y[i];
                }
            }
            for (int i = 0; i < 4; i++) {
                backward(r + EDGE * i, 1, y);
                for (int j = 0; j < 4; j++) {
                    args->acc[i * args->row + (4 * t + j) * args->channels + c] = (int32_t)(y[j] * 0x38e38e39u) >> 6;
                }
            }
        }
    }
}
