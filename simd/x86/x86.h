/* weft: small helpers that the x86 kernels share. */
#ifndef WEFT_SIMD_X86_X86_H
#define WEFT_SIMD_X86_X86_H

#include <immintrin.h>
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

/* Pins a vector in a register here. The compilers otherwise hoist products far ahead of their sums, run out
 * of registers and spill in the inner loop (gcc 12: a quarter of the speed). */
#define WEFT_KEEP(v) __asm__ volatile("" : "+x"(v))
#define WEFT_KEEP512(v) __asm__ volatile("" : "+v"(v)) /* any of the 32 registers */

/* Four bytes, anywhere, in every 32-bit element. */
WEFT_INLINE __m256i weft_x86_broadcast4(const uint8_t *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm256_set1_epi32(v);
}

WEFT_INLINE __m256i weft_x86_load(const void *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

WEFT_INLINE void weft_x86_store(void *p, __m256i v)
{
    _mm256_storeu_si256((__m256i *)p, v);
}

/* A table of bytes as a ladder of shuffles (lookup_avx2.c): each 16 entries xor-ed with the 16 before them. */
WEFT_INLINE void weft_x86_load_rungs(const uint8_t *table, int rungs, __m256i *rung)
{
    __m256i below = _mm256_setzero_si256();
    for (int t = 0; t < rungs; t++) {
        __m256i row = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(table + 16 * t)));
        rung[t] = _mm256_xor_si256(row, below);
        below = row;
    }
}

#endif
