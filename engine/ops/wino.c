/* A convolution by Winograd's filtering: a band of rows of tiles at a time. The band's input becomes bytes once, in the
 * thread's scratch, and a block of tiles at a time becomes points. For each panel of weights and group of the block's
 * tiles, the products of all points are summed, transformed back into accumulators and sent through the epilogue while
 * they are hot. Weights that are kept as bins become points in turns, a few points and channels for all tiles of the
 * group. */
#include "ops/wino_finish.h"
#include "ops/wino_outliers.h"

#include <string.h>

/* Weights of deep layers come from behind the second-level cache: those kept transformed are fetched so many bytes
 * ahead, FAR_LANES in lanes. */
enum { FAR = 8192, FAR_LANES = 32 << 10 };

/* One piece of work: a band, a part of the panels. */
struct piece {
    int first_row, rows; /* of tiles */
    int first_panel, panels;
};

/* Tiles of the band whose values are there at a time. */
struct block {
    int count;
    struct weft_wino_order order;
};

static struct piece cut(const struct weft_wino *wino, int item)
{
    struct piece piece;
    int chunk = item % wino->chunks;
    piece.first_row = item / wino->chunks * wino->band_rows;
    piece.rows = wino->tiles_h - piece.first_row < wino->band_rows ? wino->tiles_h - piece.first_row : wino->band_rows;
    piece.first_panel = (int)((int64_t)wino->panels * chunk / wino->chunks);
    piece.panels = (int)((int64_t)wino->panels * (chunk + 1) / wino->chunks) - piece.first_panel;
    return piece;
}

/* Windows of `tiles` tiles in a row to points, at the block's tile `at`. `a`: the first one's first byte. */
static void transform_row(const struct weft_ops *ops, const struct weft_wino *wino, const uint8_t *a, int tiles, int at,
                          uint8_t *scratch)
{
    const ptrdiff_t stride = wino->strip.stride, row = wino->strip.width * stride;
    uint8_t *out = scratch + wino->at_values + at * wino->value_tile;
    if (wino->form == WEFT_WINO_44) {
        ops->kernels.wino44_in(&(struct weft_wino44_in_args){
            .a = a, .row = row, .pixel = stride, .tiles = tiles, .channels = wino->strip.stride, .zero = wino->in.zero,
            .out = (int16_t *)(void *)out, .point = wino->value_point / wino->value_bytes,
            .tile = wino->value_tile / wino->value_bytes});
        return;
    }
    const bool square = wino->form == WEFT_WINO_22;
    struct weft_wino_in_args args = {.a = a, .row = row, .pixel = stride, .tiles = tiles,
                                     .channels = wino->strip.stride, .add = (uint8_t)wino->point[wino->points - 1].zero,
                                     .add_sum = (uint8_t)wino->point[square ? 5 : 1].zero,
                                     .out = out, .point = wino->value_point};
    if (wino->form == WEFT_WINO_22S2) {
        ops->kernels.wino22s2_in(&args);
    } else if (square) {
        ops->kernels.wino22_in(&args);
    } else {
        ops->kernels.wino12_in(&args);
    }
}

static struct block cut_block(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece,
                              int first, int count)
{
    const struct weft_wino *wino = layer->wino;
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    if (count < piece->rows * wino->tiles_w || wino->turn_points == wino->points) {
        return (struct block){count, weft_wino_rows_order(first, count, wino->tiles_w)};
    }
    bool last = piece->first_row + piece->rows == wino->tiles_h;
    return (struct block){count, weft_wino_band_order(piece->rows, wino->tiles_w, last && out->h % wino->tile_h > 0,
                                                      out->w % wino->tile_w > 0)};
}

/* Windows of the block's tiles as points (F(2,3): of all rows of the band). */
static void transform_input(const struct weft_ops *ops, const struct weft_wino *wino, const struct piece *piece,
                            const struct block *block, uint8_t *scratch)
{
    const ptrdiff_t stride = wino->strip.stride, row = wino->strip.width * stride;
    const int step = weft_wino_shapes[wino->form].stride;
    struct block all = *block;
    if (wino->form == WEFT_WINO_12) {
        all.count = (piece->rows + 2) * wino->tiles_w;
        all.order = weft_wino_rows_order(0, all.count, wino->tiles_w);
    }
    for (int t = 0; t < all.count;) {
        struct weft_wino_stretch run = weft_wino_stretch_at(&all.order, t, all.count);
        const uint8_t *first = scratch + run.y * wino->tile_h * step * row + run.x * wino->tile_w * step * stride;
        transform_row(ops, wino, first, run.tiles, t, scratch);
        t += run.tiles;
    }
}

/* First byte of each tile's values. */
static void point(const struct weft_wino *wino, uint8_t *scratch)
{
    const uint8_t **pointers = (const uint8_t **)(void *)(scratch + wino->at_pointers);
    for (int t = 0; t < wino->block; t++) {
        pointers[t] = scratch + wino->at_values + t * wino->value_tile;
    }
}

/* A turn: some channels of some points of a panel, of one row or of two. */
struct turn {
    int panel, slice, k8, first_point, rows;
    const uint8_t *packed;  /* the panel */
    const uint8_t *weights; /* transformed */
    const uint8_t *ahead;   /* what is fetched meanwhile, and how much of it for each four channels */
    int ahead_step;
};

static struct turn take_turn(const struct weft_ops *ops, const struct weft_wino *wino, int panel, int row, int slice,
                             uint8_t *scratch)
{
    const uint8_t *packed = wino->packed + (size_t)panel * wino->panel_bytes;
    int left = wino->run_k8 - slice * wino->slice_k8;
    struct turn turn = {panel, slice, left < wino->slice_k8 ? left : wino->slice_k8, row * wino->turn_points,
                        wino->paired && row == 1 ? 2 : 1, packed, packed, packed + FAR, 128};
    if (wino->kept) {
        turn.weights += (size_t)turn.first_point * wino->point_bytes;
    } else if (wino->bins) {
        turn.ahead = packed + wino->panel_bytes;
        /* so that a panel's planes, of eight channels in two steps, fetch a little more than a panel */
        turn.ahead_step = 32;
    } else if (wino->border) {
        turn.ahead = packed + wino->panel_bytes;
        turn.ahead_step = 64;
        turn.weights = scratch + wino->at_weights;
        weft_wino_filter(&ops->kernels, wino, packed, turn.k8, turn.first_point, 1, scratch + wino->at_weights);
    } else {
        size_t turns = (size_t)(wino->points / wino->turn_points * wino->slices);
        turn.ahead = packed + wino->panel_bytes + wino->panel_bytes / turns * (size_t)(row * wino->slices + slice);
        turn.ahead_step = 64;
        uint8_t *weights = scratch + wino->at_weights;
        const int points = turn.rows * wino->turn_points;
        turn.weights = weights;
        weft_wino_filter(&ops->kernels, wino, packed + (size_t)slice * wino->slice_bytes, turn.k8, turn.first_point,
                         points, weights);
        for (int p = 0; wino->lanes && p < points; p++) {
            weft_wino_outliers_fit(wino, panel, turn.first_point + p, weights + (size_t)p * wino->point_bytes);
        }
    }
    return turn;
}

/* One point of some tiles in lanes. */
static void multiply_lanes(const struct weft_ops *ops, const struct weft_wino *wino, const struct turn *turn, int p,
                           const uint8_t *values, int tiles, int32_t *sums)
{
    const int point = turn->first_point + p;
    const size_t index = (size_t)turn->panel * (size_t)wino->points + (size_t)point;
    const uint8_t *w = turn->weights + (size_t)p * wino->point_bytes;
    const uint8_t *next = turn->packed + wino->panel_bytes; /* of which each point fetches a share */
    ops->kernels.wino_lanes(&(struct weft_wino_lanes_args){
        .values = values + wino->point[point].value, .tile = wino->strip.stride, .tiles = tiles, .k8 = wino->run_k8,
        .group = wino->point[point].lanes, .w = w,
        .starts = (const int16_t *)(const void *)(turn->packed + wino->point[point].starts),
        .init = wino->init + index * (size_t)wino->nr, .sums = sums,
        .ahead = wino->kept ? w + FAR_LANES : next + wino->panel_bytes / (size_t)wino->points * (size_t)point});
}

/* One point of some tiles by the conv kernels, which know no slices. */
static void multiply_point(const struct weft_wino *wino, const struct turn *turn, int p, const uint8_t *const *values,
                           int tiles, int32_t *sums)
{
    int point = turn->first_point + p;
    const struct weft_conv_kernel *kernel = wino->point[point].kernel;
    size_t index = (size_t)turn->panel * (size_t)wino->points + (size_t)point;
    struct weft_conv_args args = {.run_off = wino->run_off + wino->point[point].first, .runs = wino->point[point].runs,
                                  .run_k8 = wino->run_k8, .w = turn->weights + (size_t)p * wino->point_bytes,
                                  .init = wino->init + index * (size_t)wino->nr, .group = wino->point[point].group};
    for (int t = 0; t < tiles; t += args.pixels) {
        args.pixels = tiles - t < kernel->mr ? tiles - t : kernel->mr;
        args.a = values + t;
        args.acc = sums + t * wino->nr;
        if (args.pixels == 1) {
            kernel->one(&args);
        } else {
            kernel->tile(&args);
        }
    }
}

/* What a turn multiplies at a time: `points` of its points from its `p`th on, of tiles [first, end) of the block; the
 * group's sums begin with the `group`th. */
struct share {
    int p, points, first, end, group;
};

/* The same as multiply, below, for words. */
static void multiply_words(const struct weft_ops *ops, const struct weft_wino *wino, const struct turn *turn,
                           const struct share *share, int32_t *sums, const uint8_t *scratch)
{
    const ptrdiff_t tile = wino->value_tile / wino->value_bytes, point = wino->value_point / wino->value_bytes;
    const int16_t *values = (const int16_t *)(const void *)(scratch + wino->at_values);
    ops->kernels.wino44_sum(&(struct weft_wino44_sum_args){
        .values = values + (turn->first_point + share->p) * point + share->first * tile, .point = point, .tile = tile,
        .points = share->points, .tiles = share->end - share->first, .k8 = turn->k8,
        .w = (const int16_t *)(const void *)(turn->weights + (size_t)share->p * wino->point_bytes),
        .w_point = (ptrdiff_t)wino->point_bytes / wino->value_bytes, .sums = sums, .sum_point = wino->sum_point});
}

/* The same for bins. */
static void multiply_bins(const struct weft_ops *ops, const struct weft_wino *wino, const struct turn *turn,
                          const struct share *share, int32_t *sums, const uint8_t *scratch)
{
    const int first = turn->first_point + share->p;
    weft_wino22s2_sum_fn *sum = wino->border ? ops->kernels.wino22_border : ops->kernels.wino22s2_sum;
    const size_t index = (size_t)turn->panel * (size_t)wino->points + (size_t)first;
    sum(&(struct weft_wino_bins_args){
        .values = scratch + wino->at_values + share->first * wino->value_tile, .point = wino->value_point,
        .tile = wino->value_tile, .first = first, .points = share->points, .tiles = share->end - share->first,
        .k8 = turn->k8, .w = turn->packed, .lut = wino->fmt == WEFT_WFMT_C8 ? NULL : wino->lut, .fmt = wino->fmt,
        .init = wino->init + index * (size_t)wino->nr, .sums = sums, .sum_point = wino->sum_point,
        .ahead = turn->ahead + wino->point[first].first * turn->k8 * 2 * turn->ahead_step,
        .ahead_step = turn->ahead_step});
}

/* The turn's part in the sums of a share. */
static void multiply(const struct weft_ops *ops, const struct weft_wino *wino, const struct turn *turn,
                     const struct share *share, uint8_t *scratch)
{
    const uint8_t *const *values = (const uint8_t *const *)(void *)(scratch + wino->at_pointers) + share->first;
    const int point = turn->first_point + share->p, tiles = share->end - share->first;
    int32_t *sums = (int32_t *)(void *)(scratch + wino->at_sums) + point * wino->sum_point +
                    (share->first - share->group) * wino->nr;
    if (wino->value_bytes == 2) {
        multiply_words(ops, wino, turn, share, sums, scratch);
        return;
    }
    if (wino->bins || (wino->border && !weft_wino_in_center(point))) {
        multiply_bins(ops, wino, turn, share, sums, scratch);
        return;
    }
    if (ops->kernels.wino_sum) {
        const int at = wino->border ? (point / 4 - 1) * 2 + point % 4 - 1 : share->p; /* in what was transformed */
        size_t index = (size_t)turn->panel * (size_t)wino->points + (size_t)point;
        ptrdiff_t value = point * wino->value_point + turn->slice * wino->slice_k8 * 8;
        ops->kernels.wino_sum(&(struct weft_wino_sum_args){
            .values = values[0] + value, .point = wino->value_point, .run = wino->run, .tile = wino->strip.stride,
            .points = share->points, .tiles = tiles, .runs = wino->point[point].runs, .run_k8 = turn->k8,
            .w = turn->weights + (size_t)at * wino->point_bytes, .w_point = (ptrdiff_t)wino->point_bytes,
            .init = turn->slice ? NULL : wino->init + index * (size_t)wino->nr, .sums = sums,
            .sum_point = wino->sum_point,
            .ahead = turn->ahead + (ptrdiff_t)share->p * turn->k8 * 2 * turn->ahead_step,
            .ahead_step = turn->ahead_step});
        return;
    }
    for (int p = share->p; p < share->p + share->points; p++, sums += wino->sum_point) {
        if (wino->point[turn->first_point + p].lanes > 0) {
            multiply_lanes(ops, wino, turn, p, values[0], tiles, sums);
        } else {
            multiply_point(wino, turn, p, values, tiles, sums);
        }
        if (wino->lanes) {
            weft_wino_outliers_add(wino, turn->panel, turn->first_point + p, values[0], tiles, 0, sums);
        }
    }
}

/* How many of `points` points from `first` on one call can do: those transformed, or those that take bins. */
static int alike(const struct weft_wino *wino, int first, int points)
{
    int count = 1;
    while (count < points && (!wino->border || weft_wino_in_center(first + count) == weft_wino_in_center(first))) {
        count++;
    }
    return count;
}

/* `points` points of a turn from the `p`th on, for those of the `group`'s tiles that need them. */
static void multiply_some(const struct weft_ops *ops, const struct weft_wino *wino, const struct turn *turn, int p,
                          int points, struct weft_wino_range need, int group, uint8_t *scratch)
{
    int all = (need.end - need.first + wino->part - 1) / wino->part;
    for (int end = p + points, count = 0; p < end; p += count) {
        count = alike(wino, turn->first_point + p, end - p);
        struct share share = {p, count, need.first, need.first, group};
        for (int parts = all; parts > 0; parts--, share.first = share.end) {
            /* of equal size, to within one tile */
            share.end = share.first + (need.end - share.first + parts - 1) / parts;
            multiply(ops, wino, turn, &share, scratch);
        }
    }
}

/* The sums of all points for a group of the block's tiles. Where a row of points has a turn, they are for those tiles
 * that need them. */
static void sum_group(const struct weft_ops *ops, const struct weft_wino *wino, int panel, const struct block *block,
                      struct weft_wino_range group, uint8_t *scratch)
{
    const uint8_t *values = scratch + wino->at_values + group.first * wino->value_tile;
    const int points = wino->turn_points, rows = wino->points / points;
    int32_t *sums = (int32_t *)(void *)(scratch + wino->at_sums);
    for (int row = 0; row < rows; row += wino->paired && row == 1 ? 2 : 1) {
        bool last = rows > 1 && row == rows - 1, apart = rows > 1 && block->order.beside;
        struct weft_wino_range need = weft_wino_need(&block->order, group, last, false);
        struct weft_wino_range inside = weft_wino_need(&block->order, group, last, true);
        for (int slice = 0; slice < wino->slices && need.first < need.end; slice++) {
            struct turn turn = take_turn(ops, wino, panel, row, slice, scratch);
            for (int p = 0; p < turn.rows * points; p += points) {
                multiply_some(ops, wino, &turn, p, apart ? points - 1 : points, need, group.first, scratch);
                if (apart) {
                    multiply_some(ops, wino, &turn, p + points - 1, 1, inside, group.first, scratch);
                }
            }
        }
    }
    for (int p = 0; wino->value_bytes == 1 && !wino->lanes && p < wino->points; p++, sums += wino->sum_point) {
        weft_wino_outliers_add(wino, panel, p, values, group.end - group.first, ops->kernels.act_signed, sums);
    }
}

/* A block of tiles, whose values are ready, for one panel. */
static void run_panel(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece, int panel,
                      const struct block *block, uint8_t *scratch)
{
    const struct weft_wino *wino = layer->wino;
    struct weft_epilogue_args epilogue;
    weft_wino_epilogue(ops, layer, panel, &epilogue);
    int groups = (block->count + wino->group - 1) / wino->group;
    struct weft_wino_part part = {.first_row = piece->first_row, .panel = panel, .order = &block->order};
    for (; groups > 0; groups--, part.tiles.first = part.tiles.end) {
        part.tiles.end = part.tiles.first + (block->count - part.tiles.first + groups - 1) / groups;
        sum_group(ops, wino, panel, block, part.tiles, scratch);
        weft_wino_finish(ops, layer, &part, &epilogue, scratch);
    }
}

static void run_piece(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece,
                      uint8_t *scratch)
{
    const struct weft_wino *wino = layer->wino;
    const struct weft_node *node = layer->node;
    const struct weft_tensor *out = weft_ops_tensor(ops, node->output);
    const int step = weft_wino_shapes[wino->form].stride;
    int first_row = piece->first_row * wino->tile_h, rows = piece->rows * wino->tile_h;
    weft_strip_fill(ops, &wino->strip, &wino->in, node->inputs[0], 0, first_row * step - node->window.pad_top,
                    rows * step + 3 - step, scratch);
    if (node->residual >= 0 && !wino->res.in_place) {
        ptrdiff_t pixel = ops->views[node->residual].stride;
        int first = piece->first_panel * wino->nr, end = first + piece->panels * wino->nr;
        rows = out->h - first_row < rows ? out->h - first_row : rows;
        weft_bytes_look_up(&wino->res.bytes, &ops->kernels,
                           weft_ops_data(ops, node->residual) + (ptrdiff_t)first_row * out->w * pixel + first, pixel,
                           rows * out->w, (end < wino->outputs ? end : wino->outputs) - first,
                           scratch + wino->at_residual + first, wino->outputs);
    }
    point(wino, scratch);
    int tiles = piece->rows * wino->tiles_w, blocks = (tiles + wino->block - 1) / wino->block;
    for (int first = 0, count = 0; blocks > 0; blocks--, first += count) {
        count = (tiles - first + blocks - 1) / blocks;
        const struct block block = cut_block(ops, layer, piece, first, count);
        transform_input(ops, wino, piece, &block, scratch);
        if (wino->fused) {
            weft_wino_list_tiles(ops, layer, piece->first_row, &block.order, count, scratch);
        }
        for (int p = 0; p < piece->panels; p++) {
            run_panel(ops, layer, piece, piece->first_panel + p, &block, scratch);
        }
    }
}

void weft_wino_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch)
{
    struct piece work = cut(layer->wino, piece);
    run_piece(ops, layer, &work, scratch);
}
