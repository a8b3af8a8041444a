#include "codes.h"

#include <math.h>

#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

const char *kc_residual_name(enum kc_residual residual)
{
    static const char *const names[KC_RESIDUALS] = {"no residual", "bytes", "signed bytes", "codes"};
    return names[residual];
}

/* One channel in five sees nothing but a threshold, or the float below it; the others' sums reach all of the edge. */
void kc_make_epilogue(struct kc *k, const struct kc_codes_case *c, int channels, float *values,
                      struct weft_epilogue_args *to)
{
    const float top = c->enc->theta[c->enc->magnitudes - 1];
    const int pitch = channels + c->gap;
    const size_t entries = (size_t)(pitch * (c->pixels - 1) + channels);
    float *scale = kc_input(k, KC_X1, (size_t)channels * sizeof *scale, 4, c->place);
    float *bias = kc_input(k, KC_X2, (size_t)channels * sizeof *bias, 4, c->place);
    uint8_t *res = kc_input(k, KC_X3, entries, 1, c->place);
    for (int o = 0; o < channels; o++) {
        scale[o] = o % 5 == 4 ? 0 : top * (float)kc_range(k, -100, 100) / 1e7f;
        bias[o] = top * (float)kc_range(k, -100, 100) / 200;
        if (o % 5 == 4) {
            float theta = c->enc->theta[kc_range(k, 0, c->enc->magnitudes - 1)];
            bias[o] = kc_range(k, 0, 1) ? theta : nextafterf(theta, 0);
        }
    }
    kc_fill(k, res, entries, KC_RANDOM, 0, c->residual == KC_CODES ? KC_VALUES - 1 : 255);
    for (int i = 0; i < KC_VALUES; i++) {
        values[i] = (float)kc_range(k, 0, 255);
    }
    *to = (struct weft_epilogue_args){.pixels = c->pixels, .channels = channels, .scale = scale, .bias = bias,
                                      .enc = c->enc, .out_stride = pitch};
    if (c->residual != KC_NO_RESIDUAL) {
        to->res = res;
        to->res_stride = pitch;
        to->res_signed = c->residual == KC_SIGNED_BYTES;
        to->res_scale = top * (float)kc_range(k, -100, 100) / 1e4f;
        to->res_values = c->residual == KC_CODES ? values : NULL;
    }
    to->out_values = kc_out_values(k, c->enc, c->pixels / 2 % 2);
    kc_outputs(k, entries, 1, c->place);
    to->out = k->region[KC_GOT].p;
}

void kc_define_pixel(const struct weft_epilogue_args *all, int i, const int32_t *sums, uint8_t *out)
{
    uint8_t bytes[KC_CHANNELS_MAX];
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

void kc_all_codes(struct kc *k, const struct weft_kernels *t, int least, int most,
                  void (*check)(struct kc *, const struct weft_kernels *, const struct kc_codes_case *))
{
    int taken = 0;
    for (int e = 0; e < KC_ENCODERS; e++) {
        struct kc_codes_case c = {.enc = kc_encoder(e, &c.edge)};
        if (!c.enc) {
            kc_fail(k, "an encoder cannot be built");
            return;
        }
        for (c.pixels = least; c.pixels <= most && (c.enc->rows > 0 || c.enc->linear > 0); c.pixels++) {
            for (int r = 0; r < KC_RESIDUALS; r++, taken++) {
                c.residual = (enum kc_residual)r;
                c.k8 = 1 + (c.pixels * 5 + r + e) % KC_K8_MAX;
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
