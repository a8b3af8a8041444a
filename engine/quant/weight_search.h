/* weft: the published weighted-entropy search for a codebook (Park, Ahn, Yoo, CVPR 2017, section 3.1), in 64-bit
 * arithmetic (docs/formats.md section 1). */
#ifndef WEFT_QUANT_WEIGHT_SEARCH_H
#define WEFT_QUANT_WEIGHT_SEARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pool.h"

enum { WEFT_MAGNITUDE_BINS_MAX = 16, WEFT_SWEEPS_MAX = 1000 };

struct weft_weight_bins {
    int levels, bins;                            /* bins: (levels + 1) / 2 magnitude bins */
    int64_t slice[WEFT_MAGNITUDE_BINS_MAX];      /* end position of each bin in the ascending order of |w| */
    double rep[WEFT_MAGNITUDE_BINS_MAX];         /* representative: root of the mean importance; [0] = 0 if levels is
                                                    odd */
    double boundary[WEFT_MAGNITUDE_BINS_MAX];    /* bin b takes |w| >= boundary[b]; [0] = 0 */
    double entropy;                              /* the weighted entropy reached */
    int sweeps;
};

/* Searches the bins of n >= 1 finite weights. levels 2..32. Weights that have fewer distinct magnitudes than bins leave
 * some bins empty, with the representative of the bin below. `entropies` (WEFT_SWEEPS_MAX, or NULL) gets the objective
 * after each sweep. False if memory is short. */
bool weft_weight_search(const double *weights, int64_t n, int levels, const weft_allocator *allocator,
                        struct weft_weight_bins *bins, double *entropies);

/* The published rounding: magnitude bin of a weight. */
int weft_weight_bin(const struct weft_weight_bins *bins, double weight);

#endif
