/* Element-wise functions. They keep whatever layout their tensor has. */
#include <float.h>
#include <math.h>

#include "onnx/operators.h"

static weft_status emit_act(struct weft_onnx_node *node, struct weft_act act)
{
    const struct weft_onnx_value *x = node->inputs[0];
    if (x->kind != WEFT_ONNX_TENSOR) {
        return weft_onnx_refuse(node, "a function of a constant");
    }
    const struct weft_tensor *there = &node->import->graph->tensors[x->tensor];
    struct weft_onnx_shape shape = {there->n, there->c, there->h, there->w};
    struct weft_node *layer;
    weft_status status = weft_onnx_emit(node, WEFT_OP_ACT, &x->tensor, 1, shape, &layer);
    if (!status) {
        layer->act = act;
        weft_onnx_put_tensor(node, layer->output, x->rank, x->dims);
    }
    return status;
}

weft_status weft_onnx_relu(struct weft_onnx_node *node)
{
    return emit_act(node, (struct weft_act){.func = WEFT_FUNC_CLIP, .lo = 0, .hi = INFINITY});
}

/* A bound that is an input of later opsets. */
static weft_status read_bound(struct weft_onnx_node *node, int k, float *bound)
{
    struct weft_onnx_value *value = weft_onnx_input(node, k);
    if (!value) {
        return WEFT_OK;
    }
    if (value->kind != WEFT_ONNX_CONSTANT || weft_onnx_elements(value->rank, value->dims) != 1) {
        return weft_onnx_refuse(node, "its bounds are not constant numbers");
    }
    const float *data = weft_onnx_floats(node->import, value);
    *bound = data ? *data : 0;
    return data ? WEFT_OK : WEFT_E_MEMORY;
}

/* Clips to lo..hi; the largest floats, by which exporters mean "no bound", are infinities. */
static weft_status emit_clip(struct weft_onnx_node *node, float lo, float hi)
{
    if (isnan(lo) || isnan(hi)) {
        return weft_onnx_damage(node, "its bounds are not numbers");
    }
    lo = lo <= -FLT_MAX ? -INFINITY : lo > hi ? hi : lo;
    hi = hi >= FLT_MAX ? INFINITY : hi;
    if (lo == INFINITY || hi == -INFINITY) {
        return weft_onnx_refuse(node, "its bounds leave no finite number");
    }
    return emit_act(node, (struct weft_act){.func = WEFT_FUNC_CLIP, .lo = lo, .hi = hi});
}

weft_status weft_onnx_clip(struct weft_onnx_node *node)
{
    float lo = weft_onnx_float(node, "min", -FLT_MAX), hi = weft_onnx_float(node, "max", FLT_MAX);
    weft_status status = read_bound(node, 1, &lo);
    status = status ? status : read_bound(node, 2, &hi);
    return status ? status : emit_clip(node, lo, hi);
}

/* Min and Max of a tensor and a number are halves of Clip. */
static weft_status bound(struct weft_onnx_node *node, bool is_max)
{
    float limit = 0;
    if (node->inputs_count != 2) {
        return weft_onnx_refuse(node, "weft has it for a tensor and a constant number only");
    }
    if (node->inputs[0] && node->inputs[0]->kind == WEFT_ONNX_CONSTANT) {
        struct weft_onnx_value *constant = node->inputs[0];
        node->inputs[0] = node->inputs[1];
        node->inputs[1] = constant;
    }
    if (!node->inputs[0] || !node->inputs[1]) {
        return weft_onnx_damage(node, "an input is left out");
    }
    weft_status status = read_bound(node, 1, &limit);
    return status ? status : emit_clip(node, is_max ? limit : -FLT_MAX, is_max ? FLT_MAX : limit);
}

weft_status weft_onnx_min(struct weft_onnx_node *node)
{
    return bound(node, false);
}

weft_status weft_onnx_max(struct weft_onnx_node *node)
{
    return bound(node, true);
}

weft_status weft_onnx_leaky_relu(struct weft_onnx_node *node)
{
    int channels = node->inputs[0]->kind == WEFT_ONNX_TENSOR
                       ? node->import->graph->tensors[node->inputs[0]->tensor].c
                       : 0;
    float *slope = weft_onnx_filled(node, channels, weft_onnx_float(node, "alpha", 0.01f));
    return slope ? emit_act(node, (struct weft_act){.func = WEFT_FUNC_LEAKY, .slope = slope}) : WEFT_E_MEMORY;
}

weft_status weft_onnx_prelu(struct weft_onnx_node *node)
{
    struct weft_onnx_value *x = node->inputs[0], *slopes = node->inputs[1];
    if (x->kind != WEFT_ONNX_TENSOR || slopes->kind != WEFT_ONNX_CONSTANT) {
        return weft_onnx_refuse(node, "its slope is not constant");
    }
    struct weft_onnx_value laid_out = *x;
    float *slope;
    weft_status status = weft_onnx_layout(node, x, &laid_out.tensor);
    if (!status) {
        int channels = node->import->graph->tensors[laid_out.tensor].c;
        status = weft_onnx_per_channel(node, slopes, x->rank, channels, &slope);
    }
    if (status) {
        return status;
    }
    node->inputs[0] = &laid_out;
    return emit_act(node, (struct weft_act){.func = WEFT_FUNC_LEAKY, .slope = slope});
}

weft_status weft_onnx_hard_sigmoid(struct weft_onnx_node *node)
{
    return emit_act(node, (struct weft_act){.func = WEFT_FUNC_HSIGMOID,
                                            .alpha = weft_onnx_float(node, "alpha", 0.2f),
                                            .beta = weft_onnx_float(node, "beta", 0.5f)});
}

weft_status weft_onnx_hard_swish(struct weft_onnx_node *node)
{
    return emit_act(node, (struct weft_act){.func = WEFT_FUNC_HSWISH, .alpha = 1.0f / 6, .beta = 0.5f});
}

weft_status weft_onnx_sigmoid(struct weft_onnx_node *node)
{
    return emit_act(node, (struct weft_act){.func = WEFT_FUNC_SIGMOID});
}

weft_status weft_onnx_tanh(struct weft_onnx_node *node)
{
    return emit_act(node, (struct weft_act){.func = WEFT_FUNC_TANH});
}
