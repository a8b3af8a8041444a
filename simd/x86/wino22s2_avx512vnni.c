/* Winograd's transforms of stride 2. */
#include <assert.h>

#include "simd/x86/wino_filter_avx512.h"
#include "simd/x86/wino_out_avx512.h"

/* Five values to the entries of three points: one, two and two. */
WEFT_INLINE void forward(const __m512i x[5], __m512i out[5])
{
    out[0] = x[2];
    out[1] = _mm512_sub_epi8(x[0], x[2]);
    out[2] = x[1];
    out[3] = x[3];
    out[4] = _mm512_sub_epi8(x[4], x[2]);
}

/* One column of a window, its rows transformed. */
WEFT_INLINE void column(const uint8_t *a, ptrdiff_t row, __mmask64 mask, __m512i out[5])
{
    __m512i x[5];
    WEFT_UNROLL
    for (int i = 0; i < 5; i++) {
        x[i] = _mm512_maskz_loadu_epi8(mask, a + i * row);
    }
    forward(x, out);
}

WEFT_INLINE void stretch_in(const struct weft_wino_in_args *args, int c, __mmask64 mask)
{
    const __m512i add = _mm512_set1_epi8((char)args->add);
    const ptrdiff_t pixel = args->pixel, point = args->point;
    const uint8_t *a = args->a + c;
    uint8_t *out = args->out + c;
    __m512i columns[5][5]; /* [column][entry down] */
    column(a, args->row, mask, columns[0]);
    for (int t = 0; t < args->tiles; t++, a += 4 * pixel, out += args->channels) {
        WEFT_UNROLL
        for (int j = 1; j < 5; j++) {
            column(a + j * pixel, args->row, mask, columns[j]);
        }
        WEFT_UNROLL
        for (int i = 0; i < 5; i++) {
            const __m512i x[5] = {columns[0][i], columns[1][i], columns[2][i], columns[3][i], columns[4][i]};
            __m512i v[5];
            forward(x, v);
            WEFT_UNROLL
            for (int j = 0; j < 5; j++) {
                if (i == 1 || i == 4 || j == 1 || j == 4) { /* a difference */
                    v[j] = _mm512_add_epi8(v[j], add);
                }
                _mm512_mask_storeu_epi8(out + plane_22s2(i, j) * point, mask, v[j]);
            }
            columns[0][i] = columns[4][i];
        }
    }
}

/* Whole vectors are told apart, as for wino22. */
void weft_wino22s2_in_avx512vnni(const struct weft_wino_in_args *args)
{
    int c = 0;
    assert(args->channels % 8 == 0);
    for (; c + 64 <= args->channels; c += 64) {
        stretch_in(args, c, ~(__mmask64)0);
    }
    if (c < args->channels) {
        stretch_in(args, c, ((__mmask64)1 << (args->channels - c)) - 1);
    }
}

void weft_wino22s2_out_avx512vnni(const struct weft_wino_out_args *args)
{
    transform_out(args, WEFT_WINO22S2_POINTS);
}

WEFT_WINO22S2_FILTER(avx512vnni)
