/* kcheck: F(4x4,3x3) in words against its scalar definitions, and those against a direct convolution. */
#include <stdio.h>
#include <string.h>

#include "kcheck.h"
#include "simd/scalar/scalar.h"

enum { EDGE = 6, POINTS = 36 };

static void check_in(struct kc *k, weft_wino44_in_fn *fn, int tiles, int channels, int mode)
{
    enum kc_place place = mode & 1 ? KC_START : KC_END;
    int gap = mode & 2 ? 3 : 0;
    struct weft_wino44_in_args args = {.tiles = tiles, .channels = channels, .pixel = channels + gap,
                                       .tile = channels + gap};
    args.row = (4 * tiles + 2) * args.pixel + gap;
    args.point = tiles * args.tile + gap;
    args.zero = mode & 4 ? 128 : 0;
    enum kc_data data = (enum kc_data)(mode / 8 % KC_DATA_COUNT);
    snprintf(k->what, sizeof k->what, "%d tiles, channels %d + %d, less %d, %s, at %s", tiles, channels, gap, args.zero,
             kc_data_name(data), place == KC_END ? "end" : "start");
    size_t bytes = (size_t)((EDGE - 1) * args.row + (4 * tiles + 1) * args.pixel + channels);
    uint8_t *a = kc_input(k, KC_A, bytes, 1, place);
    kc_fill(k, a, bytes, data, 0, 255);
    args.a = a;
    kc_outputs(k, (size_t)((POINTS - 1) * args.point + (tiles - 1) * args.tile + channels) * 2, 2, place);
    args.out = (int16_t *)(void *)k->region[KC_GOT].p;
    fn(&args);
    args.out = (int16_t *)(void *)k->region[KC_WANT].p;
    weft_wino44_in_scalar(&args);
    kc_compare(k);
}

static void check_filter(struct kc *k, weft_wino44_filter_fn *fn, int nr, enum weft_wfmt fmt, int blocks, int mode)
{
    static const int sizes[WEFT_WFMT_COUNT] = {4, 5, 8};
    enum kc_place place = mode & 1 ? KC_START : KC_END;
    enum kc_data data = (enum kc_data)(mode / 12 % KC_DATA_COUNT);
    size_t bytes = (size_t)(blocks * 9 * nr * sizes[fmt]);
    struct weft_wino_filter_args args = {.fmt = fmt, .row = mode / 2 % EDGE, .blocks = blocks};
    snprintf(k->what, sizeof k->what, "format %d, row %d, %d blocks, %s, at %s", sizes[fmt], args.row, blocks,
             kc_data_name(data), place == KC_END ? "end" : "start");
    uint8_t *w = kc_input(k, KC_W, bytes, 64, place);
    kc_fill(k, w, bytes, data, fmt == WEFT_WFMT_C8 ? -127 : 0, fmt == WEFT_WFMT_C8 ? 127 : 255);
    args.w = w;
    if (fmt != WEFT_WFMT_C8) {
        int8_t *lut = kc_input(k, KC_LUT, 16, 1, place);
        kc_fill(k, (uint8_t *)lut, 16, KC_RANDOM, fmt == WEFT_WFMT_C5 ? 0 : -127, 127);
        args.lut = lut;
    }
    args.point = (ptrdiff_t)(blocks * nr * 16 + mode % 3 * 64);
    kc_outputs(k, (size_t)(5 * args.point + blocks * nr * 16), 64, place);
    args.out = (int8_t *)k->region[KC_GOT].p;
    fn(&args);
    args.out = (int8_t *)k->region[KC_WANT].p;
    weft_wino44_filter_scalar(&args, nr);
    kc_compare(k);
}

static void check_sum(struct kc *k, weft_wino44_sum_fn *fn, int nr, int tiles, int mode)
{
    enum kc_place place = mode & 1 ? KC_START : KC_END;
    enum kc_data data = (enum kc_data)(mode / 4 % KC_DATA_COUNT);
    int gap = mode & 2, k8 = 1 + (mode * 5 + tiles) % 11, points = 1 + mode % 7;
    struct weft_wino44_sum_args args = {.tile = 8 * k8 + gap, .points = points, .tiles = tiles, .k8 = k8};
    args.point = tiles * args.tile + gap;
    args.w_point = 8 * k8 * nr + 32 * gap;
    args.sum_point = tiles * nr + 8 * gap;
    snprintf(k->what, sizeof k->what, "%d points, %d tiles, %d x 8 channels, gap %d, %s, at %s", points, tiles, k8, gap,
             kc_data_name(data), place == KC_END ? "end" : "start");
    size_t bytes = (size_t)((points - 1) * args.point + (tiles - 1) * args.tile + 8 * k8) * 2;
    size_t w_bytes = (size_t)((points - 1) * args.w_point + 8 * k8 * nr) * 2;
    uint8_t *values = kc_input(k, KC_A, bytes, 2, place), *w = kc_input(k, KC_W, w_bytes, 64, place);
    kc_fill(k, values, bytes, data, 0, 255); /* any words: sums are modulo 2^32 */
    kc_fill(k, w, w_bytes, mode & 8 ? data : KC_RANDOM, 0, 255);
    args.values = (const int16_t *)(void *)values;
    args.w = (const int16_t *)(void *)w;
    kc_outputs(k, (size_t)((points - 1) * args.sum_point + tiles * nr) * 4, 64, place);
    args.sums = (int32_t *)(void *)k->region[KC_GOT].p;
    fn(&args);
    args.sums = (int32_t *)(void *)k->region[KC_WANT].p;
    weft_wino44_sum_scalar(&args, nr);
    kc_compare(k);
}

static void check_out(struct kc *k, weft_wino44_out_fn *fn, int tiles, int channels, int mode)
{
    enum kc_place place = mode & 1 ? KC_START : KC_END;
    int gap = mode & 2;
    struct weft_wino_out_args args = {.tiles = tiles, .channels = channels};
    args.point = (tiles + gap) * channels;
    args.row = (4 * tiles + gap) * channels;
    snprintf(k->what, sizeof k->what, "%d tiles, channels %d, gap %d, at %s", tiles, channels, gap,
             place == KC_END ? "end" : "start");
    size_t entries = (size_t)((POINTS - 1) * args.point + tiles * channels);
    uint8_t *sums = kc_input(k, KC_INIT, entries * 4, 64, place);
    kc_fill(k, sums, entries * 4, KC_RANDOM, 0, 255);
    args.sums = (const int32_t *)(void *)sums;
    kc_outputs(k, (size_t)(3 * args.row + 4 * tiles * channels) * 4, 64, place);
    args.acc = (int32_t *)(void *)k->region[KC_GOT].p;
    fn(&args);
    args.acc = (int32_t *)(void *)k->region[KC_WANT].p;
    weft_wino44_out_scalar(&args);
    kc_compare(k);
}

struct sum_job {
    struct weft_wino44_sum_args args;
    weft_wino44_sum_fn *fn;
};

static void run_sum(void *context)
{
    const struct sum_job *job = context;
    job->fn(&job->args);
}

/* --bench: one panel; a product here stands for four of the direct convolution. */
static void time_sum(struct kc *k, weft_wino44_sum_fn *fn, int nr)
{
    enum { TILES = 24 };
    static const int channels[] = {64, 128, 256, 512};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        int c = channels[i];
        char text[32];
        struct sum_job job = {{.point = TILES * c + 32, .tile = c, .points = POINTS, .tiles = TILES, .k8 = c / 8,
                               .w_point = c * nr + 32, .sum_point = TILES * nr + 16}, fn};
        job.args.values = (const int16_t *)kc_input(k, KC_A, (size_t)(POINTS * job.args.point * 2), 64, KC_START);
        job.args.w = (const int16_t *)kc_input(k, KC_W, (size_t)(POINTS * job.args.w_point * 2), 64, KC_START);
        kc_outputs(k, (size_t)(POINTS * job.args.sum_point * 4), 64, KC_START);
        job.args.sums = (int32_t *)(void *)k->region[KC_GOT].p;
        snprintf(text, sizeof text, "36 points, %d channels", c);
        kc_time(k->kernel, text, "GMAC/s", 1e-9 * POINTS * TILES * nr * c, run_sum, &job);
    }
}

void kc_wino44(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    enum { MODES = 8 * KC_DATA_COUNT };
    const int nr = t->conv[WEFT_WFMT_C8].nr;
    if (!t->wino44_sum) {
        return;
    }
    if (fresh(t->wino44_filter_name) && kc_begin(k, t->wino44_filter_name)) {
        for (int mode = 0; mode < 12 * KC_DATA_COUNT; mode++) {
            for (int i = 0; i < 3 * WEFT_WFMT_COUNT; i++) {
                check_filter(k, t->wino44_filter, nr, (enum weft_wfmt)(i % 3), i / 3 * 3 + 1 + mode % 3, mode);
            }
        }
        kc_end(k, level);
    }
    if (fresh(t->wino44_in_name) && kc_begin(k, t->wino44_in_name)) {
        for (int channels = 8; channels <= 104; channels += 8) {
            for (int mode = 0; mode < MODES; mode++) {
                check_in(k, t->wino44_in, 1 + (mode + channels / 8) % 5, channels, mode);
            }
        }
        kc_end(k, level);
    }
    if (fresh(t->wino44_sum_name) && kc_begin(k, t->wino44_sum_name)) {
        for (int tiles = 1; tiles <= 29; tiles++) {
            for (int mode = 0; mode < MODES; mode++) {
                check_sum(k, t->wino44_sum, nr, tiles, mode);
            }
        }
        if (kc_end(k, level) && k->bench) {
            time_sum(k, t->wino44_sum, nr);
        }
    }
    if (fresh(t->wino44_out_name) && kc_begin(k, t->wino44_out_name)) {
        for (int i = 0; i < 60; i++) {
            check_out(k, t->wino44_out, 1 + i % 5, 16 + i % 3 * 16, i / 5);
        }
        kc_end(k, level);
    }
}

/* ---- that transforms and products make a convolution ---- */

enum { CHANNELS = 8, TILES = 3, WIDTH = 4 * TILES + 2 };

/* The weights of eight channels and one output, among nr whose others are zero, through the packed filter kernel. */
static void transform_filters(int g[CHANNELS][9], int16_t w[POINTS][16 * CHANNELS])
{
    static int8_t taps[9][16 * CHANNELS];
    memset(taps, 0, sizeof taps);
    for (int i = 0; i < CHANNELS * 9; i++) {
        int c = i / 9;
        taps[i % 9][c / 4 * 64 + c % 4] = (int8_t)g[c][i % 9];
    }
    for (int row = 0; row < EDGE; row++) {
        struct weft_wino_filter_args args = {.w = taps, .fmt = WEFT_WFMT_C8, .row = row, .blocks = 1,
                                             .out = (int8_t *)w[row * EDGE], .point = sizeof w[0]};
        weft_wino44_filter_scalar(&args, 16);
    }
}

static void check_chain(struct kc *k, int is_signed, int extreme)
{
    static uint8_t a[EDGE * WIDTH * CHANNELS];
    static int16_t v[POINTS][TILES * CHANNELS], w[POINTS][16 * CHANNELS];
    static int32_t sums[POINTS][TILES * 16], acc[4][4 * TILES * 16];
    int g[CHANNELS][9];
    snprintf(k->what, sizeof k->what, "F(44,3), %s bytes, %s", is_signed ? "signed" : "unsigned",
             extreme ? "ends" : "any");
    for (size_t i = 0; i < sizeof a; i++) {
        a[i] = (uint8_t)(extreme ? (kc_next(k) >> 40 & 1 ? 255 : is_signed) : kc_range(k, is_signed, 255));
    }
    for (int i = 0; i < CHANNELS * 9; i++) {
        g[i / 9][i % 9] = extreme ? (kc_next(k) >> 40 & 1 ? 127 : -127) : kc_range(k, -127, 127);
    }
    transform_filters(g, w);
    weft_wino44_in_scalar(&(struct weft_wino44_in_args){a, WIDTH * CHANNELS, CHANNELS, TILES, CHANNELS,
                                                        is_signed ? 128 : 0, v[0], TILES * CHANNELS, CHANNELS});
    weft_wino44_sum_scalar(&(struct weft_wino44_sum_args){v[0], TILES * CHANNELS, CHANNELS, POINTS, TILES, 1, w[0],
                                                          16 * CHANNELS, sums[0], TILES * 16}, 16);
    weft_wino44_out_scalar(&(struct weft_wino_out_args){sums[0], TILES * 16, TILES, 16, acc[0], 4 * TILES * 16});
    for (int y = 0; y < 4; y++) {
        for (int x = 0; x < 4 * TILES; x++) {
            int direct = 0;
            for (int i = 0; i < 9 * CHANNELS; i++) {
                int c = i / 9, ky = i % 9 / 3, kx = i % 3;
                direct += g[c][i % 9] * (a[((y + ky) * WIDTH + x + kx) * CHANNELS + c] - (is_signed ? 128 : 0));
            }
            if (acc[y][x * 16] != direct) {
                kc_fail(k, "output %d,%d is %d, directly %d", y, x, acc[y][x * 16], direct);
            }
        }
    }
}

void kc_wino44_exact(struct kc *k)
{
    if (!kc_begin(k, "weft_wino44")) {
        return;
    }
    for (int i = 0; i < 400; i++) {
        check_chain(k, i >> 1 & 1, i & 1);
    }
    kc_end(k, "scalar");
}
