/* Convolution: a band of output rows at a time. The band's input rows become bytes once, in the thread's scratch, or
 * are read where they lie; each panel of weights then goes over all pixels of the band, and each stretch of sums
 * through the epilogue while it is hot. */
#include "ops/conv.h"

#include <string.h>

/* One piece of work: a band of rows, a group, a part of its panels. */
struct piece {
    int group, first_row, rows, first_panel, panels;
};

/* The first panel of a part of them; Strassen's, which go two by two, are not parted. */
static int part_begin(const struct weft_conv *conv, int chunk)
{
    const int together = weft_conv_together(conv), units = (conv->panels + together - 1) / together;
    const int panel = (int)((int64_t)units * chunk / conv->chunks) * together;
    return panel < conv->panels ? panel : conv->panels;
}

static struct piece cut(const struct weft_conv *conv, int out_h, int item)
{
    struct piece piece;
    int chunk = item % conv->chunks, band = item / conv->chunks % conv->bands;
    piece.group = item / conv->chunks / conv->bands;
    piece.first_row = band * conv->band_rows;
    piece.rows = out_h - piece.first_row < conv->band_rows ? out_h - piece.first_row : conv->band_rows;
    piece.first_panel = part_begin(conv, chunk);
    piece.panels = part_begin(conv, chunk + 1) - piece.first_panel;
    return piece;
}

/* First byte of each output pixel's window: pixel (0, 0)'s is `first`; `row` and `step` bytes from there to the
 * next. */
static int point(const uint8_t *first, size_t row, size_t step, int rows, int out_w, const uint8_t **pointers)
{
    int pixels = 0;
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < out_w; x++) {
            pointers[pixels++] = first + (size_t)y * row + (size_t)x * step;
        }
    }
    return pixels;
}

/* The windows of the piece's pixels, in the strip, which is filled, or in the input. */
static int point_at(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece,
                    uint8_t *scratch)
{
    const struct weft_conv *conv = layer->data.conv;
    const struct weft_window *w = &layer->node->window;
    const int input = layer->node->inputs[0], out_w = weft_ops_tensor(ops, layer->node->output)->w;
    const uint8_t **pointers = (const uint8_t **)(void *)(scratch + conv->at_pointers);
    const size_t stride = (size_t)conv->strip.stride;
    if (conv->in_place) {
        const size_t pixel = (size_t)ops->views[input].stride, row = (size_t)weft_ops_tensor(ops, input)->w * pixel;
        const uint8_t *first = weft_ops_data(ops, input) + (size_t)(piece->first_row * w->stride_h) * row +
                               (size_t)(piece->group * conv->strip.channels);
        return point(first, row * (size_t)w->stride_h, pixel * (size_t)w->stride_w, piece->rows, out_w, pointers);
    }
    weft_strip_fill(ops, &conv->strip, &conv->in, input, piece->group * conv->strip.channels,
                    piece->first_row * conv->stride_h + conv->first_row,
                    (piece->rows - 1) * conv->stride_h + conv->dilated_h, scratch);
    return point(scratch, (size_t)conv->strip.width * stride * (size_t)conv->stride_h, stride * (size_t)conv->stride_w,
                 piece->rows, out_w, pointers);
}

static void trace_acc(const struct weft_ops *ops, const struct weft_layer *layer, const int32_t *acc, int nr,
                      int first_pixel, int pixels, int first_channel, int channels)
{
    int32_t *to = ops->trace[layer->node - ops->graph->nodes];
    int all = weft_ops_tensor(ops, layer->node->output)->c;
    for (int p = 0; p < pixels; p++) {
        memcpy(to + (size_t)(first_pixel + p) * (size_t)all + first_channel, acc + (size_t)p * (size_t)nr,
               (size_t)channels * sizeof *acc);
    }
}

/* A panel on its way through the pixels of a band. */
struct pass {
    const struct weft_conv *conv;
    const uint8_t *const *pointers;
    struct weft_conv_args args;
    int half; /* only the first half of the panel's channels are there */
    int first_channel;
    /* The next panel's bins on their way from memory while this panel is summed. */
    const uint8_t *ahead, *ahead_end;
    size_t ahead_step; /* bytes per tile */
};

static void fetch_ahead(struct pass *pass)
{
    const uint8_t *stop = pass->ahead + pass->ahead_step;
    for (; pass->ahead < stop && pass->ahead < pass->ahead_end; pass->ahead += 64) {
        __builtin_prefetch(pass->ahead, 0, 2);
    }
}

/* Past the piece's last panel there is nothing to fetch; a few tiles are too few to hide behind. */
static void aim_ahead(struct pass *pass, const uint8_t *next, int tiles)
{
    pass->ahead = pass->ahead_end = next ? next : pass->args.w;
    if (next && tiles > 1) {
        pass->ahead_end = next + pass->conv->panel_bytes;
        pass->ahead_step = (pass->conv->panel_bytes / (size_t)tiles + 127) & ~(size_t)63;
    }
}

/* Sums of pixels [from, from + count) over `runs` runs from `run` on, in one call. */
static void sum_stretch(struct pass *pass, int run, int runs, int from, int count, int32_t *acc)
{
    const struct weft_conv *conv = pass->conv;
    size_t left = (size_t)(pass->ahead_end - pass->ahead);
    int tiles = (count + conv->tile - 1) / conv->tile;
    size_t step = left < pass->ahead_step * (size_t)tiles ? left / (size_t)tiles & ~(size_t)63 : pass->ahead_step;
    conv->stretch(&(struct weft_stretch_args){.a = pass->pointers + from, .pixels = count, .tile = conv->tile,
                                              .half = pass->half,
                                              .block_off = conv->block_off + run * pass->args.run_k8,
                                              .blocks = runs * pass->args.run_k8, .beside = runs == 1,
                                              .w = pass->args.w,
                                              .init = run == 0 ? pass->args.init : NULL, .acc = acc,
                                              .ahead = pass->ahead, .ahead_step = (ptrdiff_t)step});
    pass->ahead += step * (size_t)tiles;
}

static void sum_grouped(const struct pass *pass, int from, int count, int32_t *acc)
{
    const struct weft_conv *conv = pass->conv;
    conv->grouped(&(struct weft_grouped_args){.a = pass->pointers + from, .off = pass->first_channel, .pixels = count,
                                              .size = conv->size, .half = pass->half, .tap_off = conv->block_off,
                                              .taps = conv->taps, .w = pass->args.w, .init = pass->args.init,
                                              .acc = acc});
}

/* The same over all runs, in tiles where there are no stretches. */
static void sum_pixels(struct pass *pass, int from, int count, int32_t *acc)
{
    const struct weft_conv *conv = pass->conv;
    struct weft_conv_args *args = &pass->args;
    int nr = conv->kernel->nr, tiles = (count + conv->tile - 1) / conv->tile;
    if (conv->grouped) {
        sum_grouped(pass, from, count, acc);
        return;
    }
    if (conv->stretch) {
        sum_stretch(pass, 0, conv->geometry.runs, from, count, acc);
        return;
    }
    for (int p = 0; tiles > 0; tiles--) {
        fetch_ahead(pass);
        args->pixels = (count - p + tiles - 1) / tiles; /* tiles of equal height, to within one pixel */
        args->a = pass->pointers + from + p;
        args->acc = acc + (size_t)p * (size_t)nr;
        if (count == 1) {
            conv->kernel->one(args);
        } else {
            conv->kernel->tile(args);
        }
        p += args->pixels;
    }
}

static void look_up_weights(struct pass *pass, const uint8_t *packed, int run, int runs, uint8_t *weights)
{
    const struct weft_conv *conv = pass->conv;
    size_t blocks = (size_t)runs * (size_t)conv->geometry.run_k8,
           bytes = conv->panel_bytes / (size_t)conv->geometry.runs;
    conv->expand(&(struct weft_expand_args){packed + (size_t)run * bytes, conv->lut, blocks, (int8_t *)weights});
    pass->args.w = weights;
}

/* The sums of all pixels of the band, run by run. */
static void sum_deep(struct pass *pass, const uint8_t *packed, int pixels, uint8_t *weights, int32_t *acc)
{
    for (int r = 0; r < pass->conv->geometry.runs; r++) {
        look_up_weights(pass, packed, r, 1, weights);
        sum_stretch(pass, r, 1, 0, pixels, acc);
    }
}

/* A panel's place: of its channels in the group and in the output, of its pixels. */
struct target {
    int in_group, first_channel, channels; /* channels that are there */
    int first_row, pixels;
};

/* The epilogue of all pixels of the band; sums are to come. */
static void init_epilogue(const struct weft_ops *ops, const struct weft_layer *layer, const struct target *target,
                          const uint8_t *scratch, struct weft_epilogue_args *epilogue)
{
    const struct weft_conv *conv = layer->data.conv;
    const struct weft_node *node = layer->node;
    ptrdiff_t first = target->first_row * (ptrdiff_t)weft_ops_tensor(ops, node->output)->w;
    size_t entry = conv->encode ? 1 : sizeof(float);
    weft_epilogue_of_channels(ops, node, conv->encode, &conv->res, conv->outputs, target->first_channel,
                              target->channels, epilogue);
    epilogue->acc_stride = conv->kernel->nr;
    epilogue->pixels = target->pixels;
    epilogue->out_values = conv->out_values;
    epilogue->out = weft_ops_data(ops, node->output) + first * ops->views[node->output].stride +
                    (size_t)target->first_channel * entry;
    if (node->residual >= 0) {
        epilogue->res = conv->res.in_place
                            ? weft_ops_data(ops, node->residual) + first * epilogue->res_stride + target->first_channel
                            : scratch + conv->at_residual + target->in_group;
    }
}

/* The panel's sums, stretch by stretch, and what becomes of them; codes only if `encode`. */
static void run_stretches(const struct weft_ops *ops, const struct weft_layer *layer, const struct target *target,
                          struct pass *pass, struct weft_epilogue_args epilogue, bool encode, uint8_t *scratch)
{
    const struct weft_conv *conv = layer->data.conv;
    const uint8_t *packed = pass->args.w;
    uint8_t *out = epilogue.out;
    const uint8_t *res = epilogue.res;
    int32_t *acc = (int32_t *)(void *)(scratch + conv->at_acc);
    int stretches = conv->deep ? 1 : (target->pixels + WEFT_CONV_ACC_PIXELS - 1) / WEFT_CONV_ACC_PIXELS;
    int first_pixel = target->first_row * weft_ops_tensor(ops, layer->node->output)->w;
    if (conv->deep) {
        sum_deep(pass, packed, target->pixels, scratch + conv->at_weights, acc);
    } else if (conv->expand) {
        look_up_weights(pass, packed, 0, conv->geometry.runs, scratch + conv->at_weights);
    }
    for (int from = 0, count = 0; stretches > 0; stretches--, from += count) {
        count = (target->pixels - from + stretches - 1) / stretches;
        if (!conv->deep) {
            sum_pixels(pass, from, count, acc);
        }
        if (ops->trace) {
            trace_acc(ops, layer, acc, conv->kernel->nr, first_pixel + from, count, target->first_channel,
                      target->channels);
        }
        epilogue.acc = acc;
        epilogue.pixels = count;
        epilogue.out = out + from * ops->views[layer->node->output].stride;
        epilogue.out_f = (float *)(void *)epilogue.out;
        epilogue.res = res ? res + from * epilogue.res_stride : NULL;
        if (encode) {
            conv->epilogue(&epilogue);
        }
    }
}

/* The panel from bins to codes in one call; bins of five bits, and any for rows of few channels, are looked up
 * first. */
static void fuse_panel(struct pass pass, const struct weft_epilogue_args *epilogue, uint8_t *weights)
{
    const struct weft_conv *conv = pass.conv;
    const bool fours = conv->grouped != NULL, by_table = conv->format == WEFT_WFMT_C4 && !fours;
    if (conv->format != WEFT_WFMT_C8 && !by_table) {
        look_up_weights(&pass, pass.args.w, 0, conv->geometry.runs, weights);
    }
    int tiles = (epilogue->pixels + WEFT_FUSED_MOST - 1) / WEFT_FUSED_MOST;
    size_t step = (size_t)(pass.ahead_end - pass.ahead) / (size_t)tiles & ~(size_t)63;
    conv->fused(&(struct weft_fused_args){.a = pass.pointers, .pixels = epilogue->pixels, .block_off = conv->block_off,
                                          .blocks = fours ? conv->taps : pass.args.runs * pass.args.run_k8,
                                          .fours = fours, .w = pass.args.w,
                                          .lut = by_table ? conv->lut : NULL, .init = pass.args.init,
                                          .to = epilogue, .ahead = pass.ahead, .ahead_step = (ptrdiff_t)step});
}

static struct target target_of(const struct weft_conv *conv, const struct piece *piece, int panel, int panels,
                               int pixels)
{
    const int in_group = panel * conv->kernel->nr, most = panels * conv->kernel->nr;
    return (struct target){.in_group = in_group, .first_channel = piece->group * conv->outputs + in_group,
                           .channels = conv->outputs - in_group < most ? conv->outputs - in_group : most,
                           .first_row = piece->first_row, .pixels = pixels};
}

/* `coded`: only for the trace, codes are there. */
static void run_panel(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece, int panel,
                      int pixels, bool coded, uint8_t *scratch)
{
    const struct weft_conv *conv = layer->data.conv;
    int nr = conv->kernel->nr, in_group = panel * nr;
    struct target target = target_of(conv, piece, panel, 1, pixels);
    size_t index = (size_t)piece->group * (size_t)conv->panels + (size_t)panel;
    const uint8_t *packed = conv->packed + index * conv->panel_bytes;
    struct pass pass = {.conv = conv, .half = target.channels <= nr / 2, .first_channel = conv->apart ? in_group : 0,
                        .pointers = (const uint8_t *const *)(void *)(scratch + conv->at_pointers),
                        .args = {.run_off = conv->run_off, .runs = conv->geometry.runs, .run_k8 = conv->geometry.run_k8,
                                 .w = packed, .lut = conv->lut, .init = conv->init + index * (size_t)nr,
                                 .group = conv->group}};
    int tiles = (pixels + conv->tile - 1) / conv->tile * (conv->deep ? conv->geometry.runs : 1);
    aim_ahead(&pass, panel + 1 < piece->first_panel + piece->panels ? packed + conv->panel_bytes : NULL, tiles);
    struct weft_epilogue_args epilogue;
    init_epilogue(ops, layer, &target, scratch, &epilogue);
    const bool fused = conv->fused && target.channels == nr;
    if (fused && !coded) {
        fuse_panel(pass, &epilogue, scratch + conv->at_weights);
    }
    if (!fused || ops->trace) {
        run_stretches(ops, layer, &target, &pass, epilogue, !fused && !coded, scratch);
    }
}

/* Whole panels two by two, from the planes of the piece's pixels, and what is left. */
static void run_pairs(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece, int pixels,
                      uint8_t *scratch)
{
    const struct weft_conv *conv = layer->data.conv;
    const int end = piece->first_panel + piece->panels, whole = conv->outputs / conv->kernel->nr;
    int panel = piece->first_panel;
    weft_strassen_fill(conv->strassen, (const uint8_t *const *)(void *)(scratch + conv->at_pointers), pixels, scratch);
    for (; panel + 1 < end && panel + 1 < whole; panel += 2) {
        const struct target target = target_of(conv, piece, panel, 2, pixels);
        struct weft_epilogue_args epilogue;
        init_epilogue(ops, layer, &target, scratch, &epilogue);
        weft_strassen_run(conv, panel, end, &epilogue, scratch);
        for (int i = 0; ops->trace && i < 2; i++) {
            run_panel(ops, layer, piece, panel + i, pixels, true, scratch);
        }
    }
    for (; panel < end; panel++) {
        run_panel(ops, layer, piece, panel, pixels, false, scratch);
    }
}

/* The first panels' bins on their way while bytes are looked up; the others' are fetched while one in front of them is
 * summed. */
static void fetch_first(const struct weft_conv *conv, const struct piece *piece)
{
    const size_t most = 16 << 10, bytes = (size_t)weft_conv_together(conv) * conv->panel_bytes;
    const uint8_t *first = conv->packed + ((size_t)piece->group * (size_t)conv->panels + (size_t)piece->first_panel) *
                                              conv->panel_bytes;
    for (size_t i = 0; i < bytes && i < most; i += 64) {
        __builtin_prefetch(first + i, 0, 2);
    }
}

static void run_piece(const struct weft_ops *ops, const struct weft_layer *layer, const struct piece *piece,
                      uint8_t *scratch)
{
    const struct weft_conv *conv = layer->data.conv;
    const struct weft_node *node = layer->node;
    const struct weft_tensor *out = weft_ops_tensor(ops, node->output);
    if (node->residual >= 0 && !conv->res.in_place) {
        ptrdiff_t pixel = ops->views[node->residual].stride;
        int first = piece->first_panel * conv->kernel->nr, end = first + piece->panels * conv->kernel->nr;
        weft_bytes_look_up(&conv->res.bytes, &ops->kernels,
                           weft_ops_data(ops, node->residual) + (ptrdiff_t)piece->first_row * out->w * pixel +
                               (ptrdiff_t)piece->group * conv->outputs + first,
                           pixel, piece->rows * out->w, (end < conv->outputs ? end : conv->outputs) - first,
                           scratch + conv->at_residual + first, conv->outputs);
    }
    fetch_first(conv, piece);
    int pixels = point_at(ops, layer, piece, scratch);
    if (conv->strassen && pixels >= WEFT_STRASSEN_LEAST * 2) {
        run_pairs(ops, layer, piece, pixels, scratch);
        return;
    }
    for (int p = 0; p < piece->panels; p++) {
        run_panel(ops, layer, piece, piece->first_panel + p, pixels, false, scratch);
    }
}

void weft_conv_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch)
{
    struct piece work = cut(layer->data.conv, weft_ops_tensor(ops, layer->node->output)->h, piece);
    run_piece(ops, layer, &work, scratch);
}
