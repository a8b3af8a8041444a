/* weft: the AVX-512 convolution tile, mr pixels x 32 channels, for every weight format. Bodies with constant
 * mr and format; conv_<fmt>_<level>.c makes kernels of them.
 *
 * dot:    vpdpbusd (VNNI).
 * exact:  bytes are widened to 16 bits, even and odd k's apart, and vpmaddwd sums two products in 32 bits.
 * narrow: vpmaddubsw sums two products in 16 bits, and vpaddw goes on there for `group` steps of 4 k's; then
 *         vpmaddwd widens.
 */
#ifndef WEFT_SIMD_X86_CONV_AVX512_H
#define WEFT_SIMD_X86_CONV_AVX512_H

#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/x86.h"

#define NR 32
#define NV 2 /* vectors of 16 channels x 4 k's */
#define MR_MAX 12
#define PREFETCH_ONE 4096 /* bytes ahead */

WEFT_INLINE int block_bytes(enum weft_wfmt fmt)
{
    return fmt == WEFT_WFMT_C4 ? NR * 4 : fmt == WEFT_WFMT_C5 ? NR * 5 : NR * 8;
}

WEFT_INLINE __m512i load_lut(enum weft_wfmt fmt, const int8_t *lut)
{
    return fmt == WEFT_WFMT_C8 ? _mm512_setzero_si512()
                               : _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)lut));
}

/* Entries of the 16-entry table for one nibble of every byte. With VBMI the table stands four times in the
 * register, so that the upper bits of the index, which vpermb takes modulo 64, need no mask. */
WEFT_INLINE __m512i look_up(__m512i lut, __m512i bins, int high)
{
    bins = high ? _mm512_srli_epi16(bins, 4) : bins;
#if defined(__AVX512VBMI__)
    return _mm512_permutexvar_epi8(bins, lut);
#else
    return _mm512_shuffle_epi8(lut, _mm512_and_si512(bins, _mm512_set1_epi8(15)));
#endif
}

/* The signed weights of half a block (k's 0..3 or 4..7): byte o*4 + j. */
WEFT_INLINE void load_half(enum weft_wfmt fmt, const uint8_t *block, int half, __m512i lut, __m512i w[NV])
{
    WEFT_UNROLL
    for (int v = 0; v < NV; v++) {
        if (fmt == WEFT_WFMT_C8) {
            w[v] = _mm512_loadu_si512(block + half * NR * 4 + v * 64);
            continue;
        }
        w[v] = look_up(lut, _mm512_loadu_si512(block + v * 64), half);
        if (fmt == WEFT_WFMT_C5) {
            uint64_t negative;
            memcpy(&negative, block + NR * 4 + half * (NR / 2) + v * 8, sizeof negative);
            w[v] = _mm512_mask_sub_epi8(w[v], negative, _mm512_setzero_si512(), w[v]);
        }
        WEFT_KEEP512(w[v]);
    }
}

WEFT_INLINE __m512i broadcast4(const uint8_t *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm512_set1_epi32(v);
}

WEFT_INLINE void assert_args(const struct weft_conv_args *args, enum weft_wfmt fmt)
{
    assert(args->runs >= 1 && args->run_k8 >= 1);
    assert((uintptr_t)args->w % (fmt == WEFT_WFMT_C5 ? 32 : 64) == 0 && (uintptr_t)args->acc % 64 == 0);
    assert(fmt == WEFT_WFMT_C8 || args->lut);
    (void)args;
    (void)fmt;
}

WEFT_INLINE void load_rows(const struct weft_conv_args *args, int mr, int run, const uint8_t **a)
{
    WEFT_UNROLL
    for (int i = 0; i < mr; i++) {
        a[i] = args->a[i] + args->run_off[run];
    }
}

WEFT_INLINE void start_sums(const int32_t *init, int mr, __m512i *sum)
{
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        sum[i] = _mm512_loadu_si512(init + i % NV * 16);
    }
}

WEFT_INLINE void store_sums(int32_t *acc, int mr, const __m512i *sum)
{
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        _mm512_storeu_si512(acc + i * 16, sum[i]);
    }
}

#if defined(__AVX512VNNI__)

WEFT_INLINE void dot_half(int mr, const uint8_t *const *a, ptrdiff_t k, const __m512i w[NV], __m512i *sum)
{
    WEFT_UNROLL
    for (int i = 0; i < mr; i++) {
        __m512i x = broadcast4(a[i] + k);
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            sum[i * NV + v] = _mm512_dpbusd_epi32(sum[i * NV + v], x, w[v]);
            WEFT_KEEP512(sum[i * NV + v]);
        }
    }
}

WEFT_INLINE void conv_dot(const struct weft_conv_args *args, enum weft_wfmt fmt, int mr)
{
    const __m512i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    const uint8_t *a[MR_MAX];
    __m512i sum[MR_MAX * NV], w[NV];
    assert_args(args, fmt);
    start_sums(args->init, mr, sum);
    for (int r = 0; r < args->runs; r++) {
        load_rows(args, mr, r, a);
        ptrdiff_t end = (ptrdiff_t)args->run_k8 * 8;
        for (ptrdiff_t k = 0; k < end; k += 8) {
            load_half(fmt, block, 0, lut, w);
            dot_half(mr, a, k, w, sum);
            load_half(fmt, block, 1, lut, w);
            dot_half(mr, a, k + 4, w, sum);
            block += block_bytes(fmt);
        }
    }
    store_sums(args->acc, mr, sum);
}

/* One pixel: sums of their own for either half of a block, so that half as many wait for each other. Weights come from
 * memory or the last cache, and the hardware alone keeps too few of them under way (alexnet's dense layers take 0.89
 * times as long, vgg16's 0.8). */
WEFT_INLINE void conv_dot_one(const struct weft_conv_args *args, enum weft_wfmt fmt)
{
    const __m512i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    __m512i low[NV], high[NV] = {_mm512_setzero_si512(), _mm512_setzero_si512()}, w[NV];
    assert_args(args, fmt);
    start_sums(args->init, 1, low);
    for (int r = 0; r < args->runs; r++) {
        const uint8_t *a = args->a[0] + args->run_off[r];
        ptrdiff_t end = (ptrdiff_t)args->run_k8 * 8;
        for (ptrdiff_t k = 0; k < end; k += 8) {
            load_half(fmt, block, 0, lut, w);
            dot_half(1, &a, k, w, low);
            load_half(fmt, block, 1, lut, w);
            dot_half(1, &a, k + 4, w, high);
            for (int line = 0; line < block_bytes(fmt); line += 64) {
                _mm_prefetch((const char *)block + PREFETCH_ONE + line, _MM_HINT_T0);
            }
            block += block_bytes(fmt);
        }
    }
    low[0] = _mm512_add_epi32(low[0], high[0]);
    low[1] = _mm512_add_epi32(low[1], high[1]);
    store_sums(args->acc, 1, low);
}

#else

/* sum[i][v] += the products of half a block, exactly. */
WEFT_INLINE void exact_half(int mr, const uint8_t *const *a, ptrdiff_t k, const __m512i w[NV], __m512i *sum)
{
    const __m512i low = _mm512_set1_epi16(0xff);
    __m512i even[NV], odd[NV];
    WEFT_UNROLL
    for (int v = 0; v < NV; v++) {
        even[v] = _mm512_srai_epi16(_mm512_slli_epi16(w[v], 8), 8);
        odd[v] = _mm512_srai_epi16(w[v], 8);
        WEFT_KEEP512(even[v]);
        WEFT_KEEP512(odd[v]);
    }
    WEFT_UNROLL
    for (int i = 0; i < mr; i++) {
        __m512i x = broadcast4(a[i] + k);
        __m512i x_even = _mm512_and_si512(x, low), x_odd = _mm512_srli_epi16(x, 8);
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            __m512i s = sum[i * NV + v];
            s = _mm512_add_epi32(s, _mm512_madd_epi16(x_even, even[v]));
            s = _mm512_add_epi32(s, _mm512_madd_epi16(x_odd, odd[v]));
            WEFT_KEEP512(s);
            sum[i * NV + v] = s;
        }
    }
}

WEFT_INLINE void conv_exact(const struct weft_conv_args *args, enum weft_wfmt fmt, int mr)
{
    const __m512i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    const uint8_t *a[MR_MAX];
    __m512i sum[MR_MAX * NV], w[NV];
    assert_args(args, fmt);
    start_sums(args->init, mr, sum);
    for (int r = 0; r < args->runs; r++) {
        load_rows(args, mr, r, a);
        ptrdiff_t end = (ptrdiff_t)args->run_k8 * 8;
        for (ptrdiff_t k = 0; k < end; k += 8) {
            load_half(fmt, block, 0, lut, w);
            exact_half(mr, a, k, w, sum);
            load_half(fmt, block, 1, lut, w);
            exact_half(mr, a, k + 4, w, sum);
            block += block_bytes(fmt);
        }
    }
    store_sums(args->acc, mr, sum);
}

/* sum[i][v] (+)= the products of half a block in 16 bits. */
WEFT_INLINE void narrow_half(int mr, int first, const uint8_t *const *a, ptrdiff_t k, const __m512i w[NV],
                             __m512i *sum)
{
    WEFT_UNROLL
    for (int i = 0; i < mr; i++) {
        __m512i x = broadcast4(a[i] + k);
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            __m512i s = _mm512_maddubs_epi16(x, w[v]);
            s = first ? s : _mm512_add_epi16(sum[i * NV + v], s);
            WEFT_KEEP512(s);
            sum[i * NV + v] = s;
        }
    }
}

WEFT_INLINE void narrow_block(enum weft_wfmt fmt, int mr, int first, const uint8_t *const *a, ptrdiff_t k,
                              const uint8_t *block, __m512i lut, __m512i *sum)
{
    __m512i w[NV];
    load_half(fmt, block, 0, lut, w);
    narrow_half(mr, first, a, k, w, sum);
    load_half(fmt, block, 1, lut, w);
    narrow_half(mr, 0, a, k + 4, w, sum);
}

/* acc += 16-bit sums. The 32-bit sums stay in memory: the registers hold the 16-bit ones. */
WEFT_INLINE void widen(int mr, const __m512i *sum, int32_t *acc)
{
    const __m512i one = _mm512_set1_epi16(1);
    __asm__ volatile("" : "+r"(acc)); /* keeps the compiler from a second copy on the stack */
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        __m512i wide = _mm512_madd_epi16(sum[i], one);
        _mm512_storeu_si512(acc + i * 16, _mm512_add_epi32(_mm512_loadu_si512(acc + i * 16), wide));
    }
}

WEFT_INLINE void conv_narrow(const struct weft_conv_args *args, enum weft_wfmt fmt, int mr)
{
    const __m512i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    const uint8_t *a[MR_MAX];
    __m512i sum[MR_MAX * NV];
    ptrdiff_t group = (ptrdiff_t)(args->group / 2) * 8; /* whole blocks, in k's */
    assert_args(args, fmt);
    assert(group >= 8);
    start_sums(args->init, mr, sum);
    store_sums(args->acc, mr, sum);
    for (int r = 0; r < args->runs; r++) {
        load_rows(args, mr, r, a);
        ptrdiff_t end = (ptrdiff_t)args->run_k8 * 8;
        for (ptrdiff_t k = 0; k < end;) {
            ptrdiff_t stop = end - k < group ? end : k + group;
            narrow_block(fmt, mr, 1, a, k, block, lut, sum);
            block += block_bytes(fmt);
            for (k += 8; k < stop; k += 8) {
                narrow_block(fmt, mr, 0, a, k, block, lut, sum);
                block += block_bytes(fmt);
            }
            widen(mr, sum, args->acc);
        }
    }
}

#endif

#endif
