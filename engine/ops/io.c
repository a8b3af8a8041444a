/* The ends of the network: planar floats outside, interleaved codes inside. */
#include "ops/ops.h"

size_t weft_io_scratch(const struct weft_graph *graph)
{
    const struct weft_tensor *in = &graph->tensors[graph->input];
    return (size_t)in->h * (size_t)in->w; /* one plane of codes */
}

void weft_io_input(const struct weft_ops *ops, const struct weft_encoder *encoder, const float *input)
{
    int t = ops->graph->input;
    const struct weft_tensor *in = weft_ops_tensor(ops, t);
    ptrdiff_t pixel = ops->views[t].stride;
    uint8_t *to = weft_ops_data(ops, t), *plane = ops->scratch;
    size_t pixels = (size_t)in->h * (size_t)in->w;
    for (int c = 0; c < in->c; c++) {
        if (!encoder) {
            for (size_t p = 0; p < pixels; p++) {
                *(float *)(void *)(to + (ptrdiff_t)p * pixel + (size_t)c * sizeof(float)) = input[(size_t)c * pixels + p];
            }
            continue;
        }
        ops->kernels.encode(input + (size_t)c * pixels, pixels, encoder, plane);
        for (size_t p = 0; p < pixels; p++) {
            to[(ptrdiff_t)p * pixel + c] = plane[p];
        }
    }
}

void weft_io_output(const struct weft_ops *ops, float *output)
{
    int t = ops->graph->output;
    const struct weft_tensor *out = weft_ops_tensor(ops, t);
    size_t pixels = (size_t)out->h * (size_t)out->w;
    const uint8_t *from = weft_ops_data(ops, t);
    for (size_t p = 0; p < pixels; p++) {
        const uint8_t *pixel = from + (ptrdiff_t)p * ops->views[t].stride;
        for (int c = 0; c < out->c; c++) {
            output[(size_t)c * pixels + p] = out->edge.kind == WEFT_EDGE_FLOAT ? ((const float *)(const void *)pixel)[c]
                                                                               : weft_edge_decode(&out->edge, pixel[c]);
        }
    }
}
