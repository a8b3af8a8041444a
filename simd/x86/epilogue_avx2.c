#include "simd/x86/encode_avx2.h"
#include "simd/x86/words_avx2.h"

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

/* y of channels c..c+7 of pixel p. */
WEFT_INLINE __m256 values(const struct weft_epilogue_args *args, ptrdiff_t p, int c)
{
    __m256i sum = weft_x86_load(args->acc + p * args->acc_stride + c);
    __m256 scale = _mm256_loadu_ps(args->scale + c), bias = _mm256_loadu_ps(args->bias + c);
    __m256 y = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), scale, bias);
    if (args->res) {
        const uint8_t *res = args->res + p * args->res_stride + c;
        __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)res);
        __m256i r = args->res_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes);
        r = _mm256_sub_epi32(r, _mm256_set1_epi32(args->res_zero));
        y = _mm256_fmadd_ps(_mm256_cvtepi32_ps(r), _mm256_set1_ps(args->res_scale), y);
    }
    __m256 slope = args->act == WEFT_ACT_LEAKY ? _mm256_loadu_ps(args->slope + c) : _mm256_setzero_ps();
    return activate(y, args, slope);
}

/* Where the channels are no multiple of 8, the last vector overlaps the one before: the same values again. */
WEFT_INLINE int next_channel(int c, int channels)
{
    return c + 8 < channels && c + 16 > channels ? channels - 8 : c + 8;
}

WEFT_INLINE void to_codes(const struct weft_epilogue_args *args, int levels, int is_signed)
{
    struct encoder_avx2 e;
    load_encoder(&e, args->enc, levels);
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        uint8_t *out = args->out + p * args->out_stride;
        for (int c = 0; c < args->channels; c = next_channel(c, args->channels)) {
            store8(out + c, encode8(&e, levels, is_signed, values(args, p, c)));
        }
    }
}

/* Two pixels of 16 channels at a time; where these are no multiple of 16, the last overlap those before them, and the
 * last pixel of an odd number is a pair by itself. */
WEFT_INLINE void by_words(const struct weft_epilogue_args *args, int is_signed)
{
    const struct weft_epilogue_args own = *args; /* which the codes cannot overwrite, for all that the compiler knows */
    struct words_avx2 w;
    load_words(&w, own.enc);
    for (int c = 0; c < own.channels; c = c + 16 < own.channels && c + 32 > own.channels ? own.channels - 16 : c + 16) {
        for (ptrdiff_t p = 0; p < own.pixels; p += 2) {
            ptrdiff_t q = p + 1 < own.pixels ? p + 1 : p;
            __m256i a = upper_halves(values(&own, p, c), values(&own, p, c + 8));
            __m256i b = upper_halves(values(&own, q, c), values(&own, q, c + 8));
            __m256i codes = encode_words(&w, is_signed, a, b);
            _mm_storeu_si128((__m128i *)(void *)(own.out + p * own.out_stride + c), _mm256_castsi256_si128(codes));
            _mm_storeu_si128((__m128i *)(void *)(own.out + q * own.out_stride + c), _mm256_extracti128_si256(codes, 1));
        }
    }
}

static void by_words_unsigned(const struct weft_epilogue_args *args)
{
    by_words(args, 0);
}

static void by_words_signed(const struct weft_epilogue_args *args)
{
    by_words(args, 1);
}

static void at_least_8_channels(const struct weft_epilogue_args *args)
{
    if (args->enc && args->enc->words && args->channels >= 16) {
        (args->enc->is_signed ? by_words_signed : by_words_unsigned)(args);
    } else if (args->enc) {
        WITH_ENCODER(args->enc, to_codes, args)
    } else {
        for (ptrdiff_t p = 0; p < args->pixels; p++) {
            float *out = args->out_f + p * args->out_stride;
            for (int c = 0; c < args->channels; c = next_channel(c, args->channels)) {
                _mm256_storeu_ps(out + c, values(args, p, c));
            }
        }
    }
}

/* Fewer than 8 channels: pixel by pixel through arrays of 8. */
static void few_channels(const struct weft_epilogue_args *args)
{
    size_t n = (size_t)args->channels;
    int32_t acc[8] = {0};
    float scale[8] = {0}, bias[8] = {0}, slope[8] = {0}, floats[8];
    uint8_t res[8] = {0}, codes[8];
    struct weft_epilogue_args eight = *args;
    memcpy(scale, args->scale, n * sizeof *scale);
    memcpy(bias, args->bias, n * sizeof *bias);
    if (args->act == WEFT_ACT_LEAKY) {
        memcpy(slope, args->slope, n * sizeof *slope);
    }
    eight.pixels = 1;
    eight.channels = 8;
    eight.acc = acc;
    eight.scale = scale;
    eight.bias = bias;
    eight.slope = slope;
    eight.res = args->res ? res : NULL;
    eight.out = codes;
    eight.out_f = floats;
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        memcpy(acc, args->acc + p * args->acc_stride, n * sizeof *acc);
        if (args->res) {
            memcpy(res, args->res + p * args->res_stride, n);
        }
        at_least_8_channels(&eight);
        if (args->enc) {
            memcpy(args->out + p * args->out_stride, codes, n);
        } else {
            memcpy(args->out_f + p * args->out_stride, floats, n * sizeof *floats);
        }
    }
}

void weft_epilogue_avx2(const struct weft_epilogue_args *args)
{
    assert(args->enc ? args->out != NULL : args->out_f != NULL);
    assert(args->act != WEFT_ACT_LEAKY || args->slope);
    if (args->channels < 8) {
        few_channels(args);
    } else {
        at_least_8_channels(args);
    }
}
