/* Filters to Winograd's points, vectors of eight outputs and four channels. */
#include "simd/x86/conv_avx2.h"
#include "simd/filters.h"

/* Taps of column j of half a block, the rows combined. */
WEFT_INLINE void load_column(const uint8_t *block, enum weft_wfmt fmt, __m256i lut, enum weft_wino_rows rows, int half,
                             int j, __m256i g[NV])
{
    const int row = block_bytes(fmt) * 3;
    block += block_bytes(fmt) * j;
    load_half(fmt, block + (rows == WEFT_ROWS_SECOND ? row : rows == WEFT_ROWS_THIRD ? 2 * row : 0), half, lut, g);
    if (rows == WEFT_ROWS_PLUS || rows == WEFT_ROWS_MINUS) {
        __m256i middle[NV], last[NV];
        load_half(fmt, block + row, half, lut, middle);
        load_half(fmt, block + 2 * row, half, lut, last);
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            g[v] = _mm256_add_epi8(g[v], last[v]);
            g[v] = rows == WEFT_ROWS_PLUS ? _mm256_add_epi8(g[v], middle[v]) : _mm256_sub_epi8(g[v], middle[v]);
        }
    }
}

/* A row's three values to four points. */
WEFT_INLINE void store_row(const __m256i g[3], int8_t *to, ptrdiff_t point)
{
    __m256i ends = _mm256_add_epi8(g[0], g[2]);
    weft_x86_store(to, g[0]);
    weft_x86_store(to + point, _mm256_add_epi8(ends, g[1]));
    weft_x86_store(to + 2 * point, _mm256_sub_epi8(ends, g[1]));
    weft_x86_store(to + 3 * point, g[2]);
}

WEFT_INLINE void filter(const struct weft_wino_filter_args *args, enum weft_wfmt fmt, enum weft_wino_rows rows)
{
    const __m256i lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    int8_t *out = args->out;
    assert(args->blocks >= 1 && (uintptr_t)args->out % 32 == 0 && (fmt == WEFT_WFMT_C8 || args->lut));
    for (int b = 0; b < args->blocks; b++) {
        WEFT_UNROLL
        for (int half = 0; half < 2; half++) {
            __m256i g[3][NV];
            WEFT_UNROLL
            for (int j = 0; j < 3; j++) {
                load_column(block, fmt, lut, rows, half, j, g[j]);
            }
            WEFT_UNROLL
            for (int v = 0; v < NV; v++) {
                const __m256i row[3] = {g[0][v], g[1][v], g[2][v]};
                store_row(row, out + half * NR * 4 + v * 32, args->point);
            }
        }
        block += 9 * block_bytes(fmt);
        out += NR * 8;
    }
}

/* Both middle rows, from taps that are looked up once, a vector at a time: there are sixteen registers. */
WEFT_INLINE void middle(const struct weft_wino_filter_args *args, enum weft_wfmt fmt)
{
    const __m256i lut = load_lut(fmt, args->lut);
    const int row = block_bytes(fmt) * 3;
    const uint8_t *block = args->w;
    int8_t *out = args->out;
    assert(args->blocks >= 1 && (uintptr_t)args->out % 32 == 0 && (fmt == WEFT_WFMT_C8 || args->lut));
    for (int b = 0; b < args->blocks; b++) {
        WEFT_UNROLL
        for (int i = 0; i < 2 * NV; i++) {
            const int half = i / NV, v = i % NV;
            __m256i plus[3], minus[3];
            WEFT_UNROLL
            for (int j = 0; j < 3; j++) {
                const uint8_t *tap = block + j * block_bytes(fmt);
                __m256i first = load_vector(fmt, tap, half, v, lut), second = load_vector(fmt, tap + row, half, v, lut);
                __m256i ends = _mm256_add_epi8(first, load_vector(fmt, tap + 2 * row, half, v, lut));
                plus[j] = _mm256_add_epi8(ends, second);
                minus[j] = _mm256_sub_epi8(ends, second);
            }
            store_row(plus, out + half * NR * 4 + v * 32, args->point);
            store_row(minus, out + half * NR * 4 + v * 32 + 4 * args->point, args->point);
        }
        block += 9 * block_bytes(fmt);
        out += NR * 8;
    }
}

WEFT_WINO_FILTERS(avx2)
WEFT_WINO_MIDDLE(avx2)
