/* Filters to Winograd's points, vectors of four outputs and four channels. */
#include "simd/arm/panel.h"
#include "simd/filters.h"

/* Taps of column j of outputs 4v..4v+3 of half a block, the rows combined. */
WEFT_INLINE int8x16_t load_column(const uint8_t *block, enum weft_wfmt fmt, int8x16_t lut, enum weft_wino_rows rows,
                                  int half, int v, int j)
{
    const int row = block_bytes(fmt) * 3;
    block += block_bytes(fmt) * j;
    const int first = rows == WEFT_ROWS_SECOND ? row : rows == WEFT_ROWS_THIRD ? 2 * row : 0;
    int8x16_t g = load_weights(fmt, block + first, half, v, lut);
    if (rows == WEFT_ROWS_PLUS || rows == WEFT_ROWS_MINUS) {
        int8x16_t middle = load_weights(fmt, block + row, half, v, lut);
        g = vaddq_s8(g, load_weights(fmt, block + 2 * row, half, v, lut));
        g = rows == WEFT_ROWS_PLUS ? vaddq_s8(g, middle) : vsubq_s8(g, middle);
    }
    return g;
}

WEFT_INLINE void filter(const struct weft_wino_filter_args *args, enum weft_wfmt fmt, enum weft_wino_rows rows)
{
    const int8x16_t lut = load_lut(fmt, args->lut);
    const uint8_t *block = args->w;
    int8_t *out = args->out;
    assert(args->blocks >= 1 && (uintptr_t)args->out % 16 == 0 && (fmt == WEFT_WFMT_C8 || args->lut));
    for (int b = 0; b < args->blocks; b++) {
        WEFT_UNROLL
        for (int i = 0; i < NR / 2; i++) { /* either half of the block, all fours of outputs */
            int half = i / (NR / 4), v = i % (NR / 4);
            int8_t *to = out + i * 16;
            int8x16_t first = load_column(block, fmt, lut, rows, half, v, 0);
            int8x16_t middle = load_column(block, fmt, lut, rows, half, v, 1);
            int8x16_t last = load_column(block, fmt, lut, rows, half, v, 2);
            int8x16_t ends = vaddq_s8(first, last);
            vst1q_s8(to, first);
            vst1q_s8(to + args->point, vaddq_s8(ends, middle));
            vst1q_s8(to + 2 * args->point, vsubq_s8(ends, middle));
            vst1q_s8(to + 3 * args->point, last);
        }
        block += 9 * block_bytes(fmt);
        out += NR * 8;
    }
}

WEFT_WINO_FILTERS(neon)
