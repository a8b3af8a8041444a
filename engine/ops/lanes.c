#include "ops/lanes.h"

#include <string.h>

enum { LENGTHS_MAX = 32 };

/* The lengths that are tried: powers of two and their middles, up to a whole run. */
static int length(int index, int run_k8)
{
    int64_t blocks = index == 0 ? 1 : index % 2 ? INT64_C(2) << index / 2 : INT64_C(3) << (index / 2 - 1);
    return blocks < run_k8 ? (int)blocks : run_k8;
}

void weft_lanes_init(struct weft_lanes *lanes, const struct weft_kernels *kernels, const struct weft_edge *edge,
                     int run_k8)
{
    lanes->most = weft_ops_byte_max(kernels, edge);
    lanes->least = kernels->act_signed ? -lanes->most : 0;
    lanes->pairs = !kernels->act_signed;
    for (lanes->lengths = 1; lanes->lengths < LENGTHS_MAX && length(lanes->lengths - 1, run_k8) < run_k8;) {
        lanes->lengths++;
    }
    lanes->fits = (unsigned)((UINT64_C(1) << lanes->lengths) - 1);
}

/* Sums of the weights above and below zero: of all lanes, [o * 2 + lane], `lanes` of them each. */
struct sums {
    int32_t *above, *below;
};

static struct sums sums_at(int32_t *scratch, ptrdiff_t index, int lanes)
{
    return (struct sums){scratch + index * 2 * lanes, scratch + (index * 2 + 1) * lanes};
}

/* The widest pairs, and the sums before each block and behind the last. */
size_t weft_lanes_scratch(const struct weft_pack_geometry *geometry, int nr)
{
    return ((size_t)geometry->runs * (size_t)geometry->run_k8 + 2) * 4 * (size_t)nr * sizeof(int32_t);
}

/* Whether the largest and the least sum of products fit. */
static bool fits(const struct weft_lanes *lanes, int32_t above, int32_t below)
{
    return (above * lanes->most + below * lanes->least <= INT16_MAX) &
           (above * lanes->least + below * lanes->most >= INT16_MIN);
}

/* Adds half a block, 4 k's of each channel, of which a lane takes two: pairs of neighbours, or every other. */
static void add_half(const int8_t *q, int lanes, bool pairs, struct sums widest, struct sums sums)
{
    int32_t *restrict above = sums.above, *restrict below = sums.below;
    int32_t *restrict most = widest.above, *restrict least = widest.below;
    for (int i = 0; i < lanes; i++) {
        int first = pairs ? q[2 * i] : q[i / 2 * 4 + i % 2], second = pairs ? q[2 * i + 1] : q[i / 2 * 4 + i % 2 + 2];
        int plus = (first > 0 ? first : 0) + (second > 0 ? second : 0), minus = first + second - plus;
        above[i] += plus;
        below[i] += minus;
        most[i] = plus > most[i] ? plus : most[i];
        least[i] = minus < least[i] ? minus : least[i];
    }
}

/* Whether all groups of so many blocks fit; they begin anew with each run. */
static bool groups_fit(const struct weft_lanes *lanes, const struct weft_pack_geometry *g, int blocks, int nr,
                       int outputs, int32_t *scratch)
{
    for (int r = 0; r < g->runs; r++) {
        for (int from = 0; from < g->run_k8; from += blocks) {
            int end = g->run_k8 - from < blocks ? g->run_k8 : from + blocks, wrong = 0;
            struct sums first = sums_at(scratch, 1 + r * g->run_k8 + from, 2 * nr);
            struct sums last = sums_at(scratch, 1 + r * g->run_k8 + end, 2 * nr);
            for (int i = 0; i < 2 * outputs; i++) {
                wrong |= !fits(lanes, last.above[i] - first.above[i], last.below[i] - first.below[i]);
            }
            if (wrong) {
                return false;
            }
        }
    }
    return true;
}

void weft_lanes_try(struct weft_lanes *lanes, const struct weft_pack_geometry *g, int nr, int outputs,
                    const int8_t *panel, int32_t *scratch)
{
    unsigned left = atomic_load_explicit(&lanes->fits, memory_order_relaxed), fit = 0;
    if (left == 0) {
        return;
    }
    struct sums widest = sums_at(scratch, 0, 2 * nr);
    memset(scratch, 0, 8 * (size_t)nr * sizeof *scratch);
    for (int b = 0; b < g->runs * g->run_k8; b++, panel += 8 * nr) {
        struct sums before = sums_at(scratch, 1 + b, 2 * nr), after = sums_at(scratch, 2 + b, 2 * nr);
        memcpy(after.above, before.above, 4 * (size_t)nr * sizeof *scratch);
        add_half(panel, 2 * nr, lanes->pairs, widest, after);
        add_half(panel + 4 * nr, 2 * nr, lanes->pairs, widest, after);
    }
    bool fine = true;
    for (int i = 0; lanes->pairs && i < 2 * outputs; i++) {
        fine &= fits(lanes, widest.above[i], widest.below[i]);
    }
    for (int i = lanes->lengths - 1; i >= 0 && fine; i--) {
        int blocks = length(i, g->run_k8);
        if (!(left >> i & 1) || fit >> i & 1 || !groups_fit(lanes, g, blocks, nr, outputs, scratch)) {
            continue;
        }
        for (int j = 0; j <= i; j++) { /* what fits holds whole groups of these */
            fit |= blocks == g->run_k8 || blocks % length(j, g->run_k8) == 0 ? 1u << j : 0;
        }
    }
    atomic_fetch_and_explicit(&lanes->fits, fit, memory_order_relaxed);
}

int weft_lanes_group(const struct weft_lanes *lanes, int run_k8)
{
    int steps = 0;
    for (int i = 0; i < lanes->lengths; i++) {
        steps = lanes->fits >> i & 1 ? 2 * length(i, run_k8) : steps;
    }
    return steps;
}
