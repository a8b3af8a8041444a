#include "simd/arm/encode_neon.h"

/* y > bound ? y : bound and y < bound ? y : bound, which fmax and fmin are not for NaN and zeros of either sign. */
WEFT_INLINE float32x4_t above(float32x4_t y, float32x4_t bound)
{
    return vbslq_f32(vcgtq_f32(y, bound), y, bound);
}

WEFT_INLINE float32x4_t below(float32x4_t y, float32x4_t bound)
{
    return vbslq_f32(vcltq_f32(y, bound), y, bound);
}

WEFT_INLINE float32x4_t hsigmoid(float32x4_t y, const struct weft_epilogue_args *args)
{
    y = vfmaq_f32(vdupq_n_f32(args->beta), y, vdupq_n_f32(args->alpha));
    return below(above(y, vdupq_n_f32(0)), vdupq_n_f32(1));
}

WEFT_INLINE float32x4_t activate(float32x4_t y, const struct weft_epilogue_args *args, int c)
{
    switch (args->act) {
    case WEFT_ACT_CLIP:
        return below(above(y, vdupq_n_f32(args->lo)), vdupq_n_f32(args->hi));
    case WEFT_ACT_LEAKY:
        return vbslq_f32(vcgezq_f32(y), y, vmulq_f32(y, vld1q_f32(args->slope + c)));
    case WEFT_ACT_HSIGMOID:
        return hsigmoid(y, args);
    case WEFT_ACT_HSWISH:
        return vmulq_f32(y, hsigmoid(y, args));
    case WEFT_ACT_NONE:
        break;
    }
    return y;
}

/* y += residual, eight bytes of it. */
WEFT_INLINE void add_residual(const struct weft_epilogue_args *args, const uint8_t *res, float32x4_t y[2])
{
    uint8x8_t bytes = vld1_u8(res);
    int16x8_t wide = args->res_signed ? vmovl_s8(vreinterpret_s8_u8(bytes)) : vreinterpretq_s16_u16(vmovl_u8(bytes));
    int32x4_t zero = vdupq_n_s32(args->res_zero);
    float32x4_t scale = vdupq_n_f32(args->res_scale);
    y[0] = vfmaq_f32(y[0], vcvtq_f32_s32(vsubq_s32(vmovl_s16(vget_low_s16(wide)), zero)), scale);
    y[1] = vfmaq_f32(y[1], vcvtq_f32_s32(vsubq_s32(vmovl_high_s16(wide), zero)), scale);
}

/* y of channels c..c+7 of pixel p. */
WEFT_INLINE void values(const struct weft_epilogue_args *args, ptrdiff_t p, int c, float32x4_t y[2])
{
    const int32_t *acc = args->acc + p * args->acc_stride + c;
    WEFT_UNROLL
    for (int v = 0; v < 2; v++) {
        float32x4_t sum = vcvtq_f32_s32(vld1q_s32(acc + 4 * v));
        y[v] = vfmaq_f32(vld1q_f32(args->bias + c + 4 * v), sum, vld1q_f32(args->scale + c + 4 * v));
    }
    if (args->res) {
        add_residual(args, args->res + p * args->res_stride + c, y);
    }
    y[0] = activate(y[0], args, c);
    y[1] = activate(y[1], args, c + 4);
}

/* Where the channels are no multiple of 8, the last vector overlaps the one before: the same values again. */
WEFT_INLINE int next_channel(int c, int channels)
{
    return c + 8 < channels && c + 16 > channels ? channels - 8 : c + 8;
}

WEFT_INLINE void to_codes(const struct weft_epilogue_args *args, int is_signed)
{
    struct encoder_neon e = load_encoder(args->enc);
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        uint8_t *out = args->out + p * args->out_stride;
        for (int c = 0; c < args->channels; c = next_channel(c, args->channels)) {
            float32x4_t y[2];
            values(args, p, c, y);
            vst1_u8(out + c, encode8(&e, is_signed, y));
        }
    }
}

static void to_floats(const struct weft_epilogue_args *args)
{
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        float *out = args->out_f + p * args->out_stride;
        for (int c = 0; c < args->channels; c = next_channel(c, args->channels)) {
            float32x4_t y[2];
            values(args, p, c, y);
            vst1q_f32(out + c, y[0]);
            vst1q_f32(out + c + 4, y[1]);
        }
    }
}

static void at_least_8_channels(const struct weft_epilogue_args *args)
{
    if (!args->enc) {
        to_floats(args);
    } else if (args->enc->is_signed) {
        to_codes(args, 1);
    } else {
        to_codes(args, 0);
    }
}

/* Fewer than 8 channels: pixel by pixel through arrays of 8. */
static void few_channels(const struct weft_epilogue_args *args)
{
    size_t n = (size_t)args->channels;
    int32_t acc[8] = {0};
    float scale[8] = {0}, bias[8] = {0}, slope[8] = {0}, floats[8];
    uint8_t res[8] = {0}, codes[8];
    struct weft_epilogue_args eight = *args;
    memcpy(scale, args->scale, n * sizeof *scale);
    memcpy(bias, args->bias, n * sizeof *bias);
    if (args->act == WEFT_ACT_LEAKY) {
        memcpy(slope, args->slope, n * sizeof *slope);
    }
    eight.pixels = 1;
    eight.channels = 8;
    eight.acc = acc;
    eight.scale = scale;
    eight.bias = bias;
    eight.slope = slope;
    eight.res = args->res ? res : NULL;
    eight.out = codes;
    eight.out_f = floats;
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        memcpy(acc, args->acc + p * args->acc_stride, n * sizeof *acc);
        if (args->res) {
            memcpy(res, args->res + p * args->res_stride, n);
        }
        at_least_8_channels(&eight);
        if (args->enc) {
            memcpy(args->out + p * args->out_stride, codes, n);
        } else {
            memcpy(args->out_f + p * args->out_stride, floats, n * sizeof *floats);
        }
    }
}

void weft_epilogue_neon(const struct weft_epilogue_args *args)
{
    assert(args->enc ? args->out != NULL : args->out_f != NULL);
    assert(args->act != WEFT_ACT_LEAKY || args->slope);
    if (args->channels < 8) {
        few_channels(args);
    } else {
        at_least_8_channels(args);
    }
}
