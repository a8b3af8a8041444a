/* Bins in canonical order -> transformed weights -> panels of the c8 kernels. */
#include <stdatomic.h>
#include <string.h>

#include "ops/wino.h"

enum { LIMIT = 127, TAPS = 9, LANES = 8 };

struct source {
    const struct weft_node *node;
    enum weft_winograd form;
    int channels, stride, outputs, nr;
    int points, per_channel; /* transformed weights of an output channel and a point */
    int16_t integer[256];    /* of a bin */
};

static void init_source(struct source *s, const struct weft_ops *ops, const struct weft_node *node, enum weft_winograd form)
{
    s->node = node;
    s->form = form;
    s->channels = weft_ops_tensor(ops, node->inputs[0])->c;
    s->stride = (s->channels + 7) / 8 * 8;
    s->outputs = weft_ops_tensor(ops, node->output)->c;
    s->nr = ops->kernels.conv[WEFT_WFMT_C8].nr;
    s->points = weft_wino_points(form);
    s->per_channel = weft_wino_runs(form) * s->stride;
    for (int bin = 0; bin < 256; bin++) {
        bool exists = bin < 1 << node->codebook.format;
        s->integer[bin] = (int16_t)(exists ? weft_codebook_integer(&node->codebook, (uint8_t)bin) : 0);
    }
}

/* Rooms for one output channel: its bins, its integers tap by tap, rows transformed, all transformed. */
struct room {
    uint8_t *bins;
    int16_t *taps, *across; /* TAPS and 12 times stride */
    int16_t *points;        /* [point][run * stride + c]; zeros where channels are padded */
};

static bool open_room(struct room *room, const struct source *s, const weft_allocator *allocator)
{
    size_t stride = (size_t)s->stride, points = (size_t)s->points * (size_t)s->per_channel;
    room->bins = weft_block_alloc(allocator, stride, TAPS);
    room->taps = weft_block_alloc(allocator, (TAPS + 12) * stride + points, sizeof(int16_t));
    if (!room->bins || !room->taps) {
        return false;
    }
    memset(room->taps, 0, TAPS * stride * sizeof(int16_t));
    room->across = room->taps + TAPS * stride;
    room->points = room->across + 12 * stride;
    return true;
}

static void close_room(struct room *room, const weft_allocator *allocator)
{
    weft_block_free(allocator, room->taps);
    weft_block_free(allocator, room->bins);
}

/* Three values, `step` apart, of `count` channels, to four: twice the usual transform in the middle, so that all are
 * integers. Eight channels at a time: compilers make vectors of that. */
static void transform(const int16_t *restrict g, size_t step, int16_t *restrict u, size_t u_step, int count)
{
    for (int c = 0; c < count; c += LANES, g += LANES, u += LANES) {
        for (size_t i = 0; i < LANES; i++) {
            int16_t ends = (int16_t)(g[i] + g[2 * step + i]), middle = g[step + i];
            u[i] = g[i];
            u[u_step + i] = (int16_t)(ends + middle);
            u[2 * u_step + i] = (int16_t)(ends - middle);
            u[3 * u_step + i] = g[2 * step + i];
        }
    }
}

/* The weights of output channel `o` transformed, in room->points. */
static void transform_output(const struct source *s, int o, struct room *room)
{
    int64_t count = (int64_t)s->channels * TAPS;
    size_t stride = (size_t)s->stride, pitch = (size_t)s->per_channel;
    weft_bins_unpack(s->node->bins, o * count, count, s->node->codebook.format, room->bins);
    const uint8_t *bin = room->bins;
    for (int c = 0; c < s->channels; c++) {
        for (size_t i = 0; i < TAPS; i++) {
            room->taps[i * stride + (size_t)c] = s->integer[*bin++];
        }
    }
    for (size_t y = 0; y < 3; y++) {
        const int16_t *row = room->taps + 3 * y * stride;
        if (s->form == WEFT_WINOGRAD_1D) {
            transform(row, stride, room->points + y * stride, pitch, s->stride);
        } else {
            transform(row, stride, room->across + 4 * y * stride, stride, s->stride);
        }
    }
    for (size_t j = 0; j < 4 && s->form == WEFT_WINOGRAD_2D; j++) {
        transform(room->across + j * stride, 4 * stride, room->points + j * pitch, 4 * pitch, s->stride);
    }
}

/* ---- looking at them ---- */

static void weigh_output(const struct source *s, const int16_t *u, int most[WEFT_WINO_POINTS_MAX], int32_t *outliers)
{
    for (int p = 0; p < s->points; p++, u += s->per_channel) {
        int16_t large[LANES] = {0}, beyond[LANES] = {0}; /* at most 9 * 127; at most 3 * 8192 */
        for (int k = 0; k < s->per_channel; k += LANES) {
            for (int i = 0; i < LANES; i++) {
                int16_t magnitude = (int16_t)(u[k + i] < 0 ? -u[k + i] : u[k + i]);
                large[i] = magnitude > large[i] ? magnitude : large[i];
                beyond[i] = (int16_t)(beyond[i] + (magnitude > LIMIT));
            }
        }
        for (int i = 0; i < LANES; i++) {
            most[p] = large[i] > most[p] ? large[i] : most[p];
            outliers[p] += beyond[i];
        }
    }
}

bool weft_wino_weigh(struct weft_ops *ops, const struct weft_node *node, enum weft_winograd form,
                     struct weft_wino_weights *weights)
{
    struct source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    init_source(&s, ops, node, form);
    memset(weights, 0, sizeof *weights);
    int panels = (s.outputs + s.nr - 1) / s.nr, lists = panels * s.points;
    int32_t *found = weft_pool_alloc(ops->pool, (size_t)lists + 1, sizeof *found);
    int most[WEFT_WINO_POINTS_MAX] = {0};
    atomic_bool failed = found == NULL;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1) reduction(max : most)
    {
        struct room room;
        bool ready = open_room(&room, &s, allocator) && found;
        failed = failed || !ready;
#pragma omp for schedule(dynamic)
        for (int i = 0; i < panels; i++) {
            for (int o = i * s.nr; ready && o < (i + 1) * s.nr && o < s.outputs; o++) {
                transform_output(&s, o, &room);
                weigh_output(&s, room.points, most, found + i * s.points);
            }
        }
        close_room(&room, allocator);
    }
    for (int i = 0; found && i <= lists; i++) {
        int32_t count = found[i];
        found[i] = (int32_t)weights->outliers;
        weights->outliers += count;
    }
    memcpy(weights->most, most, sizeof most);
    weights->count = (int64_t)s.outputs * s.channels * s.points * weft_wino_runs(form);
    weights->first = found;
    return !failed;
}

/* ---- packing them ---- */

/* What fits a byte goes to channel `o` of the panel, in the layout of c8 (simd/kernels.h): fours of k's, all channels of
 * each. What is beyond goes to the outliers. Returns the sum of the former. */
static int32_t pack_row(const struct source *s, const int16_t *u, int o, uint8_t *panel, struct weft_wino_outlier **outlier)
{
    int32_t sum = 0;
    for (int k = 0; k < s->per_channel; k += 4) {
        uint8_t *four = panel + (size_t)k * (size_t)s->nr + (size_t)o * 4;
        for (int j = 0; j < 4; j++) {
            int value = u[k + j], packed = value > LIMIT ? LIMIT : value < -LIMIT ? -LIMIT : value;
            four[j] = (uint8_t)packed;
            sum += packed;
            if (packed != value) {
                *(*outlier)++ = (struct weft_wino_outlier){(int16_t)(value - packed), (uint8_t)o, k + j};
            }
        }
    }
    return sum;
}

/* `packed` holds zeros: channels that the layer has not stay so. */
static void pack_panel(const struct source *s, const struct weft_wino *wino, int index, struct room *room,
                       struct weft_wino_outlier *outliers, uint8_t *packed, int32_t *init)
{
    int first = index * s->nr, outputs = s->outputs - first < s->nr ? s->outputs - first : s->nr;
    struct weft_wino_outlier *next[WEFT_WINO_POINTS_MAX];
    for (int p = 0; p < s->points; p++) {
        next[p] = outliers + wino->outliers_first[index * s->points + p];
    }
    for (int o = 0; o < outputs; o++) {
        transform_output(s, first + o, room);
        for (int p = 0; p < s->points; p++) {
            const int16_t *u = room->points + (size_t)p * (size_t)s->per_channel;
            int32_t sum = pack_row(s, u, o, packed + (size_t)p * wino->panel_bytes, &next[p]);
            init[p * s->nr + o] = -wino->point[p].zero * sum;
        }
    }
}

bool weft_wino_pack(struct weft_ops *ops, const struct weft_node *node, const struct weft_wino_weights *weights,
                    struct weft_wino *wino)
{
    struct source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    init_source(&s, ops, node, wino->form);
    size_t panels = (size_t)wino->panels, points = (size_t)s.points, nr = (size_t)s.nr;
    uint8_t *packed = weft_pool_alloc(ops->pool, panels * points, wino->panel_bytes);
    int32_t *init = weft_pool_alloc(ops->pool, panels * points * nr, sizeof *init);
    struct weft_wino_outlier *outliers = weft_pool_alloc(ops->pool, (size_t)weights->outliers, sizeof *outliers);
    atomic_bool failed = !packed || !init || !outliers;
    wino->packed = packed;
    wino->init = init;
    wino->outliers = outliers;
    wino->outliers_first = weights->first;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1)
    {
        struct room room;
        bool ready = open_room(&room, &s, allocator) && !failed;
        failed = failed || !ready;
#pragma omp for schedule(dynamic)
        for (int i = 0; i < wino->panels; i++) {
            if (ready) {
                pack_panel(&s, wino, i, &room, outliers, packed + (size_t)i * points * wino->panel_bytes,
                           init + (size_t)i * points * nr);
            }
        }
        close_room(&room, allocator);
    }
    return !failed;
}
