#include "simd/x86/encode_avx512.h"

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

/* What the pixels of sixteen channels share. */
struct factors {
    __m512 scale, bias, slope, res_scale;
    __m512i res_zero;
    __mmask16 some;
};

WEFT_INLINE struct factors load_factors(const struct weft_epilogue_args *args, int c)
{
    struct factors f;
    f.some = first16((size_t)(args->channels - c));
    f.scale = _mm512_maskz_loadu_ps(f.some, args->scale + c);
    f.bias = _mm512_maskz_loadu_ps(f.some, args->bias + c);
    f.slope = args->act == WEFT_ACT_LEAKY ? _mm512_maskz_loadu_ps(f.some, args->slope + c) : _mm512_setzero_ps();
    f.res_scale = _mm512_set1_ps(args->res_scale);
    f.res_zero = _mm512_set1_epi32(args->res_zero);
    return f;
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

void weft_epilogue_avx512(const struct weft_epilogue_args *args)
{
    assert(args->enc ? args->out != NULL : args->out_f != NULL);
    assert(args->act != WEFT_ACT_LEAKY || args->slope);
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
