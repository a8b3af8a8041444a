/* What the transform makes of a layer's weights: whether they fit. */
#include <stdatomic.h>
#include <string.h>

#include "ops/wino_source.h"

static void weigh_output(const struct weft_wino_source *s, const int16_t *u, int most[WEFT_WINO_POINTS_MAX],
                         int32_t *outliers)
{
    for (int p = 0, count; p < s->points; p++, u += count) {
        int16_t large[WEFT_WINO_LANES] = {0}, beyond[WEFT_WINO_LANES] = {0}; /* at most 9 * 127; at most 4 * 8192 - 1 */
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

bool weft_wino_weigh(struct weft_ops *ops, const struct weft_node *node, enum weft_wino_form form,
                     struct weft_wino_weights *weights)
{
    struct weft_wino_source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    weft_wino_source_init(&s, ops, node, form);
    memset(weights, 0, sizeof *weights);
    const int64_t per_output = (int64_t)s.channels * WEFT_WINO_TAPS;
    int panels = (s.outputs + s.nr - 1) / s.nr, lists = panels * s.points;
    int32_t *found = weft_pool_alloc(ops->pool, (size_t)lists + 1, sizeof *found);
    int most[WEFT_WINO_POINTS_MAX] = {0};
    atomic_bool failed = found == NULL;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1) reduction(max : most)
    {
        struct weft_wino_room room;
        uint8_t *bins = weft_block_alloc(allocator, (size_t)s.channels, WEFT_WINO_TAPS);
        bool ready = weft_wino_room_open(&room, &s, allocator) && bins && found;
        failed = failed || !ready;
#pragma omp for schedule(dynamic)
        for (int i = 0; i < panels; i++) {
            for (int o = i * s.nr; ready && o < (i + 1) * s.nr && o < s.outputs; o++) {
                weft_bins_unpack(node->bins, o * per_output, per_output, node->codebook.format, bins);
                weft_wino_transform(&s, bins, &room);
                weigh_output(&s, room.points, most, found + i * s.points);
            }
        }
        weft_wino_room_close(&room, allocator);
        weft_block_free(allocator, bins);
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
