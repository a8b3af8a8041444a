/* kcheck: the kernels on bytes: depthwise taps, lookup, planes to pixels, max-pooling. */
#include <stdio.h>
#include <string.h>

#include "kcheck.h"
#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

#define TAPS_MAX 25
#define ONES_TAPS_MAX 600

struct dw_case {
    int taps, pixels, channels, gap; /* gap: entries between the rows of every array */
    enum kc_data data;
    enum kc_place place;
    int columns, step; /* columns > 0: the taps are a window's, `step` columns from pixel to pixel */
    int ones;          /* all weights 1 */
};

/* The taps of a window over an image; the bytes that they reach. */
static size_t window_taps(const struct dw_case *c, size_t pitch, size_t *offset)
{
    size_t width = (size_t)((c->pixels - 1) * c->step + c->columns);
    for (int t = 0; t < c->taps; t++) {
        offset[t] = ((size_t)(t / c->columns) * width + (size_t)(t % c->columns)) * pitch;
    }
    return ((size_t)(c->taps / c->columns) * width - 1) * pitch + (size_t)c->channels;
}

static void check_dw(struct kc *k, const struct weft_kernels *t, struct dw_case c)
{
    const uint8_t *a[ONES_TAPS_MAX];
    struct weft_dw_args args = {.a = a, .ones = c.ones, .taps = c.taps, .pixels = c.pixels, .channels = c.channels};
    size_t pitch = (size_t)(c.channels + c.gap), channels = (size_t)c.channels;
    size_t tap_bytes = pitch * (size_t)(c.pixels - 1) + channels;
    snprintf(k->what, sizeof k->what, "taps %d in %d columns by %d, pixels %d, channels %d + %d, %s, at %s", c.taps,
             c.columns, c.step, c.pixels, c.channels, c.gap, kc_data_name(c.data), c.place == KC_END ? "end" : "start");
    size_t bytes = tap_bytes + (size_t)(c.taps - 1), offset[ONES_TAPS_MAX];
    for (int i = 0; i < c.taps; i++) {
        offset[i] = (size_t)(c.taps - 1 - i); /* one byte apart */
    }
    if (c.columns > 0) {
        bytes = window_taps(&c, pitch, offset);
    }
    uint8_t *base = kc_input(k, KC_A, bytes, 1, c.place);
    kc_fill(k, base, bytes, c.data, t->act_signed ? -128 : 0, t->act_signed ? 127 : 255);
    for (int i = 0; i < c.taps; i++) {
        a[i] = base + offset[i];
    }
    size_t weights = pitch * (size_t)(c.taps - 1) + channels;
    uint8_t *w = kc_input(k, KC_W, weights, 1, c.place);
    kc_fill(k, w, weights, c.data == KC_SINGLE ? KC_RANDOM : c.data, -127, 127);
    if (c.ones) {
        memset(w, 1, weights);
    }
    int32_t *init = kc_input(k, KC_INIT, channels * 4, 4, c.place);
    for (int i = 0; i < c.channels; i++) {
        init[i] = kc_range(k, -1000000000, 1000000000);
    }
    args.a_stride = args.wstride = args.acc_stride = (ptrdiff_t)pitch;
    args.a_stride *= c.columns > 0 ? c.step : 1;
    args.w = (const int8_t *)w;
    args.init = init;
    kc_outputs(k, tap_bytes * 4, 4, c.place);
    args.acc = (int32_t *)(void *)k->region[KC_GOT].p;
    t->dw(&args);
    args.acc = (int32_t *)(void *)k->region[KC_WANT].p;
    weft_dw_scalar(&args, t->act_signed);
    kc_compare(k);
}

static void check_windows(struct kc *k, const struct weft_kernels *t)
{
    static const int rows[] = {3, 3, 3, 5, 3, 1, 3, 4, 8}, columns[] = {3, 3, 3, 5, 3, 7, 3, 4, 3}; /* rows x columns */
    static const int steps[] = {1, 2, 3, 1, 1, 1, 2, 4, 2}, channels[] = {1, 15, 16, 33, 64, 96, 144, 240};
    for (size_t w = 0; w < sizeof rows / sizeof *rows; w++) {
        for (size_t c = 0; c < sizeof channels / sizeof *channels; c++) {
            for (int pixels = 1; pixels < 90; pixels += 1 + pixels / 2) {
                int place = pixels % KC_PLACES, gap = w % 2 ? 0 : channels[c] % 3 * 5;
                check_dw(k, t, (struct dw_case){rows[w] * columns[w], pixels, channels[c], gap, KC_RANDOM,
                                                (enum kc_place)place, columns[w], steps[w], 0});
            }
        }
    }
}

struct dw_job {
    struct weft_dw_args args;
    weft_dw_fn *fn;
};

static void run_dw(void *context)
{
    const struct dw_job *job = context;
    job->fn(&job->args);
}

static void time_dw(struct kc *k, const struct weft_kernels *t)
{
    const uint8_t *a[9];
    const int pixels = 28, channels = 192;
    size_t plane = (size_t)pixels * channels, row = (size_t)(pixels + 2) * channels;
    uint8_t *base = kc_input(k, KC_A, row * 3, 64, KC_START);
    kc_fill(k, base, row * 3, KC_RANDOM, 0, 127);
    for (int i = 0; i < 9; i++) {
        a[i] = base + (size_t)(i / 3) * row + (size_t)(i % 3) * channels;
    }
    struct dw_job job = {{a, channels, 9, pixels, channels, 0, (const int8_t *)base, channels,
                          kc_input(k, KC_INIT, (size_t)channels * 4, 4, KC_START), NULL, channels},
                         t->dw};
    kc_outputs(k, plane * 4, 64, KC_START);
    job.args.acc = (int32_t *)(void *)k->region[KC_GOT].p;
    kc_time(k->kernel, "3x3, 28 pixels x 192", "GMAC/s", 1e-9 * 9 * pixels * channels, run_dw, &job);
}

void kc_dw(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!fresh(t->dw_name) || !kc_begin(k, t->dw_name)) {
        return;
    }
    static const int taps[] = {1, 2, 3, 9, TAPS_MAX};
    for (const int *n = kc_sizes; *n; n++) {
        for (size_t i = 0; i < sizeof taps / sizeof *taps; i++) {
            for (int place = 0; place < KC_PLACES; place++) {
                int pixels = 1 + (*n + (int)i) % 4, gap = (*n + place) % 3 * 5;
                check_dw(k, t, (struct dw_case){taps[i], pixels, *n, gap, KC_RANDOM, (enum kc_place)place, 0, 0, 0});
            }
        }
    }
    check_windows(k, t);
    static const int averages[] = {1, 4, 9, 15, 16, 17, 49, 169, 256, 257, 258, ONES_TAPS_MAX};
    for (size_t i = 0; i < sizeof averages / sizeof *averages; i++) {
        for (int channels = 1; channels < 200; channels += 1 + channels / 3) {
            struct dw_case c = {averages[i], 1 + channels % 3, channels, channels % 4 * 5, KC_RANDOM,
                                (enum kc_place)(channels % KC_PLACES), 0, 0, 1};
            check_dw(k, t, c);
            c.data = KC_MAX;
            check_dw(k, t, c);
        }
    }
    for (int data = 0; data < KC_DATA_COUNT; data++) {
        check_dw(k, t, (struct dw_case){9, 5, 83, 1, (enum kc_data)data, KC_END, 0, 0, 0});
        check_dw(k, t, (struct dw_case){TAPS_MAX, 3, 64, 0, (enum kc_data)data, KC_END, 0, 0, 0});
        check_dw(k, t, (struct dw_case){9, 45, 130, 0, (enum kc_data)data, KC_END, 3, 1, 0});
    }
    if (kc_end(k, level) && k->bench) {
        time_dw(k, t);
    }
}

static void check_lookup(struct kc *k, weft_lookup_fn *fn, int n, int limit, int is_signed,
                         enum kc_place place, int in_place)
{
    uint8_t table[256];
    int pixels = 1 + (n + limit) % 3, gap = (n + limit) % 4;
    size_t pitch = (size_t)(n + gap), bytes = pitch * (size_t)(pixels - 1) + (size_t)n;
    size_t out_pitch = in_place ? pitch : pitch + (size_t)pixels;
    size_t out_bytes = out_pitch * (size_t)(pixels - 1) + (size_t)n;
    uint8_t *in = kc_input(k, KC_A, bytes, 1, place);
    snprintf(k->what, sizeof k->what, "%d pixels of %d + %d bytes, limit %d%s%s, at %s", pixels, n, gap, limit,
             is_signed ? ", signed" : "", in_place ? ", in place" : "", place == KC_END ? "end" : "start");
    kc_fill(k, table, sizeof table, KC_RANDOM, 0, 255);
    for (size_t i = 0; i < bytes; i++) {
        in[i] = (uint8_t)(kc_range(k, 0, limit) | (is_signed ? kc_range(k, 0, 1) << 7 : 0));
    }
    kc_outputs(k, out_bytes, 1, place);
    struct weft_lookup_args args = {in, (ptrdiff_t)pitch, (size_t)pixels, (size_t)n, table, limit, is_signed,
                                    k->region[KC_WANT].p, (ptrdiff_t)out_pitch};
    if (in_place) {
        memcpy(k->region[KC_GOT].p, in, bytes);
        memcpy(k->region[KC_WANT].p, in, bytes);
    }
    weft_lookup_scalar(&args);
    args.in = in_place ? k->region[KC_GOT].p : in;
    args.out = k->region[KC_GOT].p;
    fn(&args);
    kc_compare(k);
}

struct lookup_job {
    weft_lookup_fn *fn;
    struct weft_lookup_args args;
};

static void run_lookup(void *context)
{
    const struct lookup_job *job = context;
    job->fn(&job->args);
}

static void time_lookup(struct kc *k, weft_lookup_fn *fn)
{
    static const int limits[] = {15, 31, 63, 127};
    const size_t n = 16384;
    uint8_t table[256];
    kc_fill(k, table, sizeof table, KC_RANDOM, 0, 255);
    for (int i = 0; i < 8; i++) {
        int limit = limits[i / 2], is_signed = i & 1;
        char text[64];
        uint8_t *in = kc_input(k, KC_A, n, 64, KC_START);
        kc_fill(k, in, n, KC_RANDOM, 0, limit);
        kc_outputs(k, n, 64, KC_START);
        struct lookup_job job = {
            fn, {in, (ptrdiff_t)n, 1, n, table, limit, is_signed, k->region[KC_GOT].p, (ptrdiff_t)n}};
        snprintf(text, sizeof text, "%d magnitudes%s", limit, is_signed ? ", signed" : "");
        kc_time(k->kernel, text, "G/s", 1e-9 * (double)n, run_lookup, &job);
    }
}

void kc_lookup(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    static const int limits[] = {1,  7,  14, 15, 16, 30, 31,  32,  47,  48,
                                 63, 64, 79, 80, 95, 96, 111, 112, 126, 127};
    if (!fresh(t->lookup_name) || !kc_begin(k, t->lookup_name)) {
        return;
    }
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        for (int mode = 0; mode < 8; mode++) {
            for (const int *n = kc_sizes; *n; n++) {
                check_lookup(k, t->lookup, *n, limits[i], mode & 1, (enum kc_place)(mode >> 1 & 1),
                             mode >> 2);
            }
            check_lookup(k, t->lookup, 1031, limits[i], mode & 1, (enum kc_place)(mode >> 1 & 1), mode >> 2);
        }
    }
    if (kc_end(k, level) && k->bench) {
        time_lookup(k, t->lookup);
    }
}

static void check_planes3(struct kc *k, weft_planes3_fn *fn, size_t pixels, size_t gap, enum kc_place place)
{
    size_t plane = pixels + gap, bytes = 2 * plane + pixels;
    uint8_t *in = kc_input(k, KC_A, bytes, 1, place);
    snprintf(k->what, sizeof k->what, "%zu pixels, planes %zu apart, at %s", pixels, plane,
             place == KC_END ? "end" : "start");
    kc_fill(k, in, bytes, KC_RANDOM, 0, 255);
    kc_outputs(k, 3 * pixels, 1, place);
    fn(in, (ptrdiff_t)plane, pixels, k->region[KC_GOT].p);
    weft_planes3_scalar(in, (ptrdiff_t)plane, pixels, k->region[KC_WANT].p);
    kc_compare(k);
}

void kc_planes3(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!fresh(t->planes3_name) || !kc_begin(k, t->planes3_name)) {
        return;
    }
    for (const int *n = kc_sizes; *n; n++) {
        for (int mode = 0; mode < 2 * KC_PLACES; mode++) {
            check_planes3(k, t->planes3, (size_t)*n, (size_t)(mode & 1) * 5, (enum kc_place)(mode >> 1));
        }
    }
    kc_end(k, level);
}

static void check_maxpool(struct kc *k, weft_maxpool_fn *fn, int taps, int channels, int is_signed,
                          enum kc_data data, enum kc_place place)
{
    const uint8_t *a[TAPS_MAX];
    int pixels = 1 + (channels + taps) % 3, gap = (channels + taps) % 4;
    size_t pitch = (size_t)(channels + gap), last = pitch * (size_t)(pixels - 1);
    size_t bytes = last + (size_t)(channels + taps - 1);
    uint8_t *base = kc_input(k, KC_A, bytes, 1, place);
    snprintf(k->what, sizeof k->what, "taps %d, %d pixels of %d + %d channels, %s%s, at %s", taps, pixels, channels,
             gap, kc_data_name(data), is_signed ? ", signed" : "", place == KC_END ? "end" : "start");
    kc_fill(k, base, bytes, data, 0, is_signed ? 255 : 127);
    for (int t = 0; t < taps; t++) {
        a[t] = base + (t * 7 + 3) % taps;
    }
    if (taps % 7 == 0) {
        for (int t = 0; t < taps; t++) {
            a[t] = base + t;
        }
    }
    kc_outputs(k, last + (size_t)channels, 1, place);
    struct weft_maxpool_args args = {a, (ptrdiff_t)pitch, taps, pixels, channels, is_signed, k->region[KC_GOT].p,
                                     (ptrdiff_t)pitch};
    fn(&args);
    args.out = k->region[KC_WANT].p;
    weft_maxpool_scalar(&args);
    kc_compare(k);
}

struct maxpool_job {
    weft_maxpool_fn *fn;
    const uint8_t *a[9];
    int channels;
    uint8_t *out;
};

static void run_maxpool(void *context)
{
    const struct maxpool_job *job = context;
    struct weft_maxpool_args args = {job->a, job->channels, 9, 1, job->channels, 0, job->out, job->channels};
    job->fn(&args);
}

void kc_maxpool(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!fresh(t->maxpool_name) || !kc_begin(k, t->maxpool_name)) {
        return;
    }
    static const int taps[] = {1, 2, 3, 4, 7, 9, TAPS_MAX};
    for (const int *n = kc_sizes; *n; n++) {
        for (size_t i = 0; i < sizeof taps / sizeof *taps; i++) {
            for (int mode = 0; mode < 4; mode++) {
                check_maxpool(k, t->maxpool, taps[i], *n, mode & 1, KC_RANDOM, (enum kc_place)(mode >> 1));
            }
        }
    }
    for (int data = 0; data < KC_DATA_COUNT; data++) {
        check_maxpool(k, t->maxpool, 9, 257, 0, (enum kc_data)data, KC_END);
        check_maxpool(k, t->maxpool, 9, 257, 1, (enum kc_data)data, KC_END);
    }
    if (kc_end(k, level) && k->bench) {
        struct maxpool_job job = {.fn = t->maxpool, .channels = 512};
        uint8_t *base = kc_input(k, KC_A, 9 * 512, 64, KC_START);
        kc_outputs(k, 512, 64, KC_START);
        for (int i = 0; i < 9; i++) {
            job.a[i] = base + (size_t)i * 512;
        }
        job.out = k->region[KC_GOT].p;
        kc_time(k->kernel, "3x3, 512 channels", "G/s", 1e-9 * 9 * 512, run_maxpool, &job);
    }
}
