/* Bins in canonical order -> panels of the kernel, and the initial values that undo the zero byte. */
#include <stdatomic.h>
#include <string.h>

#include "ops/conv.h"

/* Where each packed position comes from: canonical order within an output channel is [channel][ky][kx]. */
static bool make_map(struct weft_ops *ops, const struct weft_node *node, struct weft_conv *conv)
{
    const struct weft_window *w = &node->window;
    struct weft_pack_geometry *g = &conv->geometry;
    int all = g->runs * g->run_k8 * 8, row = conv->grouped ? conv->taps / w->kernel_h * 4 : g->run_k8 * 8;
    int rows = conv->grouped ? w->kernel_h : g->runs, whole_rows = rows / conv->parts;
    int taps_of_row = whole_rows == w->kernel_h ? w->kernel_w : 1;
    int32_t *map = weft_pool_alloc(ops->pool, (size_t)all, sizeof *map);
    if (!map) {
        return false;
    }
    for (int i = 0; i < all; i++) {
        int r = i / row, whole = r / conv->parts, at = r % conv->parts * row + i % row;
        int ky = taps_of_row == w->kernel_w ? whole : whole / w->kernel_w;
        int kx0 = taps_of_row == w->kernel_w ? 0 : whole % w->kernel_w;
        int tap = at / conv->strip.stride, c = at % conv->strip.stride;
        bool real = r < rows && tap < taps_of_row && c < conv->strip.channels;
        map[i] = conv->apart ? i : real ? (c * w->kernel_h + ky) * w->kernel_w + kx0 + tap : -1;
    }
    g->map = map;
    conv->per_channel = (conv->apart ? conv->size : conv->strip.channels) * w->kernel_h * w->kernel_w;
    g->per_channel = conv->apart ? all : conv->per_channel; /* as weft_pack_grouped leaves them */
    return true;
}

/* init = -zero * (sum of Q over everything that is packed, padding included). */
static void make_init(const struct weft_node *node, const struct weft_conv *conv, const uint8_t *canonical, int outputs,
                      int nr, int32_t *init)
{
    int64_t packed = conv->apart ? conv->per_channel : (int64_t)conv->geometry.runs * conv->geometry.run_k8 * 8;
    int pad_q = node->codebook.format == WEFT_C8 ? 0 : node->codebook.q[0];
    for (int o = 0; conv->in.zero != 0 && o < outputs; o++) {
        int64_t sum = (packed - conv->per_channel) * pad_q;
        for (int k = 0; k < conv->per_channel; k++) {
            sum += weft_codebook_integer(&node->codebook, canonical[(int64_t)o * conv->per_channel + k]);
        }
        init[o] = (int32_t)(-conv->in.zero * sum);
    }
    for (int o = conv->in.zero != 0 ? outputs : 0; o < nr; o++) {
        init[o] = 0;
    }
}

/* Bins of some outputs of a group, canonical; between merged groups those of zero. */
static void unpack(const struct weft_node *node, const struct weft_conv *conv, int64_t first, int outputs,
                   uint8_t *bins)
{
    int per_channel = conv->per_channel, real = per_channel / conv->merged, of_each = conv->outputs / conv->merged;
    memset(bins, 0, (size_t)outputs * (size_t)per_channel);
    for (int64_t o = first; o < first + outputs; o++, bins += per_channel) {
        int64_t group = o / of_each % conv->merged;
        weft_bins_unpack(node->bins, o * real, real, node->codebook.format, bins + group * real);
    }
}

/* A thread's. */
struct room {
    uint8_t *bins;    /* nr * per_channel */
    uint8_t *grouped; /* the same for the lanes of the kernel for groups */
    int8_t *weights;  /* a panel looked up, where lanes are looked at, */
    int32_t *sums;    /* and what that takes */
};

static void close_room(struct room *room, const weft_allocator *allocator)
{
    weft_block_free(allocator, room->bins);
    weft_block_free(allocator, room->grouped);
    weft_block_free(allocator, room->weights);
    weft_block_free(allocator, room->sums);
}

static bool open_room(struct room *room, const struct weft_conv *conv, bool lanes, const weft_allocator *allocator)
{
    const struct weft_pack_geometry *g = &conv->geometry;
    size_t nr = (size_t)conv->kernel->nr;
    *room = (struct room){.bins = weft_block_alloc(allocator, nr, (size_t)conv->per_channel)};
    if (conv->apart) {
        room->grouped = weft_block_alloc(allocator, nr, (size_t)g->per_channel);
    }
    if (lanes) {
        room->weights = weft_block_alloc(allocator, weft_pack_panel_bytes(WEFT_WFMT_C8, conv->kernel->nr, g), 1);
        room->sums = weft_block_alloc(allocator, weft_lanes_scratch(g, conv->kernel->nr), 1);
    }
    if (!room->bins || (conv->apart && !room->grouped) || (lanes && (!room->weights || !room->sums))) {
        close_room(room, allocator);
        return false;
    }
    return true;
}

/* A packed panel's lanes. */
static void look_at_lanes(const struct weft_ops *ops, enum weft_wfmt fmt, const struct weft_conv *conv, int outputs,
                          const uint8_t *packed, const struct room *room, struct weft_lanes *lanes)
{
    const struct weft_pack_geometry *g = &conv->geometry;
    const int8_t *weights = (const int8_t *)packed;
    if (fmt != WEFT_WFMT_C8) {
        weft_expand_fn *expand = fmt == WEFT_WFMT_C4 ? ops->kernels.expand_c4 : ops->kernels.expand_c5;
        expand(&(struct weft_expand_args){packed, conv->lut, (size_t)g->runs * (size_t)g->run_k8, room->weights});
        weights = room->weights;
    }
    weft_lanes_try(lanes, g, conv->kernel->nr, outputs, weights, room->sums);
}

/* One panel: unpacked, its sums taken, packed. `lanes`, unless NULL, sees its weights. */
static void pack_one(const struct weft_ops *ops, const struct weft_node *node, const struct weft_conv *conv, int group,
                     int panel, const struct room *room, struct weft_lanes *lanes, uint8_t *packed, int32_t *init)
{
    int nr = conv->kernel->nr, per_channel = conv->per_channel;
    int first = panel * nr, outputs = conv->outputs - first < nr ? conv->outputs - first : nr;
    int64_t count = (int64_t)outputs * per_channel;
    uint8_t *bins = room->bins;
    enum weft_wfmt fmt = weft_codebook_wfmt(&node->codebook);
    unpack(node, conv, (int64_t)group * conv->outputs + first, outputs, bins);
    make_init(node, conv, bins, outputs, nr, init);
    bool same = node->codebook.format == WEFT_C4 || node->codebook.format == WEFT_C8; /* as the kernels have them */
    for (int64_t i = 0; !same && i < count; i++) {
        bins[i] = weft_codebook_kernel_bin(&node->codebook, bins[i]);
    }
    if (conv->apart) {
        weft_pack_grouped(conv->size, conv->taps, bins, outputs, room->grouped);
        bins = room->grouped;
    }
    weft_pack_panel(fmt, nr, &conv->geometry, bins, conv->apart ? nr : outputs, 0, 0, packed);
    if (lanes) {
        look_at_lanes(ops, fmt, conv, outputs, packed, room, lanes);
    }
}

weft_status weft_conv_pack(struct weft_ops *ops, const struct weft_node *node, struct weft_lanes *lanes,
                           struct weft_conv *conv)
{
    int nr = conv->kernel->nr, panels = conv->groups * conv->panels;
    if (!make_map(ops, node, conv)) {
        return WEFT_E_MEMORY;
    }
    conv->panel_bytes = weft_pack_panel_bytes(weft_codebook_wfmt(&node->codebook), nr, &conv->geometry);
    uint8_t *packed = weft_pool_alloc(ops->pool, (size_t)panels, conv->panel_bytes);
    int32_t *init = weft_pool_alloc(ops->pool, (size_t)panels * (size_t)nr, sizeof *init);
    if (!packed || !init) {
        return WEFT_E_MEMORY;
    }
    const weft_allocator *allocator = &ops->pool->allocator;
    atomic_bool failed = false;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1)
    {
        struct room room;
        bool open = open_room(&room, conv, lanes != NULL, allocator);
        if (!open) {
            failed = true;
        }
#pragma omp for schedule(dynamic)
        for (int i = 0; i < panels; i++) {
            if (open) {
                pack_one(ops, node, conv, i / conv->panels, i % conv->panels, &room, lanes,
                         packed + (size_t)i * conv->panel_bytes, init + (size_t)i * (size_t)nr);
            }
        }
        if (open) {
            close_room(&room, allocator);
        }
    }
    conv->packed = packed;
    conv->init = init;
    return failed ? WEFT_E_MEMORY : WEFT_OK;
}
