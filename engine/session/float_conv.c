/* Convolutions of the float path: windows unrolled into columns, then a matrix product; depthwise layers
 * and dense layers on their own ways. */
#include <string.h>

#include "session/float_ops.h"

#define COLUMNS_FLOATS ((int64_t)1 << 19) /* of unrolled windows at a time and thread: 2 MiB */
#define PART_MIN 64                       /* output pixels for which it pays to give each thread its own */

struct conv {
    const struct weft_float_context *context;
    const struct weft_node *node;
    const struct weft_window *window;
    const struct weft_tensor *in, *out;
    int64_t depth;  /* products per output */
    int64_t pixels; /* of the output plane */
    int rows;       /* output channels of a group */
    int group;
    const float *x;        /* the group's input planes in this image */
    float *y;              /* and its output planes */
    const float *residual; /* beside y, or NULL */
};

void weft_float_inside(int in, int out, int stride, int pad, int offset, int *begin, int *end)
{
    /* 0 <= o * stride - pad + offset < in */
    int64_t shift = (int64_t)pad - offset;
    int64_t first = shift > 0 ? (shift + stride - 1) / stride : 0;
    int64_t room = in - 1 + shift;
    int64_t last = room < 0 ? 0 : room / stride + 1;
    *end = last < out ? (int)last : out;
    *begin = first < *end ? (int)first : *end;
}

/* Whether the input planes already are the matrix that unrolling would make. */
static bool is_product(const struct weft_node *node, const struct weft_tensor *in,
                       const struct weft_tensor *out)
{
    const struct weft_window *w = &node->window;
    bool padded = w->pad_top || w->pad_left || w->pad_bottom || w->pad_right;
    bool pointwise = w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1;
    bool whole = out->h == 1 && out->w == 1 && w->kernel_h == in->h && w->kernel_w == in->w &&
                 w->dilation_h == 1 && w->dilation_w == 1;
    return !padded && (pointwise || whole);
}

/* One input plane per output plane. */
static bool is_planewise(const struct weft_node *node, const struct weft_tensor *in)
{
    return node->groups > 1 && node->groups == in->c;
}

static int64_t conv_depth(const struct weft_node *node, const struct weft_tensor *in)
{
    return (int64_t)(in->c / node->groups) * node->window.kernel_h * node->window.kernel_w;
}

/* Output pixels whose windows are unrolled at a time. */
static int64_t chunk_pixels(int64_t depth, int64_t pixels)
{
    int64_t chunk = COLUMNS_FLOATS / depth;
    if (chunk > 16) {
        chunk -= chunk % 16;
    }
    chunk = chunk < 1 ? 1 : chunk;
    return chunk < pixels ? chunk : pixels;
}

int64_t weft_float_conv_columns(const struct weft_graph *graph, const struct weft_node *node)
{
    const struct weft_tensor *in = &graph->tensors[node->inputs[0]];
    const struct weft_tensor *out = &graph->tensors[node->output];
    if (is_product(node, in, out) || is_planewise(node, in)) {
        return 0;
    }
    int64_t depth = conv_depth(node, in);
    return depth * chunk_pixels(depth, (int64_t)out->h * out->w);
}

/* One tap of the windows of output pixels first .. first + count - 1. */
static void unroll_row(const struct conv *conv, int64_t k, int64_t first, int64_t count, float *row)
{
    const struct weft_window *w = conv->window;
    const struct weft_tensor *in = conv->in;
    int kx = (int)(k % w->kernel_w), ky = (int)(k / w->kernel_w % w->kernel_h);
    int64_t channel = k / w->kernel_w / w->kernel_h;
    int out_w = conv->out->w, begin, end;
    weft_float_inside(in->w, out_w, w->stride_w, w->pad_left, kx * w->dilation_w, &begin, &end);
    int64_t pixel = first;
    while (pixel < first + count) {
        int oy = (int)(pixel / out_w), ox = (int)(pixel % out_w);
        int stop = first + count - pixel < out_w - ox ? ox + (int)(first + count - pixel) : out_w;
        int64_t iy = (int64_t)oy * w->stride_h - w->pad_top + (int64_t)ky * w->dilation_h;
        int from = ox > begin ? ox : begin, to = stop < end ? stop : end;
        if (iy < 0 || iy >= in->h || from >= to) {
            memset(row, 0, (size_t)(stop - ox) * sizeof *row);
        } else {
            const float *line = conv->x + (channel * in->h + iy) * in->w;
            const float *x = line + (int64_t)from * w->stride_w - w->pad_left + (int64_t)kx * w->dilation_w;
            memset(row, 0, (size_t)(from - ox) * sizeof *row);
            if (w->stride_w == 1) {
                memcpy(row + (from - ox), x, (size_t)(to - from) * sizeof *row);
            } else {
                for (int i = from; i < to; i++) {
                    row[i - ox] = x[(int64_t)(i - from) * w->stride_w];
                }
            }
            memset(row + (to - ox), 0, (size_t)(stop - to) * sizeof *row);
        }
        row += stop - ox;
        pixel += stop - ox;
    }
}

/* Residual and activation of `count` outputs of one plane, from `offset` floats into conv->y. */
static void finish(const struct conv *conv, int channel, int64_t offset, int64_t count)
{
    float *y = conv->y + offset;
    if (conv->residual) {
        const float *r = conv->residual + offset;
        for (int64_t i = 0; i < count; i++) {
            y[i] += r[i];
        }
    }
    weft_float_act(&conv->node->act, channel, y, count);
}

/* The share of a thread in a group's output: rows row0 .. row1-1 of pixels p0 .. p1-1. */
struct share {
    int row0, row1;
    int64_t p0, p1;
    float *columns, *pack; /* its own scratch */
};

/* Pixels p0 .. p1-1 of a share, from b: the column of p0, rows ldb apart. */
static void multiply(const struct conv *conv, const struct share *share, int64_t p0, int64_t p1,
                     const float *b, int64_t ldb)
{
    int first = conv->group * conv->rows;
    for (int row = share->row0; row < share->row1; row++) {
        float *y = conv->y + row * conv->pixels;
        float bias = conv->node->bias[first + row];
        for (int64_t p = p0; p < p1; p++) {
            y[p] = bias;
        }
    }
    struct weft_product product = {.m = share->row1 - share->row0,
                                   .n = p1 - p0,
                                   .k = conv->depth,
                                   .a = conv->node->weights + (first + share->row0) * conv->depth,
                                   .lda = conv->depth,
                                   .b = b,
                                   .ldb = ldb,
                                   .c = conv->y + share->row0 * conv->pixels + p0,
                                   .ldc = conv->pixels};
    weft_blas_multiply(&conv->context->blas, &product, share->pack);
    for (int row = share->row0; row < share->row1; row++) {
        finish(conv, first + row, row * conv->pixels + p0, p1 - p0);
    }
}

/* A dense layer: one pixel, a dot product per output channel. */
static void multiply_vector(const struct conv *conv, const struct share *share)
{
    const struct weft_node *node = conv->node;
    for (int row = share->row0; row < share->row1; row++) {
        int channel = conv->group * conv->rows + row;
        const float *weights = node->weights + channel * conv->depth;
        conv->y[row] = node->bias[channel] + weft_blas_dot(weights, conv->x, conv->depth);
        finish(conv, channel, row, 1);
    }
}

static void run_group(const struct conv *conv, const struct share *share)
{
    if (is_product(conv->node, conv->in, conv->out)) {
        if (conv->pixels == 1) {
            multiply_vector(conv, share);
        } else {
            multiply(conv, share, share->p0, share->p1, conv->x + share->p0, conv->pixels);
        }
        return;
    }
    int64_t chunk = chunk_pixels(conv->depth, conv->pixels);
    for (int64_t p0 = share->p0; p0 < share->p1; p0 += chunk) {
        int64_t count = share->p1 - p0 < chunk ? share->p1 - p0 : chunk;
        for (int64_t k = 0; k < conv->depth; k++) {
            unroll_row(conv, k, p0, count, share->columns + k * count);
        }
        multiply(conv, share, p0, p0 + count, share->columns, count);
    }
}

/* Each thread takes pixels of its own, or, where these are few, rows: then all of them unroll the same
 * windows, which costs less than to wait for each other. */
static struct share share_of(const struct conv *conv, int part)
{
    const struct weft_float_context *context = conv->context;
    int parts = context->threads;
    struct share share = {.row1 = conv->rows, .p1 = conv->pixels};
    if (conv->pixels >= (int64_t)PART_MIN * parts) {
        share.p0 = conv->pixels * part / parts;
        share.p1 = conv->pixels * (part + 1) / parts;
    } else {
        share.row0 = (int)((int64_t)conv->rows * part / parts);
        share.row1 = (int)((int64_t)conv->rows * (part + 1) / parts);
    }
    share.columns = context->columns + part * context->columns_floats;
    share.pack = context->packs + (size_t)part * weft_blas_scratch();
    return share;
}

/* One output plane from one input plane, tap by tap along the rows. */
static void run_plane(const struct conv *conv, const float *x, int channel, float *y)
{
    const struct weft_window *w = conv->window;
    const float *weights = conv->node->weights + channel * conv->depth;
    int in_h = conv->in->h, in_w = conv->in->w, out_h = conv->out->h, out_w = conv->out->w;
    float bias = conv->node->bias[channel];
    for (int oy = 0; oy < out_h; oy++) {
        float *row = y + (int64_t)oy * out_w;
        for (int ox = 0; ox < out_w; ox++) {
            row[ox] = bias;
        }
        for (int tap = 0; tap < w->kernel_h * w->kernel_w; tap++) {
            int ky = tap / w->kernel_w, kx = tap % w->kernel_w, begin, end;
            int64_t iy = (int64_t)oy * w->stride_h - w->pad_top + (int64_t)ky * w->dilation_h;
            weft_float_inside(in_w, out_w, w->stride_w, w->pad_left, kx * w->dilation_w, &begin, &end);
            if (iy < 0 || iy >= in_h || begin >= end) {
                continue;
            }
            int64_t ix = (int64_t)begin * w->stride_w - w->pad_left + (int64_t)kx * w->dilation_w;
            const float *line = x + iy * in_w + ix;
            float weight = weights[tap];
            if (w->stride_w == 1) {
                for (int i = 0; i < end - begin; i++) {
                    row[begin + i] += weight * line[i];
                }
            } else {
                for (int i = 0; i < end - begin; i++) {
                    row[begin + i] += weight * line[(int64_t)i * w->stride_w];
                }
            }
        }
    }
}

static void run_planes(const struct conv *conv, const float *x, int part)
{
    int64_t in_plane = (int64_t)conv->in->h * conv->in->w;
    int parts = conv->context->threads, channels = conv->out->c;
    int end = (int)((int64_t)channels * (part + 1) / parts);
    for (int channel = (int)((int64_t)channels * part / parts); channel < end; channel++) {
        int64_t offset = channel * conv->pixels;
        run_plane(conv, x + channel / conv->rows * in_plane, channel, conv->y + offset);
        finish(conv, channel, offset, conv->pixels);
    }
}

/* What thread `part` does of a layer. */
static void run_part(const struct conv *layer, int part)
{
    struct conv conv = *layer;
    const struct weft_node *node = conv.node;
    float *const *values = conv.context->values;
    int64_t in_image = (int64_t)conv.in->c * conv.in->h * conv.in->w, out_image = conv.out->c * conv.pixels;
    struct share share = share_of(&conv, part);
    for (int image = 0; image < conv.in->n; image++) {
        const float *x = values[node->inputs[0]] + image * in_image;
        float *y = values[node->output] + image * out_image;
        const float *residual = node->residual < 0 ? NULL : values[node->residual] + image * out_image;
        if (is_planewise(node, conv.in)) {
            conv.y = y;
            conv.residual = residual;
            run_planes(&conv, x, part);
            continue;
        }
        for (int group = 0; group < node->groups; group++) {
            int64_t offset = group * conv.rows * conv.pixels;
            conv.group = group;
            conv.x = x + group * (in_image / node->groups);
            conv.y = y + offset;
            conv.residual = residual ? residual + offset : NULL;
            run_group(&conv, &share);
        }
    }
}

void weft_float_conv(const struct weft_float_context *context, const struct weft_node *node)
{
    const struct weft_tensor *in = &context->graph->tensors[node->inputs[0]];
    const struct weft_tensor *out = &context->graph->tensors[node->output];
    struct conv conv = {.context = context,
                        .node = node,
                        .window = &node->window,
                        .in = in,
                        .out = out,
                        .depth = conv_depth(node, in),
                        .pixels = (int64_t)out->h * out->w,
                        .rows = out->c / node->groups};
#pragma omp parallel for num_threads(context->threads) schedule(static, 1)
    for (int part = 0; part < context->threads; part++) {
        run_part(&conv, part);
    }
}
