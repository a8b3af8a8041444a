/* kcheck: from bins and bytes, or from the sums of Winograd's points, to codes, against the scalar sums (transform) and
 * the scalar epilogue one after the other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kcheck.h"
#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

enum { PIXELS_MAX = 61, NR_MAX = 64, RUNS = 2, K8_MAX = 12, BLOCKS_MAX = RUNS * K8_MAX, VALUES = 32 };
enum residual { NO_RESIDUAL, BYTES, SIGNED_BYTES, CODES, RESIDUALS };

struct fused_case {
    int pixels, gap; /* gap: bytes between the output's pixels */
    int k8, ahead, c8, fours; /* c8: weights of that format, else c4; fours: with c8, two blocks in place of one */
    enum residual residual;
    const struct weft_encoder *enc;
    const char *edge;
    enum kc_place place;
};

struct fused_data {
    const uint8_t *rows[PIXELS_MAX];
    int32_t run_off[RUNS], block_off[2 * BLOCKS_MAX];
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
        for (int part = 0; part <= c->fours; part++) {
            d->block_off[b * (1 + c->fours) + part] = d->run_off[b / c->k8] + b % c->k8 * 8 + part * 4;
        }
    }
}

static void make_weights(struct kc *k, const struct fused_case *c, int nr, struct fused_data *d)
{
    size_t bytes = (size_t)(RUNS * c->k8 * nr * (c->c8 ? 8 : 4));
    uint8_t *w = kc_input(k, KC_W, bytes, 64, c->place);
    int8_t *lut = kc_input(k, KC_LUT, 16, 1, c->place);
    int32_t *init = kc_input(k, KC_INIT, (size_t)nr * sizeof *init, 4, c->place);
    kc_fill(k, w, bytes, KC_RANDOM, c->c8 ? -127 : 0, c->c8 ? 127 : 255);
    kc_fill(k, (uint8_t *)lut, 16, KC_RANDOM, -127, 127);
    for (int o = 0; o < nr; o++) {
        init[o] = kc_range(k, -100000, 100000);
    }
    if (c->fours) { /* the last four are left out: mostly their number is odd */
        memset(w + bytes - nr * 4, 0, (size_t)(nr * 4));
    }
    d->args = (struct weft_fused_args){.a = d->rows, .pixels = c->pixels, .block_off = d->block_off,
                                       .blocks = RUNS * c->k8 * (1 + c->fours) - c->fours, .fours = c->fours, .w = w,
                                       .lut = c->c8 ? NULL : lut, .init = init, .to = &d->to, .ahead = w,
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
    d->to.out_values = kc_out_values(k, c->enc, c->pixels / 2 % 2);
    kc_outputs(k, entries, 1, c->place);
}

/* The scalar epilogue of pixel i, whose residual is looked up first if it is codes. */
static void define_pixel(const struct weft_epilogue_args *all, int i, const int32_t *sums, uint8_t *out)
{
    uint8_t bytes[NR_MAX];
    struct weft_epilogue_args to = *all;
    to.acc = sums;
    to.pixels = 1;
    to.out = out + i * to.out_stride;
    to.res = to.res ? to.res + i * to.res_stride : NULL;
    for (int o = 0; to.res_values && o < to.channels; o++) {
        bytes[o] = (uint8_t)to.res_values[to.res[o]];
    }
    to.res = to.res_values ? bytes : to.res;
    weft_epilogue_scalar(&to);
    for (int o = 0; to.out_values && o < to.channels; o++) {
        to.out[o] = kc_out_value(to.out_values, to.out[o]);
    }
}

static void define(const struct fused_data *d, int nr, uint8_t *out)
{
    for (int i = 0; i < d->args.pixels; i++) {
        int32_t sums[NR_MAX];
        const struct weft_conv_args pixel = {.a = d->rows + i, .pixels = 1, .run_off = d->run_off, .runs = RUNS,
                                             .run_k8 = (d->args.blocks + d->args.fours) / RUNS / (1 + d->args.fours),
                                             .w = d->args.w, .lut = d->args.lut, .init = d->args.init, .acc = sums};
        weft_conv_scalar(&pixel, d->args.lut ? WEFT_WFMT_C4 : WEFT_WFMT_C8, 1, nr, 0);
        define_pixel(&d->to, i, sums, out);
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
    snprintf(k->what, sizeof k->what, "%d pixels, c%d%s, 2 x %d x 8, %s, gap %d, %s edge, at %s", c->pixels, c->c8 ? 8 : 4,
             c->fours ? " by fours" : "", c->k8,
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
static void time_fused(struct kc *k, const struct weft_kernels *t)
{
    struct fused_case c = {.pixels = 56, .enc = kc_encoder(9, &c.edge), .place = KC_START}; /* "log 31 in words" */
    const int nr = t->conv[WEFT_WFMT_C4].nr;
    for (c.k8 = 4; c.k8 <= K8_MAX; c.k8 += 4) {
        for (int r = 0; r < RESIDUALS; r++) {
            struct fused_data d;
            char text[64];
            c.residual = (enum residual)r;
            make(k, &c, nr, &d);
            struct fused_job job = {d.args, t->fused};
            snprintf(text, sizeof text, "%d pixels, K %d, residual %d", c.pixels, 16 * c.k8, r);
            kc_time(k->kernel, text, "GMAC/s", 1e-9 * c.pixels * nr * 16 * c.k8, run_fused, &job);
        }
    }
}

/* All encoders that the kernels take, through `check` with each residual and sizes up to `most`. */
static void check_all(struct kc *k, const struct weft_kernels *t, int least, int most,
                      void (*check)(struct kc *, const struct weft_kernels *, const struct fused_case *))
{
    int taken = 0;
    for (int e = 0; e < KC_ENCODERS; e++) {
        struct fused_case c = {.enc = kc_encoder(e, &c.edge)};
        if (!c.enc) {
            kc_fail(k, "an encoder cannot be built");
            return;
        }
        for (c.pixels = least; c.pixels <= most && (c.enc->rows > 0 || c.enc->linear > 0); c.pixels++) {
            for (int r = 0; r < RESIDUALS; r++, taken++) {
                c.residual = (enum residual)r;
                c.k8 = 1 + (c.pixels * 5 + r + e) % K8_MAX;
                c.gap = (c.pixels + r) % 3 * 7;
                c.ahead = (c.pixels + e) % 3;
                c.c8 = (c.pixels + e / 2 + r) % 2;
                c.fours = c.c8 && (c.pixels + r) % 3 == 0;
                c.place = (c.pixels + r + e) % 2 ? KC_END : KC_START;
                check(k, t, &c);
            }
        }
    }
    if (taken == 0) {
        kc_fail(k, "no encoder that it takes");
    }
}

void kc_fused(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!t->fused || !fresh(t->fused_name) || !kc_begin(k, t->fused_name)) {
        return;
    }
    check_all(k, t, WEFT_FUSED_LEAST, PIXELS_MAX, check_fused);
    if (kc_end(k, level) && k->bench) {
        time_fused(k, t);
    }
}

enum { TILES_MAX = (PIXELS_MAX + 3) / 2 };

/* A form of Winograd's: sums of points, which become a tile's outputs. */
struct tile_form {
    int points;
    void (*out)(const struct weft_wino_out_args *args);
    weft_wino22_fused_fn *fn;
};

/* Tiles of an image of c->pixels pixels, from the last one back; returns their number. */
static int list_tiles(int height, int width, struct weft_wino_tile *tile)
{
    int n = 0;
    for (int y = (height - 1) / 2 * 2; y >= 0; y -= 2) {
        for (int x = (width - 1) / 2 * 2; x >= 0; x -= 2) {
            tile[n++] = (struct weft_wino_tile){y * width + x, (uint8_t)(height - y < 2 ? 1 : 2),
                                                (uint8_t)(width - x < 2 ? 1 : 2)};
        }
    }
    return n;
}

/* Each tile by the scalar transform, its outputs that are there by the scalar epilogue. */
static void define_tiles(const struct weft_wino22_fused_args *args, const struct tile_form *form, int nr, uint8_t *out)
{
    int32_t acc[4 * NR_MAX];
    for (int t = 0; t < args->tiles; t++) {
        const struct weft_wino_tile *tile = &args->tile[t];
        form->out(&(struct weft_wino_out_args){args->sums + t * nr, args->point, 1, nr, acc, 2 * nr});
        for (int i = 0; i < tile->rows; i++) {
            for (int j = 0; j < tile->columns; j++) {
                define_pixel(args->to, tile->pixel + i * args->width + j, acc + (2 * i + j) * nr, out);
            }
        }
    }
}

static void check_tiles(struct kc *k, const struct tile_form *form, int nr, const struct fused_case *c)
{
    int width = 1 + (c->k8 + c->pixels) % 8;
    width = c->pixels % width == 0 ? width : 1;
    struct weft_wino_tile tile[TILES_MAX];
    struct fused_data d;
    snprintf(k->what, sizeof k->what, "%d x %d outputs, residual %d, gap %d, %s edge, at %s", c->pixels / width, width,
             (int)c->residual, c->gap, c->edge, c->place == KC_END ? "end" : "start");
    make_epilogue(k, c, nr, &d);
    d.to.out = k->region[KC_GOT].p;
    struct weft_wino22_fused_args args = {.tiles = list_tiles(c->pixels / width, width, tile), .width = width, .tile = tile,
                                          .to = &d.to};
    args.point = args.tiles * nr + 16;
    size_t entries = (size_t)(args.point * (form->points - 1) + args.tiles * nr);
    int32_t *sums = kc_input(k, KC_A, entries * sizeof *sums, 4, c->place);
    for (size_t i = 0; i < entries; i++) {
        sums[i] = kc_range(k, -50000, 50000);
    }
    args.sums = sums;
    form->fn(&args);
    define_tiles(&args, form, nr, k->region[KC_WANT].p);
    kc_compare(k);
}

static void check_tiles_22(struct kc *k, const struct weft_kernels *t, const struct fused_case *c)
{
    const struct tile_form form = {16, weft_wino22_out_scalar, t->wino22_fused};
    check_tiles(k, &form, t->conv[WEFT_WFMT_C4].nr, c);
}

static void check_tiles_22s2(struct kc *k, const struct weft_kernels *t, const struct fused_case *c)
{
    const struct tile_form form = {WEFT_WINO22S2_POINTS, weft_wino22s2_out_scalar, t->wino22s2_fused};
    check_tiles(k, &form, t->conv[WEFT_WFMT_C4].nr, c);
}

void kc_wino_fused(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (t->wino22_fused && fresh(t->wino22_fused_name) && kc_begin(k, t->wino22_fused_name)) {
        check_all(k, t, 1, PIXELS_MAX, check_tiles_22);
        kc_end(k, level);
    }
    if (t->wino22s2_fused && fresh(t->wino22s2_fused_name) && kc_begin(k, t->wino22s2_fused_name)) {
        check_all(k, t, 1, PIXELS_MAX, check_tiles_22s2);
        kc_end(k, level);
    }
}
