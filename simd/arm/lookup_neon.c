/* Lookup by tbl, whose index beyond the table gives 0 and leaves tbx's destination as it is: up to 4 rows of
 * 16 entries in one instruction, 8 rows in two; the codes with bit 7 set go through rows of their own. */
#include <assert.h>

#include "simd/arm/arm.h"
#include "simd/arm/list.h"

/* Entries of the up to 64 at `row`, into the elements of `out` whose index is below 16 * rows. */
WEFT_INLINE uint8x16_t look_up(const uint8x16_t *row, int rows, uint8x16_t index, uint8x16_t out)
{
    if (rows == 1) {
        return vqtbx1q_u8(out, row[0], index);
    }
    if (rows == 2) {
        return vqtbx2q_u8(out, (uint8x16x2_t){{row[0], row[1]}}, index);
    }
    return vqtbx4q_u8(out, (uint8x16x4_t){{row[0], row[1], row[2], row[3]}}, index);
}

WEFT_INLINE uint8x16_t map16(const uint8x16_t row[2][8], int rows, int is_signed, uint8x16_t code)
{
    uint8x16_t out = vdupq_n_u8(0);
    WEFT_UNROLL
    for (int s = 0; s <= is_signed; s++) {
        uint8x16_t index = s ? veorq_u8(code, vdupq_n_u8(0x80)) : code;
        out = look_up(row[s], rows < 4 ? rows : 4, index, out);
        if (rows == 8) {
            out = look_up(row[s] + 4, 4, vsubq_u8(index, vdupq_n_u8(64)), out);
        }
    }
    return out;
}

WEFT_INLINE void map_pixel(const uint8x16_t row[2][8], int rows, int is_signed, const uint8_t *in, size_t n,
                           uint8_t *out)
{
    /* The last vector overlaps the one before it, whose bytes may be written over in place: read it first. */
    uint8x16_t last = vld1q_u8(in + n - 16);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        vst1q_u8(out + i, map16(row, rows, is_signed, vld1q_u8(in + i)));
    }
    if (i < n) {
        vst1q_u8(out + n - 16, map16(row, rows, is_signed, last));
    }
}

WEFT_INLINE void map(const struct weft_lookup_args *args, int rows, int is_signed)
{
    uint8x16_t row[2][8];
    WEFT_UNROLL
    for (int s = 0; s <= is_signed; s++) {
        WEFT_UNROLL
        for (int r = 0; r < rows; r++) {
            row[s][r] = vld1q_u8(args->table + 128 * s + 16 * r);
        }
    }
    for (size_t p = 0; p < args->pixels; p++) {
        map_pixel(row, rows, is_signed, args->in + (ptrdiff_t)p * args->in_stride, args->n,
                  args->out + (ptrdiff_t)p * args->out_stride);
    }
}

/* Pixels too short for a vector. */
static void few_bytes(const struct weft_lookup_args *args)
{
    for (size_t p = 0; p < args->pixels; p++) {
        const uint8_t *in = args->in + (ptrdiff_t)p * args->in_stride;
        uint8_t *out = args->out + (ptrdiff_t)p * args->out_stride;
        for (size_t i = 0; i < args->n; i++) {
            out[i] = args->table[in[i]];
        }
    }
}

void weft_lookup_neon(const struct weft_lookup_args *args)
{
    int limit = args->limit;
    assert(limit >= 0 && limit <= 127);
    if (args->n < 16) {
        few_bytes(args);
    } else if (args->upper) {
        limit < 16   ? map(args, 1, 1)
        : limit < 32 ? map(args, 2, 1)
        : limit < 64 ? map(args, 4, 1)
                     : map(args, 8, 1);
    } else {
        limit < 16   ? map(args, 1, 0)
        : limit < 32 ? map(args, 2, 0)
        : limit < 64 ? map(args, 4, 0)
                     : map(args, 8, 0);
    }
}
