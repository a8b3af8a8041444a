/* weft: the AVX-512 kernels (simd/list.h). */
#ifndef WEFT_SIMD_X86_LIST_AVX512_H
#define WEFT_SIMD_X86_LIST_AVX512_H

#include "simd/declare.h"

#define WEFT_LIST_AVX512(CONV, NARROW, FN)                                           \
    CONV(C4, weft_conv_c4_u8_8x32_avx512, weft_conv_c4_u8_1x32_avx512, 8, 32, 0)     \
    CONV(C5, weft_conv_c5_u8_8x32_avx512, weft_conv_c5_u8_1x32_avx512, 8, 32, 0)     \
    CONV(C8, weft_conv_c8_u8_8x32_avx512, weft_conv_c8_u8_1x32_avx512, 8, 32, 0)     \
    NARROW(C4, weft_conv_c4n_u8_8x32_avx512, weft_conv_c4n_u8_1x32_avx512, 8, 32, 0) \
    NARROW(C5, weft_conv_c5n_u8_8x32_avx512, weft_conv_c5n_u8_1x32_avx512, 8, 32, 0) \
    NARROW(C8, weft_conv_c8n_u8_8x32_avx512, weft_conv_c8n_u8_1x32_avx512, 8, 32, 0) \
    FN(expand_c4, weft_expand_c4_avx512)                                             \
    FN(expand_c5, weft_expand_c5_avx512)                                             \
    FN(dw, weft_dw_u8_avx512)                                                        \
    FN(lookup, weft_lookup_avx512)                                                   \
    FN(epilogue, weft_epilogue_avx512)                                               \
    FN(encode, weft_encode_avx512)                                                   \
    FN(maxpool, weft_maxpool_avx512)                                                 \
    FN(wino22_filter, weft_wino22_filter_avx512)                                     \
    FN(wino22_middle, weft_wino22_middle_avx512)                                     \
    FN(wino12_filter, weft_wino12_filter_avx512)                                     \
    FN(wino22_in, weft_wino22_in_avx512)                                             \
    FN(wino12_in, weft_wino12_in_avx512)                                             \
    FN(wino22_out, weft_wino22_out_avx512)                                           \
    FN(wino12_out, weft_wino12_out_avx512)                                           \
    FN(wino44_filter, weft_wino44_filter_avx512)                                     \
    FN(wino44_in, weft_wino44_in_avx512)                                             \
    FN(wino44_sum, weft_wino44_sum_avx512)                                           \
    FN(wino44_out, weft_wino44_out_avx512)

#define WEFT_LIST_AVX512VNNI(CONV, NARROW, FN)                                             \
    CONV(C4, weft_conv_c4_u8_12x32_avx512vnni, weft_conv_c4_u8_1x32_avx512vnni, 12, 32, 0) \
    CONV(C5, weft_conv_c5_u8_12x32_avx512vnni, weft_conv_c5_u8_1x32_avx512vnni, 12, 32, 0) \
    CONV(C8, weft_conv_c8_u8_12x32_avx512vnni, weft_conv_c8_u8_1x32_avx512vnni, 12, 32, 0) \
    FN(stretch, weft_stretch_avx512vnni)                                                   \
    FN(grouped, weft_grouped_avx512vnni)                                                   \
    FN(dw, weft_dw_u8_avx512vnni)                                                          \
    FN(wino_sum, weft_wino_sum_avx512vnni)

#define WEFT_LIST_AVX512VBMI(CONV, NARROW, FN)                                             \
    CONV(C4, weft_conv_c4_u8_12x32_avx512vbmi, weft_conv_c4_u8_1x32_avx512vbmi, 12, 32, 0) \
    CONV(C5, weft_conv_c5_u8_12x32_avx512vbmi, weft_conv_c5_u8_1x32_avx512vbmi, 12, 32, 0) \
    FN(lookup, weft_lookup_avx512vbmi)                                                     \
    FN(epilogue, weft_epilogue_avx512vbmi)                                                 \
    FN(epilogue_codes, weft_epilogue_codes_avx512vbmi)                                     \
    FN(fused, weft_fused_avx512vbmi)                                                       \
    FN(strassen_in, weft_strassen_in_avx512vbmi)                                           \
    FN(strassen, weft_strassen_avx512vbmi)                                                 \
    FN(affine, weft_affine_avx512vbmi)                                                     \
    FN(dw3x3, weft_dw3x3_avx512vbmi)                                                       \
    FN(wino22_fused, weft_wino22_fused_avx512vbmi)                                         \
    FN(wino22_filter, weft_wino22_filter_avx512vbmi)                                       \
    FN(wino22_middle, weft_wino22_middle_avx512vbmi)                                       \
    FN(wino12_filter, weft_wino12_filter_avx512vbmi)                                       \
    FN(wino22_border, weft_wino22_border_avx512vbmi)                                       \
    FN(wino22_center, weft_wino22_center_avx512vbmi)                                       \
    FN(wino22s2_in, weft_wino22s2_in_avx512vbmi)                                           \
    FN(wino22s2_sum, weft_wino22s2_sum_avx512vbmi)                                         \
    FN(wino22s2_out, weft_wino22s2_out_avx512vbmi)                                         \
    FN(wino22s2_fused, weft_wino22s2_fused_avx512vbmi)

WEFT_DECLARE(WEFT_LIST_AVX512)
WEFT_DECLARE(WEFT_LIST_AVX512VNNI)
WEFT_DECLARE(WEFT_LIST_AVX512VBMI)

#endif
