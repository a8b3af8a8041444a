/* The ratio of two sets of times that were not taken in turns: each side is resampled by itself, in blocks. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include <weft/bench.h>

#include "order.h"

/* Neighbours in time share what the machine was doing, so whole stretches are drawn, not single runs (Kuensch 1989). */
enum { BLOCKS_MAX = 32, ENOUGH = 6 }; /* 6 and 6 lie apart by chance in 2 of 924 cases, under 0.5 % */

struct placed {
    double value;
    int block;
};

/* All values of one side, ascending. Blocks are numbered through: those of series s begin at first[s]. */
struct side {
    struct placed *values;
    int count, series, *first, *drawn; /* drawn: how often each block was */
};

static int by_value(const void *a, const void *b)
{
    double x = ((const struct placed *)a)->value, y = ((const struct placed *)b)->value;
    return (x > y) - (x < y);
}

static void free_side(struct side *side)
{
    free(side->values);
    free(side->first);
    free(side->drawn);
}

static int make_side(const struct weft_bench_series *series, int count, struct side *side)
{
    int64_t total = 0;
    *side = (struct side){.series = count};
    for (int s = 0; s < count; s++) {
        if (series[s].count < 1) {
            return -1;
        }
        total += series[s].count;
    }
    if (count < 1 || total > INT32_MAX || !(side->values = malloc((size_t)total * sizeof *side->values)) ||
        !(side->first = malloc(((size_t)count + 1) * sizeof *side->first)) ||
        !(side->drawn = malloc((size_t)count * BLOCKS_MAX * sizeof *side->drawn))) {
        return -1;
    }
    side->first[0] = 0;
    for (int s = 0; s < count; s++) {
        int n = series[s].count, blocks = n < BLOCKS_MAX ? n : BLOCKS_MAX;
        for (int i = 0; i < n; i++) {
            int block = side->first[s] + (int)((int64_t)i * blocks / n);
            side->values[side->count++] = (struct placed){series[s].values[i], block};
        }
        side->first[s + 1] = side->first[s] + blocks;
    }
    qsort(side->values, (size_t)side->count, sizeof *side->values, by_value);
    return 0;
}

/* Series first, then blocks of each: as many as there are. */
static void draw(struct side *side, uint64_t *state)
{
    for (int i = 0; i < side->first[side->series]; i++) {
        side->drawn[i] = 0;
    }
    for (int i = 0; i < side->series; i++) {
        uint64_t s = weft_bench_random(state) % (uint64_t)side->series;
        int first = side->first[s], blocks = side->first[s + 1] - first;
        for (int k = 0; k < blocks; k++) {
            side->drawn[first + (int)(weft_bench_random(state) % (uint64_t)blocks)]++;
        }
    }
}

/* Median of the values, each taken as often as its block was drawn. */
static double drawn_median(const struct side *side)
{
    int64_t total = 0, passed = 0;
    double low = 0;
    for (int i = 0; i < side->count; i++) {
        total += side->drawn[side->values[i].block];
    }
    for (int i = 0; i < side->count; i++) {
        int64_t until = passed + side->drawn[side->values[i].block];
        if (passed <= (total - 1) / 2 && (total - 1) / 2 < until) {
            low = side->values[i].value;
        }
        if (total / 2 < until) {
            return 0.5 * (low + side->values[i].value);
        }
        passed = until;
    }
    return low; /* not reached: at least one block is drawn */
}

static double median(const struct side *side)
{
    int n = side->count;
    return 0.5 * (side->values[(n - 1) / 2].value + side->values[n / 2].value);
}

int weft_bench_ratio_apart(const struct weft_bench_series *a, int as, const struct weft_bench_series *b, int bs,
                           uint64_t seed, double *logs, struct weft_bench_ratio *ratio)
{
    struct side of_a = {0}, of_b = {0};
    double *sorted = malloc(WEFT_BENCH_RESAMPLES * sizeof *sorted);
    int failed = !sorted || make_side(a, as, &of_a) != 0 || make_side(b, bs, &of_b) != 0;
    uint64_t state = 2 * seed + 1;
    for (int r = 0; r < WEFT_BENCH_RESAMPLES && !failed; r++) {
        draw(&of_a, &state);
        draw(&of_b, &state);
        logs[r] = sorted[r] = log(drawn_median(&of_b) / drawn_median(&of_a));
    }
    if (!failed) {
        int enough = of_a.first[as] >= ENOUGH && of_b.first[bs] >= ENOUGH;
        weft_bench_interval(sorted, WEFT_BENCH_RESAMPLES, log(median(&of_b) / median(&of_a)), enough, ratio);
    }
    free(sorted);
    free_side(&of_a);
    free_side(&of_b);
    return failed ? -1 : 0;
}
