/* weft: how the magnitudes of a tensor are distributed, finely enough to measure the squared error of any code. */
#ifndef WEFT_QUANT_FINE_H
#define WEFT_QUANT_FINE_H

#include <stdint.h>

/* A bucket holds the floats that share their upper 16 bits: 1/128 of an octave, from 2^-40 to 2^24. What is smaller
 * counts as zero, what is larger in the last bucket. All sums are integers, so that they do not depend on the order. */
enum { WEFT_FINE_FIRST = (127 - 40) << 7, WEFT_FINE_BUCKETS = 64 << 7 };
struct weft_fine {
    int64_t zeros;
    int64_t count[WEFT_FINE_BUCKETS];
    int64_t low[WEFT_FINE_BUCKETS]; /* sum of the lower 16 bits: gives the mean of a bucket exactly */
};

/* Adds n values; NaN is left out. */
void weft_fine_add(struct weft_fine *fine, const float *values, int64_t n);
void weft_fine_merge(struct weft_fine *a, const struct weft_fine *b);

/* Sums over all values below the start of each bucket. */
struct weft_fine_sums {
    double count[WEFT_FINE_BUCKETS + 1]; /* zeros are in count[0] */
    double sum[WEFT_FINE_BUCKETS + 1], square[WEFT_FINE_BUCKETS + 1];
    float most; /* the largest magnitude, to 1/128 of an octave upward */
};
void weft_fine_sum(struct weft_fine_sums *sums, const struct weft_fine *fine);

/* Number and sum of the values below `limit` > 0; inside a bucket the values count as evenly spread. */
struct weft_fine_part {
    double count, sum;
};
struct weft_fine_part weft_fine_below(const struct weft_fine_sums *sums, float limit);

#endif
