/* F(4x4,3x3) in words of 16 bits. Sums of up to twelve tiles stay in registers over all channels. */
#include "simd/x86/conv_avx512.h"
#include "simd/filters.h"
#include "simd/sums.h"

#define EDGE 6 /* points along an axis */
#define TILES_MAX 12
#define NEAR 8256      /* bytes ahead that weights are fetched; a multiple of 4096 is a sixth slower */

/* f of kernels.h. */
WEFT_INLINE void forward(const __m512i x[EDGE], __m512i v[EDGE])
{
    __m512i s = _mm512_sub_epi16(x[4], x[2]), r = _mm512_sub_epi16(x[3], x[1]);
    __m512i even = _mm512_sub_epi16(_mm512_slli_epi16(x[2], 2), x[4]);
    __m512i odd = _mm512_sub_epi16(_mm512_slli_epi16(x[1], 2), x[3]);
    __m512i twice = _mm512_add_epi16(r, r);
    v[0] = _mm512_add_epi16(_mm512_slli_epi16(_mm512_sub_epi16(x[0], x[2]), 2), s);
    v[1] = _mm512_add_epi16(even, odd);
    v[2] = _mm512_sub_epi16(even, odd);
    v[3] = _mm512_add_epi16(s, twice);
    v[4] = _mm512_sub_epi16(s, twice);
    v[5] = _mm512_sub_epi16(_mm512_sub_epi16(x[5], x[3]), _mm512_add_epi16(twice, twice));
}

/* One column of a window, its rows transformed. */
WEFT_INLINE void column(const struct weft_wino44_in_args *args, const uint8_t *a, __mmask32 mask, __m512i out[EDGE])
{
    __m512i x[EDGE];
    WEFT_UNROLL
    for (int i = 0; i < EDGE; i++) {
        x[i] = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(mask, a + i * args->row));
    }
    forward(x, out);
}

/* A window's columns 4 and 5 are the next one's 0 and 1. What bytes have added to them is left to the only point where
 * it does not cancel. */
WEFT_INLINE void stretch_in(const struct weft_wino44_in_args *args, int c, __mmask32 mask)
{
    const __m512i less = _mm512_set1_epi16((short)(36 * args->zero));
    const uint8_t *a = args->a + c;
    int16_t *out = args->out + c;
    __m512i columns[EDGE][EDGE]; /* [column][row] */
    column(args, a, mask, columns[4]);
    column(args, a + args->pixel, mask, columns[5]);
    for (int t = 0; t < args->tiles; t++) {
        memcpy(columns, columns + 4, 2 * sizeof *columns);
        for (int j = 2; j < EDGE; j++) {
            column(args, a + j * args->pixel, mask, columns[j]);
        }
        for (int i = 0; i < EDGE; i++) {
            int16_t *to = out + i * EDGE * args->point;
            const __m512i x[EDGE] = {columns[0][i], columns[1][i], columns[2][i],
                                     columns[3][i], columns[4][i], columns[5][i]};
            __m512i v[EDGE];
            forward(x, v);
            v[1] = i == 1 ? _mm512_sub_epi16(v[1], less) : v[1];
            WEFT_UNROLL
            for (int j = 0; j < EDGE; j++) {
                _mm512_mask_storeu_epi16(to + j * args->point, mask, v[j]);
            }
        }
        a += 4 * args->pixel;
        out += args->tile;
    }
}

void weft_wino44_in_avx512(const struct weft_wino44_in_args *args)
{
    int c = 0;
    assert(args->channels % 8 == 0);
    for (; c + 32 <= args->channels; c += 32) {
        stretch_in(args, c, ~(__mmask32)0);
    }
    if (c < args->channels) {
        stretch_in(args, c, ((__mmask32)1 << (args->channels - c)) - 1);
    }
}

/* Taps of column j of half a block, the rows combined: words of channels 0 and 1 of sixteen outputs, and of 2 and 3. */
WEFT_INLINE void load_column(const uint8_t *block, enum weft_wfmt fmt, __m512i lut, int row, int half, int j,
                             __m512i r[2 * NV])
{
    const __m512i pairs = _mm512_broadcast_i32x4(
        _mm_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15));
    __m512i g[3][2 * NV];
    WEFT_UNROLL
    for (int i = 0; i < 3; i++) {
        if ((row == 0 && i > 0) || (row == 5 && i < 2)) {
            continue;
        }
        __m512i w[NV];
        load_half(fmt, block + (3 * i + j) * block_bytes(fmt), half, lut, w);
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            w[v] = _mm512_shuffle_epi8(w[v], pairs);
            g[i][v] = _mm512_srai_epi16(_mm512_slli_epi16(w[v], 8), 8);
            g[i][NV + v] = _mm512_srai_epi16(w[v], 8);
        }
    }
    WEFT_UNROLL
    for (int v = 0; v < 2 * NV; v++) {
        if (row == 0 || row == 5) {
            r[v] = _mm512_mullo_epi16(g[row == 0 ? 0 : 2][v], _mm512_set1_epi16(6));
            continue;
        }
        __m512i ends = _mm512_add_epi16(g[0][v], row < 3 ? g[2][v] : _mm512_slli_epi16(g[2][v], 2));
        __m512i middle = row < 3 ? g[1][v] : _mm512_add_epi16(g[1][v], g[1][v]);
        r[v] = row % 2 ? _mm512_add_epi16(ends, middle) : _mm512_sub_epi16(ends, middle);
        r[v] = row < 3 ? _mm512_slli_epi16(r[v], 2) : r[v];
    }
}

/* u of kernels.h. */
WEFT_INLINE void store_points(__m512i g0, __m512i g1, __m512i g2, int8_t *to, ptrdiff_t point)
{
    const __m512i six = _mm512_set1_epi16(6);
    __m512i ends = _mm512_add_epi16(g0, g2), far = _mm512_add_epi16(g0, _mm512_slli_epi16(g2, 2));
    __m512i twice = _mm512_add_epi16(g1, g1);
    _mm512_storeu_si512(to, _mm512_mullo_epi16(g0, six));
    _mm512_storeu_si512(to + point, _mm512_slli_epi16(_mm512_add_epi16(ends, g1), 2));
    _mm512_storeu_si512(to + 2 * point, _mm512_slli_epi16(_mm512_sub_epi16(ends, g1), 2));
    _mm512_storeu_si512(to + 3 * point, _mm512_add_epi16(far, twice));
    _mm512_storeu_si512(to + 4 * point, _mm512_sub_epi16(far, twice));
    _mm512_storeu_si512(to + 5 * point, _mm512_mullo_epi16(g2, six));
}

WEFT_INLINE void filter44(const struct weft_wino_filter_args *args, enum weft_wfmt fmt, int row)
{
    const __m512i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    int8_t *out = args->out;
    assert(args->blocks >= 1 && (fmt == WEFT_WFMT_C8 || args->lut));
    for (int b = 0; b < args->blocks; b++) {
        WEFT_UNROLL
        for (int half = 0; half < 2; half++) {
            __m512i r[3][2 * NV];
            WEFT_UNROLL
            for (int j = 0; j < 3; j++) {
                load_column(block, fmt, lut, row, half, j, r[j]);
            }
            WEFT_UNROLL
            for (int v = 0; v < 2 * NV; v++) {
                store_points(r[0][v], r[1][v], r[2][v], out + v * 64, args->point);
            }
            out += NR * 8;
        }
        block += 9 * block_bytes(fmt);
    }
}

WEFT_WINO44_FILTER(avx512)

WEFT_INLINE void sum_tiles(const struct weft_wino44_part *part, int tiles)
{
    const ptrdiff_t tile = part->tile;
    const int16_t *panel = part->w;
    const int16_t *third[4]; /* every third tile: few pointers and a stride */
    __m512i sum[TILES_MAX * NV];
    WEFT_UNROLL
    for (int i = 0; i < tiles * NV; i++) {
        sum[i] = _mm512_setzero_si512();
        WEFT_KEEP512(sum[i]);
    }
    WEFT_UNROLL
    for (int g = 0; g < 4; g++) {
        third[g] = part->values + (3 * g < tiles ? 3 * g * tile : 0);
    }
    for (int n = part->k8 * 4; n > 0; n--) {
        const __m512i w[NV] = {_mm512_loadu_si512(panel), _mm512_loadu_si512(panel + 32)};
        _mm_prefetch((const char *)panel + NEAR, _MM_HINT_T0);
        _mm_prefetch((const char *)panel + NEAR + 64, _MM_HINT_T0);
        WEFT_UNROLL
        for (int i = 0; i < tiles; i++) {
            __m512i x = broadcast4((const uint8_t *)(third[i / 3] + i % 3 * tile));
            WEFT_UNROLL
            for (int v = 0; v < NV; v++) {
                __m512i product = _mm512_madd_epi16(x, w[v]);
                WEFT_KEEP512(product);
                sum[NV * i + v] = _mm512_add_epi32(sum[NV * i + v], product);
            }
        }
        WEFT_UNROLL
        for (int g = 0; g < 4; g++) {
            third[g] += 2;
        }
        panel += NR * 2;
    }
    WEFT_UNROLL
    for (int i = 0; i < tiles * NV; i++) {
        _mm512_storeu_si512(part->sums + i * 16, sum[i]);
    }
}

WEFT_WINO44_SUM(avx512, WEFT_HEIGHTS_12, TILES_MAX, NR)

/* g of kernels.h. */
WEFT_INLINE void backward(const __m512i m[EDGE], __m512i y[4])
{
    __m512i a = _mm512_add_epi32(m[1], m[2]), b = _mm512_sub_epi32(m[1], m[2]);
    __m512i c = _mm512_add_epi32(m[3], m[4]), d = _mm512_sub_epi32(m[3], m[4]);
    __m512i twice = _mm512_add_epi32(d, d);
    y[0] = _mm512_add_epi32(_mm512_add_epi32(m[0], a), c);
    y[1] = _mm512_add_epi32(b, twice);
    y[2] = _mm512_add_epi32(a, _mm512_slli_epi32(c, 2));
    y[3] = _mm512_add_epi32(b, _mm512_slli_epi32(_mm512_add_epi32(twice, m[5]), 2));
}

void weft_wino44_out_avx512(const struct weft_wino_out_args *args)
{
    const __m512i ninth = _mm512_set1_epi32(0x38e38e39);
    const ptrdiff_t point = args->point, next = args->channels;
    assert(args->channels % 16 == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c += 16) {
            const int32_t *from = args->sums + t * next + c;
            int32_t *acc = args->acc + 4 * t * next + c;
            __m512i r[EDGE][4];
            for (int j = 0; j < EDGE; j++) {
                __m512i m[EDGE];
                WEFT_UNROLL
                for (int i = 0; i < EDGE; i++) {
                    m[i] = _mm512_loadu_si512(from + (i * EDGE + j) * point);
                }
                backward(m, r[j]);
            }
            for (int i = 0; i < 4; i++) {
                const __m512i m[EDGE] = {r[0][i], r[1][i], r[2][i], r[3][i], r[4][i], r[5][i]};
                __m512i y[4];
                backward(m, y);
                WEFT_UNROLL
                for (int j = 0; j < 4; j++) {
                    _mm512_storeu_si512(acc + i * args->row + j * next,
                                   _mm512_srai_epi32(_mm512_mullo_epi32(y[j], ninth), 6));
                }
            }
        }
    }
}
