/* kcheck: Strassen's seven products: planes against their definition, codes against the scalar sums and the scalar
 * epilogue one after the other; and that the definitions make a product of matrices. */
#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "simd/scalar/scalar.h"

enum { PAIRS_MAX = 40, PIXELS_MAX = 2 * PAIRS_MAX, DEPTH_MAX = 8 * KC_K8_MAX, PLANES = WEFT_STRASSEN_PLANES };
/* The largest of which sums of two fit bytes. */
enum { T_MAX = 127, Q_MAX = 63 };

static void check_in(struct kc *k, weft_strassen_in_fn *fn, int half, int pairs, int odd)
{
    const int pixels = 2 * pairs - odd, stride = 2 * half + pairs % 2 * 3;
    const enum kc_place place = (half / 8 + pairs + odd) % 2 ? KC_END : KC_START;
    const enum kc_data data = (enum kc_data)((half / 8 + pairs) % KC_DATA_COUNT);
    const size_t bytes = (size_t)(stride * (pixels - 1) + 2 * half);
    const uint8_t *rows[PIXELS_MAX];
    uint8_t *a = kc_input(k, KC_A, bytes, 1, place);
    snprintf(k->what, sizeof k->what, "%d pixels of 2 x %d, %s, at %s", pixels, half, kc_data_name(data),
             place == KC_END ? "end" : "start");
    kc_fill(k, a, bytes, data, 0, 255);
    for (int i = 0; i < pixels; i++) {
        rows[i] = a + stride * (pixels - 1 - i);
    }
    struct weft_strassen_in_args args = {.a = rows, .pairs = pairs, .second = pixels - pairs, .half = half,
                                         .add = (uint8_t)kc_range(k, 0, 255), .plane = pairs * half + pairs % 3 * 7};
    kc_outputs(k, (size_t)((PLANES - 1) * args.plane + pairs * half), 1, place);
    args.out = k->region[KC_GOT].p;
    fn(&args);
    args.out = k->region[KC_WANT].p;
    weft_strassen_in_scalar(&args);
    kc_compare(k);
}

struct in_job {
    struct weft_strassen_in_args args;
    weft_strassen_in_fn *fn;
};

static void run_in(void *context)
{
    const struct in_job *job = context;
    job->fn(&job->args);
}

static void time_in(struct kc *k, weft_strassen_in_fn *fn)
{
    enum { HALF = 128, PIXELS = 56 };
    const uint8_t *rows[PIXELS], *a = kc_input(k, KC_A, 2 * HALF * PIXELS, 1, KC_START);
    for (int i = 0; i < PIXELS; i++) {
        rows[i] = a + 2 * HALF * i;
    }
    kc_outputs(k, PLANES * PIXELS / 2 * HALF, 1, KC_START);
    struct in_job job = {{.a = rows, .pairs = PIXELS / 2, .second = PIXELS / 2, .half = HALF, .add = T_MAX,
                          .out = k->region[KC_GOT].p, .plane = PIXELS / 2 * HALF}, fn};
    kc_time(k->kernel, "56 pixels of 2 x 128", "G/s", 1e-9 * PLANES * PIXELS / 2 * HALF, run_in, &job);
}

struct strassen_data {
    uint8_t pixels[PIXELS_MAX * 2 * DEPTH_MAX];
    const uint8_t *rows[PIXELS_MAX];
    float values[KC_VALUES];
    int32_t acc[PIXELS_MAX * KC_CHANNELS_MAX];
    struct weft_epilogue_args to;
    struct weft_strassen_args args;
};

/* fits: sums of two weights fit signed bytes, those of two of a pixel's bytes bytes. ends: both at the ends of their
 * ranges only. */
struct ranges {
    int fits, ends;
};

static void fill_bytes(struct kc *k, uint8_t *p, size_t n, int top, int ends)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)(ends ? top * kc_range(k, 0, 1) : kc_range(k, 0, top));
    }
}

static void make_weights(struct kc *k, const struct kc_codes_case *c, struct ranges ranges, int nr,
                         struct weft_strassen_args *args)
{
    const size_t panel = (size_t)(2 * c->k8 * nr * 4), panel_bytes = panel + (size_t)c->ahead * 64;
    uint8_t *w = kc_input(k, KC_W, panel_bytes + panel, 64, c->place);
    int8_t *lut = kc_input(k, KC_LUT, 16, 1, c->place);
    kc_fill(k, w, panel_bytes + panel, KC_RANDOM, 0, 255);
    for (int i = 0; i < 16; i++) {
        lut[i] = (int8_t)(ranges.ends   ? Q_MAX * (2 * kc_range(k, 0, 1) - 1)
                          : ranges.fits ? kc_range(k, -Q_MAX, Q_MAX)
                                        : kc_range(k, -127, 127));
    }
    args->k8 = c->k8;
    args->w = w;
    args->panel_bytes = (ptrdiff_t)panel_bytes;
    args->lut = lut;
    args->ahead = w;
    args->ahead_step = c->ahead * 64;
}

/* Sums that undo `add`: the accumulators of a pair of zeros, negative. */
static void undo_add(const struct weft_strassen_args *args, int nr, int32_t *init)
{
    static const uint8_t zeros[2 * DEPTH_MAX];
    const uint8_t *rows[2] = {zeros, zeros};
    uint8_t planes[PLANES * DEPTH_MAX];
    int32_t acc[2 * KC_CHANNELS_MAX];
    struct weft_strassen_args pair = *args;
    pair.planes = planes;
    pair.plane = 8 * args->k8;
    pair.pairs = pair.second = 1;
    pair.init = init;
    memset(init, 0, 2 * (size_t)nr * sizeof *init);
    weft_strassen_in_scalar(&(struct weft_strassen_in_args){rows, 1, 1, 8 * args->k8, T_MAX, planes, 8 * args->k8});
    weft_strassen_sum_scalar(&pair, nr, acc);
    for (int o = 0; o < nr; o++) {
        init[o] = -acc[o];
        init[nr + o] = -acc[3 * nr + o];
    }
}

/* Planes of pixels if these fit, else any. Of an odd number of pixels, one is taken twice: they have to fit. */
static void make_sums(struct kc *k, const struct kc_codes_case *c, struct ranges ranges, int nr,
                      struct strassen_data *d)
{
    const int depth = 8 * c->k8, pairs = (c->pixels + 1) / 2;
    const ptrdiff_t plane = pairs * depth + c->gap;
    const size_t bytes = (size_t)((PLANES - 1) * plane + pairs * depth);
    uint8_t *planes = kc_input(k, KC_A, bytes, 1, c->place);
    int32_t *init = kc_input(k, KC_INIT, 2 * (size_t)nr * sizeof *init, 4, c->place);
    d->args = (struct weft_strassen_args){.planes = planes, .plane = plane, .pairs = pairs, .second = c->pixels - pairs,
                                          .init = init, .to = &d->to};
    make_weights(k, c, ranges, nr, &d->args);
    if (!ranges.fits) {
        fill_bytes(k, planes, bytes, ranges.ends ? 254 : 255, ranges.ends);
        for (int o = 0; o < 2 * nr; o++) {
            init[o] = kc_range(k, -100000, 100000);
        }
        return;
    }
    fill_bytes(k, d->pixels, (size_t)(c->pixels * 2 * depth), T_MAX, ranges.ends);
    for (int i = 0; i < c->pixels; i++) {
        d->rows[i] = d->pixels + i * 2 * depth;
    }
    const struct weft_strassen_in_args in = {d->rows, pairs, d->args.second, depth, T_MAX, planes, plane};
    weft_strassen_in_scalar(&in);
    undo_add(&d->args, nr, init);
}

static void check_sum(struct kc *k, const struct weft_kernels *t, const struct kc_codes_case *c)
{
    static struct strassen_data d;
    const struct ranges ranges = {c->pixels % 2, (c->k8 + c->ahead) % 2};
    const int nr = t->conv[WEFT_WFMT_C4].nr;
    snprintf(k->what, sizeof k->what, "%d pixels, 2 x %d x 8%s, %s, gap %d, %s edge, at %s", c->pixels, c->k8,
             ranges.ends ? ", ends only" : "", kc_residual_name(c->residual), c->gap, c->edge,
             c->place == KC_END ? "end" : "start");
    make_sums(k, c, ranges, nr, &d);
    kc_make_epilogue(k, c, 2 * nr, d.values, &d.to);
    t->strassen(&d.args);
    weft_strassen_sum_scalar(&d.args, nr, d.acc);
    for (int i = 0; i < c->pixels; i++) {
        kc_define_pixel(&d.to, i, d.acc + i * 2 * nr, k->region[KC_WANT].p);
    }
    kc_compare(k);
}

struct sum_job {
    struct weft_strassen_args args;
    weft_strassen_fn *fn;
};

static void run_sum(void *context)
{
    const struct sum_job *job = context;
    job->fn(&job->args);
}

/* --bench: seven tiles of pairs, two panels; products are those that are saved, too. */
static void time_sum(struct kc *k, const struct weft_kernels *t)
{
    static struct strassen_data d;
    struct kc_codes_case c = {.pixels = 56, .enc = kc_encoder(9, &c.edge), .place = KC_START}; /* "log 31 in words" */
    const int nr = t->conv[WEFT_WFMT_C4].nr;
    for (c.k8 = 4; c.k8 <= KC_K8_MAX; c.k8 += 4) {
        char text[64];
        make_sums(k, &c, (struct ranges){1, 0}, nr, &d);
        kc_make_epilogue(k, &c, 2 * nr, d.values, &d.to);
        struct sum_job job = {d.args, t->strassen};
        snprintf(text, sizeof text, "%d pixels, K %d", c.pixels, 16 * c.k8);
        kc_time(k->kernel, text, "GMAC/s", 1e-9 * c.pixels * 2 * nr * 16 * c.k8, run_sum, &job);
    }
}

void kc_strassen(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!t->strassen) {
        return;
    }
    if (fresh(t->strassen_in_name) && kc_begin(k, t->strassen_in_name)) {
        for (int half = 8; half <= 200; half += 8) {
            for (int pairs = 1; pairs <= 30; pairs++) {
                check_in(k, t->strassen_in, half, pairs, 0);
                check_in(k, t->strassen_in, half, pairs, 1);
            }
        }
        if (kc_end(k, level) && k->bench) {
            time_in(k, t->strassen_in);
        }
    }
    if (fresh(t->strassen_name) && kc_begin(k, t->strassen_name)) {
        kc_all_codes(k, t, 2 * WEFT_STRASSEN_LEAST - 1, PIXELS_MAX, check_sum);
        if (kc_end(k, level) && k->bench) {
            time_sum(k, t);
        }
    }
}

/* The accumulators of pixels and weights that fit against those of the scalar convolution. */
static void check_exact(struct kc *k, int pixels, int k8, int ends)
{
    enum { NR = 32 };
    static struct strassen_data d;
    static const int32_t zeros[NR];
    const struct kc_codes_case c = {.pixels = pixels, .k8 = k8, .ahead = k8 % 2};
    const int32_t off = 0;
    snprintf(k->what, sizeof k->what, "%d pixels, 2 x %d x 8%s", pixels, k8, ends ? ", ends only" : "");
    make_sums(k, &c, (struct ranges){1, ends}, NR, &d);
    weft_strassen_sum_scalar(&d.args, NR, d.acc);
    for (int i = 0; i < 2 * pixels; i++) {
        int32_t direct[NR];
        const uint8_t *panel = (const uint8_t *)d.args.w + i % 2 * d.args.panel_bytes;
        const struct weft_conv_args one = {.a = d.rows + i / 2, .pixels = 1, .run_off = &off, .runs = 1,
                                           .run_k8 = 2 * k8, .w = panel, .lut = d.args.lut, .init = zeros,
                                           .acc = direct};
        weft_conv_scalar(&one, WEFT_WFMT_C4, 1, NR, 0);
        for (int o = 0; o < NR; o++) {
            const int got = d.acc[i * NR + o];
            if (got != direct[o]) {
                kc_fail(k, "pixel %d, output %d is %d, directly %d", i / 2, i % 2 * NR + o, got, direct[o]);
            }
        }
    }
}

void kc_strassen_exact(struct kc *k)
{
    if (!kc_begin(k, "weft_strassen")) {
        return;
    }
    for (int k8 = 1; k8 <= KC_K8_MAX; k8++) {
        for (int pixels = 1; pixels <= 24; pixels++) {
            check_exact(k, pixels, k8, 0);
            check_exact(k, pixels, k8, 1);
        }
    }
    kc_end(k, "scalar");
}
