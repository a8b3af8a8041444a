/* weft: the definitions behind the scalar kernels, open to the tests: they state what every other kernel of
 * any shape must write. */
#ifndef WEFT_SIMD_SCALAR_SCALAR_H
#define WEFT_SIMD_SCALAR_SCALAR_H

#include "simd/kernels.h"

/* The conv contract of kernels.h for any tile: pixels x nr channels, bytes u8 or s8. args->pixels and
 * args->group are not read. */
void weft_conv_scalar(const struct weft_conv_args *args, enum weft_wfmt fmt, int pixels, int nr, int act_signed);

/* The expand contract for any nr. */
void weft_expand_scalar(const struct weft_expand_args *args, enum weft_wfmt fmt, int nr);

/* The contract of wino22_filter (square) and wino12_filter for any nr. */
void weft_wino_filter_scalar(const struct weft_wino_filter_args *args, int square, int nr);

/* One tap of nr outputs and eight channels of a filter's packed block, as a block of c8. */
void weft_wino_look_up_scalar(const struct weft_wino_filter_args *args, int nr, const uint8_t *block, int8_t *out);

/* The contract of products straight from bins: planes(g, p, w) makes the weights of point p's planes of a filter g,
 * three rows of three, and returns their number, at most four. */
typedef int weft_wino_planes_fn(const int8_t g[9], int p, int8_t *w);
void weft_wino_bins_scalar(const struct weft_wino_bins_args *args, int nr, int is_signed, weft_wino_planes_fn *planes);
void weft_wino22_border_scalar(const struct weft_wino_bins_args *args, int nr, int is_signed);

/* The contract of wino_lanes for any nr. */
void weft_wino_lanes_scalar(const struct weft_wino_lanes_args *args, int nr);

/* The contracts of wino22s2; nr: outputs of a panel. */
void weft_wino22s2_in_scalar(const struct weft_wino_in_args *args);
void weft_wino22s2_sum_scalar(const struct weft_wino_bins_args *args, int nr, int is_signed);
void weft_wino22s2_out_scalar(const struct weft_wino_out_args *args);

/* The contracts of strassen; nr: outputs of a panel. Of the products, what codes are made of:
 * acc[(i + (r-1)*second)*2*nr + (s-1)*nr + o] = C_rs. `to` and `ahead` are not read. */
void weft_strassen_in_scalar(const struct weft_strassen_in_args *args);
void weft_strassen_sum_scalar(const struct weft_strassen_args *args, int nr, int32_t *acc);

/* The contracts of wino44; nr: outputs of a panel. */
void weft_wino44_filter_scalar(const struct weft_wino_filter_args *args, int nr);
void weft_wino44_in_scalar(const struct weft_wino44_in_args *args);
void weft_wino44_sum_scalar(const struct weft_wino44_sum_args *args, int nr);
void weft_wino44_out_scalar(const struct weft_wino_out_args *args);

/* The dw contract for either kind of byte. */
void weft_dw_scalar(const struct weft_dw_args *args, int act_signed);

/* The encoder's definition for one float: counts thresholds. Reads theta, magnitudes and is_signed only. */
uint8_t weft_encode_one_scalar(float y, const struct weft_encoder *enc);

#endif
