/* weft: the AVX-512 epilogue; epilogue_<level>.c makes a kernel of it. */
#ifndef WEFT_SIMD_X86_EPILOGUE_AVX512_H
#define WEFT_SIMD_X86_EPILOGUE_AVX512_H

#include "simd/x86/encode_avx512.h"
#include "simd/x86/plain_avx512.h"

/* max and min take their second operand where the first is not above (below) it, NaN and zeros of either
 * sign included: just the ?: of the contract. */
WEFT_INLINE __m512 hsigmoid(__m512 y, const struct weft_epilogue_args *args)
{
    y = _mm512_fmadd_ps(y, _mm512_set1_ps(args->alpha), _mm512_set1_ps(args->beta));
    y = _mm512_max_ps(y, _mm512_setzero_ps());
    return _mm512_min_ps(y, _mm512_set1_ps(1));
}

WEFT_INLINE __m512 activate(__m512 y, const struct weft_epilogue_args *args, __m512 slope)
{
    switch (args->act) {
    case WEFT_ACT_CLIP:
        y = _mm512_max_ps(y, _mm512_set1_ps(args->lo));
        return _mm512_min_ps(y, _mm512_set1_ps(args->hi));
    case WEFT_ACT_LEAKY:
        return _mm512_mask_mul_ps(y, _mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_NGE_UQ), y, slope);
    case WEFT_ACT_HSIGMOID:
        return hsigmoid(y, args);
    case WEFT_ACT_HSWISH:
        return _mm512_mul_ps(y, hsigmoid(y, args));
    case WEFT_ACT_NONE:
        break;
    }
    return y;
}

/* y of channels c..c+15 of pixel p. */
WEFT_INLINE __m512 values(const struct weft_epilogue_args *args, const struct factors *f, ptrdiff_t p, int c)
{
    __m512i sum = _mm512_maskz_loadu_epi32(f->some, args->acc + p * args->acc_stride + c);
    __m512 y = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), f->scale, f->bias);
    if (args->res) {
        __m128i bytes = _mm_maskz_loadu_epi8(f->some, args->res + p * args->res_stride + c);
        __m512i r = args->res_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
        r = _mm512_sub_epi32(r, f->res_zero);
        y = _mm512_fmadd_ps(_mm512_cvtepi32_ps(r), f->res_scale, y);
    }
    return activate(y, args, f->slope);
}

WEFT_INLINE void to_codes(const struct weft_epilogue_args *args, int searches, int is_signed)
{
    struct encoder_avx512 e;
    load_encoder(&e, args->enc);
    for (int c = 0; c < args->channels; c += 16) {
        struct factors f = load_factors(args, c);
        for (ptrdiff_t p = 0; p < args->pixels; p++) {
            __m128i codes = encode16(&e, searches, is_signed, values(args, &f, p, c));
            _mm_mask_storeu_epi8(args->out + p * args->out_stride + c, f.some, codes);
        }
    }
}

/* The same for plain epilogues. */
WEFT_INLINE __m512 plain_values(const struct weft_epilogue_args *args, const struct factors *f, int res, int whole,
                                ptrdiff_t p, int c)
{
    const int32_t *from = args->acc + p * args->acc_stride + c;
    return plain(args, f, res, whole, whole ? _mm512_loadu_si512(from) : _mm512_maskz_loadu_epi32(f->some, from), p, c);
}

/* What the encoder takes of channels c..c+15 of pixel p. */
WEFT_INLINE __m512 to_encode(const struct weft_epilogue_args *args, const struct factors *f, int res, int plain,
                             int whole, ptrdiff_t p, int c)
{
    if (plain) {
        return plain_values(args, f, res, whole, p, c);
    }
    __m512 y = values(args, f, p, c);
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, y, _CMP_ORD_Q), y); /* NaN counts as 0 */
}

/* Channels c..c+31, or as many as there are, of all pixels, two at a time. */
WEFT_INLINE void fast32(const struct weft_epilogue_args *args, const struct fast_avx512 *fast, enum fast_form form,
                        int is_signed, int res, int plain, int whole, int c)
{
    const struct factors f[2] = {load_factors(args, c), load_factors(args, c + 16)};
    const __mmask32 some = f[0].some | (__mmask32)f[1].some << 16;
    for (ptrdiff_t p = 0; p < args->pixels; p += 2) {
        ptrdiff_t next = p + 1 < args->pixels ? p + 1 : p;
        const __m512 y[4] = {
            to_encode(args, &f[0], res, plain, whole, p, c), to_encode(args, &f[1], res, plain, whole, p, c + 16),
            to_encode(args, &f[0], res, plain, whole, next, c),
            to_encode(args, &f[1], res, plain, whole, next, c + 16)};
        __m512i codes = encode_fast(fast, form, is_signed, y);
        uint8_t *a = args->out + p * args->out_stride + c, *b = args->out + next * args->out_stride + c;
        if (whole) {
            store_two(a, b, codes);
        } else {
            _mm256_mask_storeu_epi8(b, some, _mm512_extracti64x4_epi64(codes, 1));
            _mm256_mask_storeu_epi8(a, some, _mm512_castsi512_si256(codes));
        }
    }
}

/* Channels c..c+15, or as many as there are, of all pixels, four at a time. */
WEFT_INLINE void fast16(const struct weft_epilogue_args *args, const struct fast_avx512 *fast, enum fast_form form,
                        int is_signed, int res, int plain, int whole, int c)
{
    const struct factors f = load_factors(args, c);
    const ptrdiff_t last = args->pixels - 1;
    for (ptrdiff_t p = 0; p <= last; p += 4) {
        const ptrdiff_t at[4] = {p, p + 1 < last ? p + 1 : last, p + 2 < last ? p + 2 : last,
                                 p + 3 < last ? p + 3 : last};
        __m512 y[4];
        WEFT_UNROLL
        for (int i = 0; i < 4; i++) {
            y[i] = to_encode(args, &f, res, plain, whole, at[i], c);
        }
        __m512i codes = encode_fast(fast, form, is_signed, y);
        const __m128i part[4] = {_mm512_castsi512_si128(codes), _mm512_extracti32x4_epi32(codes, 1),
                                 _mm512_extracti32x4_epi32(codes, 2), _mm512_extracti32x4_epi32(codes, 3)};
        WEFT_UNROLL
        for (int i = 0; i < 4; i++) {
            uint8_t *out = args->out + at[i] * args->out_stride + c;
            if (whole) {
                _mm_storeu_si128((__m128i *)(void *)out, part[i]);
            } else {
                _mm_mask_storeu_epi8(out, f.some, part[i]);
            }
        }
    }
}

WEFT_INLINE void fast_all(const struct weft_epilogue_args *args, enum fast_form form, int is_signed, int res, int plain)
{
    struct fast_avx512 fast;
    load_fast(&fast, form, args->enc);
    int c = 0;
    for (; c + 32 <= args->channels; c += 32) {
        fast32(args, &fast, form, is_signed, res, plain, 1, c);
    }
    switch (args->channels - c) { /* a rest of 16 is common (squeezed layers), and without masks */
    case 0:
        break;
    case 16:
        fast16(args, &fast, form, is_signed, res, plain, 1, c);
        break;
    default:
        if (args->channels - c < 16) {
            fast16(args, &fast, form, is_signed, res, plain, 0, c);
        } else {
            fast32(args, &fast, form, is_signed, res, plain, 0, c);
        }
        break;
    }
}

#define PLAIN(name, form, is_signed, res)                                              \
    static __attribute__((noinline)) void name(const struct weft_epilogue_args *args)  \
    {                                                                                  \
        fast_all(args, form, is_signed, res, 1);                                       \
    }

/* Any function and any zero of the residual. */
#define GENERAL(name, form)                                                            \
    static __attribute__((noinline)) void name(const struct weft_epilogue_args *args)  \
    {                                                                                  \
        if (args->enc->is_signed) {                                                    \
            fast_all(args, form, 1, 0, 0);                                             \
        } else {                                                                       \
            fast_all(args, form, 0, 0, 0);                                             \
        }                                                                              \
    }

#define FAST(name, form)                  \
    PLAIN(name##_unsigned, form, 0, 0)    \
    PLAIN(name##_unsigned_u8, form, 0, 1) \
    PLAIN(name##_unsigned_s8, form, 0, 2) \
    PLAIN(name##_signed, form, 1, 0)      \
    PLAIN(name##_signed_u8, form, 1, 1)   \
    PLAIN(name##_signed_s8, form, 1, 2)   \
    GENERAL(name##_general, form)

FAST(words, FAST_WORDS)
FAST(linear, FAST_LINEAR)
#if defined(__AVX512VBMI__)
FAST(rows, FAST_ROWS)
#endif

struct fast_fns {
    weft_epilogue_fn *plain[2][3], *general; /* [signed][residual: none, u8, s8] */
};
#define FAST_FNS(name)                                                  \
    {{{name##_unsigned, name##_unsigned_u8, name##_unsigned_s8},        \
      {name##_signed, name##_signed_u8, name##_signed_s8}},             \
     name##_general}

static void by_fast_form(const struct weft_epilogue_args *args, enum fast_form form)
{
    static const struct fast_fns of_form[FAST_FORMS] = {
        [FAST_WORDS] = FAST_FNS(words), [FAST_LINEAR] = FAST_FNS(linear),
#if defined(__AVX512VBMI__)
        [FAST_ROWS] = FAST_FNS(rows),
#endif
    };
    const struct fast_fns *fns = &of_form[form];
    if (is_plain(args)) {
        fns->plain[args->enc->is_signed != 0][!args->res ? 0 : args->res_signed ? 2 : 1](args);
    } else {
        fns->general(args);
    }
}

static void epilogue(const struct weft_epilogue_args *args)
{
    assert(args->enc ? args->out != NULL : args->out_f != NULL);
    assert(args->act != WEFT_ACT_LEAKY || args->slope);
    if (args->enc && fast_form(args->enc) != FAST_FORMS) {
        by_fast_form(args, fast_form(args->enc));
        return;
    }
    if (args->enc) {
        WITH_ENCODER(args->enc, to_codes, args)
        return;
    }
    for (int c = 0; c < args->channels; c += 16) {
        struct factors f = load_factors(args, c);
        for (ptrdiff_t p = 0; p < args->pixels; p++) {
            _mm512_mask_storeu_ps(args->out_f + p * args->out_stride + c, f.some, values(args, &f, p, c));
        }
    }
}

#endif
