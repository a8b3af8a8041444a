/* What a single figure hides: runs that drift, and runs of two kinds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <weft/bench.h>

#include "order.h"

/* The split of sorted values that leaves the least variance within both parts (Otsu 1979): size of the lower part. */
static int split(const double *sorted, int n)
{
    double all = 0, low = 0, best = -1;
    int at = 1;
    for (int i = 0; i < n; i++) {
        all += sorted[i];
    }
    for (int i = 1; i < n; i++) {
        low += sorted[i - 1];
        double apart = low / i - (all - low) / (n - i), between = (double)i * (n - i) * apart * apart;
        if (between > best) {
            best = between;
            at = i;
        }
    }
    return at;
}

/* Two modes: each has a tenth of the runs, they lie 5 % apart, and the gap is three times as wide as the parts are
 * (in robust standard deviations, 1.4826 MAD each). A normal distribution cut in two gives 1.1, a uniform one 1.4. */
static void find_modes(const double *sorted, int n, double *scratch, struct weft_bench_shape *shape)
{
    struct weft_bench_stats low, high;
    int at = split(sorted, n);
    memcpy(scratch, sorted, (size_t)n * sizeof *scratch);
    weft_bench_summarise(scratch, at, &low);
    weft_bench_summarise(scratch + at, n - at, &high);
    double gap = high.median - low.median, width = 1.4826 * (low.mad + high.mad);
    shape->low_mode = low.median;
    shape->high_mode = high.median;
    shape->high_share = (double)(n - at) / n;
    shape->two_modes = at >= n / 10.0 && n - at >= n / 10.0 && gap > 0.05 * low.median && gap > 3 * width;
}

/* Drift: the last third's median is 2 % off the first third's, and Mann-Whitney holds it for no accident. */
static void find_drift(const double *in_order, int n, double *scratch, struct weft_bench_shape *shape)
{
    int third = n / 3;
    double first, last;
    memcpy(scratch, in_order, (size_t)third * sizeof *scratch);
    first = weft_bench_sort_median(scratch, third);
    memcpy(scratch, in_order + n - third, (size_t)third * sizeof *scratch);
    last = weft_bench_sort_median(scratch, third);
    shape->drift = last / first - 1;
    double p = weft_bench_mann_whitney(in_order, third, in_order + n - third, third);
    shape->drifts = fabs(shape->drift) > 0.02 && p >= 0 && p < 0.001;
}

int weft_bench_shape(const double *in_order, int n, struct weft_bench_shape *shape)
{
    enum { ENOUGH = 15 };
    memset(shape, 0, sizeof *shape);
    if (n < ENOUGH) {
        return 0;
    }
    double *sorted = malloc(2 * (size_t)n * sizeof *sorted);
    if (!sorted) {
        return -1;
    }
    memcpy(sorted, in_order, (size_t)n * sizeof *sorted);
    weft_bench_sort(sorted, n);
    find_modes(sorted, n, sorted + n, shape);
    find_drift(in_order, n, sorted + n, shape);
    free(sorted);
    return 0;
}
