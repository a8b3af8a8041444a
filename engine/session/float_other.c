/* Element-wise operators of the float path, and those that only move values. */
#include <math.h>
#include <string.h>

#include "session/float_ops.h"

static float hard_sigmoid(float y, float alpha, float beta)
{
    y = fmaf(y, alpha, beta);
    y = y > 0 ? y : 0;
    return y < 1 ? y : 1;
}

static float sigmoid(float y)
{
    return 1 / (1 + expf(-y));
}

void weft_float_act(const struct weft_act *act, int channel, float *y, int64_t count)
{
    /* Copies: as far as the compiler knows, *act could lie in y. */
    float lo = act->lo, hi = act->hi, alpha = act->alpha, beta = act->beta;
    switch (act->func) {
    case WEFT_FUNC_CLIP:
        for (int64_t i = 0; i < count; i++) {
            float raised = y[i] > lo ? y[i] : lo;
            y[i] = raised < hi ? raised : hi;
        }
        return;
    case WEFT_FUNC_LEAKY:
        alpha = act->slope[channel];
        for (int64_t i = 0; i < count; i++) {
            y[i] = y[i] >= 0 ? y[i] : y[i] * alpha;
        }
        return;
    case WEFT_FUNC_HSIGMOID:
        for (int64_t i = 0; i < count; i++) {
            y[i] = hard_sigmoid(y[i], alpha, beta);
        }
        return;
    case WEFT_FUNC_HSWISH:
        for (int64_t i = 0; i < count; i++) {
            y[i] *= hard_sigmoid(y[i], alpha, beta);
        }
        return;
    case WEFT_FUNC_SIGMOID:
        for (int64_t i = 0; i < count; i++) {
            y[i] = sigmoid(y[i]);
        }
        return;
    case WEFT_FUNC_SWISH:
        for (int64_t i = 0; i < count; i++) {
            y[i] *= sigmoid(y[i]);
        }
        return;
    case WEFT_FUNC_TANH:
        for (int64_t i = 0; i < count; i++) {
            y[i] = tanhf(y[i]);
        }
        return;
    case WEFT_FUNC_NONE:
    case WEFT_FUNC_RECODE:
    case WEFT_FUNC_COUNT:
        return;
    }
}

/* ADD, ACT, GATE, AFFINE on one plane. */
static void combine_plane(const struct weft_node *node, const float *x, const float *second, int channel,
                          float *y, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        y[i] = x[i];
    }
    if (node->op == WEFT_OP_ADD) {
        for (int64_t i = 0; i < count; i++) {
            y[i] += second[i];
        }
    } else if (node->op == WEFT_OP_GATE) {
        float factor = *second;
        for (int64_t i = 0; i < count; i++) {
            y[i] *= factor;
        }
    } else if (node->op == WEFT_OP_AFFINE) {
        float scale = node->scale[channel], bias = node->bias[channel];
        for (int64_t i = 0; i < count; i++) {
            y[i] = y[i] * scale + bias;
        }
    }
    weft_float_act(&node->act, channel, y, count);
}

static void run_planes(const struct weft_float_context *context, const struct weft_node *node)
{
    const struct weft_tensor *out = &context->graph->tensors[node->output];
    int64_t count = (int64_t)out->h * out->w, second_count = node->op == WEFT_OP_GATE ? 1 : count;
    const float *second = node->inputs_count > 1 ? context->values[node->inputs[1]] : NULL;
#pragma omp parallel for num_threads(context->threads) schedule(static)
    for (int64_t plane = 0; plane < (int64_t)out->n * out->c; plane++) {
        combine_plane(node, context->values[node->inputs[0]] + plane * count,
                      second ? second + plane * second_count : NULL, (int)(plane % out->c),
                      context->values[node->output] + plane * count, count);
    }
}

static void run_concat(const struct weft_float_context *context, const struct weft_node *node)
{
    const struct weft_tensor *out = &context->graph->tensors[node->output];
    int64_t plane = (int64_t)out->h * out->w;
    float *y = context->values[node->output];
    for (int image = 0; image < out->n; image++) {
        for (int k = 0; k < node->inputs_count; k++) {
            int64_t count = context->graph->tensors[node->inputs[k]].c * plane;
            memcpy(y, context->values[node->inputs[k]] + image * count, (size_t)count * sizeof *y);
            y += count;
        }
    }
}

static void run_select(const struct weft_float_context *context, const struct weft_node *node)
{
    const struct weft_tensor *out = &context->graph->tensors[node->output];
    size_t plane = (size_t)out->h * (size_t)out->w;
    float *y = context->values[node->output];
    for (int at = 0; at < out->n * out->c; at++, y += plane) {
        int image = at / out->c, channel = node->select[at % out->c], k = 0;
        if (channel < 0) {
            for (size_t i = 0; i < plane; i++) {
                y[i] = 0;
            }
            continue;
        }
        while (channel >= context->graph->tensors[node->inputs[k]].c) {
            channel -= context->graph->tensors[node->inputs[k++]].c;
        }
        size_t from = (size_t)image * (size_t)context->graph->tensors[node->inputs[k]].c + (size_t)channel;
        memcpy(y, context->values[node->inputs[k]] + from * plane, plane * sizeof *y);
    }
}

static void run_pad(const struct weft_float_context *context, const struct weft_node *node)
{
    const struct weft_tensor *in = &context->graph->tensors[node->inputs[0]];
    const struct weft_tensor *out = &context->graph->tensors[node->output];
    const float *x = context->values[node->inputs[0]];
    float *y = context->values[node->output];
    int64_t elements = weft_tensor_elements(out);
    for (int64_t i = 0; i < elements; i++) {
        y[i] = node->pad_value;
    }
    for (int64_t plane = 0; plane < (int64_t)in->n * in->c; plane++) {
        for (int row = 0; row < in->h; row++) {
            int64_t line = plane * out->h + row + node->window.pad_top;
            memcpy(y + line * out->w + node->window.pad_left, x + (plane * in->h + row) * in->w,
                   (size_t)in->w * sizeof *y);
        }
    }
}

/* y = x / (bias + alpha / size * sum of squares over the channels around)^beta, as ONNX has it. */
static void run_lrn(const struct weft_float_context *context, const struct weft_node *node)
{
    const struct weft_tensor *out = &context->graph->tensors[node->output];
    int64_t plane = (int64_t)out->h * out->w;
    int before = (node->lrn_size - 1) / 2, after = node->lrn_size / 2;
#pragma omp parallel for num_threads(context->threads) schedule(static)
    for (int64_t at = 0; at < (int64_t)out->n * out->c; at++) {
        int channel = (int)(at % out->c);
        int first = channel > before ? channel - before : 0;
        int last = after < out->c - 1 - channel ? channel + after : out->c - 1;
        const float *x = context->values[node->inputs[0]] + at * plane;
        float *y = context->values[node->output] + at * plane;
        for (int64_t i = 0; i < plane; i++) {
            double sum = 0;
            for (int c = first; c <= last; c++) {
                double value = x[(c - channel) * plane + i];
                sum += value * value;
            }
            double base = node->lrn_bias + (double)node->lrn_alpha / node->lrn_size * sum;
            y[i] = (float)(x[i] / pow(base, node->lrn_beta));
        }
    }
}

static void softmax_pixel(const float *x, float *y, int channels, int64_t stride, bool logarithm)
{
    float largest = x[0];
    for (int c = 1; c < channels; c++) {
        largest = x[c * stride] > largest ? x[c * stride] : largest;
    }
    double sum = 0;
    for (int c = 0; c < channels; c++) {
        sum += exp((double)x[c * stride] - largest);
    }
    for (int c = 0; c < channels; c++) {
        double shifted = (double)x[c * stride] - largest;
        y[c * stride] = (float)(logarithm ? shifted - log(sum) : exp(shifted) / sum);
    }
}

static void run_softmax(const struct weft_float_context *context, const struct weft_node *node)
{
    const struct weft_tensor *out = &context->graph->tensors[node->output];
    int64_t plane = (int64_t)out->h * out->w;
    for (int image = 0; image < out->n; image++) {
        for (int64_t i = 0; i < plane; i++) {
            int64_t offset = image * out->c * plane + i;
            softmax_pixel(context->values[node->inputs[0]] + offset, context->values[node->output] + offset,
                          out->c, plane, node->log_softmax);
        }
    }
}

static void run_reshape(const struct weft_float_context *context, const struct weft_node *node)
{
    size_t elements = (size_t)weft_tensor_elements(&context->graph->tensors[node->output]);
    memcpy(context->values[node->output], context->values[node->inputs[0]], elements * sizeof(float));
}

void weft_float_other(const struct weft_float_context *context, const struct weft_node *node)
{
    switch (node->op) {
    case WEFT_OP_CONCAT:
        run_concat(context, node);
        return;
    case WEFT_OP_SELECT:
        run_select(context, node);
        return;
    case WEFT_OP_PAD:
        run_pad(context, node);
        return;
    case WEFT_OP_LRN:
        run_lrn(context, node);
        return;
    case WEFT_OP_SOFTMAX:
        run_softmax(context, node);
        return;
    case WEFT_OP_RESHAPE:
        run_reshape(context, node);
        return;
    default:
        run_planes(context, node);
        return;
    }
}
