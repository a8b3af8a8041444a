/* Max pooling on codes; cells outside the image are left out. */
#include "core/error.h"
#include "ops/ops.h"

weft_status weft_maxpool_prepare(struct weft_ops *ops, struct weft_layer *layer, const char *file, weft_error *error)
{
    size_t taps = (size_t)layer->node->window.kernel_h * (size_t)layer->node->window.kernel_w;
    layer->data.pointers = weft_pool_alloc(ops->pool, taps * (size_t)ops->threads, sizeof(uint8_t *));
    return layer->data.pointers
               ? WEFT_OK
               : weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", file, layer->node->name);
}

static void pool_row(const struct weft_ops *ops, const struct weft_layer *layer, int y, const uint8_t **taps)
{
    const struct weft_node *node = layer->node;
    const struct weft_window *w = &node->window;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    ptrdiff_t in_pixel = ops->views[node->inputs[0]].stride, out_pixel = ops->views[node->output].stride;
    const uint8_t *from = weft_ops_data(ops, node->inputs[0]);
    uint8_t *to = weft_ops_data(ops, node->output) + (ptrdiff_t)y * out->w * out_pixel;
    for (int x = 0; x < out->w; x++) {
        int count = 0;
        for (int ky = 0; ky < w->kernel_h; ky++) {
            int iy = y * w->stride_h - w->pad_top + ky * w->dilation_h;
            for (int kx = 0; iy >= 0 && iy < in->h && kx < w->kernel_w; kx++) {
                int ix = x * w->stride_w - w->pad_left + kx * w->dilation_w;
                if (ix >= 0 && ix < in->w) {
                    taps[count++] = from + ((ptrdiff_t)iy * in->w + ix) * in_pixel;
                }
            }
        }
        ops->kernels.maxpool(taps, count, out->c, in->edge.is_signed, to + x * out_pixel);
    }
}

void weft_maxpool_run(const struct weft_ops *ops, const struct weft_layer *layer)
{
    size_t taps = (size_t)layer->node->window.kernel_h * (size_t)layer->node->window.kernel_w;
    int rows = weft_ops_tensor(ops, layer->node->output)->h;
#pragma omp parallel for num_threads(ops->threads) schedule(static) if (ops->threads > 1)
    for (int y = 0; y < rows; y++) {
        pool_row(ops, layer, y, layer->data.pointers + taps * (size_t)((weft_ops_scratch(ops) - ops->scratch) / (ptrdiff_t)ops->scratch_bytes));
    }
}
