/* Codes straight to codes, channel by channel: two pixels of 32 channels at a time, or four of 16. */
#include "simd/x86/encode_avx512.h"
#include "simd/x86/fast_avx512.h"

struct source {
    __m512 values[2];
    __m512i magnitude;
    int is_signed;
};

WEFT_INLINE void load_source(struct source *s, const struct weft_affine_args *args, int by_table)
{
    s->values[0] = by_table ? _mm512_loadu_ps(args->values) : _mm512_setzero_ps();
    s->values[1] = by_table ? _mm512_loadu_ps(args->values + 16) : _mm512_setzero_ps();
    s->magnitude = _mm512_set1_epi32(args->is_signed ? 127 : 255);
    s->is_signed = args->is_signed;
}

/* Of 16 channels (`whole`), or up to 16. The table's index is taken modulo 32, so that it needs no mask. */
WEFT_INLINE __m512 values(const struct source *s, int by_table, int whole, __mmask16 some, const uint8_t *codes)
{
    __m512i code = _mm512_cvtepu8_epi32(whole ? _mm_loadu_si128((const __m128i *)(const void *)codes)
                                              : _mm_maskz_loadu_epi8(some, codes));
    __m512 v = by_table ? _mm512_permutex2var_ps(s->values[0], code, s->values[1])
                        : _mm512_cvtepi32_ps(_mm512_and_si512(code, s->magnitude));
    if (s->is_signed) { /* v | (bit 7 of the code) */
        v = _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(v), _mm512_slli_epi32(code, 24),
                                                          _mm512_set1_epi32(INT32_MIN), 0xf8));
    }
    return v;
}

/* `across` vectors of channels from c on, of 4 / across pixels at a time. */
WEFT_INLINE void columns(const struct weft_affine_args *args, const struct source *s, const struct fast_avx512 *fast,
                         enum fast_form form, int by_table, int is_signed, int across, int whole, int c)
{
    __mmask16 some[2];
    __m512 scale[2], bias[2];
    const int down = 4 / across;
    const ptrdiff_t last = (ptrdiff_t)args->pixels - 1;
    WEFT_UNROLL
    for (int v = 0; v < across; v++) {
        some[v] = c + 16 * v < args->channels ? first16((size_t)(args->channels - c - 16 * v)) : 0;
        scale[v] = _mm512_maskz_loadu_ps(some[v], args->scale + c + 16 * v);
        bias[v] = _mm512_maskz_loadu_ps(some[v], args->bias + c + 16 * v);
    }
    for (ptrdiff_t p = 0; p <= last; p += down) {
        __m512 y[4];
        WEFT_UNROLL
        for (int i = 0; i < 4; i++) {
            int v = i % across;
            ptrdiff_t at = p + i / across < last ? p + i / across : last;
            const uint8_t *in = args->in + at * args->in_stride + c + 16 * v;
            y[i] = _mm512_fmadd_ps(values(s, by_table, whole, some[v], in), scale[v], bias[v]);
        }
        __m512i codes = encode_fast(fast, form, is_signed, y);
        if (whole && across == 2) {
            store_two(args->out + p * args->out_stride + c,
                      args->out + (p < last ? p + 1 : last) * args->out_stride + c, codes);
            continue;
        }
        const __m128i part[4] = {_mm512_castsi512_si128(codes), _mm512_extracti32x4_epi32(codes, 1),
                                 _mm512_extracti32x4_epi32(codes, 2), _mm512_extracti32x4_epi32(codes, 3)};
        WEFT_UNROLL
        for (int i = 0; i < 4; i++) {
            int v = i % across;
            ptrdiff_t at = p + i / across < last ? p + i / across : last;
            _mm_mask_storeu_epi8(args->out + at * args->out_stride + c + 16 * v, some[v], part[i]);
        }
    }
}

WEFT_INLINE void affine(const struct weft_affine_args *args, enum fast_form form, int by_table, int is_signed)
{
    struct source s;
    struct fast_avx512 fast;
    load_source(&s, args, by_table);
    load_fast(&fast, form, args->enc);
    int c = 0;
    for (; args->channels - c >= 32; c += 32) {
        columns(args, &s, &fast, form, by_table, is_signed, 2, 1, c);
    }
    if (args->channels - c > 16) {
        columns(args, &s, &fast, form, by_table, is_signed, 2, 0, c);
    } else if (c < args->channels) {
        columns(args, &s, &fast, form, by_table, is_signed, 1, 0, c);
    }
}

#define AFFINE(name, form, by_table, is_signed)                                       \
    static __attribute__((noinline)) void name(const struct weft_affine_args *args)   \
    {                                                                                 \
        affine(args, form, by_table, is_signed);                                      \
    }
AFFINE(words_plain, FAST_WORDS, 0, 0)
AFFINE(words_plain_signed, FAST_WORDS, 0, 1)
AFFINE(words_table, FAST_WORDS, 1, 0)
AFFINE(words_table_signed, FAST_WORDS, 1, 1)
AFFINE(rows_plain, FAST_ROWS, 0, 0)
AFFINE(rows_plain_signed, FAST_ROWS, 0, 1)
AFFINE(rows_table, FAST_ROWS, 1, 0)
AFFINE(rows_table_signed, FAST_ROWS, 1, 1)
AFFINE(linear_plain, FAST_LINEAR, 0, 0)
AFFINE(linear_plain_signed, FAST_LINEAR, 0, 1)
AFFINE(linear_table, FAST_LINEAR, 1, 0)
AFFINE(linear_table_signed, FAST_LINEAR, 1, 1)

void weft_affine_avx512vbmi(const struct weft_affine_args *args)
{
    static weft_affine_fn *const forms[FAST_FORMS][2][2] = {
        [FAST_WORDS] = {{words_plain, words_plain_signed}, {words_table, words_table_signed}},
        [FAST_ROWS] = {{rows_plain, rows_plain_signed}, {rows_table, rows_table_signed}},
        [FAST_LINEAR] = {{linear_plain, linear_plain_signed}, {linear_table, linear_table_signed}}};
    enum fast_form form = fast_form(args->enc);
    assert(form != FAST_FORMS && args->pixels >= 1 && args->channels >= 1);
    forms[form][args->values != NULL][args->enc->is_signed != 0](args);
}
