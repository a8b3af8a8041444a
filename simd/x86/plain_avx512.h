/* weft: sums to what a fast form of the encoder takes where no function stands between, for epilogue_avx512.h and
 * fused_avx512vbmi.c. */
#ifndef WEFT_SIMD_X86_PLAIN_AVX512_H
#define WEFT_SIMD_X86_PLAIN_AVX512_H

#include "simd/x86/encode_avx512.h"
#include "simd/x86/fast_avx512.h"

/* What the pixels of sixteen channels share. */
struct factors {
    __m512 scale, bias, slope, res_scale;
    __m512i res_zero;
    __mmask16 some;
};

WEFT_INLINE struct factors load_factors(const struct weft_epilogue_args *args, int c)
{
    struct factors f;
    f.some = c < args->channels ? first16((size_t)(args->channels - c)) : 0;
    f.scale = _mm512_maskz_loadu_ps(f.some, args->scale + c);
    f.bias = _mm512_maskz_loadu_ps(f.some, args->bias + c);
    f.slope = args->act == WEFT_ACT_LEAKY ? _mm512_maskz_loadu_ps(f.some, args->slope + c) : _mm512_setzero_ps();
    f.res_scale = _mm512_set1_ps(args->res_scale);
    f.res_zero = _mm512_set1_epi32(args->res_zero);
    return f;
}

/* Where no function stands between the sums and the code but what the encoder does anyway, and no NaN can arise. */
WEFT_INLINE int is_plain(const struct weft_epilogue_args *args)
{
    return args->act == WEFT_ACT_NONE && (!args->res || args->res_zero == 0);
}

/* The residual's kinds. */
enum plain_res { PLAIN_NO_RES, PLAIN_RES_U8, PLAIN_RES_S8, PLAIN_RES_CODES };

WEFT_INLINE enum plain_res residual_kind(const struct weft_epilogue_args *args)
{
    return !args->res         ? PLAIN_NO_RES
           : args->res_values ? PLAIN_RES_CODES
           : args->res_signed ? PLAIN_RES_S8
                              : PLAIN_RES_U8;
}

/* y of the sums of channels c..c+15 of pixel p. */
WEFT_INLINE __m512 plain(const struct weft_epilogue_args *args, const struct factors *f, int res, int whole,
                         __m512i sum, ptrdiff_t p, int c)
{
    __m512 y = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), f->scale, f->bias);
    if (res != PLAIN_NO_RES) {
        const uint8_t *r = args->res + p * args->res_stride + c;
        __m128i bytes = whole ? _mm_loadu_si128((const __m128i *)(const void *)r) : _mm_maskz_loadu_epi8(f->some, r);
        __m512i wide = res == PLAIN_RES_S8 ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
        __m512 value = res == PLAIN_RES_CODES ? _mm512_permutex2var_ps(_mm512_loadu_ps(args->res_values), wide,
                                                                       _mm512_loadu_ps(args->res_values + 16))
                                              : _mm512_cvtepi32_ps(wide);
        y = _mm512_fmadd_ps(value, f->res_scale, y);
    }
    return y;
}

/* Where codes go, and by what; constant but for the pointers. */
struct finish {
    const struct weft_epilogue_args *to;
    const struct fast_avx512 *fast;
    enum fast_form form;
    int is_signed, res;
};

/* The codes of 32 channels of pixels p and next, whose sums these are. Where next is p, sum is what counts. */
WEFT_INLINE void finish_two(const struct finish *finish, const struct factors f[2], ptrdiff_t p, ptrdiff_t next,
                            const __m512i sum[2], const __m512i sum_next[2])
{
    const struct weft_epilogue_args *to = finish->to;
    const int res = finish->res;
    const __m512 y[4] = {plain(to, &f[0], res, 1, sum[0], p, 0), plain(to, &f[1], res, 1, sum[1], p, 16),
                         plain(to, &f[0], res, 1, sum_next[0], next, 0),
                         plain(to, &f[1], res, 1, sum_next[1], next, 16)};
    __m512i codes = encode_fast(finish->fast, finish->form, finish->is_signed, y);
    store_two(to->out + p * to->out_stride, to->out + next * to->out_stride, codes);
}

/* The codes of the 32 channels of mr pixels from p on, two pixels at a time; of an odd number the last one twice. */
WEFT_INLINE void finish_tile(const struct finish *finish, int mr, ptrdiff_t p, const __m512i *sum)
{
    const struct factors f[2] = {load_factors(finish->to, 0), load_factors(finish->to, 16)};
    WEFT_UNROLL
    for (int i = 0; i < mr; i += 2) {
        const int next = i + 1 < mr ? i + 1 : i;
        finish_two(finish, f, p + i, p + next, sum + i * 2, sum + next * 2);
    }
}

#endif
