/* kcheck: convolutions in small groups, packed as the library packs them, against sums over the canonical weights. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kcheck.h"
#include "simd/pack.h"

enum { PIXELS_MAX = 26, NR = 32, TAPS_MAX = 49, STEP = 24 }; /* STEP: bytes from pixel to pixel */

struct grouped_case {
    int pixels, size, taps, outputs, half, off;
    enum kc_data weights;
    enum kc_place place;
};

/* Of a tap. */
static int inputs(int size)
{
    return size == NR ? 4 : size;
}

/* Canonical weights of the channels that are there, and their panel. */
static void *make_panel(struct kc *k, const struct grouped_case *c, uint8_t *bins)
{
    uint8_t lanes[NR * 16 * TAPS_MAX], packed[NR * (16 * TAPS_MAX + 8)];
    int32_t map[16 * TAPS_MAX + 8];
    const int size = inputs(c->size), weights = size * c->taps, depth = weft_pack_grouped_k(size, c->taps);
    for (int i = 0; i < depth; i++) { /* the one group: tap by tap */
        map[i] = c->size < NR ? i : i < weights ? i % 4 * c->taps + i / 4 : -1;
    }
    const struct weft_pack_geometry g = {1, depth / 8, c->size < NR ? depth : weights, map};
    void *w = kc_input(k, KC_W, (size_t)(weights * NR), 64, c->place);
    kc_fill(k, bins, (size_t)(c->outputs * weights), c->weights, -127, 127);
    if (c->size < NR) {
        weft_pack_grouped(c->size, c->taps, bins, c->outputs, lanes);
    }
    weft_pack_panel(WEFT_WFMT_C8, NR, &g, c->size < NR ? lanes : bins, c->size < NR ? NR : c->outputs, 0, 0, packed);
    memcpy(w, packed, (size_t)(weights * NR));
    return w;
}

static void define(const struct weft_grouped_args *args, const uint8_t *bins, int outputs, int32_t *want)
{
    for (int i = 0; i < args->pixels * NR; i++) {
        int o = i % NR, weights = inputs(args->size) * args->taps;
        int32_t sum = args->init[o];
        for (int j = 0; o < outputs && j < weights; j++) {
            const uint8_t *x = args->a[i / NR] + args->off + args->tap_off[j % args->taps];
            sum += (int8_t)bins[o * weights + j] *
                   x[(args->size < NR ? o / args->size * args->size : 0) + j / args->taps];
        }
        want[i] = sum;
    }
}

static void check_grouped(struct kc *k, weft_grouped_fn *fn, const struct grouped_case *c)
{
    uint8_t bins[NR * 16 * TAPS_MAX];
    const uint8_t *rows[PIXELS_MAX];
    int32_t tap_off[TAPS_MAX];
    int channels = c->half ? NR / 2 : NR, read = c->size < NR ? channels : 4;
    snprintf(k->what, sizeof k->what, "%d pixels, %d taps, groups of %d, %d outputs%s, from %d, %s, at %s", c->pixels,
             c->taps, c->size, c->outputs, c->half ? ", half" : "", c->off, kc_data_name(c->weights),
             c->place == KC_END ? "end" : "start");
    size_t bytes = (size_t)(STEP * (c->pixels + c->taps - 2) + c->off + read);
    uint8_t *a = kc_input(k, KC_A, bytes, 1, c->place);
    kc_fill(k, a, bytes, c->weights == KC_RANDOM ? KC_RANDOM : KC_MAX, 0, 255);
    for (int i = 0; i < c->pixels; i++) {
        rows[i] = a + STEP * (c->pixels - 1 - i);
    }
    for (int t = 0; t < c->taps; t++) {
        tap_off[t] = STEP * (t % 2 ? t : c->taps / 2 * 2 - t < c->taps ? c->taps / 2 * 2 - t : t);
    }
    void *w = make_panel(k, c, bins);
    int32_t *init = kc_input(k, KC_INIT, NR * sizeof *init, 4, c->place);
    for (int o = 0; o < NR; o++) {
        init[o] = kc_range(k, -10000000, 10000000);
    }
    kc_outputs(k, (size_t)(c->pixels * NR) * 4, 64, c->place);
    int32_t *got = (int32_t *)(void *)k->region[KC_GOT].p, *want = (int32_t *)(void *)k->region[KC_WANT].p;
    const struct weft_grouped_args args = {rows, c->off, c->pixels, c->size, c->half, tap_off, c->taps, w, init, got};
    int32_t sums[PIXELS_MAX * NR];
    define(&args, bins, c->outputs, sums);
    for (int i = 0; i < c->pixels * NR; i++) { /* what is beyond stays as kc_outputs left it */
        want[i] = i % NR < channels ? sums[i] : want[i];
    }
    fn(&args);
    kc_compare(k);
}

struct grouped_job {
    struct weft_grouped_args args;
    weft_grouped_fn *fn;
};

static void run_grouped(void *context)
{
    const struct grouped_job *job = context;
    job->fn(&job->args);
}

/* --bench: 3x3, one panel. */
static void time_grouped(struct kc *k, weft_grouped_fn *fn)
{
    enum { PIXELS = 112 };
    static const int32_t tap_off[9] = {0, 64, 128, 2048, 2112, 2176, 4096, 4160, 4224};
    const uint8_t *rows[PIXELS];
    uint8_t *a = kc_input(k, KC_A, 16384, 64, KC_START);
    int32_t *init = kc_input(k, KC_INIT, NR * sizeof *init, 64, KC_START);
    kc_fill(k, a, 16384, KC_RANDOM, 0, 255);
    memset(init, 0, NR * sizeof *init);
    for (int i = 0; i < PIXELS; i++) {
        rows[i] = a + 64 * i;
    }
    for (int size = 4; size <= NR; size *= 2) {
        for (int half = 0; half < 2; half++) {
            const size_t weights = (size_t)(9 * inputs(size) * NR);
            uint8_t *w = kc_input(k, KC_W, weights, 64, KC_START);
            kc_fill(k, w, weights, KC_RANDOM, -127, 127);
            kc_outputs(k, PIXELS * NR * 4, 64, KC_START);
            struct grouped_job job = {{rows, 0, PIXELS, size, half, tap_off, 9, w, init,
                                       (int32_t *)(void *)k->region[KC_GOT].p}, fn};
            char text[32];
            snprintf(text, sizeof text, "groups of %d%s", size, half ? ", half" : "");
            kc_time(k->kernel, text, "GMAC/s", 1e-9 * PIXELS * (half ? NR / 2 : NR) * inputs(size) * 9, run_grouped,
                    &job);
        }
    }
}

void kc_grouped(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    static const int taps[] = {1, 2, 9, 25, TAPS_MAX};
    if (!t->grouped || !fresh(t->grouped_name) || !kc_begin(k, t->grouped_name)) {
        return;
    }
    for (int pixels = 1; pixels <= PIXELS_MAX; pixels++) {
        for (int size = 4; size <= NR; size *= 2) {
            for (size_t i = 0; i < 2 * sizeof taps / sizeof *taps; i++) {
                int half = (int)i % 2, most = half ? NR / 2 : NR;
                for (int place = 0; place < KC_PLACES; place++) {
                    int outputs = pixels % 2 ? most : most - (size < most ? size : 0);
                    struct grouped_case c = {pixels, size, taps[i / 2], outputs, half, pixels % 3 * 7,
                                             pixels % 4 ? KC_RANDOM : KC_MAX, (enum kc_place)place};
                    check_grouped(k, t->grouped, &c);
                }
            }
        }
    }
    if (kc_end(k, level) && k->bench) {
        time_grouped(k, t->grouped);
    }
}
