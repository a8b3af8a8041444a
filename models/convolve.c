/* Convolutions: geometry, weights, scales, biases, the edge behind them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

/* What a convolution is to make. */
struct plan {
    struct weft_act act;
    double spread;   /* standard deviation of what it adds */
    double shift;    /* mean of what it adds */
    struct weft_edge edge;
    float samples[ZOO_SAMPLES];
};

static float hard_sigmoid(float y)
{
    float raised = y * (1.0f / 6) + 0.5f;
    return raised < 0 ? 0 : raised > 1 ? 1 : raised;
}

static float activate(enum zoo_act act, float y)
{
    switch (act) {
    case ZOO_RELU:
        return y > 0 ? y : 0;
    case ZOO_RELU6:
        return y < 0 ? 0 : y > 6 ? 6 : y;
    case ZOO_HSWISH:
        return y * hard_sigmoid(y);
    case ZOO_HSIGMOID:
        return hard_sigmoid(y);
    case ZOO_LINEAR:
    case ZOO_GATE:
    case ZOO_LOGITS:
        break;
    }
    return y;
}

static struct weft_act function_of(enum zoo_act act)
{
    switch (act) {
    case ZOO_RELU:
        return (struct weft_act){.func = WEFT_FUNC_CLIP, .lo = 0, .hi = (float)INFINITY};
    case ZOO_RELU6:
        return (struct weft_act){.func = WEFT_FUNC_CLIP, .lo = 0, .hi = 6};
    case ZOO_HSWISH:
        return (struct weft_act){.func = WEFT_FUNC_HSWISH, .alpha = 1.0f / 6, .beta = 0.5f};
    case ZOO_HSIGMOID:
        return (struct weft_act){.func = WEFT_FUNC_HSIGMOID, .alpha = 1.0f / 6, .beta = 0.5f};
    case ZOO_LINEAR:
    case ZOO_GATE:
    case ZOO_LOGITS:
        break;
    }
    return (struct weft_act){.func = WEFT_FUNC_NONE};
}

static bool is_signed(enum zoo_act act)
{
    return act == ZOO_LINEAR || act == ZOO_GATE || act == ZOO_HSWISH;
}

/* The edge and the samples of a convolution that nothing is added to: standard deviation 2 before the activation, and
 * constants for its edge, so that all such convolutions of a network have equal edges and may be concatenated. `like`:
 * an edge to keep to, or NULL. */
static void plan_alone(struct zoo_builder *b, const struct zoo_conv *conv, const struct weft_edge *like,
                       struct plan *plan)
{
    enum zoo_act act = conv->act;
    plan->spread = act == ZOO_LOGITS ? 3 : act == ZOO_HSIGMOID || act == ZOO_GATE ? 1 : 2;
    if (like) {
        plan->edge = *like;
        plan->spread = (double)like->table[like->magnitudes] * like->scale / 4;
    }
    /* Trained networks have more zeros than positive values behind a ReLU. */
    plan->shift = act == ZOO_RELU || act == ZOO_RELU6 ? -0.25 * plan->spread : 0;
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        plan->samples[i] = activate(act, (float)(plan->shift + plan->spread * zoo_bell(b)));
    }
    zoo_settle(b, plan->samples);
    if (act != ZOO_LOGITS && !like) {
        double top = act == ZOO_RELU6 ? 6 : act == ZOO_HSIGMOID ? 1 : 4 * plan->spread;
        zoo_log_edge(&plan->edge, is_signed(act) || conv->signed_edge, top);
    }
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* A sum with a residual: the branch has half the residual's size, as trained ones have, and a bias that leaves two
 * values of five at zero, so that the sums of a hundred blocks neither grow without bound nor die. */
static void plan_sum(struct zoo_builder *b, enum zoo_act act, const float *residual, struct plan *plan)
{
    double mean, square;
    float sorted[ZOO_SAMPLES];
    zoo_moments(residual, &mean, &square);
    plan->spread = 0.5 * sqrt(square);
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        plan->samples[i] = sorted[i] = (float)(residual[i] + plan->spread * zoo_bell(b));
    }
    qsort(sorted, ZOO_SAMPLES, sizeof *sorted, ascending);
    plan->shift = act == ZOO_RELU ? -sorted[ZOO_SAMPLES * 2 / 5] : 0;
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        plan->samples[i] = activate(act, (float)(plan->samples[i] + plan->shift));
    }
    zoo_settle(b, plan->samples);
    zoo_fit_edge(&plan->edge, is_signed(act), plan->samples);
}

/* Scales for the wanted spread, a little different from channel to channel; biases that remove the mean of the input,
 * but for the shift and a small random part. */
static void set_scales(struct zoo_builder *b, struct weft_node *node, int input, int outputs, const struct plan *plan,
                       const double *sum, const double *square)
{
    double unit = b->model->graph.tensors[input].edge.scale, mean, mean_square;
    zoo_moments(b->samples[input], &mean, &mean_square);
    double variance = mean_square - mean * mean;
    variance = variance > 1e-6 ? variance : 1e-6;
    for (int o = 0; o < outputs; o++) {
        double wanted = plan->spread * (1 + 0.15 * zoo_bell(b));
        double gain = wanted / sqrt((square[o] > 0 ? square[o] : 1) * variance);
        node->scale[o] = (float)(gain * unit);
        node->bias[o] = (float)(plan->shift + 0.15 * wanted * zoo_bell(b) - gain * sum[o] * mean);
    }
}

static bool fill_conv(struct zoo_builder *b, struct weft_node *node, const struct zoo_conv *conv, int input,
                      const struct plan *plan)
{
    struct weft_pool *pool = b->model->graph.pool;
    const struct weft_tensor *in = &b->model->graph.tensors[input];
    int64_t per_output = (int64_t)(in->c / node->groups) * node->window.kernel_h * node->window.kernel_w;
    node->weights_count = per_output * conv->outputs;
    int bits = conv->weights == ZOO_C8 ? WEFT_C8 : WEFT_C4;
    node->bins = weft_pool_alloc(pool, weft_bins_bytes(node->weights_count, bits), 1);
    node->scale = weft_pool_alloc(pool, (size_t)conv->outputs, sizeof(float));
    node->bias = weft_pool_alloc(pool, (size_t)conv->outputs, sizeof(float));
    double *sums = weft_block_alloc(&pool->allocator, 2 * (size_t)conv->outputs, sizeof(double));
    bool fine = node->bins && node->scale && node->bias && sums;
    if (fine) {
        zoo_draw_weights(b, node, conv->weights, conv->outputs, sums, sums + conv->outputs);
        set_scales(b, node, input, conv->outputs, plan, sums, sums + conv->outputs);
    }
    weft_block_free(&pool->allocator, sums);
    return fine;
}

static int add_conv(struct zoo_builder *b, int input, const struct zoo_conv *conv, int residual, int like)
{
    if (b->failed) {
        return -1;
    }
    const struct weft_tensor in = b->model->graph.tensors[input];
    struct plan plan = {.act = function_of(conv->act)};
    if (residual >= 0) {
        plan_sum(b, conv->act, b->samples[residual], &plan);
    } else {
        plan_alone(b, conv, like < 0 ? NULL : &b->model->graph.tensors[like].edge, &plan);
    }
    zoo_encode_samples(&plan.edge, plan.samples);
    struct weft_window w = {.dilation_h = 1, .dilation_w = 1};
    w.kernel_h = conv->kernel ? conv->kernel : in.h;
    w.kernel_w = !conv->kernel ? in.w : conv->kernel_w ? conv->kernel_w : conv->kernel;
    w.stride_h = w.stride_w = conv->stride ? conv->stride : 1;
    w.pad_top = w.pad_bottom = conv->pad;
    w.pad_left = w.pad_right = conv->kernel_w ? conv->pad_w : conv->pad;
    int height = weft_window_extent(in.h, w.kernel_h, w.stride_h, 1, w.pad_top, w.pad_bottom), output;
    int width = weft_window_extent(in.w, w.kernel_w, w.stride_w, 1, w.pad_left, w.pad_right);
    struct weft_node *node = zoo_add(b, WEFT_OP_CONV, conv->name, &input, 1, conv->outputs, height, width, &plan.edge,
                                     &output);
    if (!node) {
        return -1;
    }
    node->window = w;
    node->groups = conv->groups ? conv->groups : 1;
    node->residual = residual;
    node->act = plan.act;
    memcpy(b->samples[output], plan.samples, sizeof plan.samples);
    b->failed = !fill_conv(b, node, conv, input, &plan);
    return output;
}

int zoo_conv(struct zoo_builder *b, int input, const struct zoo_conv *conv)
{
    return add_conv(b, input, conv, -1, -1);
}

int zoo_conv_add(struct zoo_builder *b, int input, const struct zoo_conv *conv, int residual)
{
    return add_conv(b, input, conv, residual, -1);
}

int zoo_conv_like(struct zoo_builder *b, int input, const struct zoo_conv *conv, int like)
{
    return add_conv(b, input, conv, -1, like);
}
