#include <assert.h>

#include <string.h>

#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

enum { TAPS = 9, NR_MAX = 32, BLOCK = 8 };

/* f of kernels.h: four values to four points, each `step` entries apart. */
static void forward(uint8_t *x, int step)
{
    uint8_t x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step];
    x[0] = (uint8_t)(x0 - x2);
    x[step] = (uint8_t)(x1 + x2);
    x[2 * step] = (uint8_t)(x2 - x1);
    x[3 * step] = (uint8_t)(x1 - x3);
}

/* g: four sums to two, modulo 2^32. */
static void backward(const uint32_t *m, int step, uint32_t y[2])
{
    uint32_t m2 = m[2 * step], half = (uint32_t)((int32_t)(m[step] + m2) >> 1);
    y[0] = m[0] + half;
    y[1] = half - m2 - m[3 * step];
}

static void transform_in(const struct weft_wino_in_args *args, int rows)
{
    int points = rows * 4, middle = rows == 4 ? 5 : 1;
    assert(args->channels % 8 == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c++) {
            uint8_t v[16];
            for (int p = 0; p < points; p++) {
                v[p] = args->a[p / 4 * args->row + (2 * t + p % 4) * args->pixel + c];
            }
            for (int j = 0; j < 4 && rows == 4; j++) {
                forward(v + j, 4);
            }
            for (int i = 0; i < rows; i++) {
                forward(v + 4 * i, 1);
            }
            for (int p = 0; p < points; p++) {
                uint8_t add = p == middle ? args->add_sum : args->add;
                args->out[p * args->point + t * args->channels + c] = (uint8_t)(v[p] + add);
            }
        }
    }
}

void weft_wino22_in_scalar(const struct weft_wino_in_args *args)
{
    transform_in(args, 4);
}

void weft_wino12_in_scalar(const struct weft_wino_in_args *args)
{
    transform_in(args, 1);
}

void weft_wino22_out_scalar(const struct weft_wino_out_args *args)
{
    assert(args->channels % 8 == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c++) {
            uint32_t m[16], r[8], y[2];
            for (int p = 0; p < 16; p++) {
                m[p] = (uint32_t)args->sums[p * args->point + t * args->channels + c];
            }
            for (int j = 0; j < 4; j++) {
                backward(m + j, 4, y);
                r[j] = y[0];
                r[4 + j] = y[1];
            }
            for (int i = 0; i < 2; i++) {
                backward(r + 4 * i, 1, y);
                args->acc[i * args->row + 2 * t * args->channels + c] = (int32_t)y[0];
                args->acc[i * args->row + (2 * t + 1) * args->channels + c] = (int32_t)y[1];
            }
        }
    }
}

void weft_wino12_out_scalar(const struct weft_wino_out_args *args)
{
    assert(args->channels % 8 == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c++) {
            uint32_t m[4], y[2];
            for (int p = 0; p < 4; p++) {
                m[p] = (uint32_t)args->sums[p * args->point + t * args->channels + c];
            }
            backward(m, 1, y);
            args->acc[2 * t * args->channels + c] = (int32_t)y[0];
            args->acc[(2 * t + 1) * args->channels + c] = (int32_t)y[1];
        }
    }
}

void weft_wino_look_up_scalar(const struct weft_wino_filter_args *args, int nr, const uint8_t *block, int8_t *out)
{
    if (args->fmt == WEFT_WFMT_C8) {
        memcpy(out, block, (size_t)nr * BLOCK);
    } else {
        weft_expand_scalar(&(struct weft_expand_args){block, args->lut, 1, out}, args->fmt, nr);
    }
}

/* u of kernels.h. */
static void filter(const int8_t g[3], int8_t u[4])
{
    int ends = g[0] + g[2];
    u[0] = g[0];
    u[1] = (int8_t)(uint8_t)(ends + g[1]);
    u[2] = (int8_t)(uint8_t)(ends - g[1]);
    u[3] = g[2];
}

/* Point p of wino22. */
static int filter_to_point(const int8_t g[TAPS], int p, int8_t *w)
{
    int8_t row[3], u[4];
    for (int j = 0; j < 3; j++) {
        const int8_t column[3] = {g[j], g[3 + j], g[6 + j]};
        filter(column, u);
        row[j] = u[p / 4];
    }
    filter(row, u);
    w[0] = u[p % 4];
    return 1;
}

void weft_wino22_border_scalar(const struct weft_wino_bins_args *args, int nr, int is_signed)
{
    weft_wino_bins_scalar(args, nr, is_signed, filter_to_point);
}

void weft_wino_filter_scalar(const struct weft_wino_filter_args *args, int square, int nr)
{
    int bytes = nr * BLOCK, packed = args->fmt == WEFT_WFMT_C4 ? nr * 4 : args->fmt == WEFT_WFMT_C5 ? nr * 5 : bytes;
    const uint8_t *block = args->w;
    assert(nr <= NR_MAX && args->blocks >= 1 && args->row >= 0 && args->row < (square ? 4 : 3));
    for (int b = 0; b < args->blocks; b++) {
        int8_t taps[TAPS][NR_MAX * BLOCK];
        for (int t = 0; t < TAPS; t++, block += packed) {
            weft_wino_look_up_scalar(args, nr, block, taps[t]);
        }
        for (int i = 0; i < bytes; i++) {
            int8_t row[3], w[4];
            for (int j = 0; j < 3; j++) {
                const int8_t column[3] = {taps[j][i], taps[3 + j][i], taps[6 + j][i]};
                int8_t down[4];
                filter(column, down);
                row[j] = square ? down[args->row] : column[args->row];
            }
            filter(row, w);
            for (int p = 0; p < 4; p++) {
                args->out[p * args->point + b * bytes + i] = w[p];
            }
        }
    }
}

void weft_wino22_filter_scalar(const struct weft_wino_filter_args *args)
{
    weft_wino_filter_scalar(args, 1, 16);
}

void weft_wino12_filter_scalar(const struct weft_wino_filter_args *args)
{
    weft_wino_filter_scalar(args, 0, 16);
}
