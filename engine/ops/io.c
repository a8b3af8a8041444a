/* The ends of the network: planar floats outside, interleaved codes inside. */
#include "ops/ops.h"

enum { STRETCH = 1024 }; /* pixels encoded at a time */

size_t weft_io_scratch(const struct weft_graph *graph)
{
    return (size_t)graph->tensors[graph->input].c * STRETCH;
}

/* Planes of STRETCH codes to pixels. */
static void interleave(const struct weft_ops *ops, const uint8_t *planes, int channels, size_t pixels, ptrdiff_t pixel,
                       uint8_t *to)
{
    if (channels == 3 && pixel == 3) { /* the images that networks take */
        ops->kernels.planes3(planes, STRETCH, pixels, to);
        return;
    }
    for (int c = 0; c < channels; c++) {
        for (size_t p = 0; p < pixels; p++) {
            to[(ptrdiff_t)p * pixel + c] = planes[(size_t)c * STRETCH + p];
        }
    }
}

int weft_io_pieces(const struct weft_tensor *tensor)
{
    return (int)(((int64_t)tensor->h * tensor->w + STRETCH - 1) / STRETCH);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void input_floats(const struct weft_tensor *in, ptrdiff_t pixel, const float *input, size_t count, uint8_t *to)
{
    size_t pixels = (size_t)in->h * (size_t)in->w;
    for (int c = 0; c < in->c; c++) {
        for (size_t p = 0; p < count; p++) {
            *(float *)(void *)(to + (ptrdiff_t)p * pixel + (size_t)c * sizeof(float)) = input[(size_t)c * pixels + p];
        }
    }
}

void weft_io_input(const struct weft_ops *ops, const struct weft_encoder *encoder, const float *input, int piece,
                   uint8_t *scratch)
{
    int t = ops->graph->input;
    const struct weft_tensor *in = weft_ops_tensor(ops, t);
    ptrdiff_t pixel = ops->views[t].stride;
    size_t pixels = (size_t)in->h * (size_t)in->w, first = (size_t)piece * STRETCH;
    size_t count = least(pixels - first, STRETCH);
    uint8_t *to = weft_ops_data(ops, t) + (ptrdiff_t)first * pixel;
    if (!encoder) {
        input_floats(in, pixel, input + first, count, to);
        return;
    }
    for (int c = 0; c < in->c; c++) {
        ops->kernels.encode(input + (size_t)c * pixels + first, count, encoder, scratch + (size_t)c * STRETCH);
    }
    interleave(ops, scratch, in->c, count, pixel, to);
}

void weft_io_output(const struct weft_ops *ops, float *output, int piece)
{
    int t = ops->graph->output;
    const struct weft_tensor *out = weft_ops_tensor(ops, t);
    size_t pixels = (size_t)out->h * (size_t)out->w, first = (size_t)piece * STRETCH;
    const uint8_t *from = weft_ops_data(ops, t);
    for (size_t p = first; p < least(pixels, first + STRETCH); p++) {
        const uint8_t *pixel = from + (ptrdiff_t)p * ops->views[t].stride;
        for (int c = 0; c < out->c; c++) {
            output[(size_t)c * pixels + p] = out->edge.kind == WEFT_EDGE_FLOAT ? ((const float *)(const void *)pixel)[c]
                                                                               : weft_edge_decode(&out->edge, pixel[c]);
        }
    }
}
