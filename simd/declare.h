/* weft: declares the kernels of one list. A list file ends with WEFT_DECLARE(WEFT_LIST_<LEVEL>), so that a
 * kernel's file only includes its list file. */
#ifndef WEFT_SIMD_DECLARE_H
#define WEFT_SIMD_DECLARE_H

#include "simd/kernels.h"

typedef weft_expand_fn weft_expand_c4_fn, weft_expand_c5_fn;

#define WEFT_DECLARE_CONV(fmt, tile, one, mr, nr, act_signed)                                                \
    weft_conv_fn tile;                                                                                       \
    weft_conv_fn one;
#define WEFT_DECLARE_FN(role, name) weft_##role##_fn name;
#define WEFT_DECLARE(list) list(WEFT_DECLARE_CONV, WEFT_DECLARE_CONV, WEFT_DECLARE_FN)

#endif
