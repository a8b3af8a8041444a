/* weft: the few transformed weights that are no signed bytes, or too large for a lane of 16 bits. */
#ifndef WEFT_OPS_WINO_OUTLIERS_H
#define WEFT_OPS_WINO_OUTLIERS_H

#include "ops/wino.h"

/* What the products of point p lack of them, for tiles from the one whose values of all points begin at `values`. Added
 * modulo 2^32: where a tile had no part in a point, its sum is any number, and nothing comes of it. */
void weft_wino_outliers_add(const struct weft_wino *wino, int panel, int p, const uint8_t *values, int tiles,
                            int is_signed, int32_t *sums);
/* Weights of a point, made of a panel's bins, modulo 256: as they fit their lanes. */
void weft_wino_outliers_fit(const struct weft_wino *wino, int panel, int p, uint8_t *weights);

#endif
