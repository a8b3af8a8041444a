/* Winograd's transforms, as in simd/x86/wino_avx2.c: stretches of channels go over a row of tiles and carry the
 * transformed columns along. */
#include <assert.h>

#include "simd/arm/arm.h"
#include "simd/arm/list.h"

/* n bytes, 16 or 8. */
WEFT_INLINE uint8x16_t load_bytes(const uint8_t *p, int n)
{
    return n == 16 ? vld1q_u8(p) : vcombine_u8(vld1_u8(p), vdup_n_u8(0));
}

WEFT_INLINE void store_bytes(uint8_t *p, int n, uint8x16_t v)
{
    if (n == 16) {
        vst1q_u8(p, v);
    } else {
        vst1_u8(p, vget_low_u8(v));
    }
}

WEFT_INLINE void forward(uint8x16_t x0, uint8x16_t x1, uint8x16_t x2, uint8x16_t x3, uint8x16_t out[4])
{
    out[0] = vsubq_u8(x0, x2);
    out[1] = vaddq_u8(x1, x2);
    out[2] = vsubq_u8(x2, x1);
    out[3] = vsubq_u8(x1, x3);
}

/* One column of a window, its rows transformed. */
WEFT_INLINE void column(const struct weft_wino_in_args *args, int rows, const uint8_t *a, int n, uint8x16_t out[4])
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
    const uint8x16_t add = vdupq_n_u8(args->add), add_sum = vdupq_n_u8(args->add_sum);
    const int middle = rows == 4 ? 5 : 1;
    const uint8_t *a = args->a + c;
    uint8_t *out = args->out + c;
    uint8x16_t columns[4][4]; /* [column][row] */
    column(args, rows, a, n, columns[0]);
    column(args, rows, a + args->pixel, n, columns[1]);
    for (int t = 0; t < args->tiles; t++) {
        column(args, rows, a + 2 * args->pixel, n, columns[2]);
        column(args, rows, a + 3 * args->pixel, n, columns[3]);
        WEFT_UNROLL
        for (int i = 0; i < rows; i++) {
            uint8x16_t v[4];
            forward(columns[0][i], columns[1][i], columns[2][i], columns[3][i], v);
            WEFT_UNROLL
            for (int j = 0; j < 4; j++) {
                int p = 4 * i + j;
                store_bytes(out + p * args->point, n, vaddq_u8(v[j], p == middle ? add_sum : add));
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
    for (; c + 16 <= args->channels; c += 16) {
        stretch_in(args, rows, c, 16);
    }
    if (c < args->channels) {
        stretch_in(args, rows, c, 8);
    }
}

void weft_wino22_in_neon(const struct weft_wino_in_args *args)
{
    transform_in(args, 4);
}

void weft_wino12_in_neon(const struct weft_wino_in_args *args)
{
    transform_in(args, 1);
}

WEFT_INLINE void backward(int32x4_t m0, int32x4_t m1, int32x4_t m2, int32x4_t m3, int32x4_t *y0, int32x4_t *y1)
{
    int32x4_t half = vshrq_n_s32(vaddq_s32(m1, m2), 1);
    *y0 = vaddq_s32(m0, half);
    *y1 = vsubq_s32(half, vaddq_s32(m2, m3));
}

void weft_wino22_out_neon(const struct weft_wino_out_args *args)
{
    const ptrdiff_t point = args->point, next = args->channels;
    assert(args->channels % 8 == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c += 4) {
            const int32_t *m = args->sums + t * next + c;
            int32_t *acc = args->acc + 2 * t * next + c;
            int32x4_t r[2][4], y[4];
            WEFT_UNROLL
            for (int j = 0; j < 4; j++) {
                backward(vld1q_s32(m + j * point), vld1q_s32(m + (4 + j) * point), vld1q_s32(m + (8 + j) * point),
                         vld1q_s32(m + (12 + j) * point), &r[0][j], &r[1][j]);
            }
            backward(r[0][0], r[0][1], r[0][2], r[0][3], &y[0], &y[1]);
            backward(r[1][0], r[1][1], r[1][2], r[1][3], &y[2], &y[3]);
            vst1q_s32(acc, y[0]);
            vst1q_s32(acc + next, y[1]);
            vst1q_s32(acc + args->row, y[2]);
            vst1q_s32(acc + args->row + next, y[3]);
        }
    }
}

void weft_wino12_out_neon(const struct weft_wino_out_args *args)
{
    const ptrdiff_t point = args->point, next = args->channels;
    assert(args->channels % 8 == 0);
    for (int t = 0; t < args->tiles; t++) {
        for (int c = 0; c < args->channels; c += 4) {
            const int32_t *m = args->sums + t * next + c;
            int32x4_t y0, y1;
            backward(vld1q_s32(m), vld1q_s32(m + point), vld1q_s32(m + 2 * point), vld1q_s32(m + 3 * point), &y0, &y1);
            vst1q_s32(args->acc + 2 * t * next + c, y0);
            vst1q_s32(args->acc + (2 * t + 1) * next + c, y1);
        }
    }
}
