/* Winograd's transforms of stride 2, and the products between them: weights are looked up, and added where a point's
 * filter is a sum of two or four taps, beside the products (wino_bins_avx512.h). */
#include "simd/x86/wino_bins_avx512.h"
#include "simd/x86/wino_out_avx512.h"

/* The plane of entry i down and entry j across, counted over the points of an axis: 0, 1..2, 3..4. */
WEFT_INLINE int plane_of(int i, int j)
{
    const int point_i = (i + 1) / 2, count_i = point_i ? 2 : 1, first_i = i ? 2 * point_i - 1 : 0;
    return 5 * first_i + count_i * j + i - first_i;
}

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
                _mm512_mask_storeu_epi8(out + plane_of(i, j) * point, mask, v[j]);
            }
            columns[0][i] = columns[4][i];
        }
    }
}

/* Whole vectors are told apart, as for wino22. */
void weft_wino22s2_in_avx512vbmi(const struct weft_wino_in_args *args)
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

void weft_wino22s2_out_avx512vbmi(const struct weft_wino_out_args *args)
{
    transform_out(args, WEFT_WINO22S2_POINTS);
}

/* Rows or columns of a filter that entry k of point i is of; returns how many. */
WEFT_INLINE int lines(int i, int k, int line[2])
{
    line[0] = i ? i - 1 + k : 0;
    line[1] = 2;
    return i ? 1 : 2;
}

WEFT_INLINE void point(struct walk *at, const struct weft_wino_bins_args *args, enum weft_wfmt fmt, __m512i lut,
                       int p, int tiles, const uint8_t *values, __m512i *sum)
{
    const int i = p / 3, j = p % 3, rows = i ? 2 : 1, columns = j ? 2 : 1;
    for (int l = 0; l < columns; l++) {
        for (int k = 0; k < rows; k++, values += args->point) {
            int row[2], column[2], taps = 0;
            ptrdiff_t tap[4] = {0};
            const int down = lines(i, k, row), across = lines(j, l, column);
            for (int n = 0; n < down * across; n++) {
                tap[taps++] = (ptrdiff_t)(3 * row[n / across] + column[n % across]) * block_bytes(fmt);
            }
            place_thirds(&at->tiles, values, tiles);
            if (taps == 1) {
                plane(at, fmt, lut, 1, 0, tap, tiles, sum);
            } else if (taps == 2) {
                plane(at, fmt, lut, 2, 0, tap, tiles, sum);
            } else {
                plane(at, fmt, lut, 4, 0, tap, tiles, sum);
            }
        }
    }
}

WEFT_INLINE void points(const struct weft_wino_bins_args *args, enum weft_wfmt fmt, int tiles)
{
    static const uint8_t first[WEFT_WINO22S2_POINTS] = {0, 1, 3, 5, 7, 11, 15, 17, 21}; /* planes */
    const __m512i lut = load_lut(fmt, args->lut);
    struct walk at = start_walk(args);
    for (int p = 0; p < args->points; p++) {
        const int q = args->first + p;
        __m512i sum[TILES_MAX * NV];
        start_sums(args->init + p * NR, tiles, sum);
        point(&at, args, fmt, lut, q, tiles, args->values + first[q] * args->point, sum);
        store_sums(args->sums + p * args->sum_point, tiles, sum);
    }
}

BINS_HEIGHTS(planes_of, points)

void weft_wino22s2_sum_avx512vbmi(const struct weft_wino_bins_args *args)
{
    assert(args->first >= 0 && args->points >= 1 && args->first + args->points <= WEFT_WINO22S2_POINTS);
    by_height(args, planes_of);
}
