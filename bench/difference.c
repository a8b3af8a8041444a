/* Whether two sets of times differ: Mann-Whitney's rank test, and a bootstrap interval of the ratio of medians. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <weft/bench.h>

#include "order.h"

struct ranked {
    double value;
    int second; /* from the second set */
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct ranked *)a)->value, y = ((const struct ranked *)b)->value;
    return (x > y) - (x < y);
}

/* Normal approximation with the correction for ties and for continuity (Mann and Whitney 1947; Hollander, Wolfe and
 * Chicken, Nonparametric Statistical Methods, section 4.1). Good from about 8 values a side. */
double weft_bench_mann_whitney(const double *a, int n, const double *b, int m)
{
    struct ranked *all = malloc((size_t)(n + m) * sizeof *all);
    if (!all || n < 1 || m < 1) {
        free(all);
        return -1;
    }
    for (int i = 0; i < n + m; i++) {
        all[i] = (struct ranked){i < n ? a[i] : b[i - n], i >= n};
    }
    int total = n + m;
    qsort(all, (size_t)total, sizeof *all, by_value);
    double rank_sum = 0, ties = 0;
    for (int i = 0; i < total;) {
        int end = i;
        while (end < total && all[end].value == all[i].value) {
            end++;
        }
        double rank = 0.5 * (i + 1 + end), same = end - i;
        ties += same * same * same - same;
        for (; i < end; i++) {
            rank_sum += all[i].second ? rank : 0;
        }
    }
    free(all);
    double u = rank_sum - 0.5 * m * (m + 1.0), mean = 0.5 * (double)n * m;
    double variance = (double)n * m / 12 * (total + 1 - ties / ((double)total * (total - 1)));
    if (variance <= 0) {
        return 1; /* all values are equal */
    }
    double z = (fabs(u - mean) - 0.5) / sqrt(variance);
    return z > 0 ? erfc(z / sqrt(2)) : 1;
}

/* xorshift64* (Marsaglia 2003, Vigna 2016). */
uint64_t weft_bench_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

/* The ratio's interval from its resampled logarithms, which are sorted here: 99.5 %, so that twenty comparisons of
 * equals hardly ever show a difference. */
void weft_bench_interval(double *logs, int count, double log_ratio, int enough, struct weft_bench_ratio *ratio)
{
    weft_bench_sort(logs, count);
    ratio->median = exp(log_ratio);
    ratio->low = exp(logs[count / 400]);
    ratio->high = exp(logs[count - 1 - count / 400]);
    ratio->enough = enough;
    ratio->differs = enough && (ratio->low > 1 || ratio->high < 1);
}

/* Median of the rounds' logarithmic ratios log(b / a), resampled by whole rounds: samples within a round share what
 * the machine was doing, rounds are nearly independent. */
int weft_bench_ratio(const double *a, const double *b, int rounds, uint64_t seed, struct weft_bench_ratio *ratio)
{
    enum { ENOUGH = 9 }; /* 2 / 2^9 < 0.5 % */
    if (rounds < 1) {
        return -1;
    }
    double *logs = malloc(2 * (size_t)rounds * sizeof *logs), *medians = malloc(WEFT_BENCH_RESAMPLES * sizeof *medians);
    if (!logs || !medians) {
        free(logs);
        free(medians);
        return -1;
    }
    double *drawn = logs + rounds;
    for (int i = 0; i < rounds; i++) {
        logs[i] = log(b[i] / a[i]);
    }
    uint64_t state = seed | 1;
    for (int r = 0; r < WEFT_BENCH_RESAMPLES; r++) {
        for (int i = 0; i < rounds; i++) {
            drawn[i] = logs[weft_bench_random(&state) % (uint64_t)rounds];
        }
        medians[r] = weft_bench_sort_median(drawn, rounds);
    }
    weft_bench_interval(medians, WEFT_BENCH_RESAMPLES, weft_bench_sort_median(logs, rounds), rounds >= ENOUGH, ratio);
    free(logs);
    free(medians);
    return 0;
}
