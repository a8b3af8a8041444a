/* weft: THE CONTRACTS of Strassen's kernels, a part of kernels.h, whose words they use. */
#ifndef WEFT_SIMD_KERNELS_STRASSEN_H
#define WEFT_SIMD_KERNELS_STRASSEN_H

#include <stddef.h>
#include <stdint.h>

struct weft_epilogue_args;

/* ---------------------------------------------------------------------------------------------
 * strassen: a pointwise convolution, which is a product of matrices, with seven products in place of eight
 * (docs/winograd.md#strassen). Pixels are taken in pairs 1, 2, channels in halves 1, 2, outputs in panels 1, 2: A_12 is
 * the second half of a pair's first pixel, B_12 the first half's weights of the second panel.
 *
 * in: the pairs' bytes to planes, for i < pairs, c < half, modulo 2^8:
 *   A_1j = a[i][(j-1)*half + c], A_2j = a[i + second][(j-1)*half + c]
 *   v = { A_11, A_11 + A_12, A_21 + A_22, A_11 + A_22, A_21 - A_11 + add, A_22, A_12 - A_22 + add }
 *   out[p*plane + i*half + c] = v_p
 *   half is a multiple of 8. Reads 2*half bytes a pixel, writes 7 * pairs * half bytes. out overlaps nothing.
 */
enum { WEFT_STRASSEN_PLANES = 7 };
struct weft_strassen_in_args {
    const uint8_t *const *a; /* pairs + second pointers */
    int pairs, second;       /* second: from a pair's first pixel to its second */
    int half;
    uint8_t add;
    uint8_t *out;
    ptrdiff_t plane; /* bytes from plane to plane */
};
typedef void weft_strassen_in_fn(const struct weft_strassen_in_args *args);

/* to codes: for pairs of pixels by two panels of nr outputs, sums modulo 2^32:
 *   m_p = sum over k < 8*k8 of W_p[o](k) * x(planes[p*plane + i*8*k8 + k]), modulo 2^8 as signed bytes:
 *   W = { B_12 - B_22, B_22, B_11, B_11 + B_22, B_11 + B_12, B_21 - B_11, B_21 + B_22 }
 *   u = m_0 - m_2 + m_3
 *   C_12 = m_0 + m_1,  C_21 = m_2 + m_5,  C_22 = init[nr + o] + u + m_4,
 *   C_11 = init[o] + u + C_21 - C_12 + m_6
 *   to->out[(i + (r-1)*second)*out_stride + (s-1)*nr + o] = what the epilogue makes of C_rs
 * Weights are c4, no entry of the lut is -128: the first panel at w, the second panel_bytes behind it; of each, 8*k8
 * inputs' blocks for the first half, then as many for the second. `to` is fused's, but for channels == 2*nr. `ahead`
 * is fetched, and goes ahead_step bytes further, with every 8 inputs of a product of a tile, which has up to
 * WEFT_STRASSEN_MOST pairs. pairs >= WEFT_STRASSEN_LEAST. Some pixels may be written twice, with the same.
 * Optional, and the two come together: where they are NULL, `fused` does the same.
 */
enum { WEFT_STRASSEN_LEAST = 6, WEFT_STRASSEN_MOST = 8 }; /* pairs of a tile */
struct weft_strassen_args {
    const uint8_t *planes;
    ptrdiff_t plane;
    int pairs, second;
    const void *w; /* aligned as conv's; so is panel_bytes */
    ptrdiff_t panel_bytes;
    int k8;
    const int8_t *lut;   /* 16 entries */
    const int32_t *init; /* 2 * nr */
    const struct weft_epilogue_args *to;
    const uint8_t *ahead;
    ptrdiff_t ahead_step;
};
typedef void weft_strassen_fn(const struct weft_strassen_args *args);

#endif
