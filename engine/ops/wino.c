/* A convolution by Winograd's filtering: a band of rows of tiles at a time. The band's input becomes bytes once, in the
 * thread's scratch, and a block of tiles at a time becomes points. For each panel of weights and group of the block's
 * tiles, the products of all points are summed, transformed back into accumulators and sent through the epilogue while
 * they are hot. Weights that are kept as bins become points in turns, a few points and channels for all tiles of the
 * group. */
#include "ops/wino.h"

#include <string.h>

/* Weights of deep layers come from behind the second-level cache: those kept transformed are fetched so many bytes
 * ahead. */
enum { FAR = 8192 };

/* One piece of work: a band, a part of the panels. */
struct piece {
    int first_row, rows; /* of tiles */
    int first_panel, panels;
};

/* Where a stretch of tiles of one row of them lies: outputs from (y, x) on. */
struct stretch {
    int tile, tiles; /* in the group */
    int y, x;
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
    if (wino->form == WEFT_WINOGRAD_4X4) {
        ops->kernels.wino44_in(&(struct weft_wino44_in_args){
            .a = a, .row = row, .pixel = stride, .tiles = tiles, .channels = wino->strip.stride, .zero = wino->in.zero,
            .out = (int16_t *)(void *)out, .point = wino->value_point / wino->word, .tile = wino->value_tile / wino->word});
        return;
    }
    bool square = wino->form == WEFT_WINOGRAD_2D;
    struct weft_wino_in_args args = {.a = a, .row = row, .pixel = stride, .tiles = tiles, .channels = wino->strip.stride,
                                     .add = (uint8_t)wino->point[0].zero,
                                     .add_sum = (uint8_t)wino->point[square ? 5 : 1].zero,
                                     .out = out, .point = wino->value_point};
    if (square) {
        ops->kernels.wino22_in(&args);
    } else {
        ops->kernels.wino12_in(&args);
    }
}

/* Windows of tiles [first, first + count) of the band as points (F(2,3): of all rows of the band). */
static void transform_input(const struct weft_ops *ops, const struct weft_wino *wino, const struct piece *piece, int first,
                            int count, uint8_t *scratch)
{
    const ptrdiff_t stride = wino->strip.stride, row = wino->strip.width * stride;
    if (wino->form == WEFT_WINOGRAD_1D) {
        first = 0;
        count = (piece->rows + 2) * wino->tiles_w;
    }
    for (int t = first, tiles; t < first + count; t += tiles) {
        int y = t / wino->tiles_w, x = t % wino->tiles_w;
        tiles = wino->tiles_w - x < first + count - t ? wino->tiles_w - x : first + count - t;
        transform_row(ops, wino, scratch + y * wino->tile_h * row + wino->tile_w * x * stride, tiles, t - first, scratch);
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

/* What the products lack of weights that do not fit a byte. */
static void add_outliers(const struct weft_wino *wino, int panel, int p, const uint8_t *values, int tiles, int is_signed,
                         int32_t *sums)
{
    const int list = panel * wino->points + p, runs = wino->runs, stride = wino->strip.stride, nr = wino->nr;
    const int flip = is_signed ? 128 : 0, zero = wino->point[p].zero + flip; /* a signed byte, flipped, is 128 more */
    for (int i = wino->outliers_first[list]; i < wino->outliers_first[list + 1]; i++) {
        const struct weft_wino_outlier *outlier = &wino->outliers[i];
        const uint8_t *value = values + wino->run_off[p * runs + outlier->k / stride] + outlier->k % stride;
        int32_t *to = sums + outlier->o;
        const int delta = outlier->delta;
        for (int t = 0; t < tiles; t++, value += stride, to += nr) {
            *to += delta * ((*value ^ flip) - zero);
        }
    }
}

/* A turn: some channels of some points of a panel. */
struct turn {
    int panel, slice, k8, first_point;
    const uint8_t *weights; /* transformed */
    const uint8_t *ahead;   /* what is fetched meanwhile, and how much of it for each four channels */
    int ahead_step;
};

static struct turn take_turn(const struct weft_ops *ops, const struct weft_wino *wino, int panel, int first_point, int slice,
                             uint8_t *scratch)
{
    const uint8_t *packed = wino->packed + (size_t)panel * wino->panel_bytes;
    int left = wino->run_k8 - slice * wino->slice_k8;
    struct turn turn = {panel, slice, left < wino->slice_k8 ? left : wino->slice_k8, first_point, packed, packed + FAR, 128};
    if (wino->kept) {
        turn.weights += (size_t)first_point * wino->point_bytes;
    } else {
        int turns = wino->points / wino->turn_points * wino->slices, i = first_point / wino->turn_points * wino->slices + slice;
        turn.ahead = packed + wino->panel_bytes + wino->panel_bytes / turns * i;
        turn.ahead_step = 64;
        turn.weights = scratch + wino->at_weights;
        weft_wino_filter(&ops->kernels, wino, packed + (size_t)slice * wino->slice_bytes, turn.k8, first_point,
                         wino->turn_points, scratch + wino->at_weights);
    }
    return turn;
}

/* One point of some tiles by the conv kernels, which know no slices. */
static void multiply_point(const struct weft_wino *wino, const struct turn *turn, int p, const uint8_t *const *values,
                           int tiles, int32_t *sums)
{
    int point = turn->first_point + p;
    const struct weft_conv_kernel *kernel = wino->point[point].kernel;
    size_t index = (size_t)turn->panel * (size_t)wino->points + (size_t)point;
    struct weft_conv_args args = {.run_off = wino->run_off + point * wino->runs, .runs = wino->runs, .run_k8 = wino->run_k8,
                                  .w = turn->weights + (size_t)p * wino->point_bytes,
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

/* The same as multiply, below, for words. */
static void multiply_words(const struct weft_ops *ops, const struct weft_wino *wino, const struct turn *turn, int first,
                           int tiles, int32_t *sums, const uint8_t *scratch)
{
    const ptrdiff_t tile = wino->value_tile / wino->word, point = wino->value_point / wino->word;
    const int16_t *values = (const int16_t *)(const void *)(scratch + wino->at_values);
    ops->kernels.wino44_sum(&(struct weft_wino44_sum_args){
        .values = values + turn->first_point * point + first * tile, .point = point, .tile = tile,
        .points = wino->turn_points, .tiles = tiles, .k8 = turn->k8, .w = (const int16_t *)(const void *)turn->weights,
        .w_point = (ptrdiff_t)wino->point_bytes / wino->word, .sums = sums, .sum_point = wino->sum_point});
}

/* The turn's part in the sums of tiles [first, first + tiles) of the block, the first of which is the group's
 * `at`th. */
static void multiply(const struct weft_ops *ops, const struct weft_wino *wino, const struct turn *turn, int first, int at,
                     int tiles, uint8_t *scratch)
{
    const uint8_t *const *values = (const uint8_t *const *)(void *)(scratch + wino->at_pointers) + first;
    int32_t *sums = (int32_t *)(void *)(scratch + wino->at_sums) + turn->first_point * wino->sum_point + at * wino->nr;
    if (wino->word == 2) {
        multiply_words(ops, wino, turn, first, tiles, sums, scratch);
        return;
    }
    if (ops->kernels.wino_sum) {
        size_t index = (size_t)turn->panel * (size_t)wino->points + (size_t)turn->first_point;
        ptrdiff_t value = turn->first_point * wino->value_point + turn->slice * wino->slice_k8 * 8;
        ops->kernels.wino_sum(&(struct weft_wino_sum_args){
            .values = values[0] + value, .point = wino->value_point, .run = (ptrdiff_t)wino->tiles_w * wino->strip.stride,
            .tile = wino->strip.stride, .points = wino->turn_points, .tiles = tiles, .runs = wino->runs, .run_k8 = turn->k8,
            .w = turn->weights, .w_point = (ptrdiff_t)wino->point_bytes,
            .init = turn->slice ? NULL : wino->init + index * (size_t)wino->nr, .sums = sums, .sum_point = wino->sum_point,
            .ahead = turn->ahead, .ahead_step = turn->ahead_step});
        return;
    }
    for (int p = 0; p < wino->turn_points; p++, sums += wino->sum_point) {
        multiply_point(wino, turn, p, values, tiles, sums);
    }
}

/* Of the tiles [first, first + tiles) of the band, those that have all rows of outputs: in the last row of them the image may end
 * before. */
static int with_last_row(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece, int first,
                           int tiles)
{
    const struct weft_wino *wino = layer->wino;
    int last_row = (wino->tiles_h - 1 - piece->first_row) * wino->tiles_w - first;
    bool whole = weft_ops_tensor(ops, layer->node->output)->h % wino->tile_h == 0;
    return whole || last_row > tiles ? tiles : last_row > 0 ? last_row : 0;
}

/* The sums of all points for tiles [first, first + tiles) of the block. The last row of points serves the last rows of
 * outputs alone: where it has a turn, only the first `whole` tiles take part in that. */
static void sum_group(const struct weft_ops *ops, const struct weft_wino *wino, int panel, int first, int tiles,
                      int whole, uint8_t *scratch)
{
    const uint8_t *values = scratch + wino->at_values + first * wino->value_tile;
    const int rows = weft_wino_rows(wino->form);
    int32_t *sums = (int32_t *)(void *)(scratch + wino->at_sums);
    int turns = wino->points / wino->turn_points * wino->slices;
    for (int i = 0; i < turns; i++) {
        bool last_rows = wino->turn_points < wino->points && i / wino->slices == rows - 1;
        int there = last_rows ? whole : tiles;
        if (there == 0) {
            break;
        }
        struct turn turn = take_turn(ops, wino, panel, i / wino->slices * wino->turn_points, i % wino->slices, scratch);
        int parts = (there + wino->part - 1) / wino->part;
        for (int from = 0, size = 0; parts > 0; parts--, from += size) {
            size = (there - from + parts - 1) / parts; /* of equal size, to within one tile */
            multiply(ops, wino, &turn, first + from, from, size, scratch);
        }
    }
    for (int p = 0; wino->word == 1 && p < wino->points; p++, sums += wino->sum_point) {
        add_outliers(wino, panel, p, values, tiles, ops->kernels.act_signed, sums);
    }
}

static void trace_acc(const struct weft_ops *ops, const struct weft_layer *layer, const int32_t *acc, int y, int x,
                      int pixels, int first_channel, int channels)
{
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    int32_t *to = ops->trace[layer->node - ops->graph->nodes] + ((size_t)y * (size_t)out->w + (size_t)x) * (size_t)out->c;
    for (int p = 0; p < pixels; p++) {
        memcpy(to + (size_t)p * (size_t)out->c + first_channel, acc + (size_t)p * (size_t)layer->wino->nr,
               (size_t)channels * sizeof *acc);
    }
}

/* One stretch's sums to accumulators, and those through the epilogue. `epilogue` holds what is the same for all. */
static void finish(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece, int panel,
                   const struct stretch *s, struct weft_epilogue_args *epilogue, uint8_t *scratch)
{
    const struct weft_wino *wino = layer->wino;
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    int32_t *acc = (int32_t *)(void *)(scratch + wino->at_acc);
    int pixels = out->w - s->x < wino->tile_w * s->tiles ? out->w - s->x : wino->tile_w * s->tiles;
    struct weft_wino_out_args args = {(int32_t *)(void *)(scratch + wino->at_sums) + s->tile * wino->nr, wino->sum_point,
                                      s->tiles, wino->nr, acc, wino->tile_w * wino->group * wino->nr};
    if (wino->form == WEFT_WINOGRAD_4X4) {
        ops->kernels.wino44_out(&args);
    } else if (wino->form == WEFT_WINOGRAD_2D) {
        ops->kernels.wino22_out(&args);
    } else {
        ops->kernels.wino12_out(&args);
    }
    size_t element = wino->encode ? 1 : sizeof(float);
    for (int r = 0; r < wino->tile_h && s->y + r < out->h; r++) {
        ptrdiff_t pixel = (ptrdiff_t)(s->y + r) * out->w + s->x;
        epilogue->acc = acc + r * args.row;
        epilogue->pixels = pixels;
        epilogue->out = weft_ops_data(ops, layer->node->output) + pixel * ops->views[layer->node->output].stride +
                        (size_t)(panel * wino->nr) * element;
        epilogue->out_f = (float *)(void *)epilogue->out;
        if (layer->node->residual >= 0) {
            ptrdiff_t in_band = pixel - (ptrdiff_t)piece->first_row * wino->tile_h * out->w;
            epilogue->res = (wino->res.in_place ? weft_ops_data(ops, layer->node->residual) + pixel * epilogue->res_stride
                                                : scratch + wino->at_residual + in_band * epilogue->res_stride) +
                            panel * wino->nr;
        }
        if (ops->trace) {
            trace_acc(ops, layer, epilogue->acc, s->y + r, s->x, pixels, panel * wino->nr, epilogue->channels);
        }
        wino->epilogue(epilogue);
    }
}

/* Tiles [first, first + count) of the band, whose values are ready, for one panel. */
static void run_panel(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece, int panel,
                      int first, int count, uint8_t *scratch)
{
    const struct weft_wino *wino = layer->wino;
    const struct weft_node *node = layer->node;
    int first_channel = panel * wino->nr;
    struct weft_epilogue_args epilogue;
    weft_epilogue_init(&epilogue, node, wino->encode);
    epilogue.acc_stride = wino->nr;
    epilogue.channels = wino->outputs - first_channel < wino->nr ? wino->outputs - first_channel : wino->nr;
    epilogue.scale = node->scale + first_channel;
    epilogue.bias = node->bias + first_channel;
    epilogue.slope = node->act.slope ? node->act.slope + first_channel : NULL;
    epilogue.out_stride = ops->views[node->output].stride / (ptrdiff_t)(wino->encode ? 1 : sizeof(float));
    if (node->residual >= 0) {
        weft_residual_epilogue(&wino->res, ops, node, wino->outputs, &epilogue);
    }
    int groups = (count + wino->group - 1) / wino->group;
    for (int from = 0, size = 0; groups > 0; groups--, from += size) {
        size = (count - from + groups - 1) / groups;
        sum_group(ops, wino, panel, from, size, with_last_row(ops, layer, piece, first + from, size), scratch);
        for (int t = 0; t < size;) {
            int row = (first + from + t) / wino->tiles_w, column = (first + from + t) % wino->tiles_w;
            int run = wino->tiles_w - column < size - t ? wino->tiles_w - column : size - t;
            struct stretch stretch = {t, run, (piece->first_row + row) * wino->tile_h, wino->tile_w * column};
            finish(ops, layer, piece, panel, &stretch, &epilogue, scratch);
            t += run;
        }
    }
}

static void run_piece(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece,
                      uint8_t *scratch)
{
    const struct weft_wino *wino = layer->wino;
    const struct weft_node *node = layer->node;
    const struct weft_tensor *out = weft_ops_tensor(ops, node->output);
    int first_row = piece->first_row * wino->tile_h, rows = piece->rows * wino->tile_h;
    weft_strip_fill(ops, &wino->strip, &wino->in, node->inputs[0], 0, first_row - node->window.pad_top, rows + 2, scratch);
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
        transform_input(ops, wino, piece, first, count, scratch);
        for (int p = 0; p < piece->panels; p++) {
            run_panel(ops, layer, piece, piece->first_panel + p, first, count, scratch);
        }
    }
}

void weft_wino_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch)
{
    struct piece work = cut(layer->wino, piece);
    run_piece(ops, layer, &work, scratch);
}
