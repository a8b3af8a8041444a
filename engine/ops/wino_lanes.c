/* Which transformed weights fit the lanes of 16 bits, and where those begin. */
#include "ops/wino_lanes.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 8, LANES = 2, GROUP_MAX = 4 };

const int weft_wino_lengths[WEFT_WINO_LENGTHS] = {0, 1, 2, GROUP_MAX};

struct weft_wino_limits weft_wino_limits(enum weft_wino_form form, const struct weft_edge *edge, int p)
{
    int least, most;
    weft_wino_values(form, edge, p, &least, &most);
    int high = most > least ? most - least : 1;
    return (struct weft_wino_limits){.high = high, .pair = INT16_MAX / high, .lane = (2 * INT16_MAX - 1) / high};
}

/* Blocks of the next group: the last k8 % group of a run are one each. */
static int next(int group, int left)
{
    return group == 0 || left < group ? 1 : group;
}

/* Sums of magnitudes in a group. */
struct sums {
    int lane[LANES], pair, largest; /* of all pairs and weights the largest */
};

static struct sums look(const int16_t *u)
{
    int magnitude[BLOCK], pair[BLOCK / 2];
    struct sums sums = {.largest = 0};
    for (int i = 0; i < BLOCK; i++) {
        magnitude[i] = u[i] < 0 ? -u[i] : u[i];
        sums.largest = magnitude[i] > sums.largest ? magnitude[i] : sums.largest;
    }
    for (int i = 0; i < BLOCK / 2; i++) {
        pair[i] = magnitude[2 * i] + magnitude[2 * i + 1];
        sums.pair = pair[i] > sums.pair ? pair[i] : sums.pair;
    }
    sums.lane[0] = pair[0] + pair[2];
    sums.lane[1] = pair[1] + pair[3];
    return sums;
}

static struct sums add(struct sums a, struct sums b)
{
    return (struct sums){{a.lane[0] + b.lane[0], a.lane[1] + b.lane[1]}, a.pair > b.pair ? a.pair : b.pair,
                         a.largest > b.largest ? a.largest : b.largest};
}

static bool fits(const struct weft_wino_limits *limits, const struct sums *sums)
{
    return (sums->largest <= INT8_MAX) & (sums->pair <= limits->pair) & (sums->lane[0] <= limits->lane) &
           (sums->lane[1] <= limits->lane);
}

/* By `excess`, toward zero; the weight's magnitude is not less. */
static int8_t reduce(int8_t q, int excess)
{
    return (int8_t)(q < 0 ? q + excess : q - excess);
}

/* A lane's largest weights are made smaller until all fit. */
static void fit_lane(const struct weft_wino_limits *limits, int blocks, int lane, int8_t *q)
{
    for (;;) {
        int largest = 2 * lane, excess = -limits->lane;
        for (int k = 0; k < blocks * BLOCK; k++) {
            if (k / 2 % LANES == lane) {
                excess += abs(q[k]);
                largest = abs(q[k]) > abs(q[largest]) ? k : largest;
            }
        }
        if (excess <= 0) {
            return;
        }
        q[largest] = reduce(q[largest], excess < abs(q[largest]) ? excess : abs(q[largest]));
    }
}

static void fit_group(const struct weft_wino_limits *limits, int blocks, const int16_t *u, int8_t *q)
{
    for (int k = 0; k < blocks * BLOCK; k++) {
        q[k] = (int8_t)(u[k] > INT8_MAX ? INT8_MAX : u[k] < -INT8_MAX ? -INT8_MAX : u[k]);
    }
    for (int k = 0; k < blocks * BLOCK; k += 2) {
        int excess = abs(q[k] + q[k + 1]) - limits->pair;
        if (excess > 0) { /* then both have one sign: a pair has room for any single weight */
            int larger = abs(q[k]) < abs(q[k + 1]) ? k + 1 : k;
            q[larger] = reduce(q[larger], excess);
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        fit_lane(limits, blocks, lane, q);
    }
}

/* How many of a group do not fit. */
static int misfits(const struct weft_wino_limits *limits, int blocks, const int16_t *u)
{
    int8_t q[GROUP_MAX * BLOCK];
    int count = 0;
    fit_group(limits, blocks, u, q);
    for (int k = 0; k < blocks * BLOCK; k++) {
        count += q[k] != u[k];
    }
    return count;
}

void weft_wino_lanes_count(const struct weft_wino_limits *limits, const int16_t *u, int k8, int32_t most,
                           int32_t count[WEFT_WINO_LENGTHS])
{
    for (int at = 0; at < k8; at += GROUP_MAX) {
        int there = k8 - at < GROUP_MAX ? k8 - at : GROUP_MAX;
        struct sums sums[GROUP_MAX];
        for (int b = 0; b < there; b++) {
            const int16_t *block = u + (at + b) * BLOCK;
            sums[b] = look(block);
            for (int i = 0; sums[b].largest > INT8_MAX && i < BLOCK; i++) {
                count[0] += block[i] != (int8_t)block[i];
            }
        }
        bool some = true; /* what fits in whole groups fits in shorter ones */
        for (int i = WEFT_WINO_LENGTHS - 1; i > 0 && (some || there < GROUP_MAX); i--) {
            if (count[i] > most) {
                continue; /* and `some` may as well be left: it has been given up, and tells nothing of shorter ones */
            }
            some = false;
            for (int from = 0, blocks; from < there; from += blocks) {
                struct sums all = sums[from];
                blocks = next(weft_wino_lengths[i], there - from);
                for (int b = 1; b < blocks; b++) {
                    all = add(all, sums[from + b]);
                }
                bool misfit = !fits(limits, &all);
                some = some || misfit;
                if (misfit) {
                    count[i] += misfits(limits, blocks, u + (at + from) * BLOCK);
                }
            }
        }
    }
}

void weft_wino_lanes_fit(const struct weft_wino_limits *limits, int group, const int16_t *u, int k8, int8_t *q)
{
    for (int left = k8, blocks; left > 0; left -= blocks, u += blocks * BLOCK, q += blocks * BLOCK) {
        blocks = next(group, left);
        struct sums all = look(u);
        for (int b = 1; b < blocks; b++) {
            all = add(all, look(u + b * BLOCK));
        }
        if (group > 0 && !fits(limits, &all)) {
            fit_group(limits, blocks, u, q);
            continue;
        }
        for (int k = 0; k < blocks * BLOCK; k++) {
            q[k] = (int8_t)u[k];
        }
    }
}

/* Sums of a group's weights in each lane. */
static void sum_lanes(int blocks, const int8_t *q, int sum[LANES])
{
    sum[0] = sum[1] = 0;
    for (; blocks > 0; blocks--, q += BLOCK) {
        sum[0] += q[0] + q[1] + q[4] + q[5];
        sum[1] += q[2] + q[3] + q[6] + q[7];
    }
}

int32_t weft_wino_lanes_start(const struct weft_wino_limits *limits, int group, const int8_t *q, int k8, int nr, int o,
                              int16_t *starts)
{
    int32_t all = 0;
    for (int left = k8, blocks; left > 0; left -= blocks, q += blocks * BLOCK, starts += nr * LANES) {
        int sum[LANES];
        blocks = next(group, left);
        sum_lanes(blocks, q, sum);
        for (int lane = 0; lane < LANES; lane++) { /* its total then has as far to either end, to within a half */
            starts[o * LANES + lane] = (int16_t)(-limits->high * sum[lane] / 2);
            all += starts[o * LANES + lane];
        }
    }
    return all;
}

void weft_wino_lanes_put(const int8_t *q, int k8, int nr, int o, uint8_t *panel)
{
    for (int half = 0; half < 2 * k8; half++, q += BLOCK / 2, panel += nr * BLOCK / 2) {
        memcpy(panel + o * BLOCK / 2, q, BLOCK / 2);
    }
}

size_t weft_wino_lanes_starts(int group, int k8, int nr)
{
    int groups = group > 0 ? k8 / group + k8 % group : 0;
    return (size_t)groups * (size_t)(nr * LANES);
}

size_t weft_wino_lanes_place(struct weft_wino *wino, size_t weights)
{
    size_t all = (weights + 63) & ~(size_t)63;
    for (int p = 0; p < wino->points; p++) {
        wino->point[p].starts = all;
        all += weft_wino_lanes_starts(wino->point[p].lanes, wino->run_k8, wino->nr) * sizeof(int16_t);
    }
    return all;
}
