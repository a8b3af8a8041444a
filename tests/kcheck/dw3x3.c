/* kcheck: depthwise windows straight to codes, against taps and epilogue one after the other. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kcheck.h"
#include "simd/pack.h"
#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

enum { CHANNELS_MAX = 256, PIXELS_MAX = 64 };

struct window_case {
    int pixels, channels, step, pair, gap; /* gap: bytes after the channels of each output pixel */
    enum kc_data data;
    enum kc_place place;
};

/* The factors of one case, canonical. */
struct factors {
    int8_t w[9 * CHANNELS_MAX];
    int32_t init[CHANNELS_MAX];
    float scale[CHANNELS_MAX], bias[CHANNELS_MAX];
};

/* With an encoder one channel in five sees nothing but a threshold, or the float below it. */
static void make_factors(struct kc *k, int channels, enum kc_data data, const struct weft_encoder *enc,
                         struct factors *f)
{
    kc_fill(k, (uint8_t *)f->w, (size_t)(9 * channels), data == KC_SINGLE ? KC_RANDOM : data, -127, 127);
    for (int c = 0; c < channels; c++) {
        f->init[c] = kc_range(k, -100000, 100000);
        f->scale[c] = (float)kc_range(k, -1000, 1000) / 1e7f;
        f->bias[c] = (float)kc_range(k, -1000, 1000) / 500;
        if (enc && c % 5 == 4) {
            float theta = enc->theta[kc_range(k, 0, enc->magnitudes - 1)];
            f->scale[c] = 0;
            f->bias[c] = kc_range(k, 0, 1) ? theta : nextafterf(theta, 0);
            f->bias[c] = kc_range(k, 0, 1) ? f->bias[c] : -f->bias[c];
        }
    }
}

static void define(const struct weft_dw3x3_args *args, const struct factors *f, uint8_t *out)
{
    static int32_t acc[CHANNELS_MAX * PIXELS_MAX];
    const uint8_t *taps[9];
    for (int t = 0; t < 9; t++) {
        taps[t] = args->row[t / 3] + t % 3 * args->channels;
    }
    weft_dw_scalar(&(struct weft_dw_args){.a = taps, .a_stride = (ptrdiff_t)args->step * args->channels, .taps = 9,
                                          .pixels = args->pixels, .channels = args->channels, .w = f->w,
                                          .wstride = args->channels, .init = f->init, .acc = acc,
                                          .acc_stride = args->channels}, 0);
    weft_epilogue_scalar(&(struct weft_epilogue_args){.acc = acc, .acc_stride = args->channels, .pixels = args->pixels,
                                                      .channels = args->channels, .scale = f->scale, .bias = f->bias,
                                                      .enc = args->enc, .out = out, .out_stride = args->out_stride});
    for (int i = 0; args->out_values && i < args->pixels * args->channels; i++) {
        uint8_t *code = out + i / args->channels * args->out_stride + i % args->channels;
        *code = args->out_values[*code];
    }
}

static void check_windows(struct kc *k, weft_dw3x3_fn *fn, struct window_case c, const struct weft_encoder *enc,
                          const char *edge)
{
    static struct factors f;
    struct weft_dw3x3_args args = {.pixels = c.pixels, .channels = c.channels, .step = c.step, .pair = c.pair,
                                   .enc = enc, .out_stride = c.channels + c.gap};
    snprintf(k->what, sizeof k->what, "%d pixels by %d of %d + %d channels%s, %s, %s edge, at %s", c.pixels, c.step,
             c.channels, c.gap, c.pair ? " in pairs" : "", kc_data_name(c.data), edge,
             c.place == KC_END ? "end" : "start");
    int width = (c.pixels - 1) * c.step + 3;
    size_t row = (size_t)width * (size_t)c.channels;
    uint8_t *a = kc_input(k, KC_A, row * 3, 1, c.place);
    kc_fill(k, a, row * 3, c.data, 0, 255);
    for (int i = 0; i < 3; i++) { /* in any order, each at a guard page in turn */
        args.row[i] = a + (size_t)((i + c.pixels) % 3) * row;
    }
    make_factors(k, c.channels, c.data, enc, &f);
    struct weft_dw3x3_block *blocks =
        kc_input(k, KC_W, weft_pack_dw3x3_blocks(c.channels, c.pair) * sizeof *blocks, 64, c.place);
    weft_pack_dw3x3(f.w, f.init, f.scale, f.bias, c.channels, c.pair, blocks);
    args.blocks = blocks;
    args.out_values = kc_out_values(k, enc, c.pixels % 2 && !enc->is_signed);
    kc_outputs(k, (size_t)(args.out_stride * (c.pixels - 1) + c.channels), 1, c.place);
    args.out = k->region[KC_GOT].p;
    fn(&args);
    define(&args, &f, k->region[KC_WANT].p);
    kc_compare(k);
}

static void check_edge(struct kc *k, weft_dw3x3_fn *fn, const struct weft_encoder *enc, const char *edge)
{
    static const int channels[] = {1,  3,  15,  16,  24,  31,  32,  33,  48,  63, 64,
                                   65, 96, 127, 128, 144, 160, 192, 200, 224, 256};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        for (int pixels = 1; pixels <= 28; pixels += 1 + pixels / 4) {
            enum kc_place place = (enum kc_place)(pixels % KC_PLACES);
            for (int step = 1; step <= 2; step++) {
                struct window_case c = {pixels, channels[i], step, 0, pixels % 3 * 7, KC_RANDOM, place};
                check_windows(k, fn, c, enc, edge);
            }
            if (channels[i] % 64 == 32) {
                check_windows(k, fn, (struct window_case){pixels, channels[i], 1, 1, 0, KC_RANDOM, place}, enc, edge);
            }
        }
    }
    for (int data = 0; data < KC_DATA_COUNT; data++) {
        check_windows(k, fn, (struct window_case){9, 144, 1, 0, 0, (enum kc_data)data, KC_END}, enc, edge);
        check_windows(k, fn, (struct window_case){9, 96, 1, 1, 0, (enum kc_data)data, KC_END}, enc, edge);
        check_windows(k, fn, (struct window_case){9, 96, 2, 0, 0, (enum kc_data)data, KC_END}, enc, edge);
    }
}

struct job {
    struct weft_dw3x3_args args;
    weft_dw3x3_fn *fn;
};

static void run_job(void *context)
{
    const struct job *job = context;
    job->fn(&job->args);
}

static void time_windows(struct kc *k, weft_dw3x3_fn *fn, int channels, int step, int pair,
                         const struct weft_encoder *enc)
{
    static struct factors f;
    enum { PIXELS = 28 };
    char text[64];
    int width = (PIXELS - 1) * step + 3;
    size_t row = (size_t)width * (size_t)channels;
    struct job job = {{.pixels = PIXELS, .channels = channels, .step = step,
                       .pair = pair, .enc = enc, .out_stride = channels}, fn};
    uint8_t *a = kc_input(k, KC_A, row * 3, 64, KC_START);
    kc_fill(k, a, row * 3, KC_RANDOM, 0, 63);
    make_factors(k, channels, KC_RANDOM, NULL, &f);
    struct weft_dw3x3_block *blocks =
        kc_input(k, KC_W, weft_pack_dw3x3_blocks(channels, pair) * sizeof *blocks, 64, KC_START);
    weft_pack_dw3x3(f.w, f.init, f.scale, f.bias, channels, pair, blocks);
    kc_outputs(k, (size_t)PIXELS * (size_t)channels, 64, KC_START);
    for (int i = 0; i < 3; i++) {
        job.args.row[i] = a + (size_t)i * row;
    }
    job.args.blocks = blocks;
    job.args.out = k->region[KC_GOT].p;
    snprintf(text, sizeof text, "28 pixels by %d x %d%s, %s%s", step, channels, pair ? ", pairs" : "",
             enc->words ? "words" : enc->rows ? "rows" : "linear", enc->is_signed ? ", signed" : "");
    kc_time(k->kernel, text, "Gcode/s", 1e-9 * PIXELS * channels, run_job, &job);
}

void kc_dw3x3(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    const char *edge;
    const struct weft_encoder *enc;
    if (!t->dw3x3 || !fresh(t->dw3x3_name) || !kc_begin(k, t->dw3x3_name)) {
        return;
    }
    int edges = 0;
    for (int e = 0; e < KC_ENCODERS && (enc = kc_encoder(e, &edge)); e++) {
        if (enc->rows > 0 || enc->linear > 0) {
            check_edge(k, t->dw3x3, enc, edge);
            edges++;
        }
    }
    if (edges == 0) {
        kc_fail(k, "no encoder that the kernel takes can be built");
    }
    if (kc_end(k, level) && k->bench) {
        /* In words, linear, in rows; each without and with a sign. */
        static const int edges_timed[3][2] = {{9, 10}, {14, 16}, {19, 20}};
        for (int e = 0; e < 3; e++) {
            enc = kc_encoder(edges_timed[e][0], &edge);
            time_windows(k, t->dw3x3, 192, 1, 0, enc);
            time_windows(k, t->dw3x3, 192, 2, 0, enc);
            time_windows(k, t->dw3x3, 96, 1, 1, enc);
            time_windows(k, t->dw3x3, 144, 1, 0, enc);
            time_windows(k, t->dw3x3, 192, 1, 0, kc_encoder(edges_timed[e][1], &edge));
        }
    }
}
