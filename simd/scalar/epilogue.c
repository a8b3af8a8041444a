#include <assert.h>
#include <math.h>

#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

static float hsigmoid(float y, float alpha, float beta)
{
    y = fmaf(y, alpha, beta);
    y = y > 0 ? y : 0;
    return y < 1 ? y : 1;
}

static float activate(float y, const struct weft_epilogue_args *args, int c)
{
    switch (args->act) {
    case WEFT_ACT_CLIP:
        y = y > args->lo ? y : args->lo;
        return y < args->hi ? y : args->hi;
    case WEFT_ACT_LEAKY:
        return y >= 0 ? y : y * args->slope[c];
    case WEFT_ACT_HSIGMOID:
        return hsigmoid(y, args->alpha, args->beta);
    case WEFT_ACT_HSWISH:
        return y * hsigmoid(y, args->alpha, args->beta);
    case WEFT_ACT_NONE:
        break;
    }
    return y;
}

static int residual(uint8_t byte, int is_signed)
{
    return is_signed && byte > 127 ? byte - 256 : byte;
}

void weft_epilogue_scalar(const struct weft_epilogue_args *args)
{
    assert(args->enc ? args->out != NULL : args->out_f != NULL);
    assert(args->act != WEFT_ACT_LEAKY || args->slope);
    for (int p = 0; p < args->pixels; p++) {
        for (int c = 0; c < args->channels; c++) {
            float y = fmaf((float)args->acc[p * args->acc_stride + c], args->scale[c], args->bias[c]);
            if (args->res) {
                int r = residual(args->res[p * args->res_stride + c], args->res_signed) - args->res_zero;
                y = fmaf((float)r, args->res_scale, y);
            }
            y = activate(y, args, c);
            if (args->enc) {
                args->out[p * args->out_stride + c] = weft_encode_one_scalar(y, args->enc);
            } else {
                args->out_f[p * args->out_stride + c] = y;
            }
        }
    }
}
