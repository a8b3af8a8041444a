/* Bins in canonical order -> panels, of bins or transformed; and what the transform makes of them. */
#include <stdatomic.h>
#include <string.h>

#include "ops/wino.h"

enum { TAPS = 9, LANES = 8 };

struct source {
    const struct weft_node *node;
    enum weft_wino_form form;
    int channels, stride, outputs, nr;
    int points, runs;        /* of all points */
    int16_t integer[256];    /* of a bin */
};

static void init_source(struct source *s, const struct weft_ops *ops, const struct weft_node *node,
                        enum weft_wino_form form)
{
    s->node = node;
    s->form = form;
    s->channels = weft_ops_tensor(ops, node->inputs[0])->c;
    s->stride = (s->channels + 7) / 8 * 8;
    s->outputs = weft_ops_tensor(ops, node->output)->c;
    s->nr = ops->kernels.conv[WEFT_WFMT_C8].nr;
    s->points = weft_wino_points(form);
    s->runs = 0;
    for (int p = 0; p < s->points; p++) {
        s->runs += weft_wino_runs(form, p);
    }
    for (int bin = 0; bin < 256; bin++) {
        bool exists = bin < 1 << node->codebook.format;
        s->integer[bin] = (int16_t)(exists ? weft_codebook_integer(&node->codebook, (uint8_t)bin) : 0);
    }
}

/* Rooms for one output channel: its integers tap by tap, rows transformed, all transformed. */
struct room {
    int16_t *taps, *across; /* TAPS and 12 times stride */
    int16_t *points;        /* [point][run][c]; zeros where channels are padded */
};

static bool open_room(struct room *room, const struct source *s, const weft_allocator *allocator)
{
    size_t stride = (size_t)s->stride, points = (size_t)s->runs * stride;
    room->taps = weft_block_alloc(allocator, (TAPS + 12) * stride + points, sizeof(int16_t));
    if (!room->taps) {
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

/* Which of g0 + g2, g0, g1, g2 the entries of each of three points are, along an axis: F(2x2) for stride 2. */
static const int entries[3][2] = {{0, 0}, {1, 2}, {2, 3}};

/* Three rows, four apart, of such values across to the planes. */
static void transform_22s2(const struct source *s, const int16_t *across, int16_t *planes)
{
    const size_t stride = (size_t)s->stride;
    for (int p = 0; p < s->points; p++) {
        const int down = weft_wino22s2_entries(p / 3);
        for (int run = 0; run < weft_wino_runs(s->form, p); run++, planes += stride) {
            const int row = entries[p / 3][run % down];
            const int16_t *from = across + (size_t)(entries[p % 3][run / down] + (row > 0 ? 4 * (row - 1) : 0)) * stride;
            for (size_t c = 0; c < stride; c++) {
                planes[c] = (int16_t)(from[c] + (row > 0 ? 0 : from[8 * stride + c]));
            }
        }
    }
}

/* The weights of an output channel transformed, in room->points. `bin`: canonical. */
static void transform_output(const struct source *s, const uint8_t *bin, struct room *room)
{
    size_t stride = (size_t)s->stride;
    for (int c = 0; c < s->channels; c++) {
        for (size_t i = 0; i < TAPS; i++) {
            room->taps[i * stride + (size_t)c] = s->integer[*bin++];
        }
    }
    for (size_t y = 0; y < 3; y++) {
        const int16_t *row = room->taps + 3 * y * stride;
        int16_t *across = room->across + 4 * y * stride;
        if (s->form == WEFT_WINO_12) {
            transform(row, stride, room->points + y * stride, 3 * stride, s->stride);
        } else if (s->form == WEFT_WINO_22) {
            transform(row, stride, across, stride, s->stride);
        } else {
            memcpy(across + stride, row, 3 * stride * sizeof *row);
            for (size_t c = 0; c < stride; c++) {
                across[c] = (int16_t)(row[c] + row[2 * stride + c]);
            }
        }
    }
    for (size_t j = 0; j < 4 && s->form == WEFT_WINO_22; j++) {
        transform(room->across + j * stride, 4 * stride, room->points + j * stride, 4 * stride, s->stride);
    }
    if (s->form == WEFT_WINO_22S2) {
        transform_22s2(s, room->across, room->points);
    }
}

/* ---- looking at them ---- */

static void weigh_output(const struct source *s, const int16_t *u, int most[WEFT_WINO_POINTS_MAX], int32_t *outliers)
{
    for (int p = 0, count; p < s->points; p++, u += count) {
        int16_t large[LANES] = {0}, beyond[LANES] = {0}; /* at most 9 * 127; at most 4 * 8192 - 1 */
        count = weft_wino_runs(s->form, p) * s->stride;
        for (int k = 0; k < count; k += LANES) {
            for (int i = 0; i < LANES; i++) {
                int16_t magnitude = (int16_t)(u[k + i] < 0 ? -u[k + i] : u[k + i]);
                large[i] = magnitude > large[i] ? magnitude : large[i];
                beyond[i] = (int16_t)(beyond[i] + (u[k + i] != (int8_t)u[k + i]));
            }
        }
        for (int i = 0; i < LANES; i++) {
            most[p] = large[i] > most[p] ? large[i] : most[p];
            outliers[p] += beyond[i];
        }
    }
}

bool weft_wino_weigh(struct weft_ops *ops, const struct weft_node *node, enum weft_wino_form form,
                     struct weft_wino_weights *weights)
{
    struct source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    init_source(&s, ops, node, form);
    memset(weights, 0, sizeof *weights);
    const int64_t per_output = (int64_t)s.channels * TAPS;
    int panels = (s.outputs + s.nr - 1) / s.nr, lists = panels * s.points;
    int32_t *found = weft_pool_alloc(ops->pool, (size_t)lists + 1, sizeof *found);
    int most[WEFT_WINO_POINTS_MAX] = {0};
    atomic_bool failed = found == NULL;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1) reduction(max : most)
    {
        struct room room;
        uint8_t *bins = weft_block_alloc(allocator, (size_t)s.channels, TAPS);
        bool ready = open_room(&room, &s, allocator) && bins && found;
        failed = failed || !ready;
#pragma omp for schedule(dynamic)
        for (int i = 0; i < panels; i++) {
            for (int o = i * s.nr; ready && o < (i + 1) * s.nr && o < s.outputs; o++) {
                weft_bins_unpack(node->bins, o * per_output, per_output, node->codebook.format, bins);
                transform_output(&s, bins, &room);
                weigh_output(&s, room.points, most, found + i * s.points);
            }
        }
        close_room(&room, allocator);
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
    struct source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    init_source(&s, ops, node, WEFT_WINO_44);
    const int64_t per_output = (int64_t)s.channels * TAPS;
    uint8_t magnitude[256];
    int64_t most = 0;
    for (int bin = 0; bin < 256; bin++) {
        magnitude[bin] = (uint8_t)(s.integer[bin] < 0 ? -s.integer[bin] : s.integer[bin]);
    }
    atomic_bool failed = false;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1) reduction(max : most)
    {
        uint8_t *bins = weft_block_alloc(allocator, (size_t)s.channels, TAPS);
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

/* ---- packing them ---- */

void weft_wino_filter(const struct weft_kernels *kernels, const struct weft_wino *wino, const uint8_t *bins, int blocks,
                      int first, int count, uint8_t *out)
{
    struct weft_wino_filter_args args = {.w = bins, .lut = wino->fmt == WEFT_WFMT_C8 ? NULL : wino->lut, .fmt = wino->fmt,
                                         .blocks = blocks, .point = (ptrdiff_t)wino->plane_bytes};
    const int row_points = weft_wino_shapes[wino->form].row_points;
    int calls = wino->form == WEFT_WINO_12 ? 3 : count / row_points;
    for (int i = 0; i < calls; i++) {
        args.row = first / row_points + i;
        if (wino->form == WEFT_WINO_12) {
            args.out = (int8_t *)out + (ptrdiff_t)i * blocks * wino->nr * 8;
            kernels->wino12_filter(&args);
            continue;
        }
        args.out = (int8_t *)out + (wino->point[args.row * row_points].weights - wino->point[first].weights);
        if (wino->form == WEFT_WINO_44) {
            kernels->wino44_filter(&args);
        } else if (wino->form == WEFT_WINO_22S2) {
            kernels->wino22s2_filter(&args);
        } else if (kernels->wino22_middle && args.row == 1 && i + 1 < calls) {
            kernels->wino22_middle(&args);
            i++;
        } else {
            kernels->wino22_filter(&args);
        }
    }
}

/* Blocks of eight channels, each tap by tap. */
static bool make_geometry(const struct source *s, struct weft_pool *pool, struct weft_pack_geometry *geometry)
{
    int32_t *map = weft_pool_alloc(pool, (size_t)s->stride * TAPS, sizeof *map);
    *geometry = (struct weft_pack_geometry){.runs = s->stride / 8, .run_k8 = TAPS, .per_channel = s->channels * TAPS,
                                            .map = map};
    for (int i = 0; map && i < s->stride * TAPS; i++) {
        int channel = i / (8 * TAPS) * 8 + i % 8, tap = i / 8 % TAPS;
        map[i] = channel < s->channels ? channel * TAPS + tap : -1;
    }
    return map != NULL;
}

/* What all panels share; and what a thread has for itself. */
struct packing {
    const struct source *s;
    struct weft_pack_geometry geometry;
    size_t bins_bytes; /* of a panel, packed */
    struct weft_wino_outlier *outliers;
    uint8_t *packed;
    int32_t *init;
};

struct packer {
    struct room room;
    uint8_t *bins, *block; /* canonical; packed, where they are transformed then */
};

/* Three sums, `step` apart, to four, as transform does it. */
static void transform_sum(const int32_t *g, size_t step, int32_t *u, size_t u_step)
{
    u[0] = g[0];
    u[u_step] = g[0] + g[2 * step] + g[step];
    u[2 * u_step] = g[0] + g[2 * step] - g[step];
    u[3 * u_step] = g[2 * step];
}

/* The weights of an output channel that do not fit a byte, and what is missing of them in its sums. */
static void list_outliers(const struct source *s, const struct weft_wino *wino, int o, const int16_t *u, int32_t *init,
                          struct weft_wino_outlier *next[WEFT_WINO_POINTS_MAX])
{
    for (int p = 0, count; p < s->points; p++, u += count) {
        count = weft_wino_runs(s->form, p) * s->stride;
        for (int k = 0; k < count; k += LANES) {
            int beyond = 0;
            for (int i = 0; i < LANES; i++) {
                beyond |= u[k + i] != (int8_t)u[k + i];
            }
            for (int i = 0; beyond && i < LANES; i++) {
                int rest = u[k + i] - (int8_t)u[k + i];
                init[p * s->nr + o] += weft_wino_zero(wino, p, k / s->stride) * rest;
                if (rest) {
                    *next[p]++ = (struct weft_wino_outlier){(int16_t)rest, (uint8_t)o, k + i};
                }
            }
        }
    }
}

/* Sums of an output channel's taps to what the points' zeros add up to: transforms are linear. */
static void sum_points(const struct weft_wino *wino, const int32_t tap[TAPS], int32_t sum[WEFT_WINO_POINTS_MAX])
{
    int32_t across[3][4], point[WEFT_WINO_POINTS_MAX] = {0};
    for (int y = 0; y < 3; y++) {
        transform_sum(tap + 3 * y, 1, across[y], 1);
    }
    for (int j = 0; j < 4; j++) {
        if (wino->form == WEFT_WINO_22) {
            transform_sum(&across[0][j], 4, point + j, 4);
        } else {
            point[j] = across[0][j] + across[1][j] + across[2][j];
        }
    }
    for (int p = 0; p < wino->points; p++) {
        sum[p] = wino->point[p].zero * point[p];
    }
}

/* The same of F(2x2) for stride 2. */
static void sum_points_22s2(const struct weft_wino *wino, const int32_t tap[TAPS], int32_t sum[WEFT_WINO_POINTS_MAX])
{
    int32_t down[4][3], across[4][4]; /* of g0 + g2, g0, g1, g2 */
    for (int j = 0; j < 3; j++) {
        const int32_t g[4] = {tap[j] + tap[6 + j], tap[j], tap[3 + j], tap[6 + j]};
        for (int i = 0; i < 4; i++) {
            down[i][j] = g[i];
        }
    }
    for (int i = 0; i < 4; i++) {
        const int32_t g[4] = {down[i][0] + down[i][2], down[i][0], down[i][1], down[i][2]};
        memcpy(across[i], g, sizeof g);
    }
    for (int p = 0; p < wino->points; p++) {
        const int rows = weft_wino22s2_entries(p / 3);
        sum[p] = 0;
        for (int run = 0; run < wino->point[p].runs; run++) {
            sum[p] += weft_wino_zero(wino, p, run) * across[entries[p / 3][run % rows]][entries[p % 3][run / rows]];
        }
    }
}

/* What the points' zeros add to the sums of an output channel, in its initial values. `bin`: canonical. */
static void sum_output(const struct source *s, const struct weft_wino *wino, int o, const uint8_t *bin, int32_t *init)
{
    int32_t tap[TAPS] = {0}, sum[WEFT_WINO_POINTS_MAX];
    for (int c = 0; c < s->channels; c++, bin += TAPS) {
        for (int i = 0; i < TAPS; i++) {
            tap[i] += s->integer[bin[i]];
        }
    }
    if (wino->form == WEFT_WINO_22S2) {
        sum_points_22s2(wino, tap, sum);
    } else {
        sum_points(wino, tap, sum);
    }
    for (int p = 0; p < s->points; p++) {
        init[p * s->nr + o] = -sum[p];
    }
}

static void pack_panel(const struct weft_ops *ops, const struct packing *packing, const struct weft_wino *wino, int index,
                       struct packer *packer)
{
    const struct source *s = packing->s;
    const struct weft_codebook *codebook = &s->node->codebook;
    int first = index * s->nr, outputs = s->outputs - first < s->nr ? s->outputs - first : s->nr;
    int64_t per_output = (int64_t)s->channels * TAPS, count = outputs * per_output;
    int32_t *init = packing->init + (size_t)index * (size_t)(s->points * s->nr);
    uint8_t *out = packing->packed + (size_t)index * wino->panel_bytes;
    struct weft_wino_outlier *next[WEFT_WINO_POINTS_MAX];
    bool bytes = wino->value_bytes == 1, all_fit = true; /* words have room for all, and their points no zero */
    for (int p = 0; bytes && p < s->points; p++) {
        next[p] = packing->outliers + wino->outliers_first[index * s->points + p];
        all_fit = wino->outliers_first[index * s->points] == wino->outliers_first[(index + 1) * s->points];
    }
    weft_bins_unpack(s->node->bins, first * per_output, count, codebook->format, packer->bins);
    for (int o = 0; bytes && o < outputs; o++) {
        sum_output(s, wino, o, packer->bins + o * per_output, init);
        if (!all_fit) {
            transform_output(s, packer->bins + o * per_output, &packer->room);
            list_outliers(s, wino, o, packer->room.points, init, next);
        }
    }
    bool same = codebook->format == WEFT_C4 || codebook->format == WEFT_C8; /* as the kernels have them */
    for (int64_t i = 0; !same && i < count; i++) {
        packer->bins[i] = weft_codebook_kernel_bin(codebook, packer->bins[i]);
    }
    uint8_t *block = wino->kept ? packer->block : out;
    weft_pack_panel(wino->fmt, s->nr, &packing->geometry, packer->bins, outputs, 0, 0, block);
    if (wino->kept) {
        weft_wino_filter(&ops->kernels, wino, block, wino->run_k8, 0, wino->points, out);
    }
}

static bool open_packer(struct packer *packer, const struct packing *packing, const struct weft_wino *wino,
                        const struct weft_allocator *allocator)
{
    const struct source *s = packing->s;
    bool ready = open_room(&packer->room, s, allocator);
    packer->bins = weft_block_alloc(allocator, (size_t)s->nr, (size_t)s->channels * TAPS);
    packer->block = wino->kept ? weft_block_alloc(allocator, packing->bins_bytes, 1) : NULL;
    return ready && packer->bins && (packer->block || !wino->kept);
}

static void close_packer(struct packer *packer, const struct weft_allocator *allocator)
{
    weft_block_free(allocator, packer->block);
    weft_block_free(allocator, packer->bins);
    close_room(&packer->room, allocator);
}

bool weft_wino_pack(struct weft_ops *ops, const struct weft_node *node, const struct weft_wino_weights *weights,
                    struct weft_wino *wino)
{
    struct source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    init_source(&s, ops, node, wino->form);
    struct packing packing = {.s = &s};
    size_t panels = (size_t)wino->panels;
    bool mapped = make_geometry(&s, ops->pool, &packing.geometry);
    packing.bins_bytes = weft_pack_panel_bytes(wino->fmt, s.nr, &packing.geometry);
    wino->slice_bytes = packing.bins_bytes / (size_t)wino->run_k8 * (size_t)wino->slice_k8;
    wino->panel_bytes = wino->kept ? wino->weights_bytes : packing.bins_bytes;
    wino->packed = packing.packed = weft_pool_alloc(ops->pool, panels, wino->panel_bytes);
    size_t inits = wino->value_bytes == 1 ? panels * (size_t)(s.points * s.nr) : 0;
    wino->init = packing.init = weft_pool_alloc(ops->pool, inits, sizeof *packing.init);
    wino->outliers = packing.outliers = weft_pool_alloc(ops->pool, (size_t)weights->outliers, sizeof *packing.outliers);
    wino->outliers_first = weights->first;
    atomic_bool failed = !mapped || !packing.packed || !packing.init || !packing.outliers;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1)
    {
        struct packer packer;
        bool ready = open_packer(&packer, &packing, wino, allocator) && !failed;
        failed = failed || !ready;
#pragma omp for schedule(dynamic)
        for (int i = 0; i < wino->panels; i++) {
            if (ready) {
                pack_panel(ops, &packing, wino, i, &packer);
            }
        }
        close_packer(&packer, allocator);
    }
    return !failed;
}
