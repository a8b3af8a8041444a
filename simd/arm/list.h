/* weft: the ARM kernels (simd/list.h). */
#ifndef WEFT_SIMD_ARM_LIST_H
#define WEFT_SIMD_ARM_LIST_H

#include "simd/declare.h"

#define WEFT_LIST_NEON(CONV, NARROW, FN)                                         \
    CONV(C4, weft_conv_c4_s8_4x16_neon, weft_conv_c4_s8_1x16_neon, 4, 16, 1)     \
    CONV(C5, weft_conv_c5_s8_4x16_neon, weft_conv_c5_s8_1x16_neon, 4, 16, 1)     \
    CONV(C8, weft_conv_c8_s8_4x16_neon, weft_conv_c8_s8_1x16_neon, 4, 16, 1)     \
    NARROW(C4, weft_conv_c4n_s8_4x16_neon, weft_conv_c4n_s8_1x16_neon, 4, 16, 1) \
    NARROW(C5, weft_conv_c5n_s8_4x16_neon, weft_conv_c5n_s8_1x16_neon, 4, 16, 1) \
    NARROW(C8, weft_conv_c8n_s8_4x16_neon, weft_conv_c8n_s8_1x16_neon, 4, 16, 1) \
    FN(expand_c4, weft_expand_c4_neon)                                           \
    FN(expand_c5, weft_expand_c5_neon)                                           \
    FN(dw, weft_dw_s8_neon)                                                      \
    FN(lookup, weft_lookup_neon)                                                 \
    FN(epilogue, weft_epilogue_neon)                                             \
    FN(encode, weft_encode_neon)                                                 \
    FN(planes3, weft_planes3_neon)                                                 \
    FN(maxpool, weft_maxpool_neon)                                               \
    FN(wino22_filter, weft_wino22_filter_neon)                                   \
    FN(wino12_filter, weft_wino12_filter_neon)                                   \
    FN(wino22_in, weft_wino22_in_neon)                                           \
    FN(wino12_in, weft_wino12_in_neon)                                           \
    FN(wino22_out, weft_wino22_out_neon)                                         \
    FN(wino12_out, weft_wino12_out_neon)

#define WEFT_LIST_DOTPROD(CONV, NARROW, FN)                                        \
    CONV(C4, weft_conv_c4_s8_8x16_dotprod, weft_conv_c4_s8_1x16_dotprod, 8, 16, 1) \
    CONV(C5, weft_conv_c5_s8_8x16_dotprod, weft_conv_c5_s8_1x16_dotprod, 8, 16, 1) \
    CONV(C8, weft_conv_c8_s8_8x16_dotprod, weft_conv_c8_s8_1x16_dotprod, 8, 16, 1)

WEFT_DECLARE(WEFT_LIST_NEON)
WEFT_DECLARE(WEFT_LIST_DOTPROD)

#endif
