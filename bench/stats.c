#include <math.h>
#include <stdlib.h>

#include <weft/bench.h>

#include "order.h"

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void weft_bench_sort(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, ascending);
}

static double percentile(const double *sorted, int n, double share)
{
    double at = share * (n - 1);
    int low = (int)at;
    return low + 1 < n ? sorted[low] + (at - low) * (sorted[low + 1] - sorted[low]) : sorted[n - 1];
}

double weft_bench_sort_median(double *values, int n)
{
    weft_bench_sort(values, n);
    return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

/* The deviations of sorted samples from their median form two sorted runs; merging them up to the middle
 * gives the median deviation without another array. */
static double median_deviation(const double *sorted, int n, double median)
{
    int below = 0;
    while (below < n && sorted[below] < median) {
        below++;
    }
    int left = below - 1, right = below;
    double previous = 0, current = 0;
    for (int taken = 0; taken <= n / 2; taken++) {
        previous = current;
        if (right >= n || (left >= 0 && median - sorted[left] < sorted[right] - median)) {
            current = median - sorted[left--];
        } else {
            current = sorted[right++] - median;
        }
    }
    return n % 2 ? current : 0.5 * (previous + current);
}

void weft_bench_summarise(double *samples, int n, struct weft_bench_stats *stats)
{
    double sum = 0;
    weft_bench_sort(samples, n);
    for (int i = 0; i < n; i++) {
        sum += samples[i];
    }
    stats->n = n;
    stats->min = samples[0];
    stats->max = samples[n - 1];
    stats->mean = sum / n;
    stats->median = percentile(samples, n, 0.5);
    stats->p5 = percentile(samples, n, 0.05);
    stats->p95 = percentile(samples, n, 0.95);
    stats->p90 = percentile(samples, n, 0.9);
    stats->p99 = percentile(samples, n, 0.99);
    stats->mad = median_deviation(samples, n, stats->median);
}
