/* kcheck: from bins and bytes to codes, against the scalar sums and the scalar epilogue one after the other. */
#include <math.h>
#include <stdio.h>

#include "kcheck.h"
#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

enum { PIXELS_MAX = 61, NR_MAX = 64, RUNS = 2, K8_MAX = 12, BLOCKS_MAX = RUNS * K8_MAX, VALUES = 32 };
enum residual { NO_RESIDUAL, BYTES, SIGNED_BYTES, CODES, RESIDUALS };

struct fused_case {
    int pixels, k8, gap, ahead; /* gap: bytes between the output's pixels */
    enum residual residual;
    const struct weft_encoder *enc;
    const char *edge;
    enum kc_place place;
};

struct fused_data {
    const uint8_t *rows[PIXELS_MAX];
    int32_t run_off[RUNS], block_off[BLOCKS_MAX];
    float values[VALUES];
    struct weft_epilogue_args to;
    struct weft_fused_args args;
};

/* Pixels that overlap as those of a convolution do; two runs, the second one before the first. */
static void make_pixels(struct kc *k, const struct fused_case *c, struct fused_data *d)
{
    int run = c->k8 * 8, length = 2 * run + 5, stride = length / 3 + 1;
    size_t bytes = (size_t)(stride * (c->pixels - 1) + length);
    uint8_t *a = kc_input(k, KC_A, bytes, 1, c->place);
    kc_fill(k, a, bytes, KC_RANDOM, 0, 255);
    for (int i = 0; i < c->pixels; i++) {
        d->rows[i] = a + stride * (c->pixels - 1 - i);
    }
    for (int b = 0; b < RUNS * c->k8; b++) {
        d->run_off[b / c->k8] = b / c->k8 ? 0 : run + 5;
        d->block_off[b] = d->run_off[b / c->k8] + b % c->k8 * 8;
    }
}

static void make_weights(struct kc *k, const struct fused_case *c, int nr, struct fused_data *d)
{
    size_t bytes = (size_t)(RUNS * c->k8 * nr * 4);
    uint8_t *w = kc_input(k, KC_W, bytes, 64, c->place);
    int8_t *lut = kc_input(k, KC_LUT, 16, 1, c->place);
    int32_t *init = kc_input(k, KC_INIT, (size_t)nr * sizeof *init, 4, c->place);
    kc_fill(k, w, bytes, KC_RANDOM, 0, 255);
    kc_fill(k, (uint8_t *)lut, 16, KC_RANDOM, -127, 127);
    for (int o = 0; o < nr; o++) {
        init[o] = kc_range(k, -100000, 100000);
    }
    d->args = (struct weft_fused_args){.a = d->rows, .pixels = c->pixels, .block_off = d->block_off, .blocks = RUNS * c->k8,
                                       .w = w, .lut = lut, .init = init, .to = &d->to, .ahead = w,
                                       .ahead_step = c->ahead * 64};
}

/* One channel in five sees nothing but a threshold, or the float below it; the others' sums reach all of the edge. */
static void make_epilogue(struct kc *k, const struct fused_case *c, int nr, struct fused_data *d)
{
    const float top = c->enc->theta[c->enc->magnitudes - 1];
    const int pitch = nr + c->gap;
    const size_t entries = (size_t)(pitch * (c->pixels - 1) + nr);
    float *scale = kc_input(k, KC_X1, (size_t)nr * sizeof *scale, 4, c->place);
    float *bias = kc_input(k, KC_X2, (size_t)nr * sizeof *bias, 4, c->place);
    uint8_t *res = kc_input(k, KC_X3, entries, 1, c->place);
    for (int o = 0; o < nr; o++) {
        scale[o] = o % 5 == 4 ? 0 : top * (float)kc_range(k, -100, 100) / 1e7f;
        bias[o] = top * (float)kc_range(k, -100, 100) / 200;
        if (o % 5 == 4) {
            float theta = c->enc->theta[kc_range(k, 0, c->enc->magnitudes - 1)];
            bias[o] = kc_range(k, 0, 1) ? theta : nextafterf(theta, 0);
        }
    }
    kc_fill(k, res, entries, KC_RANDOM, 0, c->residual == CODES ? VALUES - 1 : 255);
    for (int i = 0; i < VALUES; i++) {
        d->values[i] = (float)kc_range(k, 0, 255);
    }
    d->to = (struct weft_epilogue_args){.pixels = c->pixels, .channels = nr, .scale = scale, .bias = bias, .enc = c->enc,
                                        .out_stride = pitch};
    if (c->residual != NO_RESIDUAL) {
        d->to.res = res;
        d->to.res_stride = pitch;
        d->to.res_signed = c->residual == SIGNED_BYTES;
        d->to.res_scale = top * (float)kc_range(k, -100, 100) / 1e4f;
        d->to.res_values = c->residual == CODES ? d->values : NULL;
    }
    kc_outputs(k, entries, 1, c->place);
}

/* Scalar sums of each pixel, scalar epilogue; codes of a residual are looked up first. */
static void define(const struct fused_data *d, int nr, uint8_t *out)
{
    for (int i = 0; i < d->args.pixels; i++) {
        int32_t sums[NR_MAX];
        uint8_t bytes[NR_MAX];
        struct weft_epilogue_args to = d->to;
        weft_conv_scalar(&(struct weft_conv_args){.a = d->rows + i, .pixels = 1, .run_off = d->run_off, .runs = RUNS,
                                                  .run_k8 = d->args.blocks / RUNS, .w = d->args.w, .lut = d->args.lut,
                                                  .init = d->args.init, .acc = sums}, WEFT_WFMT_C4, 1, nr, 0);
        to.acc = sums;
        to.pixels = 1;
        to.out = out + i * to.out_stride;
        to.res = to.res ? to.res + i * to.res_stride : NULL;
        for (int o = 0; to.res_values && o < nr; o++) {
            bytes[o] = (uint8_t)to.res_values[to.res[o]];
        }
        to.res = to.res_values ? bytes : to.res;
        weft_epilogue_scalar(&to);
    }
}

static void make(struct kc *k, const struct fused_case *c, int nr, struct fused_data *d)
{
    make_pixels(k, c, d);
    make_weights(k, c, nr, d);
    make_epilogue(k, c, nr, d);
    d->to.out = k->region[KC_GOT].p;
}

static void check_fused(struct kc *k, const struct weft_kernels *t, const struct fused_case *c)
{
    static const char *const residuals[RESIDUALS] = {"no residual", "bytes", "signed bytes", "codes"};
    const int nr = t->conv[WEFT_WFMT_C4].nr;
    struct fused_data d;
    snprintf(k->what, sizeof k->what, "%d pixels, 2 x %d x 8, %s, gap %d, %s edge, at %s", c->pixels, c->k8,
             residuals[c->residual], c->gap, c->edge, c->place == KC_END ? "end" : "start");
    make(k, c, nr, &d);
    t->fused(&d.args);
    define(&d, nr, k->region[KC_WANT].p);
    kc_compare(k);
}

struct fused_job {
    struct weft_fused_args args;
    weft_fused_fn *fn;
};

static void run_fused(void *context)
{
    const struct fused_job *job = context;
    job->fn(&job->args);
}

/* --bench: seven tiles, one panel, all residuals. */
static void time_fused(struct kc *k, const struct weft_kernels *t, const struct weft_encoder *enc, const char *edge)
{
    for (int k8 = 4; k8 <= K8_MAX; k8 += 4) {
        for (int r = 0; r < RESIDUALS; r++) {
            struct fused_case c = {56, k8, 0, 0, (enum residual)r, enc, edge, KC_START};
            const int nr = t->conv[WEFT_WFMT_C4].nr;
            struct fused_data d;
            char text[64];
            make(k, &c, nr, &d);
            struct fused_job job = {d.args, t->fused};
            snprintf(text, sizeof text, "%d pixels, K %d, residual %d", c.pixels, 16 * k8, r);
            kc_time(k->kernel, text, "GMAC/s", 1e-9 * c.pixels * nr * 16 * k8, run_fused, &job);
        }
    }
}

void kc_fused(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    const struct weft_encoder *timed = NULL;
    const char *edge = NULL;
    if (!t->fused || !fresh(t->fused_name) || !kc_begin(k, t->fused_name)) {
        return;
    }
    for (int e = 0; e < KC_ENCODERS; e++) {
        struct fused_case c = {.enc = kc_encoder(e, &c.edge)};
        if (!c.enc) {
            kc_fail(k, "an encoder cannot be built");
            break;
        }
        if (c.enc->rows == 0 && !(c.enc->linear > 0)) {
            continue;
        }
        timed = c.enc;
        edge = c.edge;
        for (c.pixels = WEFT_FUSED_LEAST; c.pixels <= PIXELS_MAX; c.pixels++) {
            for (int r = 0; r < RESIDUALS; r++) {
                c.residual = (enum residual)r;
                c.k8 = 1 + (c.pixels * 5 + r + e) % K8_MAX;
                c.gap = (c.pixels + r) % 3 * 7;
                c.ahead = (c.pixels + e) % 3;
                c.place = (c.pixels + r + e) % 2 ? KC_END : KC_START;
                check_fused(k, t, &c);
            }
        }
    }
    if (!timed) {
        kc_fail(k, "no encoder that it takes");
    }
    if (kc_end(k, level) && k->bench && timed) {
        time_fused(k, t, timed, edge);
    }
}
