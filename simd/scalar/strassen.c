/* Strassen's seven products: the definitions. */
#include <assert.h>

#include "simd/scalar/scalar.h"

enum { PLANES = WEFT_STRASSEN_PLANES, NR_MAX = 32, BLOCK = 8 };

void weft_strassen_in_scalar(const struct weft_strassen_in_args *args)
{
    const int half = args->half, add = args->add;
    assert(half % BLOCK == 0);
    for (int i = 0; i < args->pairs; i++) {
        for (int c = 0; c < half; c++) {
            const uint8_t *first = args->a[i] + c, *second = args->a[i + args->second] + c;
            const int a11 = first[0], a12 = first[half], a21 = second[0], a22 = second[half];
            const int v[PLANES] = {a11, a11 + a12, a21 + a22, a11 + a22, a21 - a11 + add, a22, a12 - a22 + add};
            for (int p = 0; p < PLANES; p++) {
                args->out[p * args->plane + i * half + c] = (uint8_t)v[p];
            }
        }
    }
}

/* The products' weights, modulo 2^8 as signed bytes. */
static void sum_weights(int8_t b11, int8_t b12, int8_t b21, int8_t b22, int8_t w[PLANES])
{
    const int sums[PLANES] = {b12 - b22, b22, b11, b11 + b22, b11 + b12, b21 - b11, b21 + b22};
    for (int p = 0; p < PLANES; p++) {
        w[p] = (int8_t)(uint8_t)sums[p];
    }
}

/* m_p of pair i and each output. */
static void multiply(const struct weft_strassen_args *args, int nr, int i, uint32_t m[NR_MAX][PLANES])
{
    const struct weft_wino_filter_args look_up = {.lut = args->lut, .fmt = WEFT_WFMT_C4};
    const ptrdiff_t half = (ptrdiff_t)args->k8 * nr * 4;
    for (int b = 0; b < args->k8; b++) {
        const uint8_t *block = (const uint8_t *)args->w + (ptrdiff_t)b * nr * 4, *next = block + args->panel_bytes;
        int8_t b11[NR_MAX * BLOCK], b12[NR_MAX * BLOCK], b21[NR_MAX * BLOCK], b22[NR_MAX * BLOCK], w[PLANES];
        weft_wino_look_up_scalar(&look_up, nr, block, b11);
        weft_wino_look_up_scalar(&look_up, nr, block + half, b21);
        weft_wino_look_up_scalar(&look_up, nr, next, b12);
        weft_wino_look_up_scalar(&look_up, nr, next + half, b22);
        for (int j = 0; j < nr * BLOCK; j++) {
            /* The packed layout: halves of four inputs, output by output. */
            const int o = j / 4 % nr, k = BLOCK * b + j / (4 * nr) * 4 + j % 4;
            sum_weights(b11[j], b12[j], b21[j], b22[j], w);
            for (int p = 0; p < PLANES; p++) {
                m[o][p] += (uint32_t)(w[p] * args->planes[p * args->plane + (ptrdiff_t)i * BLOCK * args->k8 + k]);
            }
        }
    }
}

void weft_strassen_sum_scalar(const struct weft_strassen_args *args, int nr, int32_t *acc)
{
    assert(nr <= NR_MAX && args->k8 >= 1);
    for (int i = 0; i < args->pairs; i++) {
        uint32_t all[NR_MAX][PLANES] = {{0}};
        int32_t *first = acc + (ptrdiff_t)i * 2 * nr, *second = first + (ptrdiff_t)args->second * 2 * nr;
        multiply(args, nr, i, all);
        for (int o = 0; o < nr; o++) {
            const uint32_t *m = all[o], u = m[0] - m[2] + m[3], c12 = m[0] + m[1], c21 = m[2] + m[5];
            first[o] = (int32_t)((uint32_t)args->init[o] + u + c21 - c12 + m[6]);
            first[nr + o] = (int32_t)c12;
            second[o] = (int32_t)c21;
            second[nr + o] = (int32_t)((uint32_t)args->init[nr + o] + u + m[4]);
        }
    }
}
