/* weft: filters to Winograd's points, vectors of sixteen outputs and four channels; wino_filter_<level>.c makes kernels
 * of it. */
#ifndef WEFT_SIMD_X86_WINO_FILTER_AVX512_H
#define WEFT_SIMD_X86_WINO_FILTER_AVX512_H

#include "simd/x86/conv_avx512.h"
#include "simd/filters.h"

/* Taps of column j of half a block, the rows combined. */
WEFT_INLINE void load_column(const uint8_t *block, enum weft_wfmt fmt, __m512i lut, enum weft_wino_rows rows, int half,
                             int j, __m512i g[NV])
{
    const int row = block_bytes(fmt) * 3;
    block += block_bytes(fmt) * j;
    load_half(fmt, block + (rows == WEFT_ROWS_SECOND ? row : rows == WEFT_ROWS_THIRD ? 2 * row : 0), half, lut, g);
    if (rows == WEFT_ROWS_PLUS || rows == WEFT_ROWS_MINUS) {
        __m512i middle[NV], last[NV];
        load_half(fmt, block + row, half, lut, middle);
        load_half(fmt, block + 2 * row, half, lut, last);
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            g[v] = _mm512_add_epi8(g[v], last[v]);
            g[v] = rows == WEFT_ROWS_PLUS ? _mm512_add_epi8(g[v], middle[v]) : _mm512_sub_epi8(g[v], middle[v]);
        }
    }
}

/* A row's three values to four points. */
WEFT_INLINE void store_row(const __m512i g[3], int8_t *to, ptrdiff_t point)
{
    __m512i ends = _mm512_add_epi8(g[0], g[2]);
    _mm512_storeu_si512(to, g[0]);
    _mm512_storeu_si512(to + point, _mm512_add_epi8(ends, g[1]));
    _mm512_storeu_si512(to + 2 * point, _mm512_sub_epi8(ends, g[1]));
    _mm512_storeu_si512(to + 3 * point, g[2]);
}

WEFT_INLINE void filter(const struct weft_wino_filter_args *args, enum weft_wfmt fmt, enum weft_wino_rows rows)
{
    const __m512i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    int8_t *out = args->out;
    assert(args->blocks >= 1 && (uintptr_t)args->out % 64 == 0 && (fmt == WEFT_WFMT_C8 || args->lut));
    for (int b = 0; b < args->blocks; b++) {
        WEFT_UNROLL
        for (int half = 0; half < 2; half++) {
            __m512i g[3][NV];
            WEFT_UNROLL
            for (int j = 0; j < 3; j++) {
                load_column(block, fmt, lut, rows, half, j, g[j]);
            }
            WEFT_UNROLL
            for (int v = 0; v < NV; v++) {
                const __m512i row[3] = {g[0][v], g[1][v], g[2][v]};
                store_row(row, out + half * NR * 4 + v * 64, args->point);
            }
        }
        block += 9 * block_bytes(fmt);
        out += NR * 8;
    }
}

/* Of these the two in the middle. */
WEFT_INLINE void store_center(const __m512i g[3], int8_t *to, ptrdiff_t point)
{
    __m512i ends = _mm512_add_epi8(g[0], g[2]);
    _mm512_storeu_si512(to, _mm512_add_epi8(ends, g[1]));
    _mm512_storeu_si512(to + point, _mm512_sub_epi8(ends, g[1]));
}

/* Both middle rows, from taps that are looked up once; or of both the two points in the middle. */
WEFT_INLINE void middle_of(const struct weft_wino_filter_args *args, enum weft_wfmt fmt, int center)
{
    const __m512i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    const ptrdiff_t point = args->point;
    int8_t *out = args->out;
    assert(args->blocks >= 1 && (uintptr_t)args->out % 64 == 0 && (fmt == WEFT_WFMT_C8 || args->lut));
    for (int b = 0; b < args->blocks; b++) {
        WEFT_UNROLL
        for (int half = 0; half < 2; half++) {
            __m512i plus[NV][3], minus[NV][3];
            WEFT_UNROLL
            for (int j = 0; j < 3; j++) {
                __m512i first[NV], second[NV], third[NV];
                load_half(fmt, block + j * block_bytes(fmt), half, lut, first);
                load_half(fmt, block + (3 + j) * block_bytes(fmt), half, lut, second);
                load_half(fmt, block + (6 + j) * block_bytes(fmt), half, lut, third);
                WEFT_UNROLL
                for (int v = 0; v < NV; v++) {
                    __m512i ends = _mm512_add_epi8(first[v], third[v]);
                    plus[v][j] = _mm512_add_epi8(ends, second[v]);
                    minus[v][j] = _mm512_sub_epi8(ends, second[v]);
                }
            }
            WEFT_UNROLL
            for (int v = 0; v < NV; v++) {
                int8_t *to = out + half * NR * 4 + v * 64;
                if (center) {
                    store_center(plus[v], to, point);
                    store_center(minus[v], to + 2 * point, point);
                } else {
                    store_row(plus[v], to, point);
                    store_row(minus[v], to + 4 * point, point);
                }
            }
        }
        block += 9 * block_bytes(fmt);
        out += NR * 8;
    }
}

WEFT_INLINE void middle(const struct weft_wino_filter_args *args, enum weft_wfmt fmt)
{
    middle_of(args, fmt, 0);
}

WEFT_INLINE void center(const struct weft_wino_filter_args *args, enum weft_wfmt fmt)
{
    middle_of(args, fmt, 1);
}

#endif
