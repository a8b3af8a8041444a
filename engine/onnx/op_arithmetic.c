/* Add, Sub, Mul, Div, Sum, Neg: with a constant they are AFFINE; of two tensors ADD, GATE, or a part of an
 * activation function that exporters write out. */
#include <math.h>

#include "onnx/operators.h"

static bool is_constant(const struct weft_onnx_value *value)
{
    return value->kind == WEFT_ONNX_CONSTANT;
}

static bool same_dims(const struct weft_onnx_value *a, const struct weft_onnx_value *b)
{
    bool same = a->rank == b->rank;
    for (int i = 0; i < a->rank && same; i++) {
        same = a->dims[i] == b->dims[i];
    }
    return same;
}

static const struct weft_node *producer(const struct weft_onnx_node *node, int tensor)
{
    const struct weft_graph *graph = node->import->graph;
    int i = graph->tensors[tensor].producer;
    return i < 0 ? NULL : &graph->nodes[i];
}

/* y = x * scale + bias, the tensor as it lies. */
static weft_status emit_affine(struct weft_onnx_node *node, const struct weft_onnx_value *x, int tensor, float *scale,
                               float *bias)
{
    const struct weft_tensor *there = &node->import->graph->tensors[tensor];
    struct weft_onnx_shape shape = {there->n, there->c, there->h, there->w};
    struct weft_node *layer;
    if (!scale || !bias) {
        return WEFT_E_MEMORY;
    }
    weft_status status = weft_onnx_emit(node, WEFT_OP_AFFINE, &tensor, 1, shape, &layer);
    if (!status) {
        layer->scale = scale;
        layer->bias = bias;
        weft_onnx_put_tensor(node, layer->output, x->rank, x->dims);
    }
    return status;
}

/* A constant as a value per channel of x's tensor, which gets the layout that this takes. */
static weft_status read_operand(struct weft_onnx_node *node, const struct weft_onnx_value *x,
                                struct weft_onnx_value *constant, int *tensor, float **values)
{
    if (constant->rank > x->rank) {
        return weft_onnx_refuse(node, "constant '%.100s' has more dimensions than the tensor", constant->name);
    }
    weft_status status = WEFT_OK;
    *tensor = x->tensor;
    if (weft_onnx_elements(constant->rank, constant->dims) != 1) {
        status = weft_onnx_layout(node, x, tensor);
    }
    int channels = node->import->graph->tensors[*tensor].c;
    return status ? status : weft_onnx_per_channel(node, constant, x->rank, channels, values);
}

/* An activation function in place of the operators that make it up. */
static weft_status emit_function(struct weft_onnx_node *node, const struct weft_onnx_value *x, int tensor,
                                 struct weft_act act, float factor)
{
    const struct weft_tensor *there = &node->import->graph->tensors[tensor];
    struct weft_onnx_shape shape = {there->n, there->c, there->h, there->w};
    struct weft_node *layer;
    weft_status status = weft_onnx_emit(node, WEFT_OP_ACT, &tensor, 1, shape, &layer);
    if (status) {
        return status;
    }
    layer->act = act;
    weft_onnx_put_tensor(node, layer->output, x->rank, x->dims);
    return factor == 1 ? WEFT_OK
                       : emit_affine(node, x, layer->output, weft_onnx_filled(node, shape.c, factor),
                                     weft_onnx_filled(node, shape.c, 0));
}

/* Whether the node is an AFFINE with the same factors for all channels. */
static bool is_uniform(const struct weft_onnx_node *node, const struct weft_node *affine)
{
    if (!affine || affine->op != WEFT_OP_AFFINE) {
        return false;
    }
    for (int c = 1; c < node->import->graph->tensors[affine->output].c; c++) {
        if (affine->scale[c] != affine->scale[0] || affine->bias[c] != affine->bias[0]) {
            return false;
        }
    }
    return true;
}

/* clip(scale * x + bias, 0, hi) as exporters write the hard sigmoid: the function that is 1 / hi times it. */
static bool is_clipped_line(const struct weft_onnx_node *node, int tensor, int *x, float *hi, struct weft_act *act)
{
    const struct weft_node *clip = producer(node, tensor);
    if (!clip || clip->op != WEFT_OP_ACT || clip->act.func != WEFT_FUNC_CLIP || clip->act.lo != 0 ||
        !isfinite(clip->act.hi) || !(clip->act.hi > 0)) {
        return false;
    }
    const struct weft_node *line = producer(node, clip->inputs[0]);
    if (!is_uniform(node, line)) {
        return false;
    }
    *x = line->inputs[0];
    *hi = clip->act.hi;
    *act = (struct weft_act){
        .func = WEFT_FUNC_HSIGMOID, .alpha = line->scale[0] / *hi, .beta = line->bias[0] / *hi};
    return true;
}

/* `scale` times x, where that makes a hard sigmoid: true. */
static bool is_hard_sigmoid(const struct weft_onnx_node *node, int tensor, const float *scale, int *x,
                            struct weft_act *act)
{
    float hi;
    if (!is_clipped_line(node, tensor, x, &hi, act)) {
        return false;
    }
    for (int c = 0; c < node->import->graph->tensors[tensor].c; c++) {
        if (fabsf(scale[c] * hi - 1) > 1e-6f) {
            return false;
        }
    }
    return true;
}

static weft_status scale_by(struct weft_onnx_node *node, const struct weft_onnx_value *x,
                            struct weft_onnx_value *constant, bool divide)
{
    int tensor, inner;
    float *scale;
    struct weft_act act;
    weft_status status = read_operand(node, x, constant, &tensor, &scale);
    if (status) {
        return status;
    }
    int channels = node->import->graph->tensors[tensor].c;
    for (int c = 0; c < channels && divide; c++) {
        scale[c] = 1 / scale[c];
    }
    if (is_hard_sigmoid(node, tensor, scale, &inner, &act)) {
        return emit_function(node, x, inner, act, 1);
    }
    return emit_affine(node, x, tensor, scale, weft_onnx_filled(node, channels, 0));
}

/* sign * x + factor * constant */
static weft_status shift_by(struct weft_onnx_node *node, const struct weft_onnx_value *x,
                            struct weft_onnx_value *constant, float sign, float factor)
{
    int tensor;
    float *bias;
    weft_status status = read_operand(node, x, constant, &tensor, &bias);
    if (status) {
        return status;
    }
    int channels = node->import->graph->tensors[tensor].c;
    for (int c = 0; c < channels; c++) {
        bias[c] *= factor;
    }
    return emit_affine(node, x, tensor, weft_onnx_filled(node, channels, sign), bias);
}

static weft_status add_tensors(struct weft_onnx_node *node, const struct weft_onnx_value *a,
                               const struct weft_onnx_value *b)
{
    if (!same_dims(a, b)) {
        return weft_onnx_refuse(node, "a sum of tensors of different shapes");
    }
    int inputs[2];
    struct weft_onnx_shape shape;
    struct weft_node *layer;
    weft_status status = weft_onnx_shape_of(node, a->rank, a->dims, &shape);
    status = status ? status : weft_onnx_view(node, a, shape, &inputs[0]);
    status = status ? status : weft_onnx_view(node, b, shape, &inputs[1]);
    status = status ? status : weft_onnx_emit(node, WEFT_OP_ADD, inputs, 2, shape, &layer);
    if (!status) {
        weft_onnx_put_tensor(node, layer->output, a->rank, a->dims);
    }
    return status;
}

static weft_status add(struct weft_onnx_node *node, struct weft_onnx_value *a, struct weft_onnx_value *b)
{
    if (is_constant(a) && is_constant(b)) {
        return weft_onnx_refuse(node, "a sum of constants among tensors");
    }
    return is_constant(a)   ? shift_by(node, b, a, 1, 1)
           : is_constant(b) ? shift_by(node, a, b, 1, 1)
                            : add_tensors(node, a, b);
}

weft_status weft_onnx_add(struct weft_onnx_node *node)
{
    return add(node, node->inputs[0], node->inputs[1]);
}

weft_status weft_onnx_sum(struct weft_onnx_node *node)
{
    if (node->inputs_count == 1) {
        return weft_onnx_identity(node);
    }
    struct weft_onnx_value so_far = *node->inputs[0];
    for (int k = 1; k < node->inputs_count; k++) {
        if (!node->inputs[k]) {
            return weft_onnx_damage(node, "its input %d is left out", k);
        }
        weft_status status = add(node, &so_far, node->inputs[k]);
        if (status) {
            return status;
        }
        so_far = *node->outputs[0];
    }
    return WEFT_OK;
}

weft_status weft_onnx_sub(struct weft_onnx_node *node)
{
    struct weft_onnx_value *a = node->inputs[0], *b = node->inputs[1];
    return is_constant(b)   ? shift_by(node, a, b, 1, -1)
           : is_constant(a) ? shift_by(node, b, a, -1, 1)
                            : weft_onnx_refuse(node, "a difference of two tensors");
}

weft_status weft_onnx_neg(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    if (is_constant(x)) {
        return weft_onnx_refuse(node, "a function of a constant");
    }
    int channels = node->import->graph->tensors[x->tensor].c;
    return emit_affine(node, x, x->tensor, weft_onnx_filled(node, channels, -1), weft_onnx_filled(node, channels, 0));
}

/* x * f(x), where weft has a function for it: true, and the status. */
static bool is_swish(struct weft_onnx_node *node, const struct weft_onnx_value *x, const struct weft_onnx_value *factor,
                     weft_status *status)
{
    const struct weft_node *gate = producer(node, factor->tensor);
    if (!gate || gate->op != WEFT_OP_ACT || !same_dims(x, factor)) {
        return false;
    }
    struct weft_act act = gate->act;
    float hi = 1;
    int inner = gate->inputs[0];
    if (act.func == WEFT_FUNC_SIGMOID) {
        act.func = WEFT_FUNC_SWISH;
    } else if (act.func == WEFT_FUNC_HSIGMOID || is_clipped_line(node, factor->tensor, &inner, &hi, &act)) {
        act.func = WEFT_FUNC_HSWISH;
    } else {
        return false;
    }
    if (inner != x->tensor) {
        return false;
    }
    *status = emit_function(node, x, inner, act, hi);
    return true;
}

/* input times a number per channel, which another part of the network computes */
static weft_status multiply_tensors(struct weft_onnx_node *node, const struct weft_onnx_value *x,
                                    const struct weft_onnx_value *gate)
{
    bool fits = x->rank == gate->rank && x->rank >= 2 && x->dims[0] == gate->dims[0] && x->dims[1] == gate->dims[1];
    for (int i = 2; i < gate->rank && fits; i++) {
        fits = gate->dims[i] == 1;
    }
    if (!fits) {
        return weft_onnx_refuse(node, "a product of tensors that is no gate of channels (N x C x 1 x 1)");
    }
    int inputs[2];
    struct weft_onnx_shape shape;
    struct weft_node *layer;
    weft_status status = weft_onnx_shape_of(node, x->rank, x->dims, &shape);
    status = status ? status : weft_onnx_view(node, x, shape, &inputs[0]);
    status = status ? status : weft_onnx_layout(node, gate, &inputs[1]);
    status = status ? status : weft_onnx_emit(node, WEFT_OP_GATE, inputs, 2, shape, &layer);
    if (!status) {
        weft_onnx_put_tensor(node, layer->output, x->rank, x->dims);
    }
    return status;
}

weft_status weft_onnx_mul(struct weft_onnx_node *node)
{
    struct weft_onnx_value *a = node->inputs[0], *b = node->inputs[1];
    weft_status status;
    if (is_constant(a) || is_constant(b)) {
        return is_constant(b) ? scale_by(node, a, b, false) : scale_by(node, b, a, false);
    }
    if (is_swish(node, a, b, &status) || is_swish(node, b, a, &status)) {
        return status;
    }
    bool first_gates = weft_onnx_elements(a->rank, a->dims) < weft_onnx_elements(b->rank, b->dims);
    return first_gates ? multiply_tensors(node, b, a) : multiply_tensors(node, a, b);
}

weft_status weft_onnx_div(struct weft_onnx_node *node)
{
    return is_constant(node->inputs[1]) ? scale_by(node, node->inputs[0], node->inputs[1], true)
                                        : weft_onnx_refuse(node, "a division by a tensor");
}
