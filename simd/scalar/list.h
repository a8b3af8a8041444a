/* weft: the scalar kernels (simd/list.h). */
#ifndef WEFT_SIMD_SCALAR_LIST_H
#define WEFT_SIMD_SCALAR_LIST_H

#include "simd/declare.h"

#define WEFT_LIST_SCALAR(CONV, NARROW, FN)                                       \
    CONV(C4, weft_conv_c4_u8_8x16_scalar, weft_conv_c4_u8_1x16_scalar, 8, 16, 0) \
    CONV(C5, weft_conv_c5_u8_8x16_scalar, weft_conv_c5_u8_1x16_scalar, 8, 16, 0) \
    CONV(C8, weft_conv_c8_u8_8x16_scalar, weft_conv_c8_u8_1x16_scalar, 8, 16, 0) \
    FN(expand_c4, weft_expand_c4_scalar)                                         \
    FN(expand_c5, weft_expand_c5_scalar)                                         \
    FN(dw, weft_dw_u8_scalar)                                                    \
    FN(lookup, weft_lookup_scalar)                                               \
    FN(epilogue, weft_epilogue_scalar)                                           \
    FN(encode, weft_encode_scalar)                                               \
    FN(planes3, weft_planes3_scalar)                                               \
    FN(maxpool, weft_maxpool_scalar)                                             \
    FN(wino22_filter, weft_wino22_filter_scalar)                                 \
    FN(wino12_filter, weft_wino12_filter_scalar)                                 \
    FN(wino22_in, weft_wino22_in_scalar)                                         \
    FN(wino12_in, weft_wino12_in_scalar)                                         \
    FN(wino22_out, weft_wino22_out_scalar)                                       \
    FN(wino12_out, weft_wino12_out_scalar)

WEFT_DECLARE(WEFT_LIST_SCALAR)

#endif
