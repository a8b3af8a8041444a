/* Sums of weights that the exact Winograd transforms keep in bytes (docs/formats.md section 6). */
#include <stdlib.h>

#include "quant/layer_fit.h"

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* One dimension, twice the true values of the middle two: g0, g0 + g1 + g2, g0 - g1 + g2, g2. */
static void transform(const int g[3], int out[4])
{
    out[0] = g[0];
    out[1] = g[0] + g[1] + g[2];
    out[2] = g[0] - g[1] + g[2];
    out[3] = g[2];
}

int weft_headroom_sum(enum weft_headroom headroom, const int8_t *q, int64_t kernels)
{
    int most = 0;
    for (int64_t i = 0; headroom != WEFT_HEADROOM_NONE && i < kernels; i++) {
        int rows[3][4];
        for (int y = 0; y < 3; y++) {
            transform((const int[3]){q[i * 9 + y * 3], q[i * 9 + y * 3 + 1], q[i * 9 + y * 3 + 2]}, rows[y]);
        }
        for (int x = 0; x < 4; x++) {
            int column[4] = {0};
            transform((const int[3]){rows[0][x], rows[1][x], rows[2][x]}, column);
            for (int y = 0; y < 4; y++) {
                most = larger(most, headroom == WEFT_HEADROOM_TILE ? abs(column[y]) : y < 3 ? abs(rows[y][x]) : 0);
            }
        }
    }
    return most;
}
