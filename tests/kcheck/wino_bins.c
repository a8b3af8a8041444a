/* kcheck: products of Winograd's points straight from bins against their scalar definitions. */
#include <stdio.h>

#include "kcheck.h"
#include "simd/scalar/scalar.h"

typedef void bins_fn(const struct weft_wino_bins_args *args);

/* A kernel: in how many points one after the other it can begin and go on, [first, end). */
struct kind {
    const char *name;
    bins_fn *fn;
    void (*by_scalar)(const struct weft_wino_bins_args *args, int nr, int is_signed);
    int (*planes_before)(int p);
    int stretches[3][2];
};

static int planes_before_22s2(int p)
{
    int planes = 0;
    while (p-- > 0) {
        planes += (p / 3 ? 2 : 1) * (p % 3 ? 2 : 1);
    }
    return planes;
}

static int planes_before_22(int p)
{
    return p;
}

struct sum_case {
    enum weft_wfmt fmt;
    int tiles, k8, first, points, gap;
    enum kc_data data;
    enum kc_place place;
};

static void check_sum(struct kc *k, const struct kind *kind, int nr, int is_signed, const struct sum_case *c)
{
    static const int sizes[WEFT_WFMT_COUNT] = {4, 5, 8};
    const int depth = c->k8 * 8;
    struct weft_wino_bins_args args = {.tile = depth + c->gap, .first = c->first, .points = c->points,
                                       .tiles = c->tiles, .k8 = c->k8, .fmt = c->fmt};
    args.point = c->tiles * args.tile + 2 * c->gap;
    args.sum_point = (c->tiles + c->gap % 2) * nr;
    snprintf(k->what, sizeof k->what, "format %d, points %d + %d, %d tiles, %d x 8, gap %d, %s, at %s", sizes[c->fmt],
             c->first, c->points, c->tiles, c->k8, c->gap, kc_data_name(c->data), c->place == KC_END ? "end" : "start");
    const size_t planes = (size_t)kind->planes_before(c->first + c->points);
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
    kind->fn(&args);
    args.sums = (int32_t *)(void *)k->region[KC_WANT].p;
    kind->by_scalar(&args, nr, is_signed);
    kc_compare(k);
}

struct sum_job {
    struct weft_wino_bins_args args;
    const struct kind *kind;
};

static void run_sum(void *context)
{
    struct sum_job *job = context;
    for (int i = 0; i < 3 && job->kind->stretches[i][1]; i++) {
        job->args.first = job->kind->stretches[i][0];
        job->args.points = job->kind->stretches[i][1] - job->args.first;
        job->kind->fn(&job->args);
    }
}

/* --bench: all points of one panel that the kernel can do. */
static void time_sum(struct kc *k, const struct kind *kind, int tiles, int nr)
{
    static const int channels[] = {64, 128, 256, 512};
    int planes = 0, end = 0;
    for (int i = 0; i < 3 && kind->stretches[i][1]; i++) {
        end = kind->stretches[i][1];
        planes += kind->planes_before(end) - kind->planes_before(kind->stretches[i][0]);
    }
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        const int c = channels[i];
        char text[32];
        struct sum_job job = {{.tile = c, .point = tiles * c + 64, .tiles = tiles, .k8 = c / 8, .fmt = WEFT_WFMT_C4,
                               .sum_point = tiles * nr + 16}, kind};
        job.args.values = kc_input(k, KC_A, (size_t)(kind->planes_before(end) * job.args.point), 64, KC_START);
        job.args.w = job.args.ahead = kc_input(k, KC_W, (size_t)(9 * c * nr / 2), 64, KC_START);
        job.args.lut = kc_input(k, KC_LUT, 16, 1, KC_START);
        job.args.init = kc_input(k, KC_INIT, (size_t)(end * nr) * 4, 64, KC_START);
        kc_outputs(k, (size_t)(end * job.args.sum_point) * 4, 64, KC_START);
        job.args.sums = (int32_t *)(void *)k->region[KC_GOT].p;
        snprintf(text, sizeof text, "c4, %d channels", c);
        kc_time(k->kernel, text, "GMAC/s", 1e-9 * planes * tiles * nr * c, run_sum, &job);
    }
}

static void check_kind(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh,
                       const struct kind *kind)
{
    const int nr = t->conv[WEFT_WFMT_C8].nr, mr = t->conv[WEFT_WFMT_C8].mr;
    if (!kind->fn || !fresh(kind->name) || !kc_begin(k, kind->name)) {
        return;
    }
    for (int tiles = 1; tiles <= mr; tiles++) {
        for (int mode = 0; mode < 36 * KC_PLACES; mode++) {
            const int *stretch = kind->stretches[kind->stretches[1][1] ? mode / 3 % 3 : 0];
            const int first = stretch[0] + mode * 4 % (stretch[1] - stretch[0]), left = stretch[1] - first;
            struct sum_case c = {(enum weft_wfmt)(mode % WEFT_WFMT_COUNT), tiles, 1 + (mode * 5 + tiles) % 11, first,
                                 mode & 1 ? left : 1 + (mode + tiles) % left, mode & 2 ? 8 : 0,
                                 (enum kc_data)(mode / 3 % KC_DATA_COUNT), (enum kc_place)(mode / 36)};
            check_sum(k, kind, nr, t->act_signed, &c);
        }
    }
    if (kc_end(k, level) && k->bench) {
        time_sum(k, kind, mr, nr);
    }
}

void kc_wino_bins(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    check_kind(k, t, level, fresh, &(struct kind){t->wino22s2_sum_name, t->wino22s2_sum, weft_wino22s2_sum_scalar,
                                                  planes_before_22s2, {{0, 9}}});
    check_kind(k, t, level, fresh, &(struct kind){t->wino22_border_name, t->wino22_border, weft_wino22_border_scalar,
                                                  planes_before_22, {{0, 5}, {7, 9}, {11, 16}}});
}
