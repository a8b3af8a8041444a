/* Bins in canonical order -> panels, of bins or transformed. */
#include <stdatomic.h>
#include <string.h>

#include "ops/wino_lanes.h"
#include "ops/wino_source.h"

void weft_wino_filter(const struct weft_kernels *kernels, const struct weft_wino *wino, const uint8_t *bins, int blocks,
                      int first, int count, uint8_t *out)
{
    struct weft_wino_filter_args args = {.w = bins, .lut = wino->fmt == WEFT_WFMT_C8 ? NULL : wino->lut,
                                         .fmt = wino->fmt, .blocks = blocks, .point = (ptrdiff_t)wino->point_bytes};
    const int row_points = weft_wino_shapes[wino->form].row_points;
    if (wino->border) {
        args.out = (int8_t *)out;
        if (first == row_points) {
            kernels->wino22_center(&args);
        }
        return;
    }
    int calls = wino->form == WEFT_WINO_12 ? 3 : count / row_points;
    for (int i = 0; i < calls; i++) {
        args.row = first / row_points + i;
        args.out = (int8_t *)out + (ptrdiff_t)i * row_points * args.point;
        if (wino->form == WEFT_WINO_44) {
            kernels->wino44_filter(&args);
        } else if (wino->form == WEFT_WINO_22 && kernels->wino22_middle && args.row == 1 && i + 1 < calls) {
            kernels->wino22_middle(&args);
            i++;
        } else if (wino->form == WEFT_WINO_22) {
            kernels->wino22_filter(&args);
        } else {
            args.out = (int8_t *)out + (ptrdiff_t)i * blocks * wino->nr * 8;
            kernels->wino12_filter(&args);
        }
    }
}

/* Blocks of eight channels, each tap by tap. */
static bool make_geometry(const struct weft_wino_source *s, struct weft_pool *pool, struct weft_pack_geometry *geometry)
{
    int32_t *map = weft_pool_alloc(pool, (size_t)s->stride * WEFT_WINO_TAPS, sizeof *map);
    *geometry = (struct weft_pack_geometry){.runs = s->stride / 8, .run_k8 = WEFT_WINO_TAPS,
                                            .per_channel = s->channels * WEFT_WINO_TAPS, .map = map};
    for (int i = 0; map && i < s->stride * WEFT_WINO_TAPS; i++) {
        int channel = i / (8 * WEFT_WINO_TAPS) * 8 + i % 8, tap = i / 8 % WEFT_WINO_TAPS;
        map[i] = channel < s->channels ? channel * WEFT_WINO_TAPS + tap : -1;
    }
    return map != NULL;
}

/* What all panels share; and what a thread has for itself. */
struct packing {
    const struct weft_wino_source *s;
    struct weft_pack_geometry geometry;
    size_t bins_bytes; /* of a panel, packed */
    struct weft_wino_limits limits[WEFT_WINO_POINTS_MAX]; /* of lanes */
    struct weft_wino_outlier *outliers;
    uint8_t *packed;
    int32_t *init;
};

struct packer {
    struct weft_wino_room room;
    uint8_t *bins, *block; /* canonical; packed, where they are transformed then */
    int8_t *fit;           /* the bytes that stand for an output channel's transformed weights of a point */
};

/* The weights of a point of an output channel that the product does not take as they are. */
static void list_outliers(const struct weft_wino_source *s, const struct weft_wino *wino, int o, int p,
                          const int16_t *u, const int8_t *fit, struct weft_wino_outlier **next)
{
    for (int k = 0; k < weft_wino_runs(s->form, p) * s->stride; k += WEFT_WINO_LANES) {
        int beyond = 0;
        for (int i = 0; i < WEFT_WINO_LANES; i++) {
            beyond |= u[k + i] != fit[k + i];
        }
        for (int i = 0; beyond && i < WEFT_WINO_LANES; i++) {
            int rest = u[k + i] - fit[k + i];
            if (rest) {
                int32_t value = (int32_t)(k / s->stride * wino->run + k % s->stride + i);
                *(*next)++ = (struct weft_wino_outlier){(int16_t)rest, (uint8_t)o, value};
            }
        }
    }
}

/* Their lowest bytes. */
static void take_bytes(const int16_t *restrict u, int count, int8_t *restrict fit)
{
    for (int k = 0; k < count; k++) {
        fit[k] = (int8_t)u[k];
    }
}

/* An output channel's transformed weights: those that do not fit are listed, and in lanes all go into the panel. */
static void fit_output(const struct packing *packing, const struct weft_wino *wino, int index, int o,
                       const struct packer *packer, struct weft_wino_outlier *next[WEFT_WINO_POINTS_MAX])
{
    const struct weft_wino_source *s = packing->s;
    const int32_t *first = wino->outliers_first + index * s->points;
    uint8_t *panel = packing->packed + (size_t)index * wino->panel_bytes;
    int32_t *init = packing->init + (size_t)index * (size_t)(s->points * s->nr);
    const int16_t *u = packer->room.points;
    for (int p = 0, count; p < s->points; p++, u += count) {
        const int group = wino->point[p].lanes;
        const bool all_fit = first[p] == first[p + 1]; /* most points: there is no need to look again */
        count = weft_wino_runs(s->form, p) * s->stride;
        if (wino->lanes && !all_fit) {
            weft_wino_lanes_fit(&packing->limits[p], group, u, wino->run_k8, packer->fit);
        } else {
            take_bytes(u, count, packer->fit);
        }
        if (group > 0) {
            int16_t *starts = (int16_t *)(void *)(panel + wino->point[p].starts);
            init[p * s->nr + o] -=
                weft_wino_lanes_start(&packing->limits[p], group, packer->fit, wino->run_k8, s->nr, o, starts);
        }
        if (wino->lanes && wino->kept) {
            weft_wino_lanes_put(packer->fit, wino->run_k8, s->nr, o, panel + (size_t)p * wino->point_bytes);
        }
        if (!all_fit) {
            list_outliers(s, wino, o, p, u, packer->fit, &next[p]);
        }
    }
}

/* What the points' zeros add to the sums of an output channel, those of padded channels too, in its initial values.
 * `bin`: canonical. */
static void sum_output(const struct weft_wino_source *s, const struct weft_wino *wino, int o, const uint8_t *bin,
                       int32_t *init)
{
    int32_t tap[WEFT_WINO_TAPS], sum[WEFT_WINO_POINTS_MAX];
    for (int i = 0; i < WEFT_WINO_TAPS; i++) {
        tap[i] = (s->stride - s->channels) * s->integer[0];
    }
    for (int c = 0; c < s->channels; c++, bin += WEFT_WINO_TAPS) {
        for (int i = 0; i < WEFT_WINO_TAPS; i++) {
            tap[i] += s->integer[bin[i]];
        }
    }
    weft_wino_zero_sums(wino, tap, sum);
    for (int p = 0; p < s->points; p++) {
        init[p * s->nr + o] = -sum[p];
    }
}

static void pack_panel(const struct weft_ops *ops, const struct packing *packing, const struct weft_wino *wino,
                       int index, struct packer *packer)
{
    const struct weft_wino_source *s = packing->s;
    const struct weft_codebook *codebook = &s->node->codebook;
    int first = index * s->nr, outputs = s->outputs - first < s->nr ? s->outputs - first : s->nr;
    int64_t per_output = (int64_t)s->channels * WEFT_WINO_TAPS, count = outputs * per_output;
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
        if (!all_fit || wino->lanes) {
            weft_wino_transform(s, packer->bins + o * per_output, &packer->room);
            fit_output(packing, wino, index, o, packer, next);
        }
    }
    if (wino->lanes && wino->kept) {
        return;
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
    const struct weft_wino_source *s = packing->s;
    bool ready = weft_wino_room_open(&packer->room, s, allocator);
    packer->bins = weft_block_alloc(allocator, (size_t)s->nr, (size_t)s->channels * WEFT_WINO_TAPS);
    packer->fit = weft_block_alloc(allocator, (size_t)(4 * s->stride), 1); /* most runs that a point has */
    packer->block = wino->kept ? weft_block_alloc(allocator, packing->bins_bytes, 1) : NULL;
    return ready && packer->bins && packer->fit && (packer->block || !wino->kept);
}

static void close_packer(struct packer *packer, const struct weft_allocator *allocator)
{
    weft_block_free(allocator, packer->block);
    weft_block_free(allocator, packer->fit);
    weft_block_free(allocator, packer->bins);
    weft_wino_room_close(&packer->room, allocator);
}

bool weft_wino_pack(struct weft_ops *ops, const struct weft_node *node, const struct weft_wino_weights *weights,
                    struct weft_wino *wino)
{
    struct weft_wino_source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    weft_wino_source_init(&s, ops, node, wino->form);
    struct packing packing = {.s = &s};
    for (int p = 0; wino->lanes && p < wino->points; p++) {
        packing.limits[p] = weft_wino_limits(wino->form, &weft_ops_tensor(ops, node->inputs[0])->edge, p);
    }
    size_t panels = (size_t)wino->panels;
    bool mapped = make_geometry(&s, ops->pool, &packing.geometry);
    packing.bins_bytes = weft_pack_panel_bytes(wino->fmt, s.nr, &packing.geometry);
    wino->slice_bytes = packing.bins_bytes / (size_t)wino->run_k8 * (size_t)wino->slice_k8;
    wino->panel_bytes = wino->kept ? (size_t)wino->points * wino->point_bytes : packing.bins_bytes;
    if (wino->lanes) {
        wino->panel_bytes = weft_wino_lanes_place(wino, wino->panel_bytes);
    }
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
