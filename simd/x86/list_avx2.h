/* weft: the AVX2 kernels (simd/list.h). */
#ifndef WEFT_SIMD_X86_LIST_AVX2_H
#define WEFT_SIMD_X86_LIST_AVX2_H

#include "simd/declare.h"

#define WEFT_LIST_AVX2(CONV, NARROW, FN)                                         \
    CONV(C4, weft_conv_c4_u8_4x16_avx2, weft_conv_c4_u8_1x16_avx2, 4, 16, 0)     \
    CONV(C5, weft_conv_c5_u8_4x16_avx2, weft_conv_c5_u8_1x16_avx2, 4, 16, 0)     \
    CONV(C8, weft_conv_c8_u8_4x16_avx2, weft_conv_c8_u8_1x16_avx2, 4, 16, 0)     \
    NARROW(C4, weft_conv_c4n_u8_6x16_avx2, weft_conv_c4n_u8_1x16_avx2, 6, 16, 0) \
    NARROW(C5, weft_conv_c5n_u8_6x16_avx2, weft_conv_c5n_u8_1x16_avx2, 6, 16, 0) \
    NARROW(C8, weft_conv_c8n_u8_6x16_avx2, weft_conv_c8n_u8_1x16_avx2, 6, 16, 0) \
    FN(expand_c4, weft_expand_c4_avx2)                                           \
    FN(expand_c5, weft_expand_c5_avx2)                                           \
    FN(dw, weft_dw_u8_avx2)                                                      \
    FN(lookup, weft_lookup_avx2)                                                 \
    FN(epilogue, weft_epilogue_avx2)                                             \
    FN(encode, weft_encode_avx2)                                                 \
    FN(planes3, weft_planes3_avx2)                                                 \
    FN(maxpool, weft_maxpool_avx2)                                               \
    FN(wino22_filter, weft_wino22_filter_avx2)                                   \
    FN(wino22_middle, weft_wino22_middle_avx2)                                   \
    FN(wino12_filter, weft_wino12_filter_avx2)                                   \
    FN(wino22_in, weft_wino22_in_avx2)                                           \
    FN(wino12_in, weft_wino12_in_avx2)                                           \
    FN(wino22_out, weft_wino22_out_avx2)                                         \
    FN(wino12_out, weft_wino12_out_avx2)                                         \
    FN(wino_lanes, weft_wino_lanes_avx2)                                         \
    FN(wino44_filter, weft_wino44_filter_avx2)                                   \
    FN(wino44_in, weft_wino44_in_avx2)                                           \
    FN(wino44_sum, weft_wino44_sum_avx2)                                         \
    FN(wino44_out, weft_wino44_out_avx2)

WEFT_DECLARE(WEFT_LIST_AVX2)

#endif
