/* kcheck: the kernels on floats: encode and the epilogue. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kcheck.h"
#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

#define CHUNK 4096

static float from_bits(uint32_t bits)
{
    float y;
    memcpy(&y, &bits, sizeof y);
    return y;
}

static uint32_t to_bits(float y)
{
    uint32_t bits;
    memcpy(&bits, &y, sizeof bits);
    return bits;
}

static const uint32_t special_bits[] = {
    0x00000000, 0x00000001, 0x00000002, 0x007fffff, 0x00800000, 0x00800001, 0x3f800000,
    0x4f000000, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fbfffff, 0x7fc00000, 0x7fffffff,
};

/* Sends floats to the kernel and to the definition. */
static void compare_floats(struct kc *k, weft_encode_fn *fn, const struct weft_encoder *enc, const float *in,
                           size_t n, enum kc_place place)
{
    kc_outputs(k, n, 1, place);
    fn(in, n, enc, k->region[KC_GOT].p);
    weft_encode_scalar(in, n, enc, k->region[KC_WANT].p);
    kc_compare(k);
}

/* Every threshold and its neighbours, both signs. */
static size_t around_thresholds(const struct weft_encoder *enc, float *in)
{
    size_t n = 0;
    for (int t = 0; t < enc->magnitudes; t++) {
        for (int d = -2; d <= 2; d++) {
            float y = from_bits(to_bits(enc->theta[t]) + (uint32_t)d);
            in[n++] = y;
            in[n++] = -y;
        }
    }
    return n;
}

static void check_corners(struct kc *k, weft_encode_fn *fn, const struct weft_encoder *enc)
{
    float *in = kc_input(k, KC_X1, CHUNK * sizeof *in, 4, KC_START);
    size_t n = around_thresholds(enc, in);
    for (size_t i = 0; i < sizeof special_bits / sizeof *special_bits; i++) {
        in[n++] = from_bits(special_bits[i]);
        in[n++] = from_bits(special_bits[i] | 0x80000000u);
    }
    compare_floats(k, fn, enc, in, n, KC_END);
}

static void check_dense(struct kc *k, weft_encode_fn *fn, const struct weft_encoder *enc)
{
    uint32_t lowest = to_bits(enc->theta[0]) - (1u << 22);
    uint32_t highest = to_bits(enc->theta[enc->magnitudes - 1]) + (1u << 22);
    float *in = kc_input(k, KC_X1, CHUNK * sizeof *in, 4, KC_END);
    for (int pass = 0; pass < 32; pass++) {
        for (int i = 0; i < CHUNK; i++) {
            uint32_t bits = (uint32_t)(kc_next(k) >> 32);
            if (pass & 1) { /* half of them where the thresholds are */
                bits = (lowest + bits % (highest - lowest)) | (bits & 1) << 31;
            }
            in[i] = from_bits(bits);
        }
        compare_floats(k, fn, enc, in, CHUNK, KC_END);
    }
}

static void check_lengths(struct kc *k, weft_encode_fn *fn, const struct weft_encoder *enc)
{
    for (const int *n = kc_sizes; *n; n++) {
        for (int place = 0; place < KC_PLACES; place++) {
            float *in = kc_input(k, KC_X1, (size_t)*n * sizeof *in, 4, (enum kc_place)place);
            for (int i = 0; i < *n; i++) {
                in[i] = from_bits((uint32_t)(kc_next(k) >> 32));
            }
            compare_floats(k, fn, enc, in, (size_t)*n, (enum kc_place)place);
        }
    }
}

struct encode_job {
    weft_encode_fn *fn;
    const float *in;
    size_t n;
    const struct weft_encoder *enc;
    uint8_t *out;
};

static void run_encode(void *context)
{
    const struct encode_job *job = context;
    job->fn(job->in, job->n, job->enc, job->out);
}

void kc_encode(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    const char *edge;
    const struct weft_encoder *enc;
    if (!fresh(t->encode_name) || !kc_begin(k, t->encode_name)) {
        return;
    }
    for (int e = 0; e < KC_ENCODERS; e++) {
        if (!(enc = kc_encoder(e, &edge))) {
            kc_fail(k, "an encoder cannot be built");
            break;
        }
        snprintf(k->what, sizeof k->what, "%s edge", edge);
        check_corners(k, t->encode, enc);
        check_dense(k, t->encode, enc);
        check_lengths(k, t->encode, enc);
    }
    if (kc_end(k, level) && k->bench) {
        float *in = kc_input(k, KC_X1, CHUNK * sizeof *in, 64, KC_START);
        for (int i = 0; i < CHUNK; i++) {
            in[i] = (float)kc_range(k, 1, 1000) / 256;
        }
        kc_outputs(k, CHUNK, 64, KC_START);
        for (int e = 0; e < KC_ENCODERS; e++) {
            struct encode_job job = {t->encode, in, CHUNK, kc_encoder(e, &edge), k->region[KC_GOT].p};
            kc_time(k->kernel, edge, "G/s", 1e-9 * CHUNK, run_encode, &job);
        }
    }
}

struct epilogue_case {
    int pixels, channels, gap, res; /* res: 0 none, 1 u8, 2 s8 */
    enum weft_act_kind act;
    const struct weft_encoder *enc;
    const char *edge;
    enum kc_place place;
};

static const char *const act_names[] = {"none", "clip", "leaky", "hsigmoid", "hswish"};

/* Sums of every magnitude, the extremes among them. */
static int32_t any_sum(struct kc *k)
{
    uint64_t r = kc_next(k);
    if (r % 61 == 0) {
        return r & 64 ? INT32_MIN : INT32_MAX;
    }
    return r % 7 == 0 ? 0 : (int32_t)(uint32_t)(r >> 32) >> (r % 31);
}

static float any_float(struct kc *k, float top)
{
    return top * (float)kc_range(k, -1000, 1000) / 1000;
}

/* One in four is a special: zeros of either sign, and where `wild` is set the largest and the smallest floats. */
static float *float_row(struct kc *k, enum kc_slot slot, const struct epilogue_case *c, float top, int wild)
{
    static const float specials[] = {0, -0.0f, FLT_MAX, -FLT_MAX, 1e-45f};
    float *row = kc_input(k, slot, (size_t)c->channels * sizeof *row, 4, c->place);
    for (int i = 0; i < c->channels; i++) {
        int special = kc_range(k, 0, 3) == 0;
        row[i] = special ? specials[kc_range(k, 0, wild ? 4 : 1)] : any_float(k, top);
    }
    return row;
}

static void check_epilogue(struct kc *k, weft_epilogue_fn *fn, const struct epilogue_case *c)
{
    static const float los[] = {0, -0.0f, -1, -0.0f}, his[] = {INFINITY, 6, 1, 0};
    struct weft_epilogue_args args = {
        .pixels = c->pixels, .channels = c->channels, .act = c->act, .enc = c->enc};
    size_t pitch = (size_t)(c->channels + c->gap);
    size_t entries = pitch * (size_t)(c->pixels - 1) + (size_t)c->channels;
    int bounds = kc_range(k, 0, 3);
    snprintf(k->what, sizeof k->what, "pixels %d, channels %d + %d, residual %s, act %s, %s edge, at %s",
             c->pixels, c->channels, c->gap,
             c->res == 0   ? "none"
             : c->res == 1 ? "u8"
                           : "s8",
             act_names[c->act], c->enc ? c->edge : "float", c->place == KC_END ? "end" : "start");
    int32_t *acc = kc_input(k, KC_INIT, entries * 4, 4, c->place);
    for (size_t i = 0; i < entries; i++) {
        acc[i] = any_sum(k);
    }
    args.acc = acc;
    args.acc_stride = args.res_stride = args.out_stride = (ptrdiff_t)pitch;
    args.scale = float_row(k, KC_X1, c, 0.01f, 0);
    args.bias = float_row(k, KC_X2, c, 2, 1);
    args.slope = c->act == WEFT_ACT_LEAKY ? float_row(k, KC_X3, c, 0.5f, 0) : NULL;
    if (c->res) {
        uint8_t *res = kc_input(k, KC_A, entries, 1, c->place);
        kc_fill(k, res, entries, KC_RANDOM, 0, 255);
        args.res = res;
        args.res_signed = c->res == 2;
        args.res_zero = kc_range(k, 0, 1) * 128;
        args.res_scale = any_float(k, 0.1f);
    }
    args.lo = los[bounds];
    args.hi = his[bounds];
    args.alpha = 1.0f / 6;
    args.beta = 0.5f;
    kc_outputs(k, entries * (c->enc ? 1 : 4), c->enc ? 1 : 4, c->place);
    args.out = k->region[KC_GOT].p;
    args.out_f = (float *)(void *)k->region[KC_GOT].p;
    fn(&args);
    args.out = k->region[KC_WANT].p;
    args.out_f = (float *)(void *)k->region[KC_WANT].p;
    weft_epilogue_scalar(&args);
    kc_compare(k);
}

static void check_epilogues(struct kc *k, weft_epilogue_fn *fn, const struct weft_encoder *enc,
                            const char *edge)
{
    for (const int *n = kc_sizes; *n; n++) {
        for (int mode = 0; mode < 15 * KC_PLACES; mode++) {
            struct epilogue_case c = {
                .pixels = 1 + (mode + *n) % 6, .channels = *n, .gap = (*n + mode) % 3 * 3};
            c.act = (enum weft_act_kind)(mode % 5);
            c.res = mode / 5 % 3;
            c.place = (enum kc_place)(mode / 15);
            c.enc = enc;
            c.edge = edge;
            check_epilogue(k, fn, &c);
        }
    }
}

/* Residuals as codes against the same looked up. */
static void check_epilogue_codes(struct kc *k, weft_epilogue_fn *fn, const struct epilogue_case *c)
{
    float values[32];
    size_t pitch = (size_t)(c->channels + c->gap), entries = pitch * (size_t)(c->pixels - 1) + (size_t)c->channels;
    snprintf(k->what, sizeof k->what, "pixels %d, channels %d + %d, residual codes, %s edge, at %s", c->pixels,
             c->channels, c->gap, c->edge, c->place == KC_END ? "end" : "start");
    int32_t *acc = kc_input(k, KC_INIT, entries * 4, 4, c->place);
    uint8_t *codes = kc_input(k, KC_A, entries, 1, c->place), *bytes = kc_input(k, KC_W, entries, 1, c->place);
    for (int i = 0; i < 32; i++) {
        values[i] = (float)kc_range(k, 0, 255);
    }
    for (size_t i = 0; i < entries; i++) {
        acc[i] = any_sum(k);
        codes[i] = (uint8_t)kc_range(k, 0, 31);
        bytes[i] = (uint8_t)values[codes[i]];
    }
    struct weft_epilogue_args args = {.acc = acc, .pixels = c->pixels, .channels = c->channels, .enc = c->enc,
                                      .res = codes, .res_scale = any_float(k, 0.1f), .res_values = values};
    args.acc_stride = args.res_stride = args.out_stride = (ptrdiff_t)pitch;
    args.scale = float_row(k, KC_X1, c, 0.01f, 0);
    args.bias = float_row(k, KC_X2, c, 2, 1);
    kc_outputs(k, entries, 1, c->place);
    args.out = k->region[KC_GOT].p;
    fn(&args);
    args.out = k->region[KC_WANT].p;
    args.res = bytes;
    weft_epilogue_scalar(&args);
    kc_compare(k);
}

static void check_codes(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    if (!t->epilogue_codes || !fresh(t->epilogue_codes_name) || !kc_begin(k, t->epilogue_codes_name)) {
        return;
    }
    int words = 0;
    for (int e = 0; e < KC_ENCODERS; e++) {
        struct epilogue_case c = {0};
        c.enc = kc_encoder(e, &c.edge);
        if (!c.enc) {
            kc_fail(k, "an encoder cannot be built");
            break;
        }
        for (const int *n = kc_sizes; c.enc->words && *n; n++) {
            for (int mode = 0; mode < 6; mode++, words++) {
                c.pixels = 1 + (mode + *n) % 6;
                c.channels = *n;
                c.gap = (*n + mode) % 3 * 3;
                c.place = mode % 2 ? KC_END : KC_START;
                check_epilogue_codes(k, t->epilogue_codes, &c);
            }
        }
    }
    if (words == 0) {
        kc_fail(k, "no encoder has words");
    }
    kc_end(k, level);
}

/* Sums of zero beside thresholds, their neighbours and the largest floats as biases; and sums that go beyond them. */
static void check_epilogue_corners(struct kc *k, weft_epilogue_fn *fn, const struct weft_encoder *enc, const char *edge)
{
    enum { PIXELS = 3 };
    float *bias = kc_input(k, KC_X2, CHUNK * sizeof *bias, 4, KC_START);
    size_t n = around_thresholds(enc, bias);
    for (int sign = -1; sign <= 1; sign += 2) {
        bias[n++] = (float)sign * FLT_MAX;
        bias[n++] = (float)sign * FLT_MIN;
        bias[n++] = (float)sign * 0.0f;
    }
    float *scale = kc_input(k, KC_X1, n * sizeof *scale, 4, KC_START);
    int32_t *acc = kc_input(k, KC_INIT, PIXELS * n * sizeof *acc, 4, KC_START);
    for (size_t i = 0; i < PIXELS * n; i++) {
        acc[i] = i < n || i % 5 ? 0 : kc_range(k, -2, 2);
        scale[i % n] = FLT_MAX;
    }
    struct weft_epilogue_args args = {.acc = acc, .acc_stride = (ptrdiff_t)n, .pixels = PIXELS, .channels = (int)n,
                                      .scale = scale, .bias = bias, .enc = enc, .out_stride = (ptrdiff_t)n};
    snprintf(k->what, sizeof k->what, "around the thresholds, %s edge", edge);
    kc_outputs(k, PIXELS * n, 1, KC_END);
    args.out = k->region[KC_GOT].p;
    fn(&args);
    args.out = k->region[KC_WANT].p;
    weft_epilogue_scalar(&args);
    kc_compare(k);
}

struct epilogue_job {
    struct weft_epilogue_args args;
    weft_epilogue_fn *fn;
};

static void run_epilogue(void *context)
{
    const struct epilogue_job *job = context;
    job->fn(&job->args);
}

/* A panel of sums as a convolution makes them: 72 pixels x 32 channels. */
static void time_epilogue(struct kc *k, weft_epilogue_fn *fn)
{
    enum { PIXELS = 72, CHANNELS = 32 };
    static const int encoders[] = {0, 9, 10, 14, 16, 19, 20};
    struct epilogue_case c = {.pixels = PIXELS, .channels = CHANNELS, .place = KC_START};
    struct epilogue_job job = {.fn = fn};
    int32_t *acc = kc_input(k, KC_INIT, PIXELS * CHANNELS * 4, 64, KC_START);
    for (int i = 0; i < PIXELS * CHANNELS; i++) {
        acc[i] = kc_range(k, -2000, 2000);
    }
    uint8_t *res = kc_input(k, KC_A, PIXELS * CHANNELS, 64, KC_START);
    kc_fill(k, res, PIXELS * CHANNELS, KC_RANDOM, 0, 255);
    kc_outputs(k, PIXELS * CHANNELS, 64, KC_START);
    job.args = (struct weft_epilogue_args){.acc = acc, .acc_stride = CHANNELS, .pixels = PIXELS, .channels = CHANNELS};
    job.args.scale = float_row(k, KC_X1, &c, 0.01f, 0);
    job.args.bias = float_row(k, KC_X2, &c, 2, 0);
    job.args.res_stride = job.args.out_stride = CHANNELS;
    job.args.res_scale = 0.01f;
    job.args.out = k->region[KC_GOT].p;
    for (size_t e = 0; e < 2 * sizeof encoders / sizeof *encoders; e++) {
        const char *edge;
        char text[64];
        job.args.enc = kc_encoder(encoders[e / 2], &edge);
        job.args.res = e % 2 ? res : NULL;
        for (job.args.channels = CHANNELS; job.args.channels >= 16; job.args.channels -= 16) {
            snprintf(text, sizeof text, "%d x %s%s", job.args.channels, edge, e % 2 ? ", residual" : "");
            kc_time(k->kernel, text, "G/s", 1e-9 * PIXELS * job.args.channels, run_epilogue, &job);
        }
    }
}

void kc_epilogue(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh)
{
    check_codes(k, t, level, fresh);
    const char *edge;
    const struct weft_encoder *enc;
    if (!fresh(t->epilogue_name) || !kc_begin(k, t->epilogue_name)) {
        return;
    }
    check_epilogues(k, t->epilogue, NULL, NULL);
    for (int e = 0; e < KC_ENCODERS; e++) {
        if (!(enc = kc_encoder(e, &edge))) {
            kc_fail(k, "an encoder cannot be built");
            break;
        }
        check_epilogues(k, t->epilogue, enc, edge);
        check_epilogue_corners(k, t->epilogue, enc, edge);
    }
    if (kc_end(k, level) && k->bench) {
        time_epilogue(k, t->epilogue);
    }
}
