/* Winograd's transforms, as in wino_avx2.c on twice the width. */
#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/wino_out_avx512.h"

WEFT_INLINE void forward(__m512i x0, __m512i x1, __m512i x2, __m512i x3, __m512i out[4])
{
    out[0] = _mm512_sub_epi8(x0, x2);
    out[1] = _mm512_add_epi8(x1, x2);
    out[2] = _mm512_sub_epi8(x2, x1);
    out[3] = _mm512_sub_epi8(x1, x3);
}

/* One column of a window, its rows transformed. */
WEFT_INLINE void column(const struct weft_wino_in_args *args, int rows, const uint8_t *a, __mmask64 mask,
                        __m512i out[4])
{
    if (rows == 1) {
        out[0] = _mm512_maskz_loadu_epi8(mask, a);
        return;
    }
    forward(_mm512_maskz_loadu_epi8(mask, a), _mm512_maskz_loadu_epi8(mask, a + args->row),
            _mm512_maskz_loadu_epi8(mask, a + 2 * args->row), _mm512_maskz_loadu_epi8(mask, a + 3 * args->row), out);
}

WEFT_INLINE void stretch_in(const struct weft_wino_in_args *args, int rows, int c, __mmask64 mask)
{
    const __m512i add = _mm512_set1_epi8((char)args->add), add_sum = _mm512_set1_epi8((char)args->add_sum);
    const int middle = rows == 4 ? 5 : 1;
    const uint8_t *a = args->a + c;
    uint8_t *out = args->out + c;
    __m512i columns[4][4]; /* [column][row] */
    column(args, rows, a, mask, columns[0]);
    column(args, rows, a + args->pixel, mask, columns[1]);
    for (int t = 0; t < args->tiles; t++) {
        column(args, rows, a + 2 * args->pixel, mask, columns[2]);
        column(args, rows, a + 3 * args->pixel, mask, columns[3]);
        WEFT_UNROLL
        for (int i = 0; i < rows; i++) {
            __m512i v[4];
            forward(columns[0][i], columns[1][i], columns[2][i], columns[3][i], v);
            WEFT_UNROLL
            for (int j = 0; j < 4; j++) {
                int p = 4 * i + j;
                _mm512_mask_storeu_epi8(out + p * args->point, mask,
                                        _mm512_add_epi8(v[j], p == middle ? add_sum : add));
            }
            columns[0][i] = columns[2][i];
            columns[1][i] = columns[3][i];
        }
        a += 2 * args->pixel;
        out += args->channels;
    }
}

/* Whole vectors are told apart: with their mask known, it costs nothing. */
WEFT_INLINE void transform_in(const struct weft_wino_in_args *args, int rows)
{
    int c = 0;
    assert(args->channels % 8 == 0);
    for (; c + 64 <= args->channels; c += 64) {
        stretch_in(args, rows, c, ~(__mmask64)0);
    }
    if (c < args->channels) {
        stretch_in(args, rows, c, ((__mmask64)1 << (args->channels - c)) - 1);
    }
}

void weft_wino22_in_avx512(const struct weft_wino_in_args *args)
{
    transform_in(args, 4);
}

void weft_wino12_in_avx512(const struct weft_wino_in_args *args)
{
    transform_in(args, 1);
}

void weft_wino22_out_avx512(const struct weft_wino_out_args *args)
{
    transform_out(args, 16);
}

void weft_wino12_out_avx512(const struct weft_wino_out_args *args)
{
    transform_out(args, 4);
}
