#include "simd/x86/encode_avx2.h"

/* Residual bytes c..c+n-1 as integers; reads n bytes. */
WEFT_INLINE __m256i load_residual(const uint8_t *res, int n, int is_signed)
{
    uint64_t bytes = 0;
    if (n == 8) {
        memcpy(&bytes, res, 8);
    } else {
        for (int i = 0; i < n; i++) {
            bytes |= (uint64_t)res[i] << (8 * i);
        }
    }
    __m128i v = _mm_cvtsi64_si128((long long)bytes);
    return is_signed ? _mm256_cvtepi8_epi32(v) : _mm256_cvtepu8_epi32(v);
}

/* max and min take their second operand where the first is not above (below) it, NaN and zeros of either
 * sign included: just the ?: of the contract. */
WEFT_INLINE __m256 hsigmoid(__m256 y, const struct weft_epilogue_args *args)
{
    y = _mm256_fmadd_ps(y, _mm256_set1_ps(args->alpha), _mm256_set1_ps(args->beta));
    y = _mm256_max_ps(y, _mm256_setzero_ps());
    return _mm256_min_ps(y, _mm256_set1_ps(1));
}

WEFT_INLINE __m256 activate(__m256 y, const struct weft_epilogue_args *args, __m256 slope)
{
    switch (args->act) {
    case WEFT_ACT_CLIP:
        y = _mm256_max_ps(y, _mm256_set1_ps(args->lo));
        return _mm256_min_ps(y, _mm256_set1_ps(args->hi));
    case WEFT_ACT_LEAKY:
        return _mm256_blendv_ps(_mm256_mul_ps(y, slope), y,
                                _mm256_cmp_ps(y, _mm256_setzero_ps(), _CMP_GE_OQ));
    case WEFT_ACT_HSIGMOID:
        return hsigmoid(y, args);
    case WEFT_ACT_HSWISH:
        return _mm256_mul_ps(y, hsigmoid(y, args));
    case WEFT_ACT_NONE:
        break;
    }
    return y;
}

/* y of channels c..c+n-1 of pixel p. n = 8: whole vectors; else masks, nothing beyond is read. */
WEFT_INLINE __m256 values(const struct weft_epilogue_args *args, ptrdiff_t p, int c, int n)
{
    const int32_t *acc = args->acc + p * args->acc_stride + c;
    __m256i mask = weft_x86_first(n);
    __m256i sum = n == 8 ? weft_x86_load(acc) : _mm256_maskload_epi32((const int *)acc, mask);
    __m256 scale = n == 8 ? _mm256_loadu_ps(args->scale + c) : _mm256_maskload_ps(args->scale + c, mask);
    __m256 bias = n == 8 ? _mm256_loadu_ps(args->bias + c) : _mm256_maskload_ps(args->bias + c, mask);
    __m256 y = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), scale, bias);
    if (args->res) {
        __m256i r = load_residual(args->res + p * args->res_stride + c, n, args->res_signed);
        r = _mm256_sub_epi32(r, _mm256_set1_epi32(args->res_zero));
        y = _mm256_fmadd_ps(_mm256_cvtepi32_ps(r), _mm256_set1_ps(args->res_scale), y);
    }
    __m256 slope = _mm256_setzero_ps();
    if (args->act == WEFT_ACT_LEAKY) {
        slope = n == 8 ? _mm256_loadu_ps(args->slope + c) : _mm256_maskload_ps(args->slope + c, mask);
    }
    return activate(y, args, slope);
}

WEFT_INLINE void to_codes(const struct weft_epilogue_args *args, int is_signed)
{
    const struct encoder_avx2 e = load_encoder(args->enc);
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        uint8_t *out = args->out + p * args->out_stride;
        int c = 0;
        for (; c + 8 <= args->channels; c += 8) {
            store_bytes(out + c, pack8(encode8(&e, is_signed, values(args, p, c, 8))), 8);
        }
        int rest = args->channels - c;
        if (rest > 0) {
            store_bytes(out + c, pack8(encode8(&e, is_signed, values(args, p, c, rest))), rest);
        }
    }
}

static void to_floats(const struct weft_epilogue_args *args)
{
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        float *out = args->out_f + p * args->out_stride;
        int c = 0;
        for (; c + 8 <= args->channels; c += 8) {
            _mm256_storeu_ps(out + c, values(args, p, c, 8));
        }
        int rest = args->channels - c;
        if (rest > 0) {
            _mm256_maskstore_ps(out + c, weft_x86_first(rest), values(args, p, c, rest));
        }
    }
}

void weft_epilogue_avx2(const struct weft_epilogue_args *args)
{
    assert(args->enc ? args->out != NULL : args->out_f != NULL);
    assert(args->act != WEFT_ACT_LEAKY || args->slope);
    if (!args->enc) {
        to_floats(args);
    } else if (args->enc->is_signed) {
        to_codes(args, 1);
    } else {
        to_codes(args, 0);
    }
}
