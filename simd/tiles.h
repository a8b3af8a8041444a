/* weft: convolution tiles of every height up to the largest, a function each, so that each has its sums in
 * registers: WEFT_TILES(WEFT_HEIGHTS_<largest>, name, body, fmt) defines name[height - 1](args) and
 * name_<height>(args) as body(args, fmt, height). */
#ifndef WEFT_SIMD_TILES_H
#define WEFT_SIMD_TILES_H

#include "simd/kernels.h"

#define WEFT_HEIGHTS_4(H, ...) H(1, __VA_ARGS__) H(2, __VA_ARGS__) H(3, __VA_ARGS__) H(4, __VA_ARGS__)
#define WEFT_HEIGHTS_6(H, ...) WEFT_HEIGHTS_4(H, __VA_ARGS__) H(5, __VA_ARGS__) H(6, __VA_ARGS__)
#define WEFT_HEIGHTS_8(H, ...) WEFT_HEIGHTS_6(H, __VA_ARGS__) H(7, __VA_ARGS__) H(8, __VA_ARGS__)
#define WEFT_HEIGHTS_12(H, ...)      \
    WEFT_HEIGHTS_8(H, __VA_ARGS__)   \
    H(9, __VA_ARGS__) H(10, __VA_ARGS__) H(11, __VA_ARGS__) H(12, __VA_ARGS__)
#define WEFT_TILE_FN(height, name, body, fmt)                                               \
    static __attribute__((noinline)) void name##_##height(const struct weft_conv_args *args) \
    {                                                                                       \
        body(args, fmt, height);                                                            \
    }
#define WEFT_TILE_REF(height, name, body, fmt) name##_##height,
#define WEFT_TILES(heights, name, body, fmt) \
    heights(WEFT_TILE_FN, name, body, fmt) static weft_conv_fn *const name[] = \
        {heights(WEFT_TILE_REF, name, body, fmt)};

#endif
