/* weft: the published LogQuant search for a logarithmic scale (docs/formats.md section 2). */
#ifndef WEFT_QUANT_ACT_SEARCH_H
#define WEFT_QUANT_ACT_SEARCH_H

#include <stdint.h>

/* Counts of floor(16 log2 |x|) of the values that are not zero, from WEFT_HISTOGRAM_FIRST on; beyond the ends they
 * count at the ends. */
enum { WEFT_HISTOGRAM_BINS = 1024, WEFT_HISTOGRAM_FIRST = -640 };
struct weft_histogram {
    int64_t count[WEFT_HISTOGRAM_BINS];
};

/* Adds n values. NaN is left out, infinities count at the top. Exact: no logarithm is rounded. */
void weft_histogram_add(struct weft_histogram *histogram, const float *values, int64_t n);

/* Scale of a LOG edge: the value of code k >= 1 is 2^((fsr + (k - 1) * step) / 16). */
struct weft_log_scale {
    int fsr, step;
    double entropy; /* the weighted entropy reached; 0 where the values are too few or too alike to search, and the
                       scale then has the finest step and its top code at the largest value */
};

/* Searches even steps 2..32 and fsr for `levels` codes (zero included, >= 2). An empty histogram gives top value 1. */
void weft_act_search(const struct weft_histogram *histogram, int levels, struct weft_log_scale *scale);

/* The published rounding: code (0 = zero) of a magnitude: round((16 log2 x - fsr) / step) + 1, limited to levels -
 * 1. */
int weft_act_code(const struct weft_log_scale *scale, int levels, double magnitude);

#endif
