/* Winograd's products in lanes of 16 bits: starts and weights that just fit, and bytes that take them to their ends. */
#include <stdbool.h>
#include <stdio.h>

#include "kcheck.h"
#include "simd/scalar/scalar.h"

/* The weights of a lane of a group, at random or as large as they may be: pairs of up to `pair`, all of them together
 * up to `most`, with any signs; and where it has to begin then. */
static int16_t fill_lane(struct kc *k, int high, int8_t *q[], int pairs, bool ends)
{
    int most = 65533 / high, pair = 32767 / high, sum = 0, left = most;
    for (int i = 0; i < pairs; i++) {
        int sign = kc_range(k, 0, 1) ? 1 : -1, room = pair < left ? pair : left;
        room = room < 2 * 127 ? room : 2 * 127;
        int both = ends ? room : kc_range(k, 0, room), first = both < 127 ? both : 127;
        bool apart = !ends && kc_range(k, 0, 1); /* signs differ */
        first = ends ? first : kc_range(k, both - first, first);
        *q[2 * i] = (int8_t)(sign * first);
        *q[2 * i + 1] = (int8_t)(apart ? -sign * (both - first) : sign * (both - first));
        sum += *q[2 * i] + *q[2 * i + 1];
        left -= both;
    }
    return (int16_t)(-(high * sum) / 2);
}

/* All groups of a panel. */
static void fill_panel(struct kc *k, const struct weft_wino_lanes_args *args, int nr, int high, bool ends, int8_t *w,
                       int16_t *starts)
{
    for (int left = args->k8, blocks; left > 0; left -= blocks, w += blocks * nr * 8, starts += nr * 2) {
        blocks = left < args->group ? 1 : args->group;
        for (int i = 0; i < 2 * nr; i++) {
            int8_t *q[16];
            for (int j = 0; j < 4 * blocks; j++) {
                q[j] = w + j / 2 * nr * 4 + i / 2 * 4 + i % 2 * 2 + j % 2;
            }
            starts[i] = fill_lane(k, high, q, 2 * blocks, ends);
        }
    }
}

static size_t starts_bytes(int k8, int group, int nr)
{
    return (size_t)((k8 / group + k8 % group) * nr * 2) * sizeof(int16_t);
}

static void check(struct kc *k, const struct weft_kernels *t, int tiles, int mode)
{
    static const int groups[] = {1, 2, 4}, highs[] = {252, 255, 100};
    int nr = t->conv[WEFT_WFMT_C8].nr, k8 = 1 + (mode * 5 + tiles) % 11, gap = mode % 2 * 24;
    int high = highs[mode / 3 % 3];
    enum kc_place place = (enum kc_place)(mode / 18 % KC_PLACES);
    struct weft_wino_lanes_args args = {.tile = 8 * k8 + gap, .tiles = tiles, .k8 = k8, .group = groups[mode % 3]};
    bool ends = mode / 9 % 2;
    snprintf(k->what, sizeof k->what, "%d tiles, %d blocks in groups of %d, gap %d%s, at %s", tiles, k8, args.group,
             gap, ends ? ", ends" : "", place == KC_END ? "end" : "start");
    size_t bytes = (size_t)((tiles - 1) * args.tile + 8 * k8), w_bytes = (size_t)(k8 * nr * 8);
    uint8_t *values = kc_input(k, KC_A, bytes, 1, place);
    for (size_t i = 0; i < bytes; i++) {
        values[i] = (uint8_t)(ends ? kc_range(k, 0, 1) * high : kc_range(k, 0, high));
    }
    int8_t *w = kc_input(k, KC_W, w_bytes, 64, place);
    int16_t *starts = kc_input(k, KC_LUT, starts_bytes(k8, args.group, nr), 64, place);
    fill_panel(k, &args, nr, high, ends, w, starts);
    for (int tile = 0; ends && tile < tiles; tile++) { /* all there is, one sign of an output's first block */
        for (int i = 0; i < 8; i++) {
            int8_t q = w[i / 4 * nr * 4 + tile % nr * 4 + i % 4];
            values[tile * args.tile + i] = (uint8_t)((tile / 2 % 2 ? q > 0 : q < 0) ? high : 0);
        }
    }
    int32_t *init = kc_input(k, KC_INIT, (size_t)nr * 4, 4, place);
    for (int i = 0; i < nr; i++) {
        init[i] = kc_range(k, -10000000, 10000000);
    }
    args.values = values;
    args.w = w;
    args.starts = starts;
    args.init = init;
    args.ahead = values;
    kc_outputs(k, (size_t)(tiles * nr) * 4, 64, place);
    args.sums = (int32_t *)(void *)k->region[KC_GOT].p;
    t->wino_lanes(&args);
    args.sums = (int32_t *)(void *)k->region[KC_WANT].p;
    weft_wino_lanes_scalar(&args, nr);
    kc_compare(k);
}

struct job {
    struct weft_wino_lanes_args args;
    weft_wino_lanes_fn *fn;
};

static void run(void *context)
{
    const struct job *job = context;
    job->fn(&job->args);
}

/* --bench: one panel, 48 tiles of 256 channels. */
static void time_lanes(struct kc *k, const struct weft_kernels *t)
{
    const int tiles = 48, c = 256, nr = t->conv[WEFT_WFMT_C8].nr;
    for (int group = 1; group <= 4; group *= 2) {
        char text[32];
        struct job job = {{.tile = c, .tiles = tiles, .k8 = c / 8, .group = group}, t->wino_lanes};
        job.args.values = kc_input(k, KC_A, (size_t)(tiles * c), 64, KC_START);
        job.args.w = kc_input(k, KC_W, (size_t)(c * nr), 64, KC_START);
        job.args.starts = kc_input(k, KC_LUT, starts_bytes(c / 8, group, nr), 64, KC_START);
        job.args.ahead = job.args.w;
        job.args.init = kc_input(k, KC_INIT, (size_t)nr * 4, 64, KC_START);
        kc_outputs(k, (size_t)(tiles * nr) * 4, 64, KC_START);
        job.args.sums = (int32_t *)(void *)k->region[KC_GOT].p;
        snprintf(text, sizeof text, "groups of %d, %d channels", group, c);
        kc_time(k->kernel, text, "GMAC/s", 1e-9 * tiles * nr * c, run, &job);
    }
}

void kc_wino_lanes(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!t->wino_lanes || !fresh(t->wino_lanes_name) || !kc_begin(k, t->wino_lanes_name)) {
        return;
    }
    for (int tiles = 1; tiles <= 20; tiles++) {
        for (int mode = 0; mode < 18 * KC_PLACES; mode++) {
            check(k, t, tiles, mode);
        }
    }
    if (kc_end(k, level) && k->bench) {
        time_lanes(k, t);
    }
}
