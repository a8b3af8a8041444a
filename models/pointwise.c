/* Operators without a window: normalization that stands alone, functions through a table, gates, selections. */
#include <math.h>
#include <string.h>

#include "builder.h"

/* e^x for |x| < 100, from + and * alone: e^(x/256) by its series, then squared eight times. */
static double exponential(double x)
{
    double part = x / 256, term = 1, sum = 1;
    for (int i = 1; i <= 12; i++) {
        term = term * part / i;
        sum += term;
    }
    for (int i = 0; i < 8; i++) {
        sum *= sum;
    }
    return sum;
}

int zoo_affine(struct zoo_builder *b, int input, const char *name)
{
    if (b->failed) {
        return -1;
    }
    const struct weft_tensor in = b->model->graph.tensors[input];
    struct weft_edge edge;
    zoo_log_edge(&edge, false, 8); /* as behind a convolution with ReLU: spread 2, mean -0.5 */
    double mean, square;
    float samples[ZOO_SAMPLES];
    zoo_moments(b->samples[input], &mean, &square);
    double spread = sqrt(square - mean * mean > 1e-6 ? square - mean * mean : 1e-6);
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        double y = (b->samples[input][i] - mean) * (2 / spread) - 0.5;
        samples[i] = (float)(y > 0 ? y : 0);
    }
    zoo_settle(b, samples);
    zoo_encode_samples(&edge, samples);
    int output;
    struct weft_node *node = zoo_add(b, WEFT_OP_AFFINE, name, &input, 1, in.c, in.h, in.w, &edge, &output);
    if (!node) {
        return -1;
    }
    node->act = (struct weft_act){.func = WEFT_FUNC_CLIP, .lo = 0, .hi = (float)INFINITY};
    node->scale = weft_pool_alloc(b->model->graph.pool, (size_t)in.c, sizeof *node->scale);
    node->bias = weft_pool_alloc(b->model->graph.pool, (size_t)in.c, sizeof *node->bias);
    b->failed = !node->scale || !node->bias;
    for (int c = 0; c < in.c && !b->failed; c++) {
        double gain = 2 / spread * (1 + 0.15 * zoo_bell(b));
        node->scale[c] = (float)(gain * in.edge.scale);
        node->bias[c] = (float)(0.3 * zoo_bell(b) - 0.5 - gain * mean);
    }
    memcpy(b->samples[output], samples, sizeof samples);
    return output;
}

static float sigmoid_or_swish(enum weft_func func, float x)
{
    double gate = 1 / (1 + exponential(-x));
    return (float)(func == WEFT_FUNC_SWISH ? x * gate : gate);
}

int zoo_function(struct zoo_builder *b, int input, const char *name, enum weft_func func)
{
    if (b->failed) {
        return -1;
    }
    const struct weft_tensor in = b->model->graph.tensors[input];
    struct weft_edge edge;
    zoo_log_edge(&edge, func == WEFT_FUNC_SWISH, func == WEFT_FUNC_SWISH ? 8 : 1);
    float samples[ZOO_SAMPLES];
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        samples[i] = sigmoid_or_swish(func, b->samples[input][i]);
    }
    zoo_settle(b, samples);
    zoo_encode_samples(&edge, samples);
    int output;
    struct weft_node *node = zoo_add(b, WEFT_OP_ACT, name, &input, 1, in.c, in.h, in.w, &edge, &output);
    uint8_t *map = node ? weft_pool_alloc(b->model->graph.pool, 256, 1) : NULL;
    b->failed = !map;
    if (!map) {
        return -1;
    }
    node->act.func = func;
    node->map = map;
    for (int code = 0; code < 256; code++) {
        map[code] = weft_edge_encode(&edge, sigmoid_or_swish(func, weft_edge_decode(&in.edge, (uint8_t)code)));
    }
    memcpy(b->samples[output], samples, sizeof samples);
    return output;
}

int zoo_gate(struct zoo_builder *b, int input, int gate, const char *name)
{
    if (b->failed) {
        return -1;
    }
    const struct weft_tensor in = b->model->graph.tensors[input];
    struct weft_edge edge;
    float samples[ZOO_SAMPLES];
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        samples[i] = b->samples[input][i] * b->samples[gate][i];
    }
    zoo_settle(b, samples);
    zoo_fit_edge(&edge, in.edge.is_signed, samples);
    zoo_encode_samples(&edge, samples);
    int output;
    if (!zoo_add(b, WEFT_OP_GATE, name, (const int[]){input, gate}, 2, in.c, in.h, in.w, &edge, &output)) {
        return -1;
    }
    memcpy(b->samples[output], samples, sizeof samples);
    return output;
}

/* The value of a random place of the channel. */
static float sample_of(struct zoo_builder *b, const int *inputs, int channel)
{
    int k = 0;
    if (channel < 0) {
        return 0;
    }
    while (channel >= b->model->graph.tensors[inputs[k]].c) {
        channel -= b->model->graph.tensors[inputs[k++]].c;
    }
    return b->samples[inputs[k]][zoo_random(b) % ZOO_SAMPLES];
}

int zoo_select(struct zoo_builder *b, const char *name, const int *inputs, int count, const int *select, int channels)
{
    if (b->failed) {
        return -1;
    }
    const struct weft_tensor first = b->model->graph.tensors[inputs[0]];
    float samples[ZOO_SAMPLES];
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        samples[i] = sample_of(b, inputs, select[i * channels / ZOO_SAMPLES]);
    }
    zoo_settle(b, samples);
    int output;
    struct weft_node *node = zoo_add(b, WEFT_OP_SELECT, name, inputs, count, channels, first.h, first.w, &first.edge,
                                     &output);
    if (!node) {
        return -1;
    }
    node->select = weft_pool_copy(b->model->graph.pool, select, (size_t)channels, sizeof *select);
    b->failed = !node->select;
    memcpy(b->samples[output], samples, sizeof samples);
    return output;
}
