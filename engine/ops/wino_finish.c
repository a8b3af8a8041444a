#include "ops/wino_finish.h"

#include <string.h>

static void trace_acc(const struct weft_ops *ops, const struct weft_layer *layer, const int32_t *acc, int y, int x,
                      int pixels, int first_channel, int channels)
{
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    int32_t *to = ops->trace[layer->node - ops->graph->nodes] +
                  ((size_t)y * (size_t)out->w + (size_t)x) * (size_t)out->c;
    for (int p = 0; p < pixels; p++) {
        memcpy(to + (size_t)p * (size_t)out->c + first_channel, acc + (size_t)p * (size_t)layer->wino->nr,
               (size_t)channels * sizeof *acc);
    }
}

/* Sums of tiles side by side to accumulators, from pixel `at` on. */
static void transform_sums(const struct weft_ops *ops, const struct weft_wino *wino, int first, int tiles, int at,
                           uint8_t *scratch)
{
    const int32_t *sums = (const int32_t *)(const void *)(scratch + wino->at_sums);
    int32_t *acc = (int32_t *)(void *)(scratch + wino->at_acc);
    struct weft_wino_out_args args = {sums + first * wino->nr, wino->sum_point, tiles, wino->nr, acc + at * wino->nr,
                                      wino->tile_w * wino->group * wino->nr};
    if (wino->form == WEFT_WINO_44) {
        ops->kernels.wino44_out(&args);
    } else if (wino->form == WEFT_WINO_22S2) {
        ops->kernels.wino22s2_out(&args);
    } else if (wino->form == WEFT_WINO_22) {
        ops->kernels.wino22_out(&args);
    } else {
        ops->kernels.wino12_out(&args);
    }
}

/* Of the output, or of the residual as the epilogue reads it: the band's first pixel, the panel's first channel. */
static uint8_t *first_out(const struct weft_ops *ops, const struct weft_layer *layer, const struct weft_wino_part *part)
{
    const struct weft_wino *wino = layer->wino;
    const int output = layer->node->output;
    ptrdiff_t pixel = (ptrdiff_t)part->first_row * wino->tile_h * weft_ops_tensor(ops, output)->w;
    return weft_ops_data(ops, output) + pixel * ops->views[output].stride +
           (size_t)(part->panel * wino->nr) * (wino->encode ? 1 : sizeof(float));
}

static const uint8_t *first_residual(const struct weft_ops *ops, const struct weft_layer *layer,
                                     const struct weft_wino_part *part, ptrdiff_t stride, const uint8_t *scratch)
{
    const struct weft_wino *wino = layer->wino;
    ptrdiff_t pixel = (ptrdiff_t)part->first_row * wino->tile_h * weft_ops_tensor(ops, layer->node->output)->w;
    if (layer->node->residual < 0) {
        return NULL;
    }
    return (wino->res.in_place ? weft_ops_data(ops, layer->node->residual) + pixel * stride
                               : scratch + wino->at_residual) +
           part->panel * wino->nr;
}

void weft_wino_epilogue(const struct weft_ops *ops, const struct weft_layer *layer, int panel,
                        struct weft_epilogue_args *epilogue)
{
    const struct weft_wino *wino = layer->wino;
    int first_channel = panel * wino->nr;
    weft_epilogue_of_channels(ops, layer->node, wino->encode, &wino->res, wino->outputs, first_channel,
                              wino->outputs - first_channel < wino->nr ? wino->outputs - first_channel : wino->nr,
                              epilogue);
    epilogue->acc_stride = wino->nr;
}

/* The accumulators of a run of tiles through the epilogue; only traced where codes come from elsewhere. */
static void finish_run(const struct weft_ops *ops, const struct weft_layer *layer, const struct weft_wino_part *part,
                       const struct weft_wino_stretch *run, bool encode, struct weft_epilogue_args *epilogue,
                       uint8_t *scratch)
{
    const struct weft_wino *wino = layer->wino;
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    const int32_t *acc = (const int32_t *)(const void *)(scratch + wino->at_acc);
    const uint8_t *residual = first_residual(ops, layer, part, epilogue->res_stride, scratch);
    const int y = run->y * wino->tile_h, first_y = part->first_row * wino->tile_h + y, x = run->x * wino->tile_w;
    const int pixels = out->w - x < wino->tile_w * run->tiles ? out->w - x : wino->tile_w * run->tiles;
    for (int r = 0; r < wino->tile_h && first_y + r < out->h; r++) {
        ptrdiff_t in_band = (ptrdiff_t)(y + r) * out->w + x;
        epilogue->acc = acc + r * wino->tile_w * wino->group * wino->nr;
        epilogue->pixels = pixels;
        epilogue->out = first_out(ops, layer, part) + in_band * ops->views[layer->node->output].stride;
        epilogue->out_f = (float *)(void *)epilogue->out;
        epilogue->res = residual ? residual + in_band * epilogue->res_stride : NULL;
        if (ops->trace) {
            trace_acc(ops, layer, epilogue->acc, first_y + r, x, pixels, part->panel * wino->nr, epilogue->channels);
        }
        if (encode) {
            wino->epilogue(epilogue);
        }
    }
}

/* All tiles of the part, run by run. A row's last tile goes with the others where both are there. */
static void finish_runs(const struct weft_ops *ops, const struct weft_layer *layer, const struct weft_wino_part *part,
                        bool encode, struct weft_epilogue_args *epilogue, uint8_t *scratch)
{
    const struct weft_wino *wino = layer->wino;
    const struct weft_wino_order *order = part->order;
    const struct weft_wino_range all = part->tiles;
    for (int t = all.first, tiles = 0; t < all.end; t += tiles) {
        struct weft_wino_stretch run = weft_wino_stretch_at(order, t, all.end);
        int beside = weft_wino_beside(order, run.y);
        bool to_the_last = order->beside && run.x < order->width && run.x + run.tiles == order->width;
        tiles = run.tiles;
        if (order->beside && run.x == order->width && weft_wino_before(order, run.y) >= all.first) {
            continue; /* went with the row's others */
        }
        transform_sums(ops, wino, t - all.first, tiles, 0, scratch);
        if (to_the_last && beside < all.end) {
            transform_sums(ops, wino, beside - all.first, 1, tiles * wino->tile_w, scratch);
            run.tiles++;
        }
        finish_run(ops, layer, part, &run, encode, epilogue, scratch);
    }
}

void weft_wino_list_tiles(const struct weft_ops *ops, const struct weft_layer *layer, int first_row,
                          const struct weft_wino_order *order, int count, uint8_t *scratch)
{
    const struct weft_wino *wino = layer->wino;
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    struct weft_wino_tile *tile = (struct weft_wino_tile *)(void *)(scratch + wino->at_tiles);
    for (int t = 0; t < count;) {
        const struct weft_wino_stretch run = weft_wino_stretch_at(order, t, count);
        const int y = run.y * 2, rows = out->h - first_row * 2 - y;
        for (int i = 0; i < run.tiles; i++, t++) {
            const int x = (run.x + i) * 2, columns = out->w - x;
            tile[t] = (struct weft_wino_tile){y * out->w + x, (uint8_t)(rows < 2 ? 1 : 2),
                                              (uint8_t)(columns < 2 ? 1 : 2)};
        }
    }
}

/* All tiles of the part in one call. */
static void fuse(const struct weft_ops *ops, const struct weft_layer *layer, const struct weft_wino_part *part,
                 struct weft_epilogue_args *epilogue, const uint8_t *scratch)
{
    const struct weft_wino *wino = layer->wino;
    epilogue->out = first_out(ops, layer, part);
    epilogue->out_values = wino->out_values;
    epilogue->res = first_residual(ops, layer, part, epilogue->res_stride, scratch);
    wino->fused(&(struct weft_wino22_fused_args){
        .sums = (const int32_t *)(const void *)(scratch + wino->at_sums), .point = wino->sum_point,
        .tiles = part->tiles.end - part->tiles.first, .width = weft_ops_tensor(ops, layer->node->output)->w,
        .tile = (const struct weft_wino_tile *)(const void *)(scratch + wino->at_tiles) + part->tiles.first,
        .to = epilogue});
}

void weft_wino_finish(const struct weft_ops *ops, const struct weft_layer *layer, const struct weft_wino_part *part,
                      struct weft_epilogue_args *epilogue, uint8_t *scratch)
{
    const bool fused = layer->wino->fused && epilogue->channels == layer->wino->nr;
    if (fused) {
        fuse(ops, layer, part, epilogue, scratch);
    }
    if (!fused || ops->trace) {
        finish_runs(ops, layer, part, !fused, epilogue, scratch);
    }
}
