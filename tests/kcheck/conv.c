/* kcheck: the convolution tiles. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kcheck.h"
#include "simd/pack.h"
#include "simd/scalar/scalar.h"

#define MR_MAX 32
#define RUNS_MAX 16

struct shape {
    int runs, run_k8;
};

struct subject {
    weft_conv_fn *fn;
    enum weft_wfmt fmt;
    int mr, nr, act_signed, narrow;
};

/* The largest magnitudes of one case. */
struct range {
    int qmax, xmax, group;
};

static const struct shape shapes[] = {
    {1, 1},  {1, 2},  {1, 3}, {1, 4}, {1, 5}, {1, 6}, {1, 7}, {1, 8}, {1, 9},  {1, 11}, {1, 13},
    {1, 17}, {1, 31}, {2, 1}, {2, 2}, {3, 1}, {3, 3}, {3, 5}, {5, 2}, {7, 11}, {9, 1},  {9, 4},
};

static size_t panel_bytes(const struct subject *s, struct shape shape)
{
    struct weft_pack_geometry g = {.runs = shape.runs, .run_k8 = shape.run_k8};
    return weft_pack_panel_bytes(s->fmt, s->nr, &g);
}

/* Weights and codebook with |Q| <= qmax. */
static void make_weights(struct kc *k, const struct subject *s, struct shape shape, enum kc_data data,
                         int qmax, enum kc_place place, struct weft_conv_args *args)
{
    size_t bytes = panel_bytes(s, shape);
    uint8_t *w = kc_input(k, KC_W, bytes, s->nr % 16 ? 32 : 64, place);
    args->w = w;
    args->lut = NULL;
    if (s->fmt == WEFT_WFMT_C8) {
        kc_fill(k, w, bytes, data, -qmax, qmax);
        return;
    }
    kc_fill(k, w, bytes, data == KC_ALTERNATING ? KC_RANDOM : data, 0, 255);
    uint8_t *lut = kc_input(k, KC_LUT, 16, 1, place);
    int lowest = s->fmt == WEFT_WFMT_C5 ? 0 : -qmax;
    kc_fill(k, lut, 16, data == KC_ZERO || data == KC_SINGLE ? KC_RANDOM : data, lowest, qmax);
    args->lut = (const int8_t *)lut;
}

/* Rows of activations. `same`: all rows are one row flush with the guard page, so that each is watched. */
static void make_rows(struct kc *k, const struct subject *s, struct shape shape, enum kc_data data, int xmax,
                      enum kc_place place, int same, int32_t *run_off, const uint8_t **rows)
{
    int bytes = shape.run_k8 * 8, pitch = bytes + (shape.runs > 1 ? 3 : 0);
    int length = pitch * (shape.runs - 1) + bytes;
    int stride = same ? 0 : length / 2 + 1; /* rows overlap, as those of a convolution do */
    size_t total = (size_t)stride * (size_t)(s->mr - 1) + (size_t)length; /* s->mr: pixels of this case */
    uint8_t *a = kc_input(k, KC_A, total, 1, place);
    int lowest = !s->act_signed ? 0 : xmax == 127 && !s->narrow ? -128 : -xmax;
    kc_fill(k, a, total, data, lowest, xmax);
    for (int r = 0; r < shape.runs; r++) { /* in an order of its own */
        run_off[r] = (int32_t)((r * 5 + 2) % shape.runs) * pitch;
    }
    if (shape.runs % 5 == 0) {
        for (int r = 0; r < shape.runs; r++) {
            run_off[r] = (shape.runs - 1 - r) * pitch;
        }
    }
    for (int i = 0; i < s->mr; i++) {
        rows[i] = a + (size_t)stride * (size_t)(s->mr - 1 - i);
    }
}

static void check_case(struct kc *k, const struct subject *s, struct shape shape, struct range range,
                       enum kc_data weights, enum kc_data acts, enum kc_place place, int same)
{
    int32_t run_off[RUNS_MAX];
    const uint8_t *rows[MR_MAX];
    struct weft_conv_args args = {
        .pixels = s->mr, .runs = shape.runs, .run_k8 = shape.run_k8, .group = range.group};
    snprintf(k->what, sizeof k->what,
             "runs %d of %d x 8, weights %s to %d, bytes %s to %d, group %d, at %s%s", shape.runs,
             shape.run_k8, kc_data_name(weights), range.qmax, kc_data_name(acts), range.xmax, range.group,
             place == KC_END ? "end" : "start", same ? ", one row" : "");
    make_weights(k, s, shape, weights, range.qmax, place, &args);
    make_rows(k, s, shape, acts, range.xmax, place, same, run_off, rows);
    int32_t *init = kc_input(k, KC_INIT, (size_t)s->nr * 4, 4, place);
    for (int o = 0; o < s->nr; o++) {
        init[o] = kc_range(k, -10000000, 10000000);
    }
    args.a = rows;
    args.run_off = run_off;
    args.init = init;
    kc_outputs(k, (size_t)s->mr * (size_t)s->nr * 4, 64, place);
    args.acc = (int32_t *)(void *)k->region[KC_GOT].p;
    s->fn(&args);
    args.acc = (int32_t *)(void *)k->region[KC_WANT].p;
    weft_conv_scalar(&args, s->fmt, s->mr, s->nr, s->act_signed);
    kc_compare(k);
}

static void check_shapes(struct kc *k, const struct subject *s, struct range range)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int place = 0; place < KC_PLACES; place++) {
            check_case(k, s, shapes[i], range, KC_RANDOM, KC_RANDOM, (enum kc_place)place, 0);
            check_case(k, s, shapes[i], range, KC_RANDOM, KC_RANDOM, (enum kc_place)place, 1);
        }
    }
    for (int w = 0; w < KC_DATA_COUNT; w++) {
        for (int a = 0; a < KC_DATA_COUNT; a++) {
            check_case(k, s, (struct shape){3, 5}, range, (enum kc_data)w, (enum kc_data)a, KC_END, 0);
        }
    }
}

static void check_exact(struct kc *k, const struct subject *s)
{
    int xmax = s->act_signed ? 127 : 255;
    check_shapes(k, s, (struct range){127, xmax, 0});
    /* The largest sums of the bound: 65536 * 127 * 255 < 2^31, less what init takes. */
    struct shape large = {1, s->nr <= 32 ? 8000 : 4000};
    check_case(k, s, large, (struct range){127, xmax, 0}, KC_MAX, KC_MAX, KC_END, 0);
    check_case(k, s, large, (struct range){127, xmax, 0}, KC_ALTERNATING, KC_MAX, KC_START, 0);
}

/* Every group length with the largest codebook that its bound allows. */
static void check_narrow(struct kc *k, const struct subject *s)
{
    static const int groups[] = {2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 64, 500}, tops[] = {255, 127, 63, 31, 1};
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (size_t x = s->act_signed; x < sizeof tops / sizeof *tops; x++) {
            int q = 32767 / (2 * groups[g] * tops[x]);
            if (q >= 1) {
                check_shapes(k, s, (struct range){q < 127 ? q : 127, tops[x], groups[g]});
            }
        }
    }
}

/* Weights whose lanes just fit: in each group those above zero, and those below, add up to as much as 16 bits hold with
 * the largest bytes, though one by one they are larger than a bound for any weights allows. */
static void fill_lanes(struct kc *k, const struct subject *s, struct shape shape, const struct range *range, int8_t *w)
{
    const int run = shape.run_k8 * 8, group = range->group / 2 * 8, nr = s->nr;
    for (int at = 0; at < shape.runs * run; at += group < run - at % run ? group : run - at % run) {
        int end = at + (group < run - at % run ? group : run - at % run);
        for (int lane = 0; lane < 2 * nr; lane++) {
            int above = INT16_MAX / range->xmax, below = s->act_signed ? 0 : -INT16_MIN / range->xmax;
            for (int i = at; i < end; i++) {
                if ((s->act_signed ? i % 2 : i / 2 % 2) != lane % 2) {
                    continue;
                }
                bool minus = s->act_signed ? kc_next(k) % 2 : kc_next(k) % 2 ? below > 0 : above == 0;
                int *left = minus && !s->act_signed ? &below : &above, most = *left < 127 ? *left : 127;
                int q = i + 4 >= end ? most : kc_range(k, 0, most);
                *left -= q;
                w[i / 8 * 8 * nr + i / 4 % 2 * 4 * nr + lane / 2 * 4 + i % 4] = (int8_t)(minus ? -q : q);
            }
        }
    }
}

/* Bytes that make the most of a channel's weights above zero, and of those below. */
static void fill_ends(const struct subject *s, int k8, int xmax, const int8_t *w, int o, int sign, uint8_t *a)
{
    for (int i = 0; i < 8 * k8; i++) {
        int q = w[i / 8 * 8 * s->nr + i / 4 % 2 * 4 * s->nr + o * 4 + i % 4] * sign;
        a[i] = (uint8_t)(q > 0 ? xmax : s->act_signed ? -xmax : 0);
    }
}

static void check_lanes(struct kc *k, const struct subject *s)
{
    static const struct shape lanes[] = {{1, 1}, {1, 9}, {2, 8}, {3, 3}};
    static const int groups[] = {2, 4, 6, 16};
    int32_t init[64] = {0}, run_off[RUNS_MAX];
    for (size_t i = 0; s->fmt == WEFT_WFMT_C8 && i < sizeof lanes / sizeof *lanes * 4 * 4; i++) {
        struct shape shape = lanes[i / 16];
        struct range range = {127, s->act_signed ? 127 : (int[]){255, 127, 63, 31}[i % 4], groups[i / 4 % 4]};
        const uint8_t *rows[MR_MAX];
        int k8 = shape.runs * shape.run_k8;
        snprintf(k->what, sizeof k->what, "runs %d of %d x 8, lanes at their ends, bytes to %d, group %d", shape.runs,
                 shape.run_k8, range.xmax, range.group);
        int8_t *w = kc_input(k, KC_W, panel_bytes(s, shape), 64, KC_END);
        uint8_t *a = kc_input(k, KC_A, (size_t)(s->mr * k8 * 8), 1, KC_END);
        fill_lanes(k, s, shape, &range, w);
        for (int r = 0; r < shape.runs; r++) {
            run_off[r] = r * shape.run_k8 * 8;
        }
        for (int o = 0; o < s->nr; o++) {
            for (int p = 0; p < s->mr; p++) {
                fill_ends(s, k8, range.xmax, w, (o + p / 2) % s->nr, p % 2 ? -1 : 1, a + p * k8 * 8);
                rows[p] = a + p * k8 * 8;
            }
            kc_outputs(k, (size_t)s->mr * (size_t)s->nr * 4, 64, KC_END);
            struct weft_conv_args args = {rows, s->mr, run_off, shape.runs, shape.run_k8, w, NULL, init,
                                          (int32_t *)(void *)k->region[KC_GOT].p, range.group};
            s->fn(&args);
            args.acc = (int32_t *)(void *)k->region[KC_WANT].p;
            weft_conv_scalar(&args, s->fmt, s->mr, s->nr, s->act_signed);
            kc_compare(k);
        }
    }
}

/* --bench: a pass over 64 panels of a layer's depth, activations and one panel at a time in the cache. */
struct job {
    struct weft_conv_args args;
    weft_conv_fn *fn;
    const uint8_t *rows[MR_MAX];
    int32_t run_off;
    size_t panel;
    int panels;
};

static void run_job(void *context)
{
    struct job *job = context;
    struct weft_conv_args args = job->args;
    for (int p = 0; p < job->panels; p++) {
        args.w = (const char *)job->args.w + (size_t)p * job->panel;
        job->fn(&args);
    }
}

static void time_conv(struct kc *k, const struct subject *s)
{
    static const int depths[] = {256, 576, 1024, 4608};
    for (size_t d = 0; d < sizeof depths / sizeof *depths; d++) {
        for (int group = s->narrow ? 8 : 0; group <= (s->narrow ? 16 : 0); group += 8) {
            struct shape shape = {1, depths[d] / 8};
            struct job job = {.fn = s->fn, .panel = panel_bytes(s, shape)};
            char text[64];
            make_weights(k, s, shape, KC_RANDOM, 16, KC_START, &job.args);
            job.panels = (int)((s->mr > 1 ? 64 << 10 : 2 << 20) / job.panel); /* tiles: cache; rows: beyond */
            job.panels = job.panels > 0 ? job.panels : 1;
            kc_fill(k, k->region[KC_W].base, (size_t)job.panels * job.panel, KC_RANDOM, -16, 16);
            job.args.w = k->region[KC_W].base;
            make_rows(k, s, shape, KC_RANDOM, 31, KC_START, 0, &job.run_off, job.rows);
            kc_outputs(k, (size_t)s->mr * (size_t)s->nr * 4, 64, KC_START);
            job.args.a = job.rows;
            job.args.run_off = &job.run_off;
            job.args.pixels = s->mr;
            job.args.runs = 1;
            job.args.run_k8 = shape.run_k8;
            job.args.init = kc_input(k, KC_INIT, (size_t)s->nr * 4, 4, KC_START);
            job.args.acc = (int32_t *)(void *)k->region[KC_GOT].p;
            job.args.group = group;
            snprintf(text, sizeof text, "K %d%s%s", depths[d], group ? ", group " : "",
                     group == 16  ? "16"
                     : group == 8 ? "8"
                                  : "");
            kc_time(k->kernel, text, "GMAC/s", 1e-9 * s->mr * s->nr * depths[d] * job.panels, run_job, &job);
        }
    }
}

/* Tiles of a height between 1 and the largest: the same code with another constant, so a few shapes do. */
static void check_height(struct kc *k, const struct subject *s)
{
    struct range range = {s->narrow ? 32767 / (2 * 5 * 63) : 127, s->narrow ? 63 : s->act_signed ? 127 : 255,
                          s->narrow ? 5 : 0};
    for (int place = 0; place < KC_PLACES; place++) {
        check_case(k, s, (struct shape){1, 1}, range, KC_RANDOM, KC_RANDOM, (enum kc_place)place, 1);
        check_case(k, s, (struct shape){3, 5}, range, KC_RANDOM, KC_RANDOM, (enum kc_place)place, 0);
        check_case(k, s, (struct shape){2, 9}, range, KC_ALTERNATING, KC_MAX, (enum kc_place)place, 0);
    }
}

/* The kernel with every number of pixels that it takes. */
static void check(struct kc *k, const struct subject *s, const char *name, const char *level,
                  kc_fresh_fn *fresh)
{
    if (!fresh(name) || !kc_begin(k, name)) {
        return;
    }
    if (s->mr > MR_MAX) {
        kc_fail(k, "tile of %d pixels is larger than the check's %d", s->mr, MR_MAX);
    }
    for (int pixels = 1; pixels <= s->mr && s->mr <= MR_MAX; pixels++) {
        struct subject height = *s;
        height.mr = pixels;
        if (pixels > 1 && pixels < s->mr) {
            check_height(k, &height);
        } else if (s->narrow) {
            check_narrow(k, &height);
            check_lanes(k, &height);
        } else {
            check_exact(k, &height);
        }
    }
    if (kc_end(k, level) && k->bench) {
        time_conv(k, s);
    }
}

void kc_conv(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    for (int narrow = 0; narrow < 2; narrow++) {
        for (int f = 0; f < WEFT_WFMT_COUNT; f++) {
            const struct weft_conv_kernel *c = narrow ? &t->conv_narrow[f] : &t->conv[f];
            struct subject s = {c->tile, (enum weft_wfmt)f, c->mr, c->nr, c->act_signed, narrow};
            if (!c->tile) {
                continue;
            }
            check(k, &s, c->tile_name, level, fresh);
            s.fn = c->one;
            s.mr = 1;
            check(k, &s, c->one_name, level, fresh);
        }
    }
}

static void check_expand(struct kc *k, weft_expand_fn *fn, enum weft_wfmt fmt, int nr, const char *name,
                         const char *level)
{
    if (!kc_begin(k, name)) {
        return;
    }
    for (int blocks = 1; blocks < 40; blocks = blocks < 9 ? blocks + 1 : blocks * 2) {
        for (int place = 0; place < KC_PLACES; place++) {
            for (int data = 0; data < KC_DATA_COUNT; data++) {
                struct subject s = {NULL, fmt, 1, nr, 0, 0};
                struct weft_conv_args w;
                snprintf(k->what, sizeof k->what, "%d blocks, %s, at %s", blocks, kc_data_name((enum kc_data)data),
                         place == KC_END ? "end" : "start");
                make_weights(k, &s, (struct shape){1, blocks}, (enum kc_data)data, 127, (enum kc_place)place, &w);
                kc_outputs(k, (size_t)blocks * (size_t)nr * 8, 64, (enum kc_place)place);
                struct weft_expand_args args = {w.w, w.lut, (size_t)blocks, (int8_t *)k->region[KC_GOT].p};
                fn(&args);
                args.out = (int8_t *)k->region[KC_WANT].p;
                weft_expand_scalar(&args, fmt, nr);
                kc_compare(k);
            }
        }
    }
    kc_end(k, level);
}

void kc_expand(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (fresh(t->expand_c4_name)) {
        check_expand(k, t->expand_c4, WEFT_WFMT_C4, t->conv[0].nr, t->expand_c4_name, level);
    }
    if (fresh(t->expand_c5_name)) {
        check_expand(k, t->expand_c5, WEFT_WFMT_C5, t->conv[0].nr, t->expand_c5_name, level);
    }
}
