/* weft: the list of kernels. One line per kernel in the list file of its level; these lines feed the
 * declarations (declare.h), the dispatch, kcheck and its reachability test, and nothing else names a kernel.
 *
 * A list macro takes three macros and calls one of them per line:
 *   CONV(fmt, tile, one, mr, nr, act_signed)    into conv[WEFT_WFMT_<fmt>]: exact for every legal layer; the
 *                                               narrow kernel of the levels below is dropped
 *   NARROW(fmt, tile, one, mr, nr, act_signed)  into conv_narrow[WEFT_WFMT_<fmt>]; after the CONV lines
 *   FN(role, name)                              into the slot called role (dw, lookup, epilogue, ...)
 *
 * Names say what a kernel is, and kcheck reads them: weft_conv_<fmt>_<u8|s8>_<mr>x<nr>_<level> with fmt c4,
 * c5 or c8, an n after it for a narrow kernel, mr 1 for `one`; weft_dw_<u8|s8>_<level>; weft_<role>_<level>.
 *
 * CONV lines come first. A level that changes nr or act_signed must list all three CONV formats (and dw, if it changes
 * act_signed; and expand_c4, expand_c5, wino22_filter, wino12_filter, if it changes nr): packing and activation bytes
 * are shared by all conv and dw kernels of a table. Optional kernels of the levels below that go by another nr
 * (stretch, fused, strassen, strassen_in, grouped, wino22_middle, wino22_border, wino22_center, wino22_fused, wino_sum,
 * wino_lanes, all of wino22s2 and of wino44) are dropped from the table, as is a narrow kernel that does not match its
 * table's conv kernels.
 *
 * WEFT_HAVE_<LEVEL> is 0 or 1 and comes from simd/CMakeLists.txt through the target weft_simd_have.
 */
#ifndef WEFT_SIMD_LIST_H
#define WEFT_SIMD_LIST_H

#include "simd/scalar/list.h"

#if WEFT_HAVE_AVX2
#include "simd/x86/list_avx2.h"
#else
#define WEFT_LIST_AVX2(CONV, NARROW, FN)
#endif

#if WEFT_HAVE_AVX512 || WEFT_HAVE_AVX512VNNI || WEFT_HAVE_AVX512VBMI
#include "simd/x86/list_avx512.h"
#endif
#if !WEFT_HAVE_AVX512
#undef WEFT_LIST_AVX512
#define WEFT_LIST_AVX512(CONV, NARROW, FN)
#endif
#if !WEFT_HAVE_AVX512VNNI
#undef WEFT_LIST_AVX512VNNI
#define WEFT_LIST_AVX512VNNI(CONV, NARROW, FN)
#endif
#if !WEFT_HAVE_AVX512VBMI
#undef WEFT_LIST_AVX512VBMI
#define WEFT_LIST_AVX512VBMI(CONV, NARROW, FN)
#endif

#if WEFT_HAVE_NEON || WEFT_HAVE_DOTPROD
#include "simd/arm/list.h"
#endif
#if !WEFT_HAVE_NEON
#undef WEFT_LIST_NEON
#define WEFT_LIST_NEON(CONV, NARROW, FN)
#endif
#if !WEFT_HAVE_DOTPROD
#undef WEFT_LIST_DOTPROD
#define WEFT_LIST_DOTPROD(CONV, NARROW, FN)
#endif

/* LEVEL(bit, have, list): the staircase, lowest first. */
#define WEFT_LEVELS(LEVEL)                                                 \
    LEVEL(WEFT_ISA_SCALAR, 1, WEFT_LIST_SCALAR)                            \
    LEVEL(WEFT_ISA_AVX2, WEFT_HAVE_AVX2, WEFT_LIST_AVX2)                   \
    LEVEL(WEFT_ISA_AVX512, WEFT_HAVE_AVX512, WEFT_LIST_AVX512)             \
    LEVEL(WEFT_ISA_AVX512VNNI, WEFT_HAVE_AVX512VNNI, WEFT_LIST_AVX512VNNI) \
    LEVEL(WEFT_ISA_AVX512VBMI, WEFT_HAVE_AVX512VBMI, WEFT_LIST_AVX512VBMI) \
    LEVEL(WEFT_ISA_NEON, WEFT_HAVE_NEON, WEFT_LIST_NEON)                   \
    LEVEL(WEFT_ISA_DOTPROD, WEFT_HAVE_DOTPROD, WEFT_LIST_DOTPROD)

#endif
