/* weft: the AVX2 convolution tile, mr pixels x 16 channels, for every weight format. Bodies with constant
 * mr and format; conv_<fmt>_avx2.c makes kernels of them.
 *
 * exact:  bytes are widened to 16 bits, even and odd k's apart, and vpmaddwd sums two products in 32 bits.
 * narrow: vpmaddubsw sums two products in 16 bits, and vpaddw goes on there for `group` steps of 4 k's; then
 *         vpmaddwd widens. Zen 4 adds in the ports that multiply too, and puts more of the sums there if each
 *         follows its product: with both products of a pixel first 5 % are won. Of 236 GMAC/s that two
 *         products a cycle are, such a loop reaches 193, with 4, 5 or 6 pixels; 6 lose least around it.
 */
#ifndef WEFT_SIMD_X86_CONV_AVX2_H
#define WEFT_SIMD_X86_CONV_AVX2_H

#include <assert.h>
#include <stdbool.h>

#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

#define NR 16
#define NV 2 /* vectors of 8 channels x 4 k's */

WEFT_INLINE int block_bytes(enum weft_wfmt fmt)
{
    return fmt == WEFT_WFMT_C4 ? NR * 4 : fmt == WEFT_WFMT_C5 ? NR * 5 : NR * 8;
}

WEFT_INLINE __m256i load_lut(enum weft_wfmt fmt, const int8_t *lut)
{
    return fmt == WEFT_WFMT_C8 ? _mm256_setzero_si256()
                               : _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)lut));
}

/* w, negated where the bit is set: bit o*4 + j belongs to byte o*4 + j. */
WEFT_INLINE __m256i negate(__m256i w, const uint8_t *bits)
{
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2,
                                            2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201u);
    __m256i s = _mm256_shuffle_epi8(weft_x86_broadcast4(bits), spread);
    s = _mm256_cmpeq_epi8(_mm256_and_si256(s, bit), bit);
    return _mm256_sub_epi8(_mm256_xor_si256(w, s), s);
}

/* Vector v of the signed weights of half a block (k's 0..3 or 4..7): byte o*4 + j. */
WEFT_INLINE __m256i load_vector(enum weft_wfmt fmt, const uint8_t *block, int half, int v, __m256i lut)
{
    const __m256i nibble = _mm256_set1_epi8(15);
    if (fmt == WEFT_WFMT_C8) {
        return weft_x86_load(block + half * NR * 4 + v * 32);
    }
    __m256i bins = weft_x86_load(block + v * 32);
    bins = half ? _mm256_srli_epi16(bins, 4) : bins;
    __m256i w = _mm256_shuffle_epi8(lut, _mm256_and_si256(bins, nibble));
    return fmt == WEFT_WFMT_C5 ? negate(w, block + NR * 4 + half * (NR / 2) + v * 4) : w;
}

/* All of them. */
WEFT_INLINE void load_half(enum weft_wfmt fmt, const uint8_t *block, int half, __m256i lut, __m256i w[NV])
{
    WEFT_UNROLL
    for (int v = 0; v < NV; v++) {
        w[v] = load_vector(fmt, block, half, v, lut);
    }
}

WEFT_INLINE void assert_args(const struct weft_conv_args *args, enum weft_wfmt fmt)
{
    assert(args->runs >= 1 && args->run_k8 >= 1);
    assert((uintptr_t)args->w % (fmt == WEFT_WFMT_C5 ? 16 : 32) == 0 && (uintptr_t)args->acc % 32 == 0);
    assert(fmt == WEFT_WFMT_C8 || args->lut);
    (void)args;
    (void)fmt;
}

/* sum[i][v] += the products of half a block, exactly. */
WEFT_INLINE void exact_half(int mr, const uint8_t *const *a, ptrdiff_t k, const __m256i w[NV], __m256i *sum)
{
    const __m256i low = _mm256_set1_epi16(0xff);
    __m256i even[NV], odd[NV];
    WEFT_UNROLL
    for (int v = 0; v < NV; v++) {
        even[v] = _mm256_srai_epi16(_mm256_slli_epi16(w[v], 8), 8);
        odd[v] = _mm256_srai_epi16(w[v], 8);
        WEFT_KEEP(even[v]);
        WEFT_KEEP(odd[v]);
    }
    WEFT_UNROLL
    for (int i = 0; i < mr; i++) {
        __m256i x = weft_x86_broadcast4(a[i] + k);
        __m256i x_even = _mm256_and_si256(x, low), x_odd = _mm256_srli_epi16(x, 8);
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            __m256i s = sum[i * NV + v];
            s = _mm256_add_epi32(s, _mm256_madd_epi16(x_even, even[v]));
            s = _mm256_add_epi32(s, _mm256_madd_epi16(x_odd, odd[v]));
            WEFT_KEEP(s);
            sum[i * NV + v] = s;
        }
    }
}

WEFT_INLINE void conv_exact(const struct weft_conv_args *args, enum weft_wfmt fmt, int mr)
{
    const __m256i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    const uint8_t *a[8];
    __m256i sum[8 * NV], w[NV];
    assert_args(args, fmt);
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        sum[i] = weft_x86_load(args->init + i % NV * 8);
    }
    for (int r = 0; r < args->runs; r++) {
        WEFT_UNROLL
        for (int i = 0; i < mr; i++) {
            a[i] = args->a[i] + args->run_off[r];
        }
        ptrdiff_t end = (ptrdiff_t)args->run_k8 * 8;
        for (ptrdiff_t k = 0; k < end; k += 8) {
            load_half(fmt, block, 0, lut, w);
            exact_half(mr, a, k, w, sum);
            load_half(fmt, block, 1, lut, w);
            exact_half(mr, a, k + 4, w, sum);
            block += block_bytes(fmt);
        }
    }
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        weft_x86_store(args->acc + i * 8, sum[i]);
    }
}

/* sum[i][v] (+)= the products of half a block in 16 bits. */
WEFT_INLINE void narrow_half(int mr, int first, const uint8_t *const *a, ptrdiff_t k, const __m256i w[NV],
                             __m256i *sum)
{
    WEFT_UNROLL
    for (int i = 0; i < mr; i++) {
        __m256i x = weft_x86_broadcast4(a[i] + k), s[NV];
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            s[v] = _mm256_maddubs_epi16(x, w[v]);
            WEFT_KEEP(s[v]);
        }
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            s[v] = first ? s[v] : _mm256_add_epi16(sum[i * NV + v], s[v]);
            WEFT_KEEP(s[v]);
            sum[i * NV + v] = s[v];
        }
    }
}

WEFT_INLINE void narrow_block(enum weft_wfmt fmt, int mr, int first, const uint8_t *const *a, ptrdiff_t k,
                              const uint8_t *block, __m256i lut, __m256i *sum)
{
    __m256i w[NV];
    load_half(fmt, block, 0, lut, w);
    WEFT_KEEP(w[0]);
    WEFT_KEEP(w[1]);
    narrow_half(mr, first, a, k, w, sum);
    load_half(fmt, block, 1, lut, w);
    WEFT_KEEP(w[0]);
    WEFT_KEEP(w[1]);
    narrow_half(mr, 0, a, k + 4, w, sum);
}

/* acc = start + 16-bit sums. The 32-bit sums stay in memory: the registers hold the 16-bit ones. start has `rows` rows,
 * 1 for all pixels or mr. */
WEFT_INLINE void widen(int mr, const __m256i *sum, const int32_t *start, int rows, int32_t *acc)
{
    const __m256i one = _mm256_set1_epi16(1);
    __asm__ volatile("" : "+r"(acc)); /* keeps the compiler from a second copy on the stack */
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        __m256i s = _mm256_add_epi32(weft_x86_load(start + i % (rows * NV) * 8), _mm256_madd_epi16(sum[i], one));
        weft_x86_store(acc + i * 8, s);
    }
}

WEFT_INLINE void conv_narrow(const struct weft_conv_args *args, enum weft_wfmt fmt, int mr)
{
    const __m256i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    const uint8_t *a[8];
    __m256i sum[8 * NV];
    ptrdiff_t group = (ptrdiff_t)(args->group / 2) * 8; /* whole blocks, in k's */
    assert_args(args, fmt);
    assert(group >= 8);
    for (int r = 0; r < args->runs; r++) {
        WEFT_UNROLL
        for (int i = 0; i < mr; i++) {
            a[i] = args->a[i] + args->run_off[r];
        }
        ptrdiff_t end = (ptrdiff_t)args->run_k8 * 8;
        for (ptrdiff_t k = 0; k < end;) {
            ptrdiff_t stop = end - k < group ? end : k + group;
            bool first = r == 0 && k == 0;
            narrow_block(fmt, mr, 1, a, k, block, lut, sum);
            block += block_bytes(fmt);
            for (k += 8; k < stop; k += 8) {
                narrow_block(fmt, mr, 0, a, k, block, lut, sum);
                block += block_bytes(fmt);
            }
            if (first) {
                widen(mr, sum, args->init, 1, args->acc);
            } else {
                widen(mr, sum, args->acc, mr, args->acc);
            }
        }
    }
}

#endif
