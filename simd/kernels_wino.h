/* weft: THE CONTRACTS of Winograd's kernels, a part of kernels.h, whose words they use. */
#ifndef WEFT_SIMD_KERNELS_WINO_H
#define WEFT_SIMD_KERNELS_WINO_H

#include <stddef.h>
#include <stdint.h>

#include "wfmt.h"

/* ---------------------------------------------------------------------------------------------
 * wino22, wino12: the transforms of Winograd's F(2x2,3x3) and F(2,3) (docs/winograd.md), on either side of
 * products that the c8 conv kernels do: one for each of 16 or 4 points. Sums are taken modulo 2^8 (bytes) and
 * 2^32 (integers); the engine proves for each layer that nothing is lost by that, or mends what is.
 *
 * in: windows of activation bytes to points, for t < tiles, c < channels:
 *   f(x0, x1, x2, x3) = { x0 - x2, x1 + x2, x2 - x1, x1 - x3 }
 *   x_ij = a[i*row + (2*t + j)*pixel + c]
 *   wino12: { v_0 .. v_3 } = f(x_00 .. x_03)
 *   wino22: { u_0j .. u_3j } = f(x_0j .. x_3j) for each j, then { v_4i .. v_4i+3 } = f(u_i0 .. u_i3) for each i
 *   out[p*point + t*channels + c] = v_p + (the point of sums only, 1 or 5 ? add_sum : add)
 *   channels is a multiple of 8. Reads the windows' bytes, writes points x tiles x channels bytes.
 *
 * out: sums of the points to accumulators of the convolution, for t < tiles, c < channels:
 *   g(m0, m1, m2, m3) = { m0 + h, h - m2 - m3 }, h = (m1 + m2) >> 1, an arithmetic shift (the sum is even)
 *   m_p = sums[p*point + t*channels + c]
 *   wino12: { y_00, y_01 } = g(m_0 .. m_3)
 *   wino22: { r_0j, r_1j } = g(m_j, m_4+j, m_8+j, m_12+j) for each j, then { y_i0, y_i1 } = g(r_i0 .. r_i3) for each i
 *   acc[i*row + (2*t + j)*channels + c] = y_ij
 *   channels is a multiple of 8; sums, point and acc, row are aligned to 64 bytes where channels*4 is, else to 32.
 *
 * filter: filters of nr outputs to four points' c8 panels, `blocks` times 8 channels. Packed, a block holds the nine
 * taps, row by row, each as a block of conv's layout of `fmt`; g_y0..g_y2 are row y of a filter's values, looked up.
 *   u(g0, g1, g2) = { g0, g0 + g1 + g2, g0 - g1 + g2, g2 }
 *   wino12: { w_0 .. w_3 } = u(g_y0 .. g_y2), y = `row` (0..2)
 *   wino22: { r_0j .. r_3j } = u(g_0j .. g_2j) for each j, then { w_0 .. w_3 } = u(r_i0 .. r_i2), i = `row` (0..3)
 *   out[p*point + b*nr*8 + ..] = the block of w_p
 *   wino22_middle: rows 1 and 2 of wino22_filter in one: row 1 gives points 0..3 of its eight, row 2 points 4..7; `row`
 *   is not read. Optional: where it is NULL, they are made one by one.
 *   w, lut and nr as for conv; out and point are aligned as its w.
 * Aliasing: outputs overlap nothing. Exactness: bit-exact.
 */
struct weft_wino_filter_args {
    const void *w;
    const int8_t *lut; /* NULL for c8 */
    enum weft_wfmt fmt;
    int row, blocks;   /* blocks >= 1 */
    int8_t *out;
    ptrdiff_t point;   /* bytes */
};
struct weft_wino_in_args {
    const uint8_t *a;     /* first byte of the first tile's window */
    ptrdiff_t row, pixel; /* bytes */
    int tiles, channels;
    uint8_t add, add_sum;
    uint8_t *out;
    ptrdiff_t point; /* bytes from point to point */
};
struct weft_wino_out_args {
    const int32_t *sums;
    ptrdiff_t point; /* entries from point to point */
    int tiles, channels;
    int32_t *acc;
    ptrdiff_t row; /* entries from one row of accumulators to the next: two of wino22, four of wino44 */
};

/* wino22_fused: wino22's out and the epilogue of its accumulators in one, for nr channels: y_ij of the tile t is the
 * sum of pixel tile[t].pixel + i*width + j, for i < rows and j < columns of the tile. Channels and `to` as for fused
 * (kernels.h); only pixels that are there are read and written, some twice. Optional: where it is NULL, `out` and
 * epilogues do the same.
 */
struct weft_wino_tile {
    int32_t pixel;         /* of the output, from to->out on */
    uint8_t rows, columns; /* that lie in the image: 1 or 2 */
};
struct weft_epilogue_args;
struct weft_wino22_fused_args {
    const int32_t *sums;
    ptrdiff_t point; /* entries from point to point */
    int tiles, width; /* width: pixels from row to row */
    const struct weft_wino_tile *tile;
    const struct weft_epilogue_args *to;
};
typedef void weft_wino22_fused_fn(const struct weft_wino22_fused_args *args);

/* wino_sum: the products between the transforms, all points of up to mr tiles in one call, nr channels (mr and nr
 * are those of the table's conv[WEFT_WFMT_C8]):
 *   sums[p*sum_point + t*nr + o] = start + sum over r < runs, k < 8*run_k8 of
 *                                  Q_p[o](r, k) * x(values[p*point + r*run + t*tile + k])
 * start is init[p*nr + o], or what sums holds where init is NULL. x() reads bytes as the table's `act_signed` says; w
 * holds a c8 panel (see conv) for each point, w_point bytes apart. Meanwhile memory from `ahead` on is fetched into
 * the second-level cache, ahead_step bytes for each 4 k's: weights to come. Optional: where it is NULL, conv
 * kernels do the same point by point.
 * Aligned as conv asks. */
struct weft_wino_sum_args {
    const uint8_t *values;
    ptrdiff_t point, run, tile; /* bytes */
    int points, tiles, runs, run_k8;
    const void *w;
    ptrdiff_t w_point; /* bytes */
    const int32_t *init;
    int32_t *sums;
    ptrdiff_t sum_point; /* entries */
    const uint8_t *ahead;
    ptrdiff_t ahead_step;
};
typedef void weft_wino_sum_fn(const struct weft_wino_sum_args *args);

/* wino_lanes: the products of one point in lanes of 16 bits which do not begin at zero, nr channels (as above):
 *   sums[t*nr + o] = init[o] + sum over k < 8*k8 of Q[o](k) * values[t*tile + k]
 *                            + sum over groups g of start_g[o][0] + start_g[o][1]
 * for t < tiles. Groups are `group` (1, 2 or 4) blocks of 8 k's; the k8 % group blocks that are left are one each.
 * start_g[o][l] is starts[(g*nr + o)*2 + l], and w holds a c8 panel (see conv). In a group lane l of a channel sums the
 * k's with (k / 2) % 2 = l, modulo 2^16. Needed is, whatever the bytes, that start and products of a lane together fit
 * int16, and each pair of products (k = 2j, 2j + 1) too. Bytes are u8. w and starts are aligned to 64 bytes, sums to
 * 32. Meanwhile about as many bytes as w has are fetched from behind it into the first-level cache, the next point's
 * weights, and from `ahead` on into the second: weights to come. Optional: where it is NULL, conv kernels do the
 * products.
 */
struct weft_wino_lanes_args {
    const uint8_t *values;
    ptrdiff_t tile; /* bytes */
    int tiles, k8, group;
    const void *w;
    const int16_t *starts;
    const int32_t *init;
    int32_t *sums;
    const uint8_t *ahead;
};
typedef void weft_wino_lanes_fn(const struct weft_wino_lanes_args *args);

/* ---------------------------------------------------------------------------------------------
 * wino44: the same for F(4x4,3x3), whose 36 points are words of 16 bits, signed. Values are at most 100 * 255, filters
 * 144 * 127, so that nothing leaves a word; sums are taken modulo 2^32. All four are optional and come together: where
 * they are NULL, there is no such form. Arguments of filter and out are as above, aligned as there.
 *
 * in: windows of activation bytes, unsigned, to points:
 *   f(x0 .. x5) = { 4 x0 - 5 x2 + x4, 4 x1 + 4 x2 - x3 - x4, -4 x1 + 4 x2 + x3 - x4, -2 x1 - x2 + 2 x3 + x4,
 *                   2 x1 - x2 - 2 x3 + x4, 4 x1 - 5 x3 + x5 }
 *   x_ij = a[i*row + (4*t + j)*pixel + c] - zero, zero being 0 or 128
 *   { u_0j .. u_5j } = f(x_0j .. x_5j) for each j, then { v_6i .. v_6i+5 } = f(u_i0 .. u_i5) for each i
 *   out[p*point + t*tile + c] = v_p; tile >= channels, and words between are left alone.
 *   channels is a multiple of 8. Reads the windows' bytes, writes points x tiles x channels words, wherever they lie.
 *
 * filter: u(g0, g1, g2) = { 6 g0, 4 (g0 + g1 + g2), 4 (g0 - g1 + g2), g0 + 2 g1 + 4 g2, g0 - 2 g1 + 4 g2, 6 g2 }
 *   { r_0j .. r_5j } = u(g_0j .. g_2j) for each j, then { w_0 .. w_5 } = u(r_i0 .. r_i2), i = `row` (0..5)
 *   Six points' panels of words, a block of which is four pairs of channels: the word at
 *   out + p*point + ((b*4 + q)*nr*2 + o*2 + j)*2 is w_p of output o, channel 8*b + 2*q + j.
 *   nr is that of the table's conv[WEFT_WFMT_C8].
 *
 * sum: sums[p*sum_point + t*nr + o] = sum over k < 8*k8 of Q_p[o](k) * values[p*point + t*tile + k] for p < points and
 *   any number of tiles; w holds a filter panel for each point, w_point words apart.
 *   Reads and writes just that, nothing between tiles or points. w, w_point, sums, sum_point are aligned to 64 bytes.
 *
 * out: g(m0 .. m5) = { m0 + a + c, b + 2 d, a + 4 c, b + 8 d + 4 m5 },
 *      a = m1 + m2, b = m1 - m2, c = m3 + m4, d = m3 - m4
 *   { r_0j .. r_3j } = g(m_j, m_6+j, .. m_30+j) for each j, then { y_i0 .. y_i3 } = g(r_i0 .. r_i5) for each i
 *   acc[i*row + (4*t + j)*channels + c] = (y_ij * 0x38e38e39, as a signed number) >> 6, an arithmetic shift
 *   That is y_ij / 576, which it is the multiple of: 0x38e38e39 * 9 is 1 modulo 2^32. Exact within -2^25 .. 2^25 - 1.
 *   channels is a multiple of 16.
 * Aliasing: outputs overlap nothing. Exactness: bit-exact.
 */
struct weft_wino44_in_args {
    const uint8_t *a;     /* first byte of the first tile's window */
    ptrdiff_t row, pixel; /* bytes */
    int tiles, channels, zero;
    int16_t *out;
    ptrdiff_t point, tile; /* entries */
};
struct weft_wino44_sum_args {
    const int16_t *values;
    ptrdiff_t point, tile; /* entries */
    int points, tiles, k8; /* each >= 1 */
    const int16_t *w;
    ptrdiff_t w_point; /* entries */
    int32_t *sums;
    ptrdiff_t sum_point; /* entries */
};

/* ---------------------------------------------------------------------------------------------
 * wino22s2: the same for a convolution of stride 2, by F(2x2) on its even rows and columns. Three points along an axis,
 * of which the last two are sums of two products:
 *   f(x0 .. x4) = { (x2), (x0 - x2, x1), (x3, x4 - x2) },  u(g0, g1, g2) = { (g0 + g2), (g0, g1), (g1, g2) }
 * Point 3*i + j of the nine is a sum over n_i * n_j planes of values, n = { 1, 2, 2 }: its plane first + l*n_i + k is
 * of entry k of point i down and entry l of point j across, `first` being the number of planes of the points before.
 * There are 25. Arguments are as above, aligned as there. All but `fused` come together: where they are NULL, there is
 * no such form.
 *
 * in: x_ij = a[i*row + (4*t + j)*pixel + c], i, j < 5, to planes: out[p*point + t*channels + c] = v_p, and `add` added
 *   if a difference is in it, down or across. add_sum is not read.
 *
 * sum: the products of points first .. first + points - 1 and up to mr tiles, straight from bins: for each of them
 *     sums[(p - first)*sum_point + t*nr + o] = init[(p - first)*nr + o] +
 *         sum over its planes v, k < 8*k8 of W_v[o](k) * x(values[v*point + t*tile + k])
 *   mr and nr are those of conv[WEFT_WFMT_C8]. W_v is the filter's value of that plane, u of the rows and of the
 *   columns multiplied out as for wino22, modulo 2^8, as a signed byte. w, lut and fmt are those of a filter kernel,
 *   and so are what is looked up; `ahead`, ahead_step are wino_sum's.
 *
 * out: g(m0, m1, m2) = { m0 + m1, m0 + m2 }
 *   { r_0j, r_1j } = g(m_j, m_3+j, m_6+j) for each j, then { y_i0, y_i1 } = g(r_i0 .. r_i2) for each i
 *   acc as for wino22.
 *
 * fused: wino22_fused of these nine points. Optional on its own.
 */
enum { WEFT_WINO22S2_POINTS = 9, WEFT_WINO22S2_PLANES = 25 };
struct weft_wino_bins_args {
    const uint8_t *values;
    ptrdiff_t point, tile;         /* bytes; point: from plane to plane */
    int first, points, tiles, k8;
    const void *w;
    const int8_t *lut;             /* NULL for c8 */
    enum weft_wfmt fmt;
    const int32_t *init;
    int32_t *sums;
    ptrdiff_t sum_point; /* entries */
    const uint8_t *ahead;
    ptrdiff_t ahead_step;
};

/* wino22_border, wino22_center: F(2x2,3x3) with its weights made beside the products, but for the four points in the
 * middle, each weight of which is a sum of nine taps.
 *
 * border: as wino22s2's sum, of points of wino22, which are a plane each; none of them is 5, 6, 9 or 10.
 * center: wino22_filter of these four: out[p*point + ..], p < 4, is of points 5, 6, 9, 10. `row` is not read.
 * Optional, and they come together: where they are NULL, wino22_filter and wino_sum do the same.
 */
typedef void weft_wino22_border_fn(const struct weft_wino_bins_args *args);
typedef void weft_wino22_center_fn(const struct weft_wino_filter_args *args);

typedef void weft_wino44_filter_fn(const struct weft_wino_filter_args *args);
typedef void weft_wino44_in_fn(const struct weft_wino44_in_args *args);
typedef void weft_wino44_sum_fn(const struct weft_wino44_sum_args *args);
typedef void weft_wino44_out_fn(const struct weft_wino_out_args *args);
typedef void weft_wino22_filter_fn(const struct weft_wino_filter_args *args);
typedef void weft_wino22_middle_fn(const struct weft_wino_filter_args *args);
typedef void weft_wino12_filter_fn(const struct weft_wino_filter_args *args);
typedef void weft_wino22_in_fn(const struct weft_wino_in_args *args);
typedef void weft_wino12_in_fn(const struct weft_wino_in_args *args);
typedef void weft_wino22_out_fn(const struct weft_wino_out_args *args);
typedef void weft_wino12_out_fn(const struct weft_wino_out_args *args);
typedef void weft_wino22s2_sum_fn(const struct weft_wino_bins_args *args);
typedef void weft_wino22s2_in_fn(const struct weft_wino_in_args *args);
typedef void weft_wino22s2_out_fn(const struct weft_wino_out_args *args);
typedef weft_wino22_fused_fn weft_wino22s2_fused_fn;

#endif
