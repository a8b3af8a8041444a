/* weft: the codes of an edge by squared error: step and a free scale, nearest-value thresholds. */
#ifndef WEFT_QUANT_EDGE_FIT_H
#define WEFT_QUANT_EDGE_FIT_H

#include "codes/edge.h"
#include "quant/fine.h"

struct weft_edge_wish {
    enum weft_edge_kind kind; /* LOG or LINEAR */
    bool is_signed;
    int magnitudes;  /* at most, 1..255, signed 1..127 */
    int table_max;   /* largest integer, 1..255, signed 1..127 */
    float saturated; /* > 0: a value that the network limits itself to (ReLU6): the top code is exactly that */
};

/* Finds the edge that rounds the values with the least squared error, and returns it (the sum over all values).
 * LOG tables are logarithmic as far as whole numbers allow and go on linearly below; their thresholds have no bits
 * beyond the upper 16, which costs less than the fit resolves. An edge of zeros only gets a top of 1. */
double weft_edge_fit(const struct weft_fine_sums *sums, const struct weft_edge_wish *wish, struct weft_edge *edge);

/* The squared error of any edge on the values. */
double weft_edge_error(const struct weft_fine_sums *sums, const struct weft_edge *edge);

#endif
