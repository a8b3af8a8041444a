/* kcheck: Winograd's transforms against their scalar definitions. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kcheck.h"
#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

typedef void in_fn(const struct weft_wino_in_args *args);
typedef void out_fn(const struct weft_wino_out_args *args);

/* Windows of rows x columns, `step` columns apart, become planes; sums of points, rows of outputs. */
struct form {
    int rows, columns, step, planes, points, out_rows;
    in_fn *in; /* what the kernels shall do */
    out_fn *out;
};
static const struct form form22 = {4, 4, 2, 16, 16, 2, weft_wino22_in_scalar, weft_wino22_out_scalar};
static const struct form form12 = {1, 4, 2, 4, 4, 1, weft_wino12_in_scalar, weft_wino12_out_scalar};
static const struct form form22s2 = {5, 5, 4, WEFT_WINO22S2_PLANES, WEFT_WINO22S2_POINTS, 2, weft_wino22s2_in_scalar,
                                     weft_wino22s2_out_scalar};

struct in_case {
    int tiles, channels, gap; /* gap: bytes between pixels and between points */
    enum kc_data data;
    enum kc_place place;
};

static void check_in(struct kc *k, in_fn *fn, const struct form *form, struct in_case c)
{
    const int columns = form->step * (c.tiles - 1) + form->columns;
    struct weft_wino_in_args args = {.tiles = c.tiles, .channels = c.channels, .pixel = c.channels + c.gap};
    args.row = columns * args.pixel + c.gap;
    args.point = c.tiles * c.channels + c.gap;
    args.add = (uint8_t)kc_range(k, 0, 255);
    args.add_sum = (uint8_t)kc_range(k, 0, 255);
    snprintf(k->what, sizeof k->what, "%d tiles, channels %d + %d, %s, at %s", c.tiles, c.channels, c.gap,
             kc_data_name(c.data), c.place == KC_END ? "end" : "start");
    size_t bytes = (size_t)((form->rows - 1) * args.row + (columns - 1) * args.pixel + c.channels);
    uint8_t *a = kc_input(k, KC_A, bytes, 1, c.place);
    kc_fill(k, a, bytes, c.data, 0, 255);
    args.a = a;
    kc_outputs(k, (size_t)((form->planes - 1) * args.point + c.tiles * c.channels), 1, c.place);
    args.out = k->region[KC_GOT].p;
    fn(&args);
    args.out = k->region[KC_WANT].p;
    form->in(&args);
    kc_compare(k);
}

static void check_out(struct kc *k, out_fn *fn, const struct form *form, struct in_case c)
{
    size_t align = c.channels % 16 ? 32 : 64;
    struct weft_wino_out_args args = {.tiles = c.tiles, .channels = c.channels};
    args.point = (c.tiles + c.gap) * c.channels;
    args.row = (2 * c.tiles + c.gap) * c.channels;
    snprintf(k->what, sizeof k->what, "%d tiles, channels %d, gap %d, at %s", c.tiles, c.channels, c.gap,
             c.place == KC_END ? "end" : "start");
    size_t entries = (size_t)((form->points - 1) * args.point + c.tiles * c.channels);
    uint8_t *sums = kc_input(k, KC_INIT, entries * 4, align, c.place);
    kc_fill(k, sums, entries * 4, KC_RANDOM, 0, 255);
    args.sums = (const int32_t *)(void *)sums;
    kc_outputs(k, (size_t)((form->out_rows - 1) * args.row + 2 * c.tiles * c.channels) * 4, align, c.place);
    args.acc = (int32_t *)(void *)k->region[KC_GOT].p;
    fn(&args);
    args.acc = (int32_t *)(void *)k->region[KC_WANT].p;
    form->out(&args);
    kc_compare(k);
}

/* Either transform over every size; one of `in` and `out` at most is there. */
static void check(struct kc *k, const char *name, const char *level, kc_fresh_fn *fresh, const struct form *form,
                  in_fn *in, out_fn *out)
{
    if ((!in && !out) || !fresh(name) || !kc_begin(k, name)) {
        return;
    }
    for (int channels = 8; channels <= (in ? 200 : 64); channels += 8) {
        for (int mode = 0; mode < 8 * KC_PLACES; mode++) {
            enum kc_data data = mode & 2 ? KC_RANDOM : (enum kc_data)(channels / 8 % KC_DATA_COUNT);
            struct in_case c = {1 + (mode + channels / 8) % 9, channels, (mode & 1) * (in ? 3 : 2), data,
                                (enum kc_place)(mode / 8)};
            if (in) {
                check_in(k, in, form, c);
            } else {
                check_out(k, out, form, c);
            }
        }
    }
    kc_end(k, level);
}

static void by_scalar_22(const struct weft_wino_filter_args *args, int nr)
{
    weft_wino_filter_scalar(args, 1, nr);
}

static void by_scalar_middle(const struct weft_wino_filter_args *args, int nr)
{
    struct weft_wino_filter_args row = *args;
    for (row.row = 1; row.row < 3; row.row++, row.out += 4 * args->point) {
        weft_wino_filter_scalar(&row, 1, nr);
    }
}

static void by_scalar_center(const struct weft_wino_filter_args *args, int nr)
{
    /* Of two rows of four points: the outer ones of each are not wanted. */
    static int8_t all[8 * 20 * 8 * 32];
    const size_t bytes = (size_t)(args->blocks * nr * 8);
    struct weft_wino_filter_args rows = *args;
    rows.out = all;
    rows.point = (ptrdiff_t)bytes;
    by_scalar_middle(&rows, nr);
    for (int p = 0; p < 4; p++) {
        memcpy(args->out + p * args->point, all + (size_t)(p / 2 * 4 + p % 2 + 1) * bytes, bytes);
    }
}

static void by_scalar_12(const struct weft_wino_filter_args *args, int nr)
{
    weft_wino_filter_scalar(args, 0, nr);
}

/* Rows that a filter kernel makes, of how many points. */
struct filter_form {
    int rows, points;
    void (*by_scalar)(const struct weft_wino_filter_args *args, int nr); /* what the kernel shall make */
};
static const struct filter_form filter22 = {4, 4, by_scalar_22}, middle22 = {1, 8, by_scalar_middle},
                                center22 = {1, 4, by_scalar_center};
static const struct filter_form filter12 = {3, 4, by_scalar_12};

/* Packed panels of `blocks` times eight channels. */
static void check_filter(struct kc *k, weft_wino22_filter_fn *fn, const struct filter_form *form, int nr,
                         enum weft_wfmt fmt, int blocks, int mode)
{
    static const int sizes[WEFT_WFMT_COUNT] = {4, 5, 8};
    enum kc_place place = mode & 1 ? KC_START : KC_END;
    enum kc_data data = (enum kc_data)(mode / 2 % KC_DATA_COUNT);
    size_t bytes = (size_t)(blocks * 9 * nr * sizes[fmt]);
    struct weft_wino_filter_args args = {.fmt = fmt, .row = mode % form->rows, .blocks = blocks};
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
    args.point = (ptrdiff_t)(blocks * nr * 8 + mode % 3 * 64);
    kc_outputs(k, (size_t)((form->points - 1) * args.point + blocks * nr * 8), 64, place);
    args.out = (int8_t *)k->region[KC_GOT].p;
    fn(&args);
    args.out = (int8_t *)k->region[KC_WANT].p;
    form->by_scalar(&args, nr);
    kc_compare(k);
}

struct filter_job {
    struct weft_wino_filter_args args;
    weft_wino22_filter_fn *fn;
    int rows;
};

static void run_filter(void *context)
{
    struct filter_job *job = context;
    for (job->args.row = 0; job->args.row < job->rows; job->args.row++) {
        job->fn(&job->args);
    }
}

/* --bench: filters of nr outputs and 64 channels, all points. */
static void time_filter(struct kc *k, weft_wino22_filter_fn *fn, const struct filter_form *form, int nr)
{
    static const char *const names[WEFT_WFMT_COUNT] = {"c4", "c5", "c8"};
    for (int fmt = 0; fmt < WEFT_WFMT_COUNT; fmt++) {
        struct filter_job job = {{.fmt = (enum weft_wfmt)fmt, .blocks = 8, .point = 8 * nr * 8 + 64}, fn, form->rows};
        job.args.w = kc_input(k, KC_W, (size_t)(8 * 9 * nr * 8), 64, KC_START);
        job.args.lut = kc_input(k, KC_LUT, 16, 1, KC_START);
        kc_outputs(k, (size_t)(form->points * job.args.point), 64, KC_START);
        job.args.out = (int8_t *)k->region[KC_GOT].p;
        kc_time(k->kernel, names[fmt], form->rows == 1 ? "Gfilter/s (half of the points)" : "Gfilter/s", 1e-9 * 64 * nr,
                run_filter, &job);
    }
}

static void check_filters(struct kc *k, const char *name, const char *level, kc_fresh_fn *fresh,
                          const struct filter_form *form, int nr, weft_wino22_filter_fn *fn)
{
    if (!fn || !fresh(name) || !kc_begin(k, name)) {
        return;
    }
    for (int blocks = 1; blocks < 20; blocks = blocks < 6 ? blocks + 1 : blocks * 2) {
        for (int mode = 0; mode < 4 * KC_DATA_COUNT; mode++) {
            for (int fmt = 0; fmt < WEFT_WFMT_COUNT; fmt++) {
                check_filter(k, fn, form, nr, (enum weft_wfmt)fmt, blocks, mode);
            }
        }
    }
    if (kc_end(k, level) && k->bench) {
        time_filter(k, fn, form, nr);
    }
}

struct sum_case {
    int points, runs, run_k8, gap;
    bool go_on; /* from the sums that are there */
    enum kc_place place;
};

/* Every point against the c8 tile of the scalar conv. */
static void check_sum(struct kc *k, const struct weft_kernels *t, int tiles, struct sum_case c)
{
    const struct weft_conv_kernel *conv = &t->conv[WEFT_WFMT_C8];
    const uint8_t *rows[32];
    int32_t run_off[4];
    int depth = c.run_k8 * 8, panel = c.runs * depth * conv->nr, w_point = panel + 64 * c.gap;
    struct weft_wino_sum_args args = {.tile = depth, .run = tiles * depth + c.gap, .points = c.points, .tiles = tiles,
                                      .runs = c.runs, .run_k8 = c.run_k8};
    args.point = c.runs * args.run + c.gap;
    args.sum_point = (tiles + c.gap % 2) * conv->nr;
    snprintf(k->what, sizeof k->what, "%d points, %d tiles, runs %d of %d x 8, gap %d%s, at %s", c.points, tiles,
             c.runs, c.run_k8, c.gap, c.go_on ? ", on" : "", c.place == KC_END ? "end" : "start");
    size_t bytes = (size_t)((c.points - 1) * args.point + (c.runs - 1) * args.run + tiles * depth);
    uint8_t *values = kc_input(k, KC_A, bytes, 1, c.place);
    kc_fill(k, values, bytes, KC_RANDOM, 0, 255);
    size_t w_bytes = (size_t)((c.points - 1) * w_point + panel);
    uint8_t *w = kc_input(k, KC_W, w_bytes, 64, c.place);
    kc_fill(k, w, w_bytes, c.gap ? KC_RANDOM : KC_ALTERNATING, -128, 127);
    int32_t *init = kc_input(k, KC_INIT, (size_t)(c.points * conv->nr) * 4, 4, c.place);
    for (int i = 0; i < c.points * conv->nr; i++) {
        init[i] = kc_range(k, -10000000, 10000000);
    }
    args.values = values;
    args.w = w;
    args.w_point = w_point;
    args.ahead = w;
    args.ahead_step = c.gap * 8;
    args.init = c.go_on ? NULL : init;
    kc_outputs(k, (size_t)((c.points - 1) * args.sum_point + tiles * conv->nr) * 4, 64, c.place);
    args.sums = (int32_t *)(void *)k->region[KC_GOT].p;
    for (int i = 0; c.go_on && i < c.points * tiles * conv->nr; i++) {
        int point = i / (tiles * conv->nr), at = i % (tiles * conv->nr);
        args.sums[point * args.sum_point + at] = init[point * conv->nr + at % conv->nr];
    }
    t->wino_sum(&args);
    for (int i = 0; i < tiles; i++) {
        rows[i] = values + i * args.tile;
    }
    for (int p = 0; p < c.points; p++) {
        for (int r = 0; r < c.runs; r++) {
            run_off[r] = (int32_t)(p * args.point + r * args.run);
        }
        struct weft_conv_args one = {.a = rows, .pixels = tiles, .run_off = run_off, .runs = c.runs, .run_k8 = c.run_k8,
                                     .w = w + p * w_point, .init = init + p * conv->nr,
                                     .acc = (int32_t *)(void *)k->region[KC_WANT].p + p * args.sum_point};
        weft_conv_scalar(&one, WEFT_WFMT_C8, tiles, conv->nr, t->act_signed);
    }
    kc_compare(k);
}

struct sum_job {
    struct weft_wino_sum_args args;
    weft_wino_sum_fn *fn;
};

static void run_sum(void *context)
{
    const struct sum_job *job = context;
    job->fn(&job->args);
}

/* --bench: F(2x2,3x3), one panel; a product here stands for 2.25 of the direct convolution. */
static void time_sum(struct kc *k, const struct weft_kernels *t)
{
    static const int channels[] = {64, 128, 256, 512};
    int tiles = t->conv[WEFT_WFMT_C8].mr, nr = t->conv[WEFT_WFMT_C8].nr;
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        int c = channels[i];
        char text[32];
        struct sum_job job = {{.tile = c, .point = tiles * c + 64, .points = 16, .tiles = tiles, .runs = 1,
                               .run_k8 = c / 8, .w_point = c * nr, .sum_point = tiles * nr + 16}, t->wino_sum};
        job.args.values = kc_input(k, KC_A, (size_t)(16 * job.args.point), 64, KC_START);
        job.args.w = kc_input(k, KC_W, (size_t)(16 * c * nr), 64, KC_START);
        job.args.init = kc_input(k, KC_INIT, (size_t)(16 * nr) * 4, 64, KC_START);
        job.args.ahead = job.args.w;
        kc_outputs(k, (size_t)(16 * job.args.sum_point) * 4, 64, KC_START);
        job.args.sums = (int32_t *)(void *)k->region[KC_GOT].p;
        snprintf(text, sizeof text, "16 points, %d channels", c);
        kc_time(k->kernel, text, "GMAC/s", 1e-9 * 16 * tiles * nr * c, run_sum, &job);
    }
}

static void check_sums(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!t->wino_sum || !fresh(t->wino_sum_name) || !kc_begin(k, t->wino_sum_name)) {
        return;
    }
    for (int tiles = 1; tiles <= t->conv[WEFT_WFMT_C8].mr; tiles++) {
        for (int mode = 0; mode < 8 * KC_PLACES; mode++) {
            bool square = mode & 1;
            check_sum(k, t, tiles, (struct sum_case){square ? 16 : 4, square ? 1 : 3, 1 + (mode / 2 * 5 + tiles) % 13,
                                                     (mode & 2) * 8, (mode & 5) == 5 || (mode & 6) == 6,
                                                     (enum kc_place)(mode / 8)});
        }
    }
    if (kc_end(k, level) && k->bench) {
        time_sum(k, t);
    }
}

void kc_wino(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    int nr = t->conv[WEFT_WFMT_C8].nr;
    check_filters(k, t->wino22_filter_name, level, fresh, &filter22, nr, t->wino22_filter);
    check_filters(k, t->wino22_middle_name, level, fresh, &middle22, nr, t->wino22_middle);
    check_filters(k, t->wino22_center_name, level, fresh, &center22, nr, t->wino22_center);
    check_filters(k, t->wino12_filter_name, level, fresh, &filter12, nr, t->wino12_filter);
    check(k, t->wino22_in_name, level, fresh, &form22, t->wino22_in, NULL);
    check(k, t->wino12_in_name, level, fresh, &form12, t->wino12_in, NULL);
    check(k, t->wino22s2_in_name, level, fresh, &form22s2, t->wino22s2_in, NULL);
    check(k, t->wino22_out_name, level, fresh, &form22, NULL, t->wino22_out);
    check(k, t->wino12_out_name, level, fresh, &form12, NULL, t->wino12_out);
    check(k, t->wino22s2_out_name, level, fresh, &form22s2, NULL, t->wino22s2_out);
    check_sums(k, t, level, fresh);
}
