/* Winograd's transforms of stride 2, and the products between them: weights are looked up, and added where a point's
 * filter is a sum of two or four taps, beside the products of twelve tiles. On processors whose multiplier leaves shuffles
 * and additions to other ports (Zen 4) that costs nothing, and no transformed weights go through the caches. */
#include "simd/tiles.h"
#include "simd/x86/conv_avx512.h"
#include "simd/x86/thirds_avx512.h"
#include "simd/x86/wino_out_avx512.h"

#define TAPS 9
#define NEAR 4 /* blocks that bins are fetched ahead */

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

/* What a call goes through: the weights of a plane are the sum of one tap, two or four. */
struct walk {
    struct thirds tiles;
    const uint8_t *w, *ahead;
    ptrdiff_t ahead_step;
    int k8;
};

/* The products of a plane's values. `tap`: bytes from a block's first to it. */
WEFT_INLINE void plane(struct walk *at, enum weft_wfmt fmt, __m512i lut, int taps, const ptrdiff_t tap[4], int tiles,
                       __m512i *sum)
{
    const uint8_t *block = at->w;
    const ptrdiff_t step_block = TAPS * block_bytes(fmt);
    for (int n = at->k8; n > 0; n--, block += step_block) {
        WEFT_UNROLL
        for (int half = 0; half < 2; half++) {
            __m512i w[NV];
            load_half(fmt, block + tap[0], half, lut, w);
            WEFT_UNROLL
            for (int i = 1; i < taps; i++) {
                __m512i more[NV];
                load_half(fmt, block + tap[i], half, lut, more);
                w[0] = _mm512_add_epi8(w[0], more[0]);
                w[1] = _mm512_add_epi8(w[1], more[1]);
            }
            WEFT_UNROLL
            for (int i = 0; i < taps; i++) { /* too far apart for the hardware to see where it goes */
                _mm_prefetch((const char *)block + tap[i] + NEAR * step_block + half * 64, _MM_HINT_T0);
            }
            _mm_prefetch((const char *)at->ahead, _MM_HINT_T1);
            at->ahead += at->ahead_step;
            step(&at->tiles, 0, tiles, 4 * half, w, sum);
        }
        move_thirds(&at->tiles, 8, tiles);
    }
}

/* Rows or columns of a filter that entry k of point i is of; returns how many. */
WEFT_INLINE int lines(int i, int k, int line[2])
{
    line[0] = i ? i - 1 + k : 0;
    line[1] = 2;
    return i ? 1 : 2;
}

WEFT_INLINE void point(struct walk *at, const struct weft_wino22s2_sum_args *args, enum weft_wfmt fmt, __m512i lut,
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
                plane(at, fmt, lut, 1, tap, tiles, sum);
            } else if (taps == 2) {
                plane(at, fmt, lut, 2, tap, tiles, sum);
            } else {
                plane(at, fmt, lut, 4, tap, tiles, sum);
            }
        }
    }
}

WEFT_INLINE void points(const struct weft_wino22s2_sum_args *args, enum weft_wfmt fmt, int tiles)
{
    static const uint8_t first[WEFT_WINO22S2_POINTS] = {0, 1, 3, 5, 7, 11, 15, 17, 21}; /* planes */
    const __m512i lut = load_lut(fmt, args->lut);
    struct walk at = {.tiles.tile = args->tile, .w = args->w, .ahead = args->ahead, .ahead_step = args->ahead_step,
                      .k8 = args->k8};
    for (int p = 0; p < args->points; p++) {
        const int q = args->first + p;
        __m512i sum[TILES_MAX * NV];
        start_sums(args->init + p * NR, tiles, sum);
        point(&at, args, fmt, lut, q, tiles, args->values + first[q] * args->point, sum);
        store_sums(args->sums + p * args->sum_point, tiles, sum);
    }
}

#define HEIGHT_FN(height, fmt)                                                                              \
    static __attribute__((noinline)) void points_##fmt##_##height(const struct weft_wino22s2_sum_args *args) \
    {                                                                                                       \
        points(args, WEFT_WFMT_##fmt, height);                                                              \
    }
#define HEIGHT_REF(height, fmt) points_##fmt##_##height,
WEFT_HEIGHTS_12(HEIGHT_FN, C4)
WEFT_HEIGHTS_12(HEIGHT_FN, C5)
WEFT_HEIGHTS_12(HEIGHT_FN, C8)
static weft_wino22s2_sum_fn *const heights[WEFT_WFMT_COUNT][TILES_MAX] = {
    [WEFT_WFMT_C4] = {WEFT_HEIGHTS_12(HEIGHT_REF, C4)},
    [WEFT_WFMT_C5] = {WEFT_HEIGHTS_12(HEIGHT_REF, C5)},
    [WEFT_WFMT_C8] = {WEFT_HEIGHTS_12(HEIGHT_REF, C8)},
};

void weft_wino22s2_sum_avx512vbmi(const struct weft_wino22s2_sum_args *args)
{
    assert(args->first >= 0 && args->points >= 1 && args->first + args->points <= WEFT_WINO22S2_POINTS);
    assert(args->k8 >= 1);
    assert(args->tiles >= 1 && args->tiles <= TILES_MAX && (args->fmt == WEFT_WFMT_C8 || args->lut));
    heights[args->fmt][args->tiles - 1](args);
}
