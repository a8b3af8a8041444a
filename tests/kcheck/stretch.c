/* kcheck: the c8 tile over many pixels. */
#include <stdbool.h>
#include <stdio.h>

#include "kcheck.h"
#include "simd/scalar/scalar.h"

enum { PIXELS_MAX = 74, NR_MAX = 64, RUNS_MAX = 7, K8_MAX = 40 }; /* pixels: several tiles, of two heights */

struct stretch_case {
    int pixels, runs, k8, off, ahead, half;
    bool go_on; /* from the sums that are there */
    enum kc_place place;
};

static int32_t *make_init(struct kc *k, int nr, enum kc_place place)
{
    int32_t *init = kc_input(k, KC_INIT, (size_t)nr * sizeof *init, 4, place);
    for (int o = 0; o < nr; o++) {
        init[o] = kc_range(k, -10000000, 10000000);
    }
    return init;
}

/* Pixels that overlap as those of a convolution do, in no regular distance. */
/* Bytes from one run to the next: they overlap, or lie apart. */
#define GAP(c) ((c)->k8 * 8 + ((c)->pixels % 3 - 1) * 3)

static void make_pixels(struct kc *k, const struct stretch_case *c, int act_signed, const uint8_t **rows)
{
    int length = c->off + (c->runs - 1) * GAP(c) + c->k8 * 8, stride = length / 2 + 1;
    size_t bytes = (size_t)(stride * (c->pixels - 1) + length);
    uint8_t *a = kc_input(k, KC_A, bytes, 1, c->place);
    kc_fill(k, a, bytes, KC_RANDOM, act_signed ? -128 : 0, act_signed ? 127 : 255);
    for (int i = 0; i < c->pixels; i++) {
        rows[i] = a + stride * (i < c->pixels / 2 ? c->pixels - 1 - i : i - c->pixels / 2);
    }
}

/* Every pixel against the scalar tile. */
static void check_stretch(struct kc *k, const struct weft_kernels *t, const struct stretch_case *c)
{
    const struct weft_conv_kernel *conv = &t->conv[WEFT_WFMT_C8];
    const int channels = c->half ? conv->nr / 2 : conv->nr;
    const uint8_t *rows[PIXELS_MAX];
    int32_t starts[PIXELS_MAX] = {0};
    snprintf(k->what, sizeof k->what, "%d pixels, %d x %d x 8 from %d%s%s, ahead %d, at %s", c->pixels, c->runs, c->k8,
             c->off, c->half ? ", half" : "", c->go_on ? ", on" : "", c->ahead, c->place == KC_END ? "end" : "start");
    make_pixels(k, c, conv->act_signed, rows);
    size_t bytes = (size_t)(c->runs * c->k8 * 8 * conv->nr);
    uint8_t *w = kc_input(k, KC_W, bytes, 64, c->place);
    kc_fill(k, w, bytes, c->ahead ? KC_RANDOM : KC_ALTERNATING, -127, 127);
    int32_t *init = make_init(k, conv->nr, c->place);
    kc_outputs(k, (size_t)(c->pixels * conv->nr) * 4, 64, c->place);
    int32_t *got = (int32_t *)(void *)k->region[KC_GOT].p, *want = (int32_t *)(void *)k->region[KC_WANT].p;
    for (int i = 0; c->go_on && i < c->pixels; i++) {
        starts[i] = kc_range(k, -1000, 1000);
        for (int o = 0; o < channels; o++) {
            got[i * conv->nr + o] = init[o] + starts[i];
        }
    }
    int32_t off[RUNS_MAX], block_off[RUNS_MAX * K8_MAX];
    for (int r = 0; r < c->runs; r++) { /* from the last one back where there are several pixels */
        off[r] = c->off + (c->pixels > 1 ? c->runs - 1 - r : r) * GAP(c);
        for (int b = 0; b < c->k8; b++) {
            block_off[r * c->k8 + b] = off[r] + 8 * b;
        }
    }
    t->stretch(&(struct weft_stretch_args){.a = rows, .pixels = c->pixels, .half = c->half, .block_off = block_off,
                                           .tile = c->ahead ? conv->mr : WEFT_STRETCH_LOW,
                                           .blocks = c->runs * c->k8, .beside = c->runs == 1, .w = w,
                                           .init = c->go_on ? NULL : init, .acc = got, .ahead = w,
                                           .ahead_step = c->ahead * 64});
    int32_t sums[NR_MAX];
    for (int i = 0; i < c->pixels; i++) {
        struct weft_conv_args pixel = {.a = rows + i, .pixels = 1, .run_off = off, .runs = c->runs, .run_k8 = c->k8,
                                       .w = w, .init = init, .acc = sums};
        weft_conv_scalar(&pixel, WEFT_WFMT_C8, 1, conv->nr, conv->act_signed);
        for (int o = 0; o < channels; o++) { /* what is beyond stays as kc_outputs left it */
            want[i * conv->nr + o] = sums[o] + starts[i];
        }
    }
    kc_compare(k);
}

static int runs_of(int pixels, int k8)
{
    static const int runs[] = {1, 3, 2, 1, RUNS_MAX};
    return runs[(pixels + 2 * k8) % 5];
}

struct stretch_job {
    struct weft_stretch_args args;
    weft_stretch_fn *fn;
};

static void run_stretch(void *context)
{
    const struct stretch_job *job = context;
    job->fn(&job->args);
}

/* --bench: six tiles, one panel. */
static void time_stretch(struct kc *k, const struct weft_kernels *t)
{
    static const int depths[] = {16, 32, 64, 128, 256, 512, 1024};
    const struct weft_conv_kernel *conv = &t->conv[WEFT_WFMT_C8];
    const uint8_t *rows[PIXELS_MAX];
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        int pixels = 6 * conv->mr < PIXELS_MAX ? 6 * conv->mr : PIXELS_MAX;
        const struct stretch_case c = {pixels, 1, depths[i] / 8, 0, 0, 0, false, KC_START};
        int32_t off[128];
        for (int b = 0; b < c.k8; b++) {
            off[b] = 8 * b;
        }
        struct stretch_job job = {{.a = rows, .pixels = c.pixels, .tile = conv->mr, .block_off = off, .blocks = c.k8,
                                   .beside = 1},
                                  t->stretch};
        char text[32];
        make_pixels(k, &c, conv->act_signed, rows);
        job.args.w = job.args.ahead = kc_input(k, KC_W, (size_t)(depths[i] * conv->nr), 64, KC_START);
        job.args.init = make_init(k, conv->nr, KC_START);
        kc_outputs(k, (size_t)(c.pixels * conv->nr) * 4, 64, KC_START);
        job.args.acc = (int32_t *)(void *)k->region[KC_GOT].p;
        snprintf(text, sizeof text, "%d pixels, K %d", c.pixels, depths[i]);
        kc_time(k->kernel, text, "GMAC/s", 1e-9 * c.pixels * conv->nr * depths[i], run_stretch, &job);
    }
}

void kc_stretch(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!t->stretch || !fresh(t->stretch_name) || !kc_begin(k, t->stretch_name)) {
        return;
    }
    for (int pixels = 1; pixels <= PIXELS_MAX; pixels++) {
        for (int k8 = 1; k8 < K8_MAX; k8 = k8 < 5 ? k8 + 1 : k8 * 3) {
            for (int mode = 0; mode < 8; mode++) {
                struct stretch_case c = {pixels, runs_of(pixels, k8), k8, (pixels + k8) % 3 * 5, (mode + k8) % 3,
                                         mode / 4, mode & 1, mode & 2 ? KC_END : KC_START};
                check_stretch(k, t, &c);
            }
        }
    }
    if (kc_end(k, level) && k->bench) {
        time_stretch(k, t);
    }
}
