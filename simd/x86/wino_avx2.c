/* Winograd's transforms. A window's columns 2 and 3 are the next one's 0 and 1: stretches of channels go over a
 * row of tiles and carry the transformed columns along. */
#include <assert.h>

#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

/* n bytes, 32 or 8. */
WEFT_INLINE __m256i load_bytes(const uint8_t *p, int n)
{
    return n == 32 ? weft_x86_load(p) : _mm256_zextsi128_si256(_mm_loadl_epi64((const __m128i *)(const void *)p));
}

WEFT_INLINE void store_bytes(uint8_t *p, int n, __m256i v)
{
    if (n == 32) {
        weft_x86_store(p, v);
    } else {
        _mm_storel_epi64((__m128i *)(void *)p, _mm256_castsi256_si128(v));
    }
}

WEFT_INLINE void forward(__m256i x0, __m256i x1, __m256i x2, __m256i x3, __m256i out[4])
{
    out[0] = _mm256_sub_epi8(x0, x2);
    out[1] = _mm256_add_epi8(x1, x2);
    out[2] = _mm256_sub_epi8(x2, x1);
    out[3] = _mm256_sub_epi8(x1, x3);
}

/* One column of a window, its rows transformed. */
WEFT_INLINE void column(const struct weft_wino_in_args *args, int rows, const uint8_t *a, int n, __m256i out[4])
{
    if (rows == 1) {
        out[0] = load_bytes(a, n);
        return;
    }
    forward(load_bytes(a, n), load_bytes(a + args->row, n), load_bytes(a + 2 * args->row, n),
            load_bytes(a + 3 * args->row, n), out);
}

WEFT_INLINE void stretch_in(const struct weft_wino_in_args *args, int rows, int c, int n)
{
    const __m256i add = _mm256_set1_epi8((char)args->add), add_sum = _mm256_set1_epi8((char)args->add_sum);
    const int middle = rows == 4 ? 5 : 1;
    const uint8_t *a = args->a + c;
    uint8_t *out = args->out + c;
    __m256i columns[4][4]; /* [column][row] */
    column(args, rows, a, n, columns[0]);
    column(args, rows, a + args->pixel, n, columns[1]);
    for (int t = 0; t < args->tiles; t++) {
        column(args, rows, a + 2 * args->pixel, n, columns[2]);
        column(args, rows, a + 3 * args->pixel, n, columns[3]);
        WEFT_UNROLL
        for (int i = 0; i < rows; i++) {
            __m256i v[4];
            forward(columns[0][i], columns[1][i], columns[2][i], columns[3][i], v);
            WEFT_UNROLL
            for (int j = 0; j < 4; j++) {
                int p = 4 * i + j;
                store_bytes(out + p * args->point, n, _mm256_add_epi8(v[j], p == middle ? add_sum : add));
            }
            columns[0][i] = columns[2][i];
            columns[1][i] = columns[3][i];
        }
        a += 2 * args->pixel;
        out += args->channels;
    }
}

WEFT_INLINE void transform_in(const struct weft_wino_in_args *args, int rows)
{
    int c = 0;
    assert(args->channels % 8 == 0);
    for (; c + 32 <= args->channels; c += 32) {
        stretch_in(args, rows, c, 32);
    }
    for (; c < args->channels; c += 8) {
        stretch_in(args, rows, c, 8);
    }
}

void weft_wino22_in_avx2(const struct weft_wino_in_args *args)
{
    transform_in(args, 4);
}

void weft_wino12_in_avx2(const struct weft_wino_in_args *args)
{
    transform_in(args, 1);
}

WEFT_INLINE void backward(__m256i m0, __m256i m1, __m256i m2, __m256i m3, __m256i *y0, __m256i *y1)
{
    __m256i half = _mm256_srai_epi32(_mm256_add_epi32(m1, m2), 1);
    *y0 = _mm256_add_epi32(m0, half);
    *y1 = _mm256_sub_epi32(half, _mm256_add_epi32(m2, m3));
}

void weft_wino22_out_avx2(const struct weft_wino_out_args *args)
{
    const ptrdiff_t point = args->point, next = args->channels;
    assert(args->channels % 8 == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c += 8) {
            const int32_t *m = args->sums + t * next + c;
            int32_t *acc = args->acc + 2 * t * next + c;
            __m256i r[2][4], y[4];
            WEFT_UNROLL
            for (int j = 0; j < 4; j++) {
                backward(weft_x86_load(m + j * point), weft_x86_load(m + (4 + j) * point),
                         weft_x86_load(m + (8 + j) * point), weft_x86_load(m + (12 + j) * point), &r[0][j], &r[1][j]);
            }
            backward(r[0][0], r[0][1], r[0][2], r[0][3], &y[0], &y[1]);
            backward(r[1][0], r[1][1], r[1][2], r[1][3], &y[2], &y[3]);
            weft_x86_store(acc, y[0]);
            weft_x86_store(acc + next, y[1]);
            weft_x86_store(acc + args->row, y[2]);
            weft_x86_store(acc + args->row + next, y[3]);
        }
    }
}

void weft_wino12_out_avx2(const struct weft_wino_out_args *args)
{
    const ptrdiff_t point = args->point, next = args->channels;
    assert(args->channels % 8 == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c += 8) {
            const int32_t *m = args->sums + t * next + c;
            __m256i y0, y1;
            backward(weft_x86_load(m), weft_x86_load(m + point), weft_x86_load(m + 2 * point),
                     weft_x86_load(m + 3 * point), &y0, &y1);
            weft_x86_store(args->acc + 2 * t * next + c, y0);
            weft_x86_store(args->acc + (2 * t + 1) * next + c, y1);
        }
    }
}
