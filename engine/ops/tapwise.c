#include "ops/tapwise.h"

#include <string.h>

/* A stretch of pixels of one output row. */
struct stretch {
    int y, x, pixels;
};

static void trace_acc(const struct weft_ops *ops, const struct weft_layer *layer, const int32_t *acc,
                      const struct stretch *s)
{
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    int32_t *to = ops->trace[layer->node - ops->graph->nodes];
    if (to) {
        memcpy(to + ((size_t)s->y * (size_t)out->w + (size_t)s->x) * (size_t)out->c, acc,
               (size_t)s->pixels * (size_t)out->c * sizeof *acc);
    }
}

/* The epilogue's scales that depend on the position or on data. Shortens the stretch to where they hold. */
static void make_scale(const struct weft_ops *ops, const struct weft_layer *layer, struct stretch *s, float *scale)
{
    const struct weft_node *node = layer->node;
    const struct weft_tapwise *t = layer->data.tapwise;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]);
    if (node->op == WEFT_OP_GATE) {
        const struct weft_tensor *gate = weft_ops_tensor(ops, node->inputs[1]);
        const uint8_t *codes = weft_ops_data(ops, node->inputs[1]);
        float unit = in->edge.scale * gate->edge.scale;
        for (int c = 0; c < in->c; c++) {
            scale[c] = (float)weft_edge_integer(&gate->edge, codes[c]) * unit;
        }
        return;
    }
    int count = weft_window_count(&t->window, in, s->y, s->x), pixels = 1;
    while (pixels < s->pixels && weft_window_count(&t->window, in, s->y, s->x + pixels) == count) {
        pixels++;
    }
    s->pixels = pixels;
    for (int c = 0; c < in->c; c++) {
        scale[c] = in->edge.scale / (float)(count > 0 ? count : 1);
    }
}

/* Where the taps of the window of pixel x begin, row by row: averages have thousands. */
static void point(const struct weft_tapwise *t, const uint8_t *strip, int strip_row, int x, const uint8_t **taps)
{
    const struct weft_window *w = &t->window;
    for (int ky = 0; ky < w->kernel_h; ky++) {
        size_t pixel = (size_t)(strip_row + ky * w->dilation_h) * (size_t)t->strip.width + (size_t)(x * t->stride_w);
        const uint8_t *row = strip + pixel * (size_t)t->strip.stride;
        for (int kx = 0; kx < w->kernel_w; kx++) {
            *taps++ = row + (size_t)(kx * w->dilation_w) * (size_t)t->strip.stride;
        }
    }
}

/* One stretch: sums, then the epilogue. Returns the pixels done. */
static int run_stretch(const struct weft_ops *ops, const struct weft_layer *layer, struct stretch s, int strip_row,
                       uint8_t *scratch)
{
    const struct weft_tapwise *t = layer->data.tapwise;
    const struct weft_node *node = layer->node;
    const struct weft_tensor *out = weft_ops_tensor(ops, node->output);
    const uint8_t **taps = (const uint8_t **)(void *)(scratch + t->at_pointers);
    int32_t *acc = (int32_t *)(void *)(scratch + t->at_acc);
    float *scale = (float *)(void *)(scratch + t->at_scale);
    if (!t->scale) {
        make_scale(ops, layer, &s, scale);
    }
    point(t, scratch, strip_row, s.x, taps);
    ops->kernels.dw(&(struct weft_dw_args){.a = taps, .a_stride = (ptrdiff_t)t->stride_w * t->strip.stride,
                                           .taps = t->taps,
                                           .pixels = s.pixels, .channels = out->c, .ones = node->op != WEFT_OP_CONV,
                                           .w = t->weights, .wstride = out->c,
                                           .init = t->init, .acc = acc, .acc_stride = out->c});
    if (ops->trace) {
        trace_acc(ops, layer, acc, &s);
    }
    struct weft_epilogue_args args;
    ptrdiff_t first = (ptrdiff_t)s.y * out->w + s.x, element = t->encode ? 1 : (ptrdiff_t)sizeof(float);
    weft_epilogue_init(&args, node, t->encode);
    args.acc = acc;
    args.acc_stride = out->c;
    args.pixels = s.pixels;
    args.channels = out->c;
    args.scale = t->scale ? t->scale : scale;
    args.bias = t->bias;
    args.slope = node->act.slope;
    if (t->residual >= 0) {
        ptrdiff_t pixel = ops->views[t->residual].stride;
        weft_bytes_look_up(&t->res, &ops->kernels, weft_ops_data(ops, t->residual) + first * pixel, pixel, s.pixels,
                           out->c, scratch + t->at_residual, out->c);
        args.res = scratch + t->at_residual;
        args.res_stride = out->c;
        args.res_zero = t->res.zero;
        args.res_signed = t->res.is_signed;
        args.res_scale = weft_ops_tensor(ops, t->residual)->edge.scale;
    }
    args.out = weft_ops_data(ops, node->output) + first * ops->views[node->output].stride;
    args.out_f = (float *)(void *)args.out;
    args.out_stride = ops->views[node->output].stride / element;
    ops->kernels.epilogue(&args);
    return s.pixels;
}

/* Rows [first, last), of which the strip holds all at a time. */
static void run_rows(const struct weft_ops *ops, const struct weft_layer *layer, int first, int last, uint8_t *scratch)
{
    const struct weft_tapwise *t = layer->data.tapwise;
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    weft_strip_fill(ops, &t->strip, &t->in, layer->node->inputs[0], 0, first * t->stride_h + t->first_row,
                    (last - first - 1) * t->stride_h + t->dilated_h, scratch);
    for (int y = first; y < last; y++) {
        for (int x = 0; x < out->w;) {
            int pixels = out->w - x < t->acc_pixels ? out->w - x : t->acc_pixels;
            x += run_stretch(ops, layer, (struct stretch){y, x, pixels}, (y - first) * t->stride_h, scratch);
        }
    }
}

/* Rows [first, last) of 3x3 windows straight to codes: sums are never in memory, and of the bytes only the three rows
 * that a row of windows needs. */
static void run_windows(const struct weft_ops *ops, const struct weft_layer *layer, int first, int last,
                        uint8_t *scratch)
{
    const struct weft_tapwise *t = layer->data.tapwise;
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    size_t row = (size_t)t->strip.width * (size_t)t->strip.stride;
    ptrdiff_t pixel = ops->views[layer->node->output].stride;
    struct weft_dw3x3_args args = {.pixels = out->w, .channels = out->c, .step = t->stride_w, .pair = t->pair,
                                   .out_values = t->out_values, .blocks = t->blocks, .enc = t->encode,
                                   .out_stride = pixel};
    int filled = first * t->stride_h; /* row of the strip that comes next */
    for (int y = first; y < last; y++) {
        int top = y * t->stride_h;
        for (filled = filled < top ? top : filled; filled < top + 3; filled++) {
            weft_strip_fill(ops, &t->strip, &t->in, layer->node->inputs[0], 0, filled + t->first_row, 1,
                            scratch + (size_t)(filled % 3) * row);
        }
        for (int i = 0; i < 3; i++) {
            args.row[i] = scratch + (size_t)((top + i) % 3) * row;
        }
        args.out = weft_ops_data(ops, layer->node->output) + (ptrdiff_t)y * out->w * pixel;
        ops->kernels.dw3x3(&args);
    }
}

/* Rows [first, last) straight to codes. */
static void run_affine(const struct weft_ops *ops, const struct weft_layer *layer, int first, int last,
                       uint8_t *scratch)
{
    const struct weft_tapwise *t = layer->data.tapwise;
    const struct weft_node *node = layer->node;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]);
    struct stretch s = {first, 0, in->w};
    ptrdiff_t in_stride = ops->views[node->inputs[0]].stride, out_stride = ops->views[node->output].stride;
    float *scale = (float *)(void *)(scratch + t->at_scale);
    if (!t->scale) {
        make_scale(ops, layer, &s, scale);
    }
    ops->kernels.affine(&(struct weft_affine_args){
        .in = weft_ops_data(ops, node->inputs[0]) + (ptrdiff_t)first * in->w * in_stride, .in_stride = in_stride,
        .pixels = (last - first) * in->w, .channels = in->c, .is_signed = in->edge.is_signed,
        .values = t->by_table ? t->values : NULL, .scale = t->scale ? t->scale : scale, .bias = t->bias,
        .enc = t->encode,
        .out = weft_ops_data(ops, node->output) + (ptrdiff_t)first * in->w * out_stride, .out_stride = out_stride});
}

void weft_tapwise_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch)
{
    const struct weft_tapwise *t = layer->data.tapwise;
    int first, last;
    weft_ops_rows(layer, weft_ops_tensor(ops, layer->node->output)->h, piece, &first, &last);
    const bool straight = t->blocks || t->affine;
    for (int y = first; (!straight || ops->trace) && y < last; y += t->band_rows) {
        run_rows(ops, layer, y, last - y < t->band_rows ? last : y + t->band_rows, scratch);
    }
    /* In a traced run, over the codes of the sums that were traced: the same codes as in any other run. */
    if (t->blocks) {
        run_windows(ops, layer, first, last, scratch);
    } else if (t->affine && first < last) {
        run_affine(ops, layer, first, last, scratch);
    }
}
