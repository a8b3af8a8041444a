/* kcheck: codes straight to codes, against lookup, sum and epilogue one after the other. */
#include <math.h>
#include <stdio.h>

#include "kcheck.h"
#include "simd/scalar/list.h"

enum { CHANNELS_MAX = 160, PIXELS_MAX = 24, TABLE = 32 };

struct affine_case {
    int pixels, channels, gap, is_signed, by_table;
    const struct weft_encoder *enc;
    const char *edge;
    enum kc_place place;
};

/* The values' integers as sums, which every float of them is. */
static void define(const struct weft_affine_args *args, uint8_t *out)
{
    static int32_t acc[CHANNELS_MAX * PIXELS_MAX];
    for (int p = 0; p < args->pixels; p++) {
        for (int c = 0; c < args->channels; c++) {
            int code = args->in[p * args->in_stride + c], m = code & (args->is_signed ? 127 : 255);
            int value = args->values ? (int)args->values[m] : m;
            acc[p * args->channels + c] = args->is_signed && code & 128 ? -value : value;
        }
    }
    weft_epilogue_scalar(&(struct weft_epilogue_args){.acc = acc, .acc_stride = args->channels, .pixels = args->pixels,
                                                      .channels = args->channels, .scale = args->scale,
                                                      .bias = args->bias, .enc = args->enc, .out = out,
                                                      .out_stride = args->out_stride});
}

/* One channel in five sees nothing but a threshold, or the float below it. */
static void make_factors(struct kc *k, const struct affine_case *c, float *scale, float *bias)
{
    for (int i = 0; i < c->channels; i++) {
        scale[i] = (float)kc_range(k, -1000, 1000) / 1e4f;
        bias[i] = (float)kc_range(k, -1000, 1000) / 500;
        if (i % 5 == 4) {
            float theta = c->enc->theta[kc_range(k, 0, c->enc->magnitudes - 1)];
            scale[i] = 0;
            bias[i] = kc_range(k, 0, 1) ? theta : nextafterf(theta, 0);
            bias[i] = kc_range(k, 0, 1) ? bias[i] : -bias[i];
        }
    }
}

static void check_affine(struct kc *k, weft_affine_fn *fn, const struct affine_case *c)
{
    float *values = kc_input(k, KC_LUT, TABLE * sizeof *values, 4, c->place);
    size_t pitch = (size_t)(c->channels + c->gap), entries = pitch * (size_t)(c->pixels - 1) + (size_t)c->channels;
    snprintf(k->what, sizeof k->what, "%d pixels of %d + %d channels, %s%s, %s edge, at %s", c->pixels, c->channels,
             c->gap, c->by_table ? "table" : "as they are", c->is_signed ? ", signed" : "", c->edge,
             c->place == KC_END ? "end" : "start");
    for (int i = 0; i < TABLE; i++) {
        values[i] = (float)kc_range(k, 0, 255);
    }
    uint8_t *in = kc_input(k, KC_A, entries, 1, c->place);
    for (size_t i = 0; i < entries; i++) {
        int m = kc_range(k, 0, c->by_table ? TABLE - 1 : c->is_signed ? 127 : 255);
        in[i] = (uint8_t)(m | (c->is_signed && m > 0 ? kc_range(k, 0, 1) << 7 : 0));
    }
    float *scale = kc_input(k, KC_X1, (size_t)c->channels * sizeof *scale, 4, c->place);
    float *bias = kc_input(k, KC_X2, (size_t)c->channels * sizeof *bias, 4, c->place);
    make_factors(k, c, scale, bias);
    struct weft_affine_args args = {.in = in, .in_stride = (ptrdiff_t)pitch, .pixels = c->pixels,
                                    .channels = c->channels, .is_signed = c->is_signed,
                                    .values = c->by_table ? values : NULL, .scale = scale, .bias = bias, .enc = c->enc,
                                    .out_stride = (ptrdiff_t)pitch};
    kc_outputs(k, entries, 1, c->place);
    args.out = k->region[KC_GOT].p;
    fn(&args);
    define(&args, k->region[KC_WANT].p);
    kc_compare(k);
}

struct affine_job {
    struct weft_affine_args args;
    weft_affine_fn *fn;
};

static void run_affine(void *context)
{
    const struct affine_job *job = context;
    job->fn(&job->args);
}

static void time_affine(struct kc *k, weft_affine_fn *fn, const struct affine_case *edge)
{
    for (int by_table = 0; by_table < 2; by_table++) {
        struct affine_case c = {PIXELS_MAX, 128, 0, 0, by_table, edge->enc, edge->edge, KC_START};
        char text[64];
        check_affine(k, fn, &c); /* lays the arrays out */
        struct affine_job job = {{.in = k->region[KC_A].p, .in_stride = c.channels, .pixels = c.pixels,
                                  .channels = c.channels,
                                  .values = by_table ? (const float *)(void *)k->region[KC_LUT].p : NULL,
                                  .scale = (const float *)(void *)k->region[KC_X1].p,
                                  .bias = (const float *)(void *)k->region[KC_X2].p, .enc = c.enc,
                                  .out = k->region[KC_GOT].p, .out_stride = c.channels}, fn};
        snprintf(text, sizeof text, "%s to %s", by_table ? "table" : "plain", c.edge);
        kc_time(k->kernel, text, "G/s", 1e-9 * c.pixels * c.channels, run_affine, &job);
    }
}

void kc_affine(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    static const int channels[] = {1, 3, 15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65, 96, 144, 160};
    struct affine_case c = {0};
    int edges = 0;
    if (!t->affine || !fresh(t->affine_name) || !kc_begin(k, t->affine_name)) {
        return;
    }
    for (int e = 0; e < KC_ENCODERS && (c.enc = kc_encoder(e, &c.edge)); e++) {
        if (!c.enc->words && c.enc->rows == 0 && !(c.enc->linear > 0)) {
            continue;
        }
        edges++;
        for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
            for (int mode = 0; mode < 16; mode++) {
                c.channels = channels[i];
                c.pixels = 1 + (mode * 5 + channels[i]) % 9;
                c.gap = (mode + channels[i]) % 3 * 3;
                c.is_signed = mode & 1;
                c.by_table = mode >> 1 & 1;
                c.place = mode & 4 ? KC_END : KC_START;
                check_affine(k, t->affine, &c);
            }
        }
    }
    if (!c.enc || edges < 3) {
        kc_fail(k, "encoders are missing");
    }
    if (kc_end(k, level) && k->bench) {
        for (int e = 0; e < KC_ENCODERS; e++) {
            c.enc = kc_encoder(e, &c.edge);
            if (c.enc->words || c.enc->linear > 0) {
                time_affine(k, t->affine, &c);
            }
        }
    }
}
