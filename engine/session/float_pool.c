/* Pools of the float path, plane by plane. */
#include <math.h>

#include "session/float_ops.h"

/* The taps of one window along one axis: those on the input, and how many count for an average. */
struct span {
    int first, end; /* taps on the input */
    int64_t start;  /* input position of tap 0 */
    int counted;    /* taps on the input and on the model's own padding */
};

static struct span window_span(int o, int in, int kernel, int stride, int dilation, int pad,
                               int real_pad_after)
{
    struct span span = {.start = (int64_t)o * stride - pad};
    for (int k = 0; k < kernel; k++) {
        int64_t position = span.start + (int64_t)k * dilation;
        if (position < 0) {
            span.first = k + 1;
        }
        if (position < in) {
            span.end = k + 1;
        }
        if (position < (int64_t)in + real_pad_after) {
            span.counted = k + 1;
        }
    }
    return span;
}

static float pool_max(const float *x, int in_w, const struct weft_window *w, struct span rows,
                      struct span columns)
{
    float largest = -INFINITY;
    for (int ky = rows.first; ky < rows.end; ky++) {
        const float *line = x + (rows.start + (int64_t)ky * w->dilation_h) * in_w;
        for (int kx = columns.first; kx < columns.end; kx++) {
            float value = line[columns.start + (int64_t)kx * w->dilation_w];
            largest = value > largest ? value : largest;
        }
    }
    return largest;
}

static float pool_average(const float *x, int in_w, const struct weft_window *w, struct span rows,
                          struct span columns)
{
    double sum = 0;
    for (int ky = rows.first; ky < rows.end; ky++) {
        const float *line = x + (rows.start + (int64_t)ky * w->dilation_h) * in_w;
        for (int kx = columns.first; kx < columns.end; kx++) {
            sum += line[columns.start + (int64_t)kx * w->dilation_w];
        }
    }
    int64_t cells = (int64_t)(rows.end - rows.first) * (columns.end - columns.first);
    if (w->count_include_pad) {
        cells = (int64_t)rows.counted * columns.counted;
    }
    return (float)(sum / (double)cells);
}

void weft_float_pool(const struct weft_float_context *context, const struct weft_node *node)
{
    const struct weft_tensor *in = &context->graph->tensors[node->inputs[0]];
    const struct weft_tensor *out = &context->graph->tensors[node->output];
    const struct weft_window *w = &node->window;
    bool average = node->op == WEFT_OP_AVGPOOL;
    int64_t in_plane = (int64_t)in->h * in->w, out_plane = (int64_t)out->h * out->w;
#pragma omp parallel for num_threads(context->threads) schedule(static)
    for (int64_t plane = 0; plane < (int64_t)in->n * in->c; plane++) {
        const float *x = context->values[node->inputs[0]] + plane * in_plane;
        float *y = context->values[node->output] + plane * out_plane;
        for (int oy = 0; oy < out->h; oy++) {
            struct span rows = window_span(oy, in->h, w->kernel_h, w->stride_h, w->dilation_h, w->pad_top,
                                           w->real_pad_bottom);
            for (int ox = 0; ox < out->w; ox++) {
                struct span columns = window_span(ox, in->w, w->kernel_w, w->stride_w, w->dilation_w,
                                                  w->pad_left, w->real_pad_right);
                float *value = y + (int64_t)oy * out->w + ox;
                *value =
                    average ? pool_average(x, in->w, w, rows, columns) : pool_max(x, in->w, w, rows, columns);
            }
        }
        weft_float_act(&node->act, (int)(plane % in->c), y, out_plane);
    }
}
