/* kcheck: from bins and bytes, or from the sums of Winograd's points, to codes, against the scalar sums (transform) and
 * the scalar epilogue one after the other. */
#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

enum { PIXELS_MAX = 61, RUNS = 2, BLOCKS_MAX = RUNS * KC_K8_MAX };

struct fused_data {
    const uint8_t *rows[PIXELS_MAX];
    int32_t run_off[RUNS], block_off[2 * BLOCKS_MAX];
    float values[KC_VALUES];
    struct weft_epilogue_args to;
    struct weft_fused_args args;
};

/* Pixels that overlap as those of a convolution do; two runs, the second one before the first. */
static void make_pixels(struct kc *k, const struct kc_codes_case *c, struct fused_data *d)
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

static void make_weights(struct kc *k, const struct kc_codes_case *c, int nr, struct fused_data *d)
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

static void define(const struct fused_data *d, int nr, uint8_t *out)
{
    for (int i = 0; i < d->args.pixels; i++) {
        int32_t sums[KC_CHANNELS_MAX];
        const struct weft_conv_args pixel = {.a = d->rows + i, .pixels = 1, .run_off = d->run_off, .runs = RUNS,
                                             .run_k8 = (d->args.blocks + d->args.fours) / RUNS / (1 + d->args.fours),
                                             .w = d->args.w, .lut = d->args.lut, .init = d->args.init, .acc = sums};
        weft_conv_scalar(&pixel, d->args.lut ? WEFT_WFMT_C4 : WEFT_WFMT_C8, 1, nr, 0);
        kc_define_pixel(&d->to, i, sums, out);
    }
}

static void make(struct kc *k, const struct kc_codes_case *c, int nr, struct fused_data *d)
{
    make_pixels(k, c, d);
    make_weights(k, c, nr, d);
    kc_make_epilogue(k, c, nr, d->values, &d->to);
}

static void check_fused(struct kc *k, const struct weft_kernels *t, const struct kc_codes_case *c)
{
    const int nr = t->conv[WEFT_WFMT_C4].nr;
    struct fused_data d;
    snprintf(k->what, sizeof k->what, "%d pixels, c%d%s, 2 x %d x 8, %s, gap %d, %s edge, at %s", c->pixels,
             c->c8 ? 8 : 4, c->fours ? " by fours" : "", c->k8, kc_residual_name(c->residual), c->gap, c->edge,
             c->place == KC_END ? "end" : "start");
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
    struct kc_codes_case c = {.pixels = 56, .enc = kc_encoder(9, &c.edge), .place = KC_START}; /* "log 31 in words" */
    const int nr = t->conv[WEFT_WFMT_C4].nr;
    for (c.k8 = 4; c.k8 <= KC_K8_MAX; c.k8 += 4) {
        for (int r = 0; r < KC_RESIDUALS; r++) {
            struct fused_data d;
            char text[64];
            c.residual = (enum kc_residual)r;
            make(k, &c, nr, &d);
            struct fused_job job = {d.args, t->fused};
            snprintf(text, sizeof text, "%d pixels, K %d, residual %d", c.pixels, 16 * c.k8, r);
            kc_time(k->kernel, text, "GMAC/s", 1e-9 * c.pixels * nr * 16 * c.k8, run_fused, &job);
        }
    }
}

void kc_fused(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!t->fused || !fresh(t->fused_name) || !kc_begin(k, t->fused_name)) {
        return;
    }
    kc_all_codes(k, t, WEFT_FUSED_LEAST, PIXELS_MAX, check_fused);
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
    int32_t acc[4 * KC_CHANNELS_MAX];
    for (int t = 0; t < args->tiles; t++) {
        const struct weft_wino_tile *tile = &args->tile[t];
        form->out(&(struct weft_wino_out_args){args->sums + t * nr, args->point, 1, nr, acc, 2 * nr});
        for (int i = 0; i < tile->rows; i++) {
            for (int j = 0; j < tile->columns; j++) {
                kc_define_pixel(args->to, tile->pixel + i * args->width + j, acc + (2 * i + j) * nr, out);
            }
        }
    }
}

static void check_tiles(struct kc *k, const struct tile_form *form, int nr, const struct kc_codes_case *c)
{
    int width = 1 + (c->k8 + c->pixels) % 8;
    width = c->pixels % width == 0 ? width : 1;
    struct weft_wino_tile tile[TILES_MAX];
    float values[KC_VALUES];
    struct weft_epilogue_args to;
    snprintf(k->what, sizeof k->what, "%d x %d outputs, residual %d, gap %d, %s edge, at %s", c->pixels / width, width,
             (int)c->residual, c->gap, c->edge, c->place == KC_END ? "end" : "start");
    kc_make_epilogue(k, c, nr, values, &to);
    struct weft_wino22_fused_args args = {.tiles = list_tiles(c->pixels / width, width, tile), .width = width,
                                          .tile = tile, .to = &to};
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

static void check_tiles_22(struct kc *k, const struct weft_kernels *t, const struct kc_codes_case *c)
{
    const struct tile_form form = {16, weft_wino22_out_scalar, t->wino22_fused};
    check_tiles(k, &form, t->conv[WEFT_WFMT_C4].nr, c);
}

static void check_tiles_22s2(struct kc *k, const struct weft_kernels *t, const struct kc_codes_case *c)
{
    const struct tile_form form = {WEFT_WINO22S2_POINTS, weft_wino22s2_out_scalar, t->wino22s2_fused};
    check_tiles(k, &form, t->conv[WEFT_WFMT_C4].nr, c);
}

void kc_wino_fused(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (t->wino22_fused && fresh(t->wino22_fused_name) && kc_begin(k, t->wino22_fused_name)) {
        kc_all_codes(k, t, 1, PIXELS_MAX, check_tiles_22);
        kc_end(k, level);
    }
    if (t->wino22s2_fused && fresh(t->wino22s2_fused_name) && kc_begin(k, t->wino22s2_fused_name)) {
        kc_all_codes(k, t, 1, PIXELS_MAX, check_tiles_22s2);
        kc_end(k, level);
    }
}
