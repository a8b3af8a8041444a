/* Layers of a quantized model, so that ONNX computes weft's own numbers.
 *
 * The value of an edge with codes is +-T[m], a float that is an integer; weights are the codebook's integers. Sums of
 * their products are exact in floats, in any order, as long as they stay below 2^24. The epilogue's fused multiply-add
 * is made of a product and a sum of doubles: the product of two floats is exact there. */
#include "onnx/export.h"

#include <string.h>

#define TYPE(name) WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__##name

static const struct weft_edge *edge_of(const struct weft_onnx_export *out, int tensor)
{
    return &out->graph->tensors[tensor].edge;
}

static const char *binary(struct weft_onnx_export *out, const char *op, const char *a, const char *b)
{
    return weft_onnx_out_node(out, op, (const char *[]){a, b, NULL});
}

static const char *cast(struct weft_onnx_export *out, const char *x, int type)
{
    const char *y = weft_onnx_out_node(out, "Cast", (const char *[]){x, NULL});
    weft_onnx_out_int(out, "to", type);
    return y;
}

/* Floats as doubles, of the given shape. */
static const char *doubles(struct weft_onnx_export *out, int rank, const int64_t *dims, const float *values)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++) {
        count *= (size_t)dims[i];
    }
    double *wide = weft_pool_alloc(&out->pool, count, sizeof *wide);
    if (!wide) {
        out->failed = true;
        return "";
    }
    for (size_t i = 0; i < count; i++) {
        wide[i] = values[i];
    }
    return weft_onnx_out_constant(out, TYPE(DOUBLE), rank, dims, wide, count * sizeof *wide);
}

/* fmaf(x, scale, add): x and the result are floats, the factors doubles; `add` may be NULL. */
static const char *multiply_add(struct weft_onnx_export *out, const char *x, const char *scale, const char *add)
{
    const char *product = binary(out, "Mul", cast(out, x, TYPE(DOUBLE)), scale);
    return cast(out, add ? binary(out, "Add", product, add) : product, TYPE(FLOAT));
}

const char *weft_onnx_out_fused_line(struct weft_onnx_export *out, const char *x, float alpha, float beta)
{
    const char *line = multiply_add(out, x, doubles(out, 0, NULL, &alpha), doubles(out, 0, NULL, &beta));
    return weft_onnx_out_node(
        out, "Clip",
        (const char *[]){line, weft_onnx_out_number(out, 0), weft_onnx_out_number(out, 1), NULL});
}

const char *weft_onnx_out_real(struct weft_onnx_export *out, int tensor)
{
    const struct weft_edge *edge = edge_of(out, tensor);
    const char *value = out->values[tensor];
    bool coded = out->codes && edge->kind != WEFT_EDGE_FLOAT;
    return coded ? binary(out, "Mul", value, weft_onnx_out_number(out, edge->scale)) : value;
}

/* fmaf(T, s, y) of another edge. */
static const char *add_edge(struct weft_onnx_export *out, const char *y, int tensor)
{
    const char *scale = doubles(out, 0, NULL, &edge_of(out, tensor)->scale);
    return multiply_add(out, out->values[tensor], scale, cast(out, y, TYPE(DOUBLE)));
}

/* Integers, `depth` for each channel of the output, as the weights of a convolution. */
static const char *convolve(struct weft_onnx_export *out, const struct weft_node *node, const float *integers,
                            const int64_t *dims, int groups)
{
    const struct weft_window *w = &node->window;
    const char *x = out->values[node->inputs[0]], *weights = weft_onnx_out_floats(out, 4, dims, integers);
    const char *y = binary(out, "Conv", x, weights);
    weft_onnx_out_ints(out, "kernel_shape", dims + 2, 2);
    weft_onnx_out_ints(out, "strides", (const int64_t[]){w->stride_h, w->stride_w}, 2);
    weft_onnx_out_ints(out, "pads", (const int64_t[]){w->pad_top, w->pad_left, w->pad_bottom, w->pad_right}, 4);
    weft_onnx_out_ints(out, "dilations", (const int64_t[]){w->dilation_h, w->dilation_w}, 2);
    weft_onnx_out_int(out, "group", groups);
    return y;
}

static const char *epilogue(struct weft_onnx_export *out, const struct weft_node *node, const char *sums)
{
    const int64_t channels[4] = {1, out->graph->tensors[node->output].c, 1, 1};
    return multiply_add(out, sums, doubles(out, 4, channels, node->scale), doubles(out, 4, channels, node->bias));
}

static const char *conv(struct weft_onnx_export *out, const struct weft_node *node)
{
    const int64_t in_c = out->graph->tensors[node->inputs[0]].c;
    const int64_t dims[4] = {out->graph->tensors[node->output].c, in_c / node->groups, node->window.kernel_h,
                             node->window.kernel_w};
    float *integers = weft_onnx_out_integers_of(out, node);
    if (!integers) {
        return "";
    }
    const char *y = epilogue(out, node, convolve(out, node, integers, dims, node->groups));
    return node->residual < 0 ? y : add_edge(out, y, node->residual);
}

/* The sum over the window, and a factor for each position. */
static const char *average(struct weft_onnx_export *out, const struct weft_node *node)
{
    const struct weft_tensor *in = &out->graph->tensors[node->inputs[0]], *y = &out->graph->tensors[node->output];
    const struct weft_window *w = &node->window;
    const int64_t dims[4] = {y->c, 1, w->kernel_h, w->kernel_w}, plane[4] = {1, 1, y->h, y->w};
    int64_t taps = dims[0] * dims[2] * dims[3];
    float *ones = weft_pool_alloc(&out->pool, (size_t)taps, sizeof *ones);
    float *scale = weft_pool_alloc(&out->pool, (size_t)y->h * (size_t)y->w, sizeof *scale);
    if (!ones || !scale) {
        out->failed = true;
        return "";
    }
    for (int64_t i = 0; i < taps; i++) {
        ones[i] = 1;
    }
    for (int i = 0; i < y->h * y->w; i++) {
        scale[i] = in->edge.scale / (float)weft_window_count(w, in, i / y->w, i % y->w);
    }
    return multiply_add(out, convolve(out, node, ones, dims, y->c), doubles(out, 4, plane, scale), NULL);
}

static const char *gate(struct weft_onnx_export *out, const struct weft_node *node)
{
    float unit = edge_of(out, node->inputs[0])->scale * edge_of(out, node->inputs[1])->scale;
    const char *factor = binary(out, "Mul", out->values[node->inputs[1]], weft_onnx_out_number(out, unit));
    return binary(out, "Mul", out->values[node->inputs[0]], factor);
}

/* A function from codes to codes: looked up by the integer. Where a table gives several codes the same integer, that
 * of the largest stands for them. */
static const char *map(struct weft_onnx_export *out, const struct weft_node *node)
{
    enum { MOST = 255 };
    float table[2 * MOST + 1] = {0};
    const int64_t dims = 2 * MOST + 1;
    const int32_t offset = MOST;
    const struct weft_edge *in = edge_of(out, node->inputs[0]), *y = edge_of(out, node->output);
    for (int m = 0; m <= in->magnitudes; m++) {
        for (int sign = 0; sign <= in->is_signed; sign++) {
            uint8_t code = (uint8_t)(m | sign << 7);
            table[MOST + weft_edge_integer(in, code)] = (float)weft_edge_integer(y, node->map[code]);
        }
    }
    const char *middle =
        weft_onnx_out_constant(out, TYPE(INT32), 0, NULL, &offset, sizeof offset);
    const char *index = binary(out, "Add", cast(out, out->values[node->inputs[0]], TYPE(INT32)), middle);
    return binary(out, "Gather", weft_onnx_out_floats(out, 1, &dims, table), index);
}

const char *weft_onnx_out_codes(struct weft_onnx_export *out, const struct weft_node *node)
{
    const struct weft_edge *in = edge_of(out, node->inputs[0]), *edge = edge_of(out, node->output);
    const char *y = NULL;
    if (in->kind == WEFT_EDGE_FLOAT) { /* behind the codes: floats as ever */
        y = weft_onnx_out_layer(out, node);
        return y ? weft_onnx_out_round(out, edge, y, true) : NULL;
    }
    switch (node->op) {
    case WEFT_OP_CONV:
        y = conv(out, node);
        break;
    case WEFT_OP_AVGPOOL:
        y = average(out, node);
        break;
    case WEFT_OP_AFFINE:
        y = epilogue(out, node, out->values[node->inputs[0]]);
        break;
    case WEFT_OP_ADD:
        y = multiply_add(out, out->values[node->inputs[0]], doubles(out, 0, NULL, &in->scale), NULL);
        y = add_edge(out, y, node->inputs[1]);
        break;
    case WEFT_OP_GATE:
        y = gate(out, node);
        break;
    case WEFT_OP_ACT:
        return map(out, node);
    case WEFT_OP_LRN:
    case WEFT_OP_SOFTMAX:
        y = weft_onnx_out_layer(out, node);
        return y ? weft_onnx_out_round(out, edge, y, true) : NULL;
    default: /* codes that move, and the integers with them */
        return weft_edge_equal(in, edge) ? weft_onnx_out_layer(out, node) : NULL;
    }
    y = weft_onnx_out_activate(out, &node->act, out->graph->tensors[node->output].c, y);
    return weft_onnx_out_round(out, edge, y, true);
}
