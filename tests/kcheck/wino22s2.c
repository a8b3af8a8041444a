/* kcheck: the products of F(2x2) for stride 2, from bins, against their scalar definition. */
#include <stdio.h>

#include "kcheck.h"
#include "simd/scalar/scalar.h"

static const int sizes[WEFT_WFMT_COUNT] = {4, 5, 8};

struct sum_case {
    enum weft_wfmt fmt;
    int tiles, k8, first, points, gap;
    enum kc_data data;
    enum kc_place place;
};

static int planes_before(int p)
{
    int planes = 0;
    while (p-- > 0) {
        planes += (p / 3 ? 2 : 1) * (p % 3 ? 2 : 1);
    }
    return planes;
}

static void check_sum(struct kc *k, const struct weft_kernels *t, const struct sum_case *c)
{
    const int nr = t->conv[WEFT_WFMT_C8].nr, depth = c->k8 * 8;
    struct weft_wino_bins_args args = {.tile = depth + c->gap, .first = c->first, .points = c->points,
                                          .tiles = c->tiles, .k8 = c->k8, .fmt = c->fmt};
    args.point = c->tiles * args.tile + 2 * c->gap;
    args.sum_point = (c->tiles + c->gap % 2) * nr;
    snprintf(k->what, sizeof k->what, "format %d, points %d + %d, %d tiles, %d x 8, gap %d, %s, at %s", sizes[c->fmt],
             c->first, c->points, c->tiles, c->k8, c->gap, kc_data_name(c->data), c->place == KC_END ? "end" : "start");
    const size_t planes = (size_t)planes_before(c->first + c->points);
    const size_t bytes = (planes - 1) * (size_t)args.point + (size_t)((c->tiles - 1) * args.tile + depth);
    uint8_t *values = kc_input(k, KC_A, bytes, 1, c->place);
    kc_fill(k, values, bytes, KC_RANDOM, 0, 255);
    const size_t w_bytes = (size_t)(c->k8 * 9 * nr * sizes[c->fmt]);
    uint8_t *w = kc_input(k, KC_W, w_bytes, 64, c->place);
    kc_fill(k, w, w_bytes, c->data, c->fmt == WEFT_WFMT_C8 ? -127 : 0, c->fmt == WEFT_WFMT_C8 ? 127 : 255);
    if (c->fmt != WEFT_WFMT_C8) {
        int8_t *lut = kc_input(k, KC_LUT, 16, 1, c->place);
        kc_fill(k, (uint8_t *)lut, 16, KC_RANDOM, c->fmt == WEFT_WFMT_C5 ? 0 : -127, 127);
        args.lut = lut;
    }
    int32_t *init = kc_input(k, KC_INIT, (size_t)(c->points * nr) * 4, 4, c->place);
    for (int i = 0; i < c->points * nr; i++) {
        init[i] = kc_range(k, -10000000, 10000000);
    }
    args.values = values;
    args.w = args.ahead = w;
    args.ahead_step = c->gap * 8;
    args.init = init;
    kc_outputs(k, (size_t)((c->points - 1) * args.sum_point + c->tiles * nr) * 4, 64, c->place);
    args.sums = (int32_t *)(void *)k->region[KC_GOT].p;
    t->wino22s2_sum(&args);
    args.sums = (int32_t *)(void *)k->region[KC_WANT].p;
    weft_wino22s2_sum_scalar(&args, nr, t->act_signed);
    kc_compare(k);
}

struct sum_job {
    struct weft_wino_bins_args args;
    weft_wino22s2_sum_fn *fn;
};

static void run_sum(void *context)
{
    const struct sum_job *job = context;
    job->fn(&job->args);
}

/* --bench: all points of one panel; a product here stands for 1.44 of the direct convolution. */
static void time_sum(struct kc *k, const struct weft_kernels *t)
{
    static const int channels[] = {64, 128, 256, 512};
    const int tiles = t->conv[WEFT_WFMT_C8].mr, nr = t->conv[WEFT_WFMT_C8].nr, planes = WEFT_WINO22S2_PLANES;
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        const int c = channels[i];
        char text[32];
        struct sum_job job = {{.tile = c, .point = tiles * c + 64, .points = WEFT_WINO22S2_POINTS, .tiles = tiles,
                               .k8 = c / 8, .fmt = WEFT_WFMT_C4, .sum_point = tiles * nr + 16}, t->wino22s2_sum};
        job.args.values = kc_input(k, KC_A, (size_t)(planes * job.args.point), 64, KC_START);
        job.args.w = job.args.ahead = kc_input(k, KC_W, (size_t)(9 * c * nr / 2), 64, KC_START);
        job.args.lut = kc_input(k, KC_LUT, 16, 1, KC_START);
        job.args.init = kc_input(k, KC_INIT, (size_t)(job.args.points * nr) * 4, 64, KC_START);
        kc_outputs(k, (size_t)(job.args.points * job.args.sum_point) * 4, 64, KC_START);
        job.args.sums = (int32_t *)(void *)k->region[KC_GOT].p;
        snprintf(text, sizeof text, "c4, %d channels", c);
        kc_time(k->kernel, text, "GMAC/s", 1e-9 * planes * tiles * nr * c, run_sum, &job);
    }
}

void kc_wino22s2(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!t->wino22s2_sum || !fresh(t->wino22s2_sum_name) || !kc_begin(k, t->wino22s2_sum_name)) {
        return;
    }
    for (int tiles = 1; tiles <= t->conv[WEFT_WFMT_C8].mr; tiles++) {
        for (int mode = 0; mode < 24 * KC_PLACES; mode++) {
            const int first = mode * 4 % WEFT_WINO22S2_POINTS, left = WEFT_WINO22S2_POINTS - first;
            struct sum_case c = {(enum weft_wfmt)(mode % WEFT_WFMT_COUNT), tiles, 1 + (mode * 5 + tiles) % 11, first,
                                 mode & 1 ? left : 1 + (mode + tiles) % left, mode & 2 ? 8 : 0,
                                 (enum kc_data)(mode / 3 % KC_DATA_COUNT), (enum kc_place)(mode / 24)};
            check_sum(k, t, &c);
        }
    }
    if (kc_end(k, level) && k->bench) {
        time_sum(k, t);
    }
}
