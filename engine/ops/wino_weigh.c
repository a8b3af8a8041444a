/* What the transform makes of a layer's weights: whether they fit. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "ops/wino_lanes.h"
#include "ops/wino_source.h"

/* Lengths of groups in lanes are given up where more weights than one in so many of a panel's do not fit. */
enum { LANES_SHARE = 64 };

static void weigh_output(const struct weft_wino_source *s, const int16_t *u, int most[WEFT_WINO_POINTS_MAX],
                         int32_t *outliers)
{
    for (int p = 0, count; p < s->points; p++, u += count) {
        /* at most 9 * 127; at most 3 * 8192, lone taps fit */
        int16_t large[WEFT_WINO_LANES] = {0}, beyond[WEFT_WINO_LANES] = {0};
        count = weft_wino_runs(s->form, p) * s->stride;
        for (int k = 0; k < count; k += WEFT_WINO_LANES) {
            for (int i = 0; i < WEFT_WINO_LANES; i++) {
                int16_t magnitude = (int16_t)(u[k + i] < 0 ? -u[k + i] : u[k + i]);
                large[i] = magnitude > large[i] ? magnitude : large[i];
                beyond[i] = (int16_t)(beyond[i] + (u[k + i] != (int8_t)u[k + i]));
            }
        }
        for (int i = 0; i < WEFT_WINO_LANES; i++) {
            most[p] = large[i] > most[p] ? large[i] : most[p];
            outliers[p] += beyond[i];
        }
    }
}

/* Lengths that did not do for another panel need not be looked at in this one: counts[point][length] begin as that
 * one's. */
static void give_up(int count, int32_t most, const int32_t *before, int32_t *counts)
{
    for (int i = 0; i < count; i++) {
        counts[i] = i % WEFT_WINO_LENGTHS > 0 && before[i] > most ? before[i] : 0;
    }
}

/* An output channel's weights in lanes: counts[point][length]. */
static void weigh_lanes(const struct weft_wino_source *s, const struct weft_wino_limits limits[], const int16_t *u,
                        int32_t most, int32_t *counts)
{
    for (int p = 0; p < s->points; p++, u += s->stride) {
        weft_wino_lanes_count(&limits[p], u, s->stride / WEFT_WINO_LANES, most, counts + p * WEFT_WINO_LENGTHS);
    }
}

/* Of each point the cheapest length of its groups, by counts[panel][point][length]; where more than `most` of a panel
 * do not fit, they are not all counted. What is left are the counts of the lengths chosen, [panel][point]. */
static void choose_lengths(const struct weft_wino_source *s, int panels, int32_t most, int32_t *counts,
                           struct weft_wino_weights *weights)
{
    const double of_point = (double)s->outputs * s->channels;
    int chosen[WEFT_WINO_POINTS_MAX] = {0};
    for (int p = 0; p < s->points; p++) {
        double least = INFINITY;
        for (int i = 0; i < WEFT_WINO_LENGTHS; i++) {
            int64_t total = 0;
            int32_t largest = 0;
            for (int panel = 0; panel < panels; panel++) {
                int32_t count = counts[(panel * s->points + p) * WEFT_WINO_LENGTHS + i];
                total += count;
                largest = count > largest ? count : largest;
            }
            double cost = weft_wino_product_cost(i > 0, 2 * weft_wino_lengths[i]);
            cost += weft_wino_outlier_cost() * (double)total / of_point;
            if (cost < least && (i == 0 || largest <= most)) {
                least = cost;
                chosen[p] = i;
            }
        }
        weights->lanes[p] = weft_wino_lengths[chosen[p]];
    }
    for (int i = 0; i < panels * s->points; i++) {
        counts[i] = counts[i * WEFT_WINO_LENGTHS + chosen[i % s->points]];
    }
}

bool weft_wino_weigh(struct weft_ops *ops, const struct weft_node *node, enum weft_wino_form form, int panels_most,
                     struct weft_wino_weights *weights)
{
    struct weft_wino_source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    weft_wino_source_init(&s, ops, node, form);
    memset(weights, 0, sizeof *weights);
    const int64_t per_output = (int64_t)s.channels * WEFT_WINO_TAPS;
    const bool lanes = form == WEFT_WINO_22 && ops->kernels.wino_lanes;
    struct weft_wino_limits limits[WEFT_WINO_POINTS_MAX];
    for (int p = 0; lanes && p < s.points; p++) {
        limits[p] = weft_wino_limits(form, &weft_ops_tensor(ops, node->inputs[0])->edge, p);
    }
    s.outputs = s.outputs < (int64_t)panels_most * s.nr ? s.outputs : panels_most * s.nr;
    int panels = (s.outputs + s.nr - 1) / s.nr, lists = panels * s.points, lengths = lanes ? WEFT_WINO_LENGTHS : 1;
    const int32_t lanes_most = s.nr * s.stride / LANES_SHARE;
    int32_t *found = weft_pool_alloc(ops->pool, (size_t)lists * (size_t)lengths + 1, sizeof *found);
    int most[WEFT_WINO_POINTS_MAX] = {0};
    atomic_bool failed = found == NULL;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1) reduction(max : most)
    {
        struct weft_wino_room room;
        uint8_t *bins = weft_block_alloc(allocator, (size_t)s.channels, WEFT_WINO_TAPS);
        int32_t unused[WEFT_WINO_POINTS_MAX] = {0};
        const int32_t *before = NULL;
        bool ready = weft_wino_room_open(&room, &s, allocator) && bins && found;
        failed = failed || !ready;
#pragma omp for schedule(dynamic)
        for (int i = 0; i < panels; i++) {
            if (lanes && ready && before) {
                give_up(s.points * lengths, lanes_most, before, found + i * s.points * lengths);
            }
            before = ready ? found + i * s.points * lengths : NULL;
            for (int o = i * s.nr; ready && o < (i + 1) * s.nr && o < s.outputs; o++) {
                weft_bins_unpack(node->bins, o * per_output, per_output, node->codebook.format, bins);
                weft_wino_transform(&s, bins, &room);
                weigh_output(&s, room.points, most, lanes ? unused : found + i * s.points);
                if (lanes) {
                    weigh_lanes(&s, limits, room.points, lanes_most, found + i * s.points * lengths);
                }
            }
        }
        weft_wino_room_close(&room, allocator);
        weft_block_free(allocator, bins);
    }
    if (found && lanes) {
        choose_lengths(&s, panels, lanes_most, found, weights);
        found[lists] = 0;
    }
    for (int i = 0; found && i <= lists; i++) {
        int32_t count = found[i];
        found[i] = (int32_t)weights->outliers;
        weights->outliers += count;
    }
    memcpy(weights->most, most, sizeof most);
    weights->count = (int64_t)s.outputs * s.channels * s.runs;
    weights->first = found;
    return !failed;
}

bool weft_wino_weigh_words(struct weft_ops *ops, const struct weft_node *node, struct weft_wino_weights *weights)
{
    struct weft_wino_source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    weft_wino_source_init(&s, ops, node, WEFT_WINO_44);
    const int64_t per_output = (int64_t)s.channels * WEFT_WINO_TAPS;
    uint8_t magnitude[256];
    int64_t most = 0;
    for (int bin = 0; bin < 256; bin++) {
        magnitude[bin] = (uint8_t)(s.integer[bin] < 0 ? -s.integer[bin] : s.integer[bin]);
    }
    atomic_bool failed = false;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1) reduction(max : most)
    {
        uint8_t *bins = weft_block_alloc(allocator, (size_t)s.channels, WEFT_WINO_TAPS);
        failed = failed || !bins;
#pragma omp for schedule(dynamic, 16)
        for (int o = 0; o < s.outputs; o++) {
            int64_t sum = 0;
            if (bins) {
                weft_bins_unpack(node->bins, o * per_output, per_output, node->codebook.format, bins);
            }
            for (int64_t i = 0; bins && i < per_output; i++) {
                sum += magnitude[bins[i]];
            }
            most = sum > most ? sum : most;
        }
        weft_block_free(allocator, bins);
    }
    *weights = (struct weft_wino_weights){.output_most = most};
    return !failed;
}
