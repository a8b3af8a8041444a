/* kcheck: that Winograd's transforms and the products between them make a convolution. */
#include <stdio.h>
#include <string.h>

#include "kcheck.h"
#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

enum { CHANNELS = 8, TILES = 3, WIDTH = 2 * TILES + 2, WIDTH_S2 = 4 * TILES + 1, ROWS_S2 = 5 };

/* Values 0..top or -top..top as bytes, or only the ends. */
static void fill_values(struct kc *k, uint8_t *a, size_t n, int top, int is_signed, int extreme)
{
    for (size_t i = 0; i < n; i++) {
        int x = extreme ? (kc_next(k) >> 40 & 1 ? top : is_signed ? -top : 0) : kc_range(k, is_signed ? -top : 0, top);
        a[i] = (uint8_t)(x + (is_signed ? 128 : 0));
    }
}

/* Weights -most..most or only the ends. */
static void fill_weights(struct kc *k, int g[CHANNELS][9], int most, int extreme)
{
    for (int i = 0; i < CHANNELS * 9; i++) {
        g[i / 9][i % 9] = extreme ? (kc_next(k) >> 40 & 1 ? most : -most) : kc_range(k, -most, most);
    }
}

/* Channel 0 of rows x 2*TILES accumulators against the direct convolution of a, whose rows are `width` pixels. */
static void check_direct(struct kc *k, const int32_t *acc, int rows, const uint8_t *a, int width, int zero, int stride,
                         int g[CHANNELS][9], int taps)
{
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < 2 * TILES; x++) {
            int direct = 0, got = acc[(y * 2 * TILES + x) * CHANNELS];
            for (int i = 0; i < taps * 3 * CHANNELS; i++) {
                int c = i % CHANNELS, kx = i / CHANNELS % 3, ky = i / CHANNELS / 3;
                int value = a[((y * stride + ky) * width + x * stride + kx) * CHANNELS + c] - zero;
                direct += g[c][ky * 3 + kx] * value;
            }
            if (got != direct) {
                kc_fail(k, "output %d,%d is %d, directly %d", y, x, got, direct);
            }
        }
    }
}

/* Transforms of a filter's three values, the middle ones times 2. */
static void transform_filter(const int *g, int step, int u[4])
{
    u[0] = g[0];
    u[1] = g[0] + g[step] + g[2 * step];
    u[2] = g[0] - g[step] + g[2 * step];
    u[3] = g[2 * step];
}

static void filter_points(int rows, const int g[9], int u[16])
{
    int columns[4][3], across[4];
    if (rows == 1) {
        transform_filter(g, 1, u);
        return;
    }
    for (int x = 0; x < 3; x++) {
        transform_filter(g + x, 3, across);
        for (int i = 0; i < 4; i++) {
            columns[i][x] = across[i];
        }
    }
    for (int i = 0; i < 4; i++) {
        transform_filter(columns[i], 1, u + 4 * i);
    }
}

/* One filter over a strip of TILES tiles: values 0..top or -top..top, weights -most..most or only the ends. */
static void check_chain(struct kc *k, int rows, int top, int is_signed, int most, int extreme)
{
    static uint8_t a[4 * WIDTH * CHANNELS], v[16 * TILES * CHANNELS];
    static int32_t sums[16 * TILES * CHANNELS], acc[2 * 2 * TILES * CHANNELS];
    int g[CHANNELS][9], points = rows * 4, taps = rows == 4 ? 3 : 1;
    int zero = rows == 4 ? (is_signed ? 4 : 2) * top : (is_signed ? 2 : 1) * top, zero_sum = is_signed ? zero : 0;
    snprintf(k->what, sizeof k->what, "F(%d,3), values to %d%s, weights to %d%s", rows == 4 ? 22 : 2, top,
             is_signed ? " signed" : "", most, extreme ? ", ends only" : "");
    fill_values(k, a, sizeof a, top, is_signed, extreme);
    fill_weights(k, g, most, extreme);
    struct weft_wino_in_args in = {a, WIDTH * CHANNELS, CHANNELS, TILES, CHANNELS, (uint8_t)zero, (uint8_t)zero_sum, v,
                                   TILES * CHANNELS};
    struct weft_wino_out_args out = {sums, TILES * CHANNELS, TILES, CHANNELS, acc, 2 * TILES * CHANNELS};
    memset(sums, 0, sizeof sums);
    if (rows == 4) {
        weft_wino22_in_scalar(&in);
    } else {
        weft_wino12_in_scalar(&in);
    }
    for (int c = 0; c < CHANNELS; c++) {
        int u[16];
        filter_points(rows, g[c], u);
        for (int p = 0; p < points; p++) {
            if (u[p] > 127 || u[p] < -127) {
                kc_fail(k, "a transformed weight of %d", u[p]);
            }
            for (int t = 0; t < TILES; t++) { /* all sums are channel 0's */
                int value = v[(p * TILES + t) * CHANNELS + c] - (p == (rows == 4 ? 5 : 1) ? zero_sum : zero);
                sums[(p * TILES + t) * CHANNELS] += u[p] * value;
            }
        }
    }
    if (rows == 4) {
        weft_wino22_out_scalar(&out);
    } else {
        weft_wino12_out_scalar(&out);
    }
    check_direct(k, acc, rows == 4 ? 2 : 1, a, WIDTH, is_signed ? 128 : 0, 1, g, taps);
}

/* What has been added to each plane of wino22s2's values: `add` where a difference is in it, else what bytes have. */
static void fill_zeros(uint8_t zeros[WEFT_WINO22S2_PLANES * CHANNELS], int add, int byte)
{
    for (int p = 0; p < WEFT_WINO22S2_POINTS; p++) {
        const int i = p / 3, j = p % 3;
        for (int l = 0; l < (j ? 2 : 1); l++) {
            for (int k = 0; k < (i ? 2 : 1); k++, zeros += CHANNELS) {
                memset(zeros, (i && k == i - 1) || (j && l == j - 1) ? add : byte, CHANNELS);
            }
        }
    }
}

/* wino22s2, all by its definitions: one filter over a strip of TILES tiles. */
static void check_chain_s2(struct kc *k, int top, int is_signed, int most, int extreme)
{
    enum { PLANES = WEFT_WINO22S2_PLANES, POINTS = WEFT_WINO22S2_POINTS, POINT = TILES * CHANNELS };
    static uint8_t a[ROWS_S2 * WIDTH_S2 * CHANNELS], v[PLANES * POINT], zeros[PLANES * CHANNELS];
    static int32_t sums[POINTS * POINT], acc[2 * 2 * POINT], init[POINTS * CHANNELS];
    const int add = (is_signed ? 4 : 2) * top;
    int g[CHANNELS][9];
    int8_t packed[9 * CHANNELS * CHANNELS] = {0}; /* all outputs but the first are zero */
    snprintf(k->what, sizeof k->what, "F(22,3) of stride 2, values to %d%s, weights to %d%s", top,
             is_signed ? " signed" : "", most, extreme ? ", ends only" : "");
    fill_values(k, a, sizeof a, top, is_signed, extreme);
    fill_weights(k, g, most, extreme);
    for (int i = 0; i < CHANNELS * 9; i++) {
        const int c = i % CHANNELS, tap = i / CHANNELS;
        packed[(tap * 2 + c / 4) * 4 * CHANNELS + c % 4] = (int8_t)g[c][tap];
    }
    fill_zeros(zeros, add, is_signed ? 128 : 0);
    memset(init, 0, sizeof init);
    struct weft_wino_bins_args sum = {.values = zeros, .point = CHANNELS, .tile = CHANNELS, .points = POINTS,
                                      .tiles = 1,
                                         .k8 = 1, .w = packed, .fmt = WEFT_WFMT_C8, .init = init, .sums = sums,
                                         .sum_point = CHANNELS};
    weft_wino22s2_sum_scalar(&sum, CHANNELS, 0);
    for (int i = 0; i < POINTS * CHANNELS; i++) {
        init[i] = -sums[i];
    }
    weft_wino22s2_in_scalar(&(struct weft_wino_in_args){a, WIDTH_S2 * CHANNELS, CHANNELS, TILES, CHANNELS, (uint8_t)add,
                                                        0, v, POINT});
    sum.values = v;
    sum.point = sum.sum_point = POINT;
    sum.tiles = TILES;
    weft_wino22s2_sum_scalar(&sum, CHANNELS, 0);
    weft_wino22s2_out_scalar(&(struct weft_wino_out_args){sums, POINT, TILES, CHANNELS, acc, 2 * POINT});
    check_direct(k, acc, 2, a, WIDTH_S2, is_signed ? 128 : 0, 2, g, 3);
}

/* The forms at the ends of their ranges: 9 * 14, 3 * 42 and 4 * 31 are the largest sums of a filter within 127. */
void kc_wino_exact(struct kc *k)
{
    if (!kc_begin(k, "weft_wino")) {
        return;
    }
    for (int i = 0; i < 400; i++) {
        check_chain(k, 4, 63, 0, 14, i & 1);
        check_chain(k, 4, 31, 1, 14, i & 1);
        check_chain(k, 1, 127, 0, 42, i & 1);
        check_chain(k, 1, 63, 1, 42, i & 1);
        check_chain_s2(k, 63, 0, 31, i & 1);
        check_chain_s2(k, 31, 1, 31, i & 1);
    }
    kc_end(k, "scalar");
}
