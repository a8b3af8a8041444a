#include "quant/weight_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct search {
    const double *sums; /* sums[i]: importance of the i smallest weights */
    int64_t n;
    int bins, odd;
    int64_t *slice;
};

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What the bin of sorted weights [begin, end) adds to the weighted entropy: -(I / n) ln(P / 2). */
static double bin_entropy(const struct search *s, int64_t begin, int64_t end)
{
    if (end <= begin) {
        return 0;
    }
    double share = (double)(end - begin) / (double)s->n;
    return -(s->sums[end] - s->sums[begin]) / (double)s->n * log(share / 2);
}

static double total_entropy(const struct search *s)
{
    double total = 0;
    for (int b = s->odd; b < s->bins; b++) {
        total += bin_entropy(s, b ? s->slice[b - 1] : 0, s->slice[b]);
    }
    return total;
}

/* The two bins that meet at cut b, if it were at `at`. The zero bin of an odd codebook does not count. */
static double pair_entropy(const struct search *s, int b, int64_t at)
{
    double below = b == 0 && s->odd ? 0 : bin_entropy(s, b ? s->slice[b - 1] : 0, at);
    return below + bin_entropy(s, at, s->slice[b + 1]);
}

/* The published bisection on the slope of the objective between the neighbouring cuts. */
static void move_cut(const struct search *s, int b)
{
    int64_t begin = b ? s->slice[b - 1] : 0, end = s->slice[b + 1] - 1;
    while (end - begin > 1) {
        int64_t centre = begin + (end - begin) / 2;
        if (pair_entropy(s, b, centre) > pair_entropy(s, b, centre + 1)) {
            end = centre;
        } else {
            begin = centre;
        }
    }
    if (end >= begin) {
        s->slice[b] = pair_entropy(s, b, begin) > pair_entropy(s, b, end) ? begin : end;
    }
}

static void describe(const struct search *s, const double *sorted, struct weft_weight_bins *bins)
{
    for (int b = 0; b < s->bins; b++) {
        int64_t begin = b ? s->slice[b - 1] : 0, end = s->slice[b];
        bins->rep[b] = 0;
        if (b >= s->odd) {
            double below = b ? bins->rep[b - 1] : 0;
            bins->rep[b] = end > begin ? sqrt((s->sums[end] - s->sums[begin]) / (double)(end - begin)) : below;
        }
    }
    bins->boundary[0] = 0;
    for (int b = 0; b + 1 < s->bins; b++) {
        int64_t at = s->slice[b] < s->n ? s->slice[b] : s->n - 1;
        bins->boundary[b + 1] = sqrt(sorted[at]);
    }
}

bool weft_weight_search(const double *weights, int64_t n, int levels, const weft_allocator *allocator,
                        struct weft_weight_bins *bins, double *entropies)
{
    double *sorted = weft_block_alloc(allocator, (size_t)n, sizeof *sorted);
    double *sums = weft_block_alloc(allocator, (size_t)n + 1, sizeof *sums);
    memset(bins, 0, sizeof *bins);
    if (!sorted || !sums) {
        weft_block_free(allocator, sorted);
        weft_block_free(allocator, sums);
        return false;
    }
    for (int64_t i = 0; i < n; i++) {
        sorted[i] = weights[i] * weights[i];
    }
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    sums[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        sums[i + 1] = sums[i] + sorted[i];
    }
    bins->levels = levels;
    bins->bins = (levels + 1) / 2;
    struct search s = {sums, n, bins->bins, levels % 2, bins->slice};
    for (int b = 0; b < s.bins; b++) {
        s.slice[b] = n * (b + 1) / s.bins;
    }
    double before = 0, now = total_entropy(&s);
    while (now > before && bins->sweeps < WEFT_SWEEPS_MAX) {
        for (int b = 0; b + 1 < s.bins; b++) {
            move_cut(&s, b);
        }
        before = now;
        now = total_entropy(&s);
        if (entropies) {
            entropies[bins->sweeps] = now;
        }
        bins->sweeps++;
    }
    bins->entropy = now;
    describe(&s, sorted, bins);
    weft_block_free(allocator, sorted);
    weft_block_free(allocator, sums);
    return true;
}

int weft_weight_bin(const struct weft_weight_bins *bins, double weight)
{
    int bin = 0;
    for (int b = 0; b < bins->bins; b++) {
        if (fabs(weight) >= bins->boundary[b]) {
            bin = b;
        }
    }
    return bin;
}
