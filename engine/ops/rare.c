/* Operators that compute in floats, on rare or final edges: LRN, SOFTMAX. */
#include <math.h>

#include "ops/ops.h"

/* base^-beta; exact operations only for the exponents that networks use, so that the codes are the same everywhere. */
static double power(double base, float beta)
{
    if (beta == 0.75f) {
        return 1 / (sqrt(base) * sqrt(sqrt(base)));
    }
    return beta == 0.5f ? 1 / sqrt(base) : beta == 1.0f ? 1 / base : pow(base, -(double)beta);
}

/* y = x / (bias + alpha / size * sum of squares over `size` neighbouring channels)^beta, as ONNX has it. */
void weft_lrn_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    int before = (node->lrn_size - 1) / 2, after = node->lrn_size - 1 - before;
    float *x = (float *)(void *)scratch;
    int row, end;
    weft_ops_rows(layer, out->h, piece, &row, &end);
    for (int p = row * out->w; p < end * out->w; p++) {
        const uint8_t *from = weft_ops_data(ops, node->inputs[0]) + p * ops->views[node->inputs[0]].stride;
        uint8_t *to = weft_ops_data(ops, node->output) + p * ops->views[node->output].stride;
        for (int c = 0; c < in->c; c++) {
            x[c] = weft_edge_decode(&in->edge, from[c]);
        }
        for (int c = 0; c < in->c; c++) {
            double sum = 0;
            int first = c - before < 0 ? 0 : c - before, last = c + after >= in->c ? in->c - 1 : c + after;
            for (int k = first; k <= last; k++) {
                sum += (double)x[k] * x[k];
            }
            double base = node->lrn_bias + (double)node->lrn_alpha / node->lrn_size * sum;
            float y = (float)(x[c] * power(base, node->lrn_beta));
            if (out->edge.kind == WEFT_EDGE_FLOAT) {
                ((float *)(void *)to)[c] = y;
            } else {
                to[c] = weft_edge_encode(&out->edge, y);
            }
        }
    }
}

static double softmax_input(const struct weft_tensor *in, const uint8_t *pixel, int c)
{
    return in->edge.kind == WEFT_EDGE_FLOAT ? ((const float *)(const void *)pixel)[c]
                                            : weft_edge_decode(&in->edge, pixel[c]);
}

void weft_softmax_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    int row, end;
    weft_ops_rows(layer, out->h, piece, &row, &end);
    for (int p = row * out->w; p < end * out->w; p++) {
        const uint8_t *from = weft_ops_data(ops, node->inputs[0]) + p * ops->views[node->inputs[0]].stride;
        uint8_t *to = weft_ops_data(ops, node->output) + p * ops->views[node->output].stride;
        double top = softmax_input(in, from, 0), sum = 0;
        for (int c = 1; c < in->c; c++) {
            double x = softmax_input(in, from, c);
            top = x > top ? x : top;
        }
        for (int c = 0; c < in->c; c++) {
            sum += exp(softmax_input(in, from, c) - top);
        }
        for (int c = 0; c < in->c; c++) {
            double shifted = softmax_input(in, from, c) - top;
            float y = (float)(node->log_softmax ? shifted - log(sum) : exp(shifted) / sum);
            if (out->edge.kind == WEFT_EDGE_FLOAT) {
                ((float *)(void *)to)[c] = y;
            } else {
                to[c] = weft_edge_encode(&out->edge, y);
            }
        }
    }
}
