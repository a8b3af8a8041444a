/* Max pooling on codes; cells outside the image are left out. */
#include "ops/ops.h"

void weft_maxpool_prepare(const struct weft_ops *ops, struct weft_layer *layer)
{
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    size_t taps = (size_t)layer->node->window.kernel_h * (size_t)layer->node->window.kernel_w;
    layer->scratch_bytes = taps * sizeof(uint8_t *);
    layer->pieces = weft_ops_cut(ops, out->h, taps * (size_t)out->w * (size_t)out->c);
}

/* Taps of the window at (y, x) that lie inside the image; their number. */
static int find_taps(const struct weft_ops *ops, const struct weft_node *node, int y, int x, const uint8_t **taps)
{
    const struct weft_window *w = &node->window;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]);
    ptrdiff_t pixel = ops->views[node->inputs[0]].stride;
    const uint8_t *from = weft_ops_data(ops, node->inputs[0]);
    int count = 0;
    for (int ky = 0; ky < w->kernel_h; ky++) {
        int iy = y * w->stride_h - w->pad_top + ky * w->dilation_h;
        for (int kx = 0; iy >= 0 && iy < in->h && kx < w->kernel_w; kx++) {
            int ix = x * w->stride_w - w->pad_left + kx * w->dilation_w;
            if (ix >= 0 && ix < in->w) {
                taps[count++] = from + ((ptrdiff_t)iy * in->w + ix) * pixel;
            }
        }
    }
    return count;
}

/* Output pixels from x on, as many as have the taps of x, one stride further each. */
static int stretch(const struct weft_node *node, const struct weft_tensor *in, const struct weft_tensor *out, int x)
{
    const struct weft_window *w = &node->window;
    int left = x * w->stride_w - w->pad_left, span = (w->kernel_w - 1) * w->dilation_w;
    if (left < 0 || left + span >= in->w) {
        return 1; /* at a border */
    }
    int pixels = (in->w - 1 - span - left) / w->stride_w + 1;
    return pixels < out->w - x ? pixels : out->w - x;
}

static void pool_row(const struct weft_ops *ops, const struct weft_layer *layer, int y, const uint8_t **taps)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    ptrdiff_t out_pixel = ops->views[node->output].stride;
    uint8_t *to = weft_ops_data(ops, node->output) + (ptrdiff_t)y * out->w * out_pixel;
    struct weft_maxpool_args args = {.a = taps, .a_stride = ops->views[node->inputs[0]].stride * node->window.stride_w,
                                     .channels = out->c, .is_signed = in->edge.is_signed, .out_stride = out_pixel};
    for (int x = 0; x < out->w; x += args.pixels) {
        args.taps = find_taps(ops, node, y, x, taps);
        args.pixels = stretch(node, in, out, x);
        args.out = to + x * out_pixel;
        ops->kernels.maxpool(&args);
    }
}

void weft_maxpool_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch)
{
    int y, end;
    weft_ops_rows(layer, weft_ops_tensor(ops, layer->node->output)->h, piece, &y, &end);
    for (; y < end; y++) {
        pool_row(ops, layer, y, (const uint8_t **)(void *)scratch);
    }
}
