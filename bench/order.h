/* weft: sorted samples and seeded draws, for the files of libweft-bench. */
#ifndef WEFT_BENCH_ORDER_H
#define WEFT_BENCH_ORDER_H

#include <stdint.h>

/* Sorts ascending. */
void weft_bench_sort(double *values, int n);
/* Sorts, and returns the median. n >= 1. */
double weft_bench_sort_median(double *values, int n);
/* Seeded, so that a report can be made again. *state is not 0. */
uint64_t weft_bench_random(uint64_t *state);

#endif
