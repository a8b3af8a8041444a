/* weft: small helpers that the ARM kernels share. */
#ifndef WEFT_SIMD_ARM_ARM_H
#define WEFT_SIMD_ARM_ARM_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

#include "simd/tiles.h"

/* A kernel's body with constant geometry: inlined into each kernel and unrolled there. */
#define WEFT_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define WEFT_UNROLL _Pragma("clang loop unroll(full)")
#else
#define WEFT_UNROLL _Pragma("GCC unroll 32")
#endif

/* Pins a vector in a register here, so that the compiler does not hoist products far ahead of their sums and
 * spill in the inner loop. */
#define WEFT_KEEP(v) __asm__ volatile("" : "+w"(v))

#endif
