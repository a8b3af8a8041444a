/* weft: operators that work channel by channel, all on the `dw` kernel and the epilogue:
 *
 *   depthwise  acc = sum of Q * byte over the taps            scale, bias: the layer's
 *   AVGPOOL    acc = sum over the taps (Q = 1)                 scale = s_x / (float)count, bias 0
 *   ADD        acc = input 0 (one tap, Q = 1)                  scale = s_0, bias 0, residual = input 1 with s_1
 *   AFFINE     acc = input 0                                   scale, bias: the layer's (scale holds s_x)
 *   GATE       acc = input 0                                   scale[c] = (float)(+-T_g[c]) * (s_x * s_g), bias 0
 *
 * so that each of them is defined by the epilogue's equation (simd/kernels.h). Where a kernel takes a shorter way to
 * the same codes (dw3x3, affine), sums are made in traced runs only.
 */
#ifndef WEFT_OPS_TAPWISE_H
#define WEFT_OPS_TAPWISE_H

#include "ops/ops.h"

struct weft_tapwise {
    struct weft_strip strip;
    struct weft_bytes in, res;
    struct weft_encoder encoder;
    const struct weft_encoder *encode; /* NULL: float output */
    struct weft_window window;         /* a single tap for the element-wise operators */
    int taps;
    int residual;                      /* tensor, or -1 */
    const int8_t *weights;             /* taps * channels */
    const int32_t *init;               /* channels */
    const float *scale, *bias;         /* channels; scale NULL: made while running (GATE, AVGPOOL of uneven counts) */
    int stride_h, stride_w, first_row, dilated_h, band_rows;
    int acc_pixels;
    const uint8_t *out_values;             /* of blocks: what is written in place of codes, or NULL */
    const struct weft_dw3x3_block *blocks; /* 3x3 windows straight to codes, else NULL */
    int pair;
    bool affine;                       /* AFFINE, GATE: codes straight to codes */
    bool by_table;                     /* by magnitude, else they are the codes' own */
    float values[32];
    size_t at_residual, at_pointers, at_acc, at_scale; /* in the thread's scratch */
};

#endif
