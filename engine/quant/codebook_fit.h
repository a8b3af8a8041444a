/* weft: a codebook of whole numbers and a scale per output channel for the weights of a layer, by least squares from
 * the weighted-entropy codebook on. */
#ifndef WEFT_QUANT_CODEBOOK_FIT_H
#define WEFT_QUANT_CODEBOOK_FIT_H

#include <stdbool.h>

#include "codes/codebook.h"
#include "core/pool.h"

struct weft_codebook_wish {
    int levels;          /* 2..32, or 256 for c8 */
    int codebook_max;    /* largest integer, 1..127 */
    bool nearest;        /* a weight goes to the nearest integer; else to the bin that the entropy search cut for it */
    bool lloyd;          /* move the representatives to the means of their weights */
    bool channel_scale;  /* a scale for each output channel from the start on; else one for the layer */
};

/* Weights w[n][k] and how much an error in each matters: importance[row / rows_per_group][k] >= 0, mean about 1. */
struct weft_codebook_data {
    const float *w, *importance;
    int n, k, rows_per_group, threads;
};

/* The nearest integer of a codebook (or that of the bin) for any value, through a table of half steps. */
struct weft_nearest {
    int8_t table[512];
};

/* Fills `codebook`, `nearest` and the n scales: w is about integer * scale. False if memory is short. */
bool weft_codebook_fit(const struct weft_codebook_data *data, const struct weft_codebook_wish *wish,
                       const weft_allocator *allocator, struct weft_codebook *codebook, struct weft_nearest *nearest,
                       float *scale);

static inline int weft_nearest_integer(const struct weft_nearest *nearest, float value)
{
    float at = value * 2 + 256;
    int i = at > 0 ? at < 511 ? (int)at : 511 : 0;
    return nearest->table[i];
}

/* The canonical bin of an integer of the codebook. */
uint8_t weft_codebook_bin(const struct weft_codebook *codebook, int integer);

#endif
