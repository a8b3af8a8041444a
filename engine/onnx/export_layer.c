/* Layers as ONNX operators. */
#include <float.h>
#include <math.h>

#include "onnx/export.h"

/* Operators that only move numbers take those that are there; the others real ones. */
static const char *value_of(struct weft_onnx_export *out, const struct weft_node *node, int tensor)
{
    bool moves = node->op == WEFT_OP_MAXPOOL || node->op == WEFT_OP_CONCAT || node->op == WEFT_OP_PAD ||
                 node->op == WEFT_OP_RESHAPE || node->op == WEFT_OP_SELECT;
    return out->codes && !moves ? weft_onnx_out_real(out, tensor) : out->values[tensor];
}

/* One number per channel, in the shape that spreads over N, C, H, W. */
static const char *per_channel(struct weft_onnx_export *out, const float *values, int channels)
{
    const int64_t dims[4] = {1, channels, 1, 1};
    return weft_onnx_out_floats(out, 4, dims, values);
}

static const char *binary(struct weft_onnx_export *out, const char *op, const char *a, const char *b)
{
    return weft_onnx_out_node(out, op, (const char *[]){a, b, NULL});
}

static const char *unary(struct weft_onnx_export *out, const char *op, const char *x)
{
    return weft_onnx_out_node(out, op, (const char *[]){x, NULL});
}

static const char *hard_sigmoid(struct weft_onnx_export *out, const struct weft_act *act, const char *x)
{
    if (out->codes) {
        return weft_onnx_out_fused_line(out, x, act->alpha, act->beta);
    }
    const char *y = unary(out, "HardSigmoid", x);
    weft_onnx_out_float(out, "alpha", act->alpha);
    weft_onnx_out_float(out, "beta", act->beta);
    return y;
}

static const char *clip(struct weft_onnx_export *out, const struct weft_act *act, const char *x)
{
    if (act->lo == 0 && act->hi == INFINITY) {
        return unary(out, "Relu", x);
    }
    const char *lo = weft_onnx_out_number(out, act->lo == -INFINITY ? -FLT_MAX : act->lo);
    const char *hi = weft_onnx_out_number(out, act->hi == INFINITY ? FLT_MAX : act->hi);
    return weft_onnx_out_node(out, "Clip", (const char *[]){x, lo, hi, NULL});
}

const char *weft_onnx_out_activate(struct weft_onnx_export *out, const struct weft_act *act, int channels,
                                   const char *x)
{
    switch (act->func) {
    case WEFT_FUNC_CLIP:
        return clip(out, act, x);
    case WEFT_FUNC_LEAKY: {
        const int64_t dims[3] = {channels, 1, 1};
        return binary(out, "PRelu", x, weft_onnx_out_floats(out, 3, dims, act->slope));
    }
    case WEFT_FUNC_HSIGMOID:
        return hard_sigmoid(out, act, x);
    case WEFT_FUNC_HSWISH:
        return binary(out, "Mul", x, hard_sigmoid(out, act, x));
    case WEFT_FUNC_SIGMOID:
        return unary(out, "Sigmoid", x);
    case WEFT_FUNC_SWISH:
        return binary(out, "Mul", x, unary(out, "Sigmoid", x));
    case WEFT_FUNC_TANH:
        return unary(out, "Tanh", x);
    default:
        return x;
    }
}

/* Rows and columns get this border of a number. */
static const char *pad(struct weft_onnx_export *out, const char *x, const int64_t *before_after, float fill)
{
    const int64_t pads[8] = {0, 0, before_after[0], before_after[1], 0, 0, before_after[2], before_after[3]};
    return weft_onnx_out_node(
        out, "Pad", (const char *[]){x, weft_onnx_out_integers(out, pads, 8), weft_onnx_out_number(out, fill), NULL});
}

static void window_attributes(struct weft_onnx_export *out, const struct weft_window *w, const int64_t *pads)
{
    weft_onnx_out_ints(out, "kernel_shape", (const int64_t[]){w->kernel_h, w->kernel_w}, 2);
    weft_onnx_out_ints(out, "strides", (const int64_t[]){w->stride_h, w->stride_w}, 2);
    weft_onnx_out_ints(out, "pads", pads, 4);
}

static void dilation_attribute(struct weft_onnx_export *out, const struct weft_window *w)
{
    weft_onnx_out_ints(out, "dilations", (const int64_t[]){w->dilation_h, w->dilation_w}, 2);
}

float *weft_onnx_out_integers_of(struct weft_onnx_export *out, const struct weft_node *node)
{
    enum { PIECE = 256 };
    uint8_t bins[PIECE];
    float *integers = weft_pool_alloc(&out->pool, (size_t)node->weights_count, sizeof *integers);
    if (!integers) {
        out->failed = true;
        return NULL;
    }
    for (int64_t first = 0; first < node->weights_count; first += PIECE) {
        int64_t count = node->weights_count - first < PIECE ? node->weights_count - first : PIECE;
        weft_bins_unpack(node->bins, first, count, node->codebook.format, bins);
        for (int64_t i = 0; i < count; i++) {
            integers[first + i] = (float)weft_codebook_integer(&node->codebook, bins[i]);
        }
    }
    return integers;
}

/* The weights in real numbers: those of the model, or the codebook's integers times the channel's scale. */
static const char *weights_of(struct weft_onnx_export *out, const struct weft_node *node)
{
    const struct weft_tensor *in = &out->graph->tensors[node->inputs[0]], *y = &out->graph->tensors[node->output];
    const int64_t dims[4] = {y->c, in->c / node->groups, node->window.kernel_h, node->window.kernel_w};
    if (!out->graph->quantized) {
        return weft_onnx_out_floats(out, 4, dims, node->weights);
    }
    float *weights = weft_onnx_out_integers_of(out, node);
    int64_t depth = node->weights_count / y->c;
    for (int64_t i = 0; i < node->weights_count && weights; i++) {
        /* The layer's scale is for products of integers with those of the input's table. */
        weights[i] = (float)(weights[i] * ((double)node->scale[i / depth] / in->edge.scale));
    }
    return weights ? weft_onnx_out_floats(out, 4, dims, weights) : "";
}

static const char *conv(struct weft_onnx_export *out, const struct weft_node *node)
{
    const struct weft_window *w = &node->window;
    const int64_t channels = out->graph->tensors[node->output].c;
    const int64_t pads[4] = {w->pad_top, w->pad_left, w->pad_bottom, w->pad_right};
    const char *weights = weights_of(out, node), *bias = weft_onnx_out_floats(out, 1, &channels, node->bias);
    const char *y = weft_onnx_out_node(out, "Conv",
                                       (const char *[]){value_of(out, node, node->inputs[0]), weights, bias, NULL});
    window_attributes(out, w, pads);
    dilation_attribute(out, w);
    weft_onnx_out_int(out, "group", node->groups);
    return node->residual < 0 ? y : binary(out, "Add", y, value_of(out, node, node->residual));
}

/* Runtimes ask for paddings smaller than the kernel. */
static bool is_narrow(const struct weft_window *w, const int64_t *pads)
{
    return pads[0] < w->kernel_h && pads[2] < w->kernel_h && pads[1] < w->kernel_w && pads[3] < w->kernel_w;
}

static const char *max_pool(struct weft_onnx_export *out, const struct weft_node *node, const char *x)
{
    static const int64_t none[4];
    const struct weft_window *w = &node->window;
    const int64_t pads[4] = {w->pad_top, w->pad_left, w->pad_bottom, w->pad_right};
    bool narrow = is_narrow(w, pads);
    if (!narrow) {
        x = pad(out, x, pads, -FLT_MAX);
    }
    const char *y = unary(out, "MaxPool", x);
    window_attributes(out, w, narrow ? pads : none);
    dilation_attribute(out, w);
    return y;
}

/* AveragePool of opset 13 has no dilation, and counts either all of the padding or none: padding that counts becomes
 * zeros in front of it, and what only makes the extent come out stays. */
static const char *average_pool(struct weft_onnx_export *out, const struct weft_node *node, const char *x)
{
    const struct weft_window *w = &node->window;
    int64_t pads[4] = {w->pad_top, w->pad_left, w->pad_bottom, w->pad_right};
    if (w->count_include_pad && (pads[0] || pads[1] || w->real_pad_bottom || w->real_pad_right)) {
        x = pad(out, x, (const int64_t[]){pads[0], pads[1], w->real_pad_bottom, w->real_pad_right}, 0);
        pads[0] = pads[1] = 0;
        pads[2] -= w->real_pad_bottom;
        pads[3] -= w->real_pad_right;
    }
    if (w->dilation_h != 1 || w->dilation_w != 1 || !is_narrow(w, pads)) {
        return NULL;
    }
    const char *y = unary(out, "AveragePool", x);
    window_attributes(out, w, pads);
    return y;
}

static const char *concat(struct weft_onnx_export *out, const struct weft_node *node)
{
    const char **inputs = weft_pool_alloc(&out->pool, (size_t)node->inputs_count + 1, sizeof *inputs);
    if (!inputs) {
        out->failed = true;
        return "";
    }
    for (int k = 0; k < node->inputs_count; k++) {
        inputs[k] = value_of(out, node, node->inputs[k]);
    }
    const char *y = weft_onnx_out_node(out, "Concat", inputs);
    weft_onnx_out_int(out, "axis", 1);
    return y;
}

/* Channels gathered from all inputs; zeros from a further channel of them. */
static const char *gather(struct weft_onnx_export *out, const struct weft_node *node)
{
    const struct weft_graph *graph = out->graph;
    int channels = graph->tensors[node->output].c;
    int64_t all = 0, *indices = weft_pool_alloc(&out->pool, (size_t)channels, sizeof *indices);
    bool zeros = false;
    for (int k = 0; k < node->inputs_count; k++) {
        all += graph->tensors[node->inputs[k]].c;
    }
    for (int c = 0; c < channels && indices; c++) {
        indices[c] = node->select[c] < 0 ? all : node->select[c];
        zeros = zeros || node->select[c] < 0;
    }
    if (!indices) {
        out->failed = true;
        return "";
    }
    const char *x = node->inputs_count > 1 ? concat(out, node) : value_of(out, node, node->inputs[0]);
    if (zeros) {
        const int64_t pads[8] = {0, 0, 0, 0, 0, 1, 0, 0};
        x = binary(out, "Pad", x, weft_onnx_out_integers(out, pads, 8));
    }
    const char *y = binary(out, "Gather", x, weft_onnx_out_integers(out, indices, channels));
    weft_onnx_out_int(out, "axis", 1);
    return y;
}

static const char *lrn(struct weft_onnx_export *out, const struct weft_node *node, const char *x)
{
    const char *y = unary(out, "LRN", x);
    weft_onnx_out_int(out, "size", node->lrn_size);
    weft_onnx_out_float(out, "alpha", node->lrn_alpha);
    weft_onnx_out_float(out, "beta", node->lrn_beta);
    weft_onnx_out_float(out, "bias", node->lrn_bias);
    return y;
}

static const char *softmax(struct weft_onnx_export *out, const struct weft_node *node, const char *x)
{
    const char *y = unary(out, node->log_softmax ? "LogSoftmax" : "Softmax", x);
    weft_onnx_out_int(out, "axis", 1);
    return y;
}

static const char *affine(struct weft_onnx_export *out, const struct weft_node *node, const char *x)
{
    int channels = out->graph->tensors[node->output].c;
    float *scale = weft_pool_copy(&out->pool, node->scale, (size_t)channels, sizeof *scale);
    if (!scale) {
        out->failed = true;
        return "";
    }
    for (int c = 0; c < channels && out->graph->quantized; c++) {
        scale[c] /= out->graph->tensors[node->inputs[0]].edge.scale; /* as that of CONV: of integers */
    }
    const char *scaled = binary(out, "Mul", x, per_channel(out, scale, channels));
    return binary(out, "Add", scaled, per_channel(out, node->bias, channels));
}

static float pad_number(const struct weft_onnx_export *out, const struct weft_node *node)
{
    const struct weft_edge *edge = &out->graph->tensors[node->output].edge;
    bool integer = out->codes && edge->kind != WEFT_EDGE_FLOAT;
    return integer ? (float)weft_edge_integer(edge, weft_edge_encode(edge, node->pad_value)) : node->pad_value;
}

static const char *operate(struct weft_onnx_export *out, const struct weft_node *node)
{
    const struct weft_tensor *y = &out->graph->tensors[node->output];
    const struct weft_window *w = &node->window;
    const char *x = NULL;
    /* which ask on their own */
    if (node->op != WEFT_OP_CONV && node->op != WEFT_OP_CONCAT && node->op != WEFT_OP_SELECT) {
        x = value_of(out, node, node->inputs[0]);
    }
    switch (node->op) {
    case WEFT_OP_CONV:
        return conv(out, node);
    case WEFT_OP_MAXPOOL:
        return max_pool(out, node, x);
    case WEFT_OP_AVGPOOL:
        return average_pool(out, node, x);
    case WEFT_OP_ADD:
        return binary(out, "Add", x, value_of(out, node, node->inputs[1]));
    case WEFT_OP_CONCAT:
        return concat(out, node);
    case WEFT_OP_SELECT:
        return gather(out, node);
    case WEFT_OP_ACT:
        return x;
    case WEFT_OP_GATE:
        return binary(out, "Mul", x, value_of(out, node, node->inputs[1]));
    case WEFT_OP_AFFINE:
        return affine(out, node, x);
    case WEFT_OP_PAD:
        return pad(out, x, (const int64_t[]){w->pad_top, w->pad_left, w->pad_bottom, w->pad_right},
                   pad_number(out, node));
    case WEFT_OP_LRN:
        return lrn(out, node, x);
    case WEFT_OP_SOFTMAX:
        return softmax(out, node, x);
    case WEFT_OP_RESHAPE: /* 0: the batch as it is */
        return binary(out, "Reshape", x, weft_onnx_out_integers(out, (const int64_t[]){0, y->c, y->h, y->w}, 4));
    default:
        return NULL;
    }
}

const char *weft_onnx_out_layer(struct weft_onnx_export *out, const struct weft_node *node)
{
    const char *y = operate(out, node);
    return y ? weft_onnx_out_activate(out, &node->act, out->graph->tensors[node->output].c, y) : NULL;
}
