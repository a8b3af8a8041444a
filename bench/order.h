/* weft: sorted samples, for the files of libweft-bench. */
#ifndef WEFT_BENCH_ORDER_H
#define WEFT_BENCH_ORDER_H

/* Sorts ascending. */
void weft_bench_sort(double *values, int n);
/* Sorts, and returns the median. n >= 1. */
double weft_bench_sort_median(double *values, int n);

#endif
