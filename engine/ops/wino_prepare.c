/* Choices of a convolution by Winograd's filtering: kernels of the points, how the work is cut. */
#include <string.h>

#include "core/cache.h"
#include "core/error.h"
#include "ops/split.h"
#include "ops/wino_lanes.h"

/* The input of a band and its values should stay in the second-level cache beside the weights; the sums of a part in
 * the first. */
enum { STRIP_BYTES = 128 << 10, VALUES_BYTES = 256 << 10, PART_TILES = 12 };

/* Weights of up to KEPT_BYTES stay transformed: they come from the caches as fast as they are used. The rest would come
 * from behind the second-level cache and takes three and a half times as much memory as its bins do: it is transformed
 * for a block of as many tiles as there is room for; for few of them, four points of SLICE_K8 times 8 channels at a
 * time, which stay in the first-level cache if it has SLICES_CACHE bytes. Measured on Sapphire Rapids (48 KiB): storing
 * a line to the second costs more than making it, but with many tiles it is rare; on Zen 4 (32 KiB): values and sums
 * leave no room for the weights, and slices lose 5 %; there, for few tiles, only points in the middle are
 * transformed. */
enum { KEPT_BYTES = 1 << 20, BLOCK_BYTES = 1 << 20, FEW_TILES = 32, SLICE_K8 = 16, SLICES_CACHE = 48 << 10 };

/* F(4x4,3x3): a weight takes eight bytes. Up to KEPT_WORDS_BYTES stay transformed: coming from the third-level cache,
 * they take less time than making them; three times as much would be kept for 2 % of resnet50's time and 22 MiB. A
 * point's weights are multiplied with a group of tiles while they are in the first-level cache. */
enum { KEPT_WORDS_BYTES = 2 << 20, BLOCK_WORDS_BYTES = 320 << 10, GROUP_WORDS_TILES = 24 };

/* In lanes a point's weights are multiplied with a group of tiles too. A block's values may take nearly half of a
 * second-level cache: weights come from behind it, once for each block (14x14 images of 512 channels: 6 % quicker than
 * with VALUES_BYTES). With few tiles more than KEPT_LANES_BYTES of weights are made of bins: that takes 1.1 times as
 * long (7x7 images of 512 channels), but resnet18 would need 8 MiB more with all of its weights kept. */
enum { VALUES_LANES_BYTES = 448 << 10, GROUP_LANES_TILES = 64, KEPT_LANES_BYTES = 2 << 20 };

static size_t round64(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

const struct weft_wino_shape weft_wino_shapes[WEFT_WINO_FORMS] = {
    [WEFT_WINO_NONE] = {.name = WEFT_WINOGRAD_OFF},
    [WEFT_WINO_12] = {WEFT_WINOGRAD_1D, "winograd 2", .stride = 1, .rows = 1, .row_points = 4, 1, 2, .value_bytes = 1},
    [WEFT_WINO_22] = {WEFT_WINOGRAD_2D, "winograd 2x2", .stride = 1, .rows = 4, .row_points = 4, 2, 2,
                      .value_bytes = 1},
    [WEFT_WINO_44] = {WEFT_WINOGRAD_4X4, "winograd 4x4", .stride = 1, .rows = 6, .row_points = 6, 4, 4,
                      .value_bytes = 2},
    [WEFT_WINO_22S2] = {WEFT_WINOGRAD_2D, "winograd 2x2", .stride = 2, .rows = 3, .row_points = 3, 2, 2,
                        .value_bytes = 1},
};

int weft_wino_zero(const struct weft_wino *wino, int p, int run)
{
    const int down = weft_wino22s2_entries(p / 3), k = run % down, l = run / down;
    /* Of the second point the second entry is a value alone, of the third the first. */
    const bool plain = wino->form == WEFT_WINO_22S2 && (p < 3 || k == (p < 6)) && (p % 3 == 0 || l == (p % 3 == 1));
    return plain ? wino->in.zero : wino->point[p].zero;
}

struct weft_wino_point weft_wino_point(const struct weft_ops *ops, enum weft_wino_form form,
                                       const struct weft_edge *edge, const struct weft_wino_weights *weights, int p)
{
    const struct weft_conv_kernel *narrow = &ops->kernels.conv_narrow[WEFT_WFMT_C8];
    struct weft_wino_point point = {.runs = weft_wino_runs(form, p)};
    int low, high, largest = weights->most[p] < 128 ? weights->most[p] : 128;
    weft_wino_values(form, edge, p, &low, &high);
    point.zero = !ops->kernels.act_signed ? -low : low >= -128 && high <= 127 ? 0 : -128;
    low += point.zero;
    high += point.zero;
    if (weights->lanes[p] > 0) {
        point.lanes = weights->lanes[p];
        point.group = 2 * point.lanes;
        point.kernel = narrow;
        return point;
    }
    int product = largest * (high > -low ? high : -low);
    point.group = product > 0 ? 32767 / (2 * product) : 32767;
    point.kernel = narrow->tile && point.group >= 2 ? narrow : &ops->kernels.conv[WEFT_WFMT_C8];
    return point;
}

static void choose_strip(const struct weft_node *node, const struct weft_tensor *in, struct weft_wino *wino)
{
    wino->strip = (struct weft_strip){.channels = in->c, .stride = (in->c + 7) / 8 * 8, .step_h = 1, .step_w = 1,
                                      .pad_left = node->window.pad_left};
    const int step = weft_wino_shapes[wino->form].stride;
    wino->strip.width = wino->tile_w * wino->tiles_w * step + 3 - step;
    /* Several tiles are read at once: whole KiB apart (512 channels), they would push each other out of the first-level
     * cache. */
    wino->value_tile = wino->strip.stride * wino->value_bytes;
    wino->value_tile += wino->value_bytes == 2 && wino->value_tile % 1024 == 0 ? 32 : 0;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Pairs of input and output channels, as packed. */
static int64_t pairs(const struct weft_ops *ops, const struct weft_tensor *in, const struct weft_tensor *out)
{
    int64_t nr = ops->kernels.conv[WEFT_WFMT_C8].nr, outputs = (out->c + nr - 1) / nr * nr;
    int64_t stride = (in->c + 7) / 8 * 8;
    return outputs * stride;
}

bool weft_wino_words_kept(const struct weft_ops *ops, const struct weft_tensor *in, const struct weft_tensor *out)
{
    return pairs(ops, in, out) * weft_wino_points(WEFT_WINO_44) * (int64_t)sizeof(int16_t) <= KEPT_WORDS_BYTES;
}

bool weft_wino_lanes_kept(const struct weft_ops *ops, const struct weft_tensor *in, const struct weft_tensor *out)
{
    const int64_t tiles = (int64_t)((out->h + 1) / 2) * ((out->w + 1) / 2);
    return tiles >= FEW_TILES || pairs(ops, in, out) * weft_wino_points(WEFT_WINO_22) <= KEPT_LANES_BYTES;
}

/* Of transformed weights of bytes. */
static size_t weights_bytes(const struct weft_wino *wino)
{
    const size_t runs = (size_t)(wino->points * weft_wino_runs(wino->form, 0));
    return (size_t)(wino->panels * wino->nr) * runs * (size_t)wino->strip.stride;
}

/* Whether there are tiles that stick out of the image. */
static bool sticks_out(const struct weft_wino *wino, const struct weft_tensor *out)
{
    return out->h % wino->tile_h > 0 || out->w % wino->tile_w > 0;
}

/* How weights are kept. */
static void choose_weights(const struct weft_ops *ops, const struct weft_node *node, struct weft_wino *wino)
{
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    wino->fmt = weft_codebook_wfmt(&node->codebook);
    weft_codebook_lut(&node->codebook, wino->lut);
    if (wino->value_bytes == 2) {
        wino->kept = weft_wino_words_kept(ops, in, out);
        wino->turn_points = weft_wino_shapes[wino->form].row_points;
        return;
    }
    wino->bins = wino->form == WEFT_WINO_22S2;
    wino->lanes = wino->form == WEFT_WINO_22 && ops->kernels.wino_lanes;
    wino->kept = wino->lanes ? weft_wino_lanes_kept(ops, in, out)
                             : !wino->bins && (!ops->kernels.wino_sum || weights_bytes(wino) <= (size_t)KEPT_BYTES);
    bool whole = (wino->kept && !wino->lanes) || (wino->bins && !sticks_out(wino, out));
    wino->turn_points = whole ? wino->points : weft_wino_shapes[wino->form].row_points;
}

/* Rows of tiles of a band, parts of the panels. */
static void choose_bands(const struct weft_ops *ops, const struct weft_tensor *out, struct weft_wino *wino)
{
    const bool square = wino->form != WEFT_WINO_12;
    const int step = weft_wino_shapes[wino->form].stride, runs = square ? wino->planes : wino->planes * 3;
    size_t tile = (size_t)wino->planes * (size_t)wino->strip.stride;
    size_t row = square ? (size_t)(wino->strip.width * wino->tile_h * step) * (size_t)wino->strip.stride
                        : (size_t)wino->tiles_w * tile;
    int rows = (int)((size_t)(square ? STRIP_BYTES : VALUES_BYTES) / row);
    /* In cycles: 16 bytes are transformed in one, 8 sums, and 4 leave through the epilogue; 128 products of bytes, 32
     * of words. */
    const double product = (double)wino->strip.stride * wino->nr / (wino->value_bytes == 2 ? 32 : 128);
    const double products = runs * product, sums = (double)wino->points * wino->nr / 8;
    struct weft_work work = {.rows = wino->tiles_h, .groups = 1, .panels = wino->panels,
                             .rows_most = rows < 1 ? 1 : rows, .stride = 1, .window = square ? 1 : 3,
                             .fill = (double)wino->tiles_w * (double)tile / 16, .panel = 64,
                             .remote = (double)wino->tile_h * step * wino->strip.width * wino->strip.stride / 2,
                             .row = wino->tiles_w * (products + sums) + wino->tile_h * out->w * wino->nr / 4.0};
    work.panel += wino->kept || wino->bins ? 0 : products * 8;
    struct weft_split split = weft_split(&work, ops->threads);
    wino->bands = split.bands;
    wino->band_rows = split.band_rows;
    wino->chunks = split.chunks;
}

/* From point to point of transformed weights: not whole pages. */
static size_t point_bytes(const struct weft_wino *wino)
{
    const int runs = weft_wino_runs(wino->form, 0);
    return round64((size_t)wino->slice_k8 * (size_t)(wino->nr * 8 * runs * wino->value_bytes)) | 64;
}

/* The same as choose_block, below, for words: parts are the kernel's business. */
static void choose_block_words(struct weft_wino *wino)
{
    size_t tile = (size_t)(wino->points * wino->value_bytes) * (size_t)wino->strip.stride;
    int tiles = wino->band_rows * wino->tiles_w,
        room = (int)((size_t)(wino->kept ? BLOCK_WORDS_BYTES : BLOCK_BYTES) / tile);
    wino->block = least(tiles, room < 1 ? 1 : room);
    wino->group = wino->part = wino->kept ? least(GROUP_WORDS_TILES, wino->block) : wino->block;
    wino->slice_k8 = wino->run_k8;
    wino->slices = 1;
    wino->point_bytes = point_bytes(wino);
}

/* The same for lanes: values stay in the second-level cache while all panels meet them. */
static void choose_block_lanes(const struct weft_ops *ops, struct weft_wino *wino)
{
    size_t tile = (size_t)wino->points * (size_t)wino->strip.stride;
    int tiles = wino->band_rows * wino->tiles_w, room = (int)((size_t)VALUES_LANES_BYTES / tile);
    wino->block = least(tiles, room < 1 ? 1 : room);
    wino->group = wino->part = least(GROUP_LANES_TILES, wino->block);
    wino->slice_k8 = wino->run_k8;
    wino->slices = 1;
    wino->paired = !wino->kept && ops->kernels.wino22_middle;
    wino->point_bytes = wino->kept ? (size_t)(wino->run_k8 * 8 * wino->nr) : point_bytes(wino);
}

/* Tiles of a block, of a group and of a part, and the slices that weights are transformed in. Bins, and kept weights
 * that fit the cache, are read again for each part, so that values stay close; but only in a block of a whole band can
 * points be left out at the border. F(2,3) has a whole band's values. */
static void choose_block(const struct weft_ops *ops, const struct weft_tensor *out, struct weft_wino *wino)
{
    if (wino->value_bytes == 2) {
        choose_block_words(wino);
        return;
    }
    if (wino->lanes) {
        choose_block_lanes(ops, wino);
        return;
    }
    bool cached = wino->bins ? !sticks_out(wino, out) : wino->kept && weights_bytes(wino) <= (size_t)KEPT_BYTES;
    size_t tile = (size_t)wino->planes * (size_t)wino->strip.stride;
    int tiles = wino->band_rows * wino->tiles_w, room = (int)((size_t)(wino->kept ? VALUES_BYTES : BLOCK_BYTES) / tile);
    wino->part = least(PART_TILES, tiles);
    if (wino->form == WEFT_WINO_12) {
        wino->block = tiles;
    } else {
        wino->block = cached || room <= wino->part ? wino->part : least(room, tiles);
    }
    wino->group = wino->kept ? wino->part : wino->block;
    const bool few = !wino->kept && !wino->bins && wino->block < FEW_TILES;
    wino->border = few && wino->form == WEFT_WINO_22 && ops->kernels.wino22_border && weft_isa_ports_apart();
    bool sliced = few && !wino->border && weft_first_cache_bytes() >= SLICES_CACHE;
    wino->slice_k8 = sliced ? least(wino->run_k8, SLICE_K8) : wino->run_k8;
    wino->slices = (wino->run_k8 + wino->slice_k8 - 1) / wino->slice_k8;
    wino->paired = !wino->kept && !sliced && wino->form == WEFT_WINO_22 && ops->kernels.wino22_middle;
    wino->point_bytes = point_bytes(wino);
}

static void place_scratch(const struct weft_node *node, const struct weft_tensor *out, struct weft_wino *wino,
                          struct weft_layer *layer)
{
    size_t nr = (size_t)wino->nr, group = (size_t)wino->group, stride = (size_t)wino->strip.stride;
    const int step = weft_wino_shapes[wino->form].stride;
    size_t in_rows = (size_t)(wino->band_rows * wino->tile_h * step + 3 - step);
    size_t windows = wino->form == WEFT_WINO_12 ? in_rows * (size_t)wino->tiles_w : (size_t)wino->block;
    size_t out_pixels = (size_t)(wino->band_rows * wino->tile_h) * (size_t)out->w;
    /* A point's values and sums do not lie whole pages apart: all points are written at once. */
    wino->value_point = (ptrdiff_t)(round64(windows * (size_t)wino->value_tile) | 64);
    wino->sum_point = (ptrdiff_t)(group * nr + 16);
    size_t turn_points = (size_t)(wino->turn_points * (wino->paired && !wino->border ? 2 : 1));
    size_t strip = round64(in_rows * (size_t)wino->strip.width * stride + 64), weights = 0;
    if (!wino->kept && !wino->bins) {
        weights = turn_points * wino->point_bytes;
    }
    /* Where a block is the whole band, nobody reads the strip any more when the first weights come. */
    bool shared = wino->block >= wino->band_rows * wino->tiles_w;
    wino->at_residual = shared && weights > strip ? weights : strip;
    bool looked_up = node->residual >= 0 && !wino->res.in_place;
    wino->at_values = wino->at_residual + (looked_up ? round64(out_pixels * (size_t)wino->outputs) : 0);
    wino->at_pointers = wino->at_values + round64((size_t)wino->planes * (size_t)wino->value_point);
    wino->at_tiles = wino->at_pointers + round64((size_t)wino->block * sizeof(uint8_t *));
    wino->at_sums = wino->at_tiles + (wino->fused ? round64((size_t)wino->block * sizeof(struct weft_wino_tile)) : 0);
    wino->at_acc = wino->at_sums + round64((size_t)wino->points * (size_t)wino->sum_point * sizeof(int32_t));
    size_t end = wino->at_acc + round64((size_t)(wino->tile_h * wino->tile_w) * group * nr * sizeof(int32_t));
    wino->at_weights = shared ? 0 : end;
    layer->scratch_bytes = shared ? end : end + weights;
}

/* Where the points' values are, and their runs: rows of windows (F(2,3)), planes, or one. */
static bool place_values(struct weft_ops *ops, struct weft_wino *wino)
{
    const bool rows = wino->form == WEFT_WINO_12;
    int runs = 0;
    wino->run = rows ? (ptrdiff_t)wino->tiles_w * wino->strip.stride : wino->value_point;
    for (int p = 0; p < wino->points; runs += wino->point[p++].runs) {
        wino->point[p].first = runs;
        wino->point[p].value = (rows ? p : runs) * wino->value_point;
    }
    if (wino->value_bytes == 2 || ops->kernels.wino_sum) {
        return true; /* by kernels that take no offsets */
    }
    int32_t *off = weft_pool_alloc(ops->pool, (size_t)runs, sizeof *off);
    for (int p = 0; off && p < wino->points; p++) {
        for (int r = 0; r < wino->point[p].runs; r++) {
            off[wino->point[p].first + r] = (int32_t)(wino->point[p].value + r * wino->run);
        }
    }
    wino->run_off = off;
    return off != NULL;
}

weft_status weft_wino_prepare(struct weft_ops *ops, struct weft_layer *layer, enum weft_wino_form form,
                              const struct weft_wino_weights *weights, const char *file, weft_error *error)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    struct weft_wino *wino = weft_pool_alloc(ops->pool, 1, sizeof *wino);
    if (!wino) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", file, node->name);
    }
    layer->wino = wino;
    wino->form = form;
    wino->points = weft_wino_points(form);
    wino->planes = form == WEFT_WINO_22S2 ? WEFT_WINO22S2_PLANES : wino->points;
    wino->tile_h = weft_wino_shapes[form].tile_h;
    wino->tile_w = weft_wino_shapes[form].tile_w;
    wino->value_bytes = weft_wino_shapes[form].value_bytes;
    wino->tiles_w = (out->w + wino->tile_w - 1) / wino->tile_w;
    wino->tiles_h = (out->h + wino->tile_h - 1) / wino->tile_h;
    wino->outputs = out->c;
    wino->nr = ops->kernels.conv[WEFT_WFMT_C8].nr;
    wino->panels = (out->c + wino->nr - 1) / wino->nr;
    weft_bytes_init(&wino->in, &ops->kernels, ops->edges[node->inputs[0]]);
    bool fine = out->edge.kind == WEFT_EDGE_FLOAT || weft_encoder_init(&wino->encoder, &out->edge, ops->pool);
    wino->encode = out->edge.kind == WEFT_EDGE_FLOAT ? NULL : &wino->encoder;
    wino->epilogue = fine ? weft_epilogue_choose(ops, node, wino->encode, &wino->res) : NULL;
    if (fine && weft_epilogue_plain(node, wino->encode, &wino->res)) {
        wino->fused = form == WEFT_WINO_22     ? ops->kernels.wino22_fused
                      : form == WEFT_WINO_22S2 ? ops->kernels.wino22s2_fused
                                               : NULL;
    }
    if (wino->fused && wino->outputs % wino->nr == 0) {
        fine = weft_ops_hold_integers(ops, node->output, &wino->out_values);
    }
    choose_strip(node, in, wino);
    wino->run_k8 = wino->strip.stride / 8;
    for (int p = 0; p < wino->points; p++) {
        wino->point[p] = weft_wino_point(ops, form, &in->edge, weights, p);
    }
    choose_weights(ops, node, wino);
    choose_bands(ops, out, wino);
    layer->pieces = wino->bands * wino->chunks;
    choose_block(ops, out, wino);
    place_scratch(node, out, wino, layer);
    fine = fine && place_values(ops, wino) && weft_wino_pack(ops, node, weights, wino);
    layer->packed_bytes = (int64_t)((size_t)wino->panels * wino->panel_bytes);
    return fine ? WEFT_OK : weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", file, node->name);
}
