/* Shapes and parameters of one node against its tensors. */
#include "graph/check.h"

#include <math.h>

struct axis {
    const char *name;
    int in, out, kernel, stride, dilation, pad_before, pad_after;
};

static weft_status check_axis(const struct weft_check *check, const struct axis *axis)
{
    const int positive[3] = {axis->kernel, axis->stride, axis->dilation};
    static const char *const names[3] = {"kernel", "stride", "dilation"};
    for (int i = 0; i < 3; i++) {
        if (positive[i] < 1 || positive[i] > WEFT_WINDOW_MAX) {
            return weft_check_fail(check, WEFT_E_FORMAT, "%s %s is %d, outside 1..%d", axis->name, names[i],
                                   positive[i], WEFT_WINDOW_MAX);
        }
    }
    if (axis->pad_before < 0 || axis->pad_before > WEFT_WINDOW_MAX || axis->pad_after < 0 ||
        axis->pad_after > WEFT_WINDOW_MAX) {
        return weft_check_fail(check, WEFT_E_FORMAT, "%s padding %d and %d: outside 0..%d", axis->name,
                               axis->pad_before, axis->pad_after, WEFT_WINDOW_MAX);
    }
    int extent = weft_window_extent(axis->in, axis->kernel, axis->stride, axis->dilation, axis->pad_before,
                                    axis->pad_after);
    if (extent != axis->out) {
        return weft_check_fail(check, WEFT_E_FORMAT, "output %s is %d where its window over %d gives %d",
                               axis->name, axis->out, axis->in, extent);
    }
    return WEFT_OK;
}

bool weft_window_sees_input(int in, int out, int kernel, int stride, int dilation, int pad_before)
{
    for (int64_t o = 0; o < out; o++) {
        int64_t start = o * stride - pad_before;
        int64_t skipped = start < 0 ? (-start + dilation - 1) / dilation : 0;
        if (skipped >= kernel || start + skipped * dilation >= in) {
            return false;
        }
    }
    return true;
}

static weft_status check_window(const struct weft_check *check, bool pool)
{
    const struct weft_window *window = &check->node->window;
    const struct weft_tensor *in = &check->graph->tensors[check->node->inputs[0]];
    const struct weft_tensor *out = &check->graph->tensors[check->node->output];
    const struct axis axes[2] = {
        {"height", in->h, out->h, window->kernel_h, window->stride_h, window->dilation_h, window->pad_top,
         window->pad_bottom},
        {"width", in->w, out->w, window->kernel_w, window->stride_w, window->dilation_w, window->pad_left,
         window->pad_right},
    };
    for (int i = 0; i < 2; i++) {
        const struct axis *axis = &axes[i];
        weft_status status = check_axis(check, axis);
        if (status) {
            return status;
        }
        if (pool && !weft_window_sees_input(axis->in, axis->out, axis->kernel, axis->stride, axis->dilation,
                                            axis->pad_before)) {
            return weft_check_fail(check, WEFT_E_FORMAT, "a window of the pool lies wholly in the %s padding",
                                   axis->name);
        }
    }
    return WEFT_OK;
}

static weft_status check_values(const struct weft_check *check, const char *what, const float *values,
                                int64_t count)
{
    if (!values) {
        return weft_check_fail(check, WEFT_E_FORMAT, "no %s", what);
    }
    int64_t bad = weft_check_finite(values, count);
    if (bad >= 0) {
        return weft_check_fail(check, WEFT_E_RANGE, "%s %lld is not a finite number", what, (long long)bad);
    }
    return WEFT_OK;
}

static weft_status check_act(const struct weft_check *check)
{
    const struct weft_node *node = check->node;
    const struct weft_act *act = &node->act;
    bool takes = node->op == WEFT_OP_CONV || node->op == WEFT_OP_AVGPOOL || node->op == WEFT_OP_ADD ||
                 node->op == WEFT_OP_AFFINE || node->op == WEFT_OP_GATE;
    unsigned limit = node->op == WEFT_OP_ACT ? WEFT_FUNC_COUNT
                     : takes                 ? WEFT_FUNC_HSWISH + 1
                                             : WEFT_FUNC_NONE + 1;
    if ((unsigned)act->func >= limit) {
        return weft_check_fail(check, WEFT_E_FORMAT, "takes no function '%s'", weft_func_name(act->func));
    }
    switch (act->func) {
    case WEFT_FUNC_CLIP:
        if (!(act->lo <= act->hi) || act->lo == INFINITY || act->hi == -INFINITY) {
            return weft_check_fail(check, WEFT_E_RANGE, "clips to %g..%g", (double)act->lo, (double)act->hi);
        }
        return WEFT_OK;
    case WEFT_FUNC_LEAKY:
        return check_values(check, "slope", act->slope, check->graph->tensors[node->output].c);
    case WEFT_FUNC_HSIGMOID:
    case WEFT_FUNC_HSWISH:
        if (!isfinite(act->alpha) || !isfinite(act->beta)) {
            return weft_check_fail(check, WEFT_E_RANGE, "alpha or beta is not a finite number");
        }
        return WEFT_OK;
    default:
        return WEFT_OK;
    }
}

static weft_status check_conv(const struct weft_check *check)
{
    const struct weft_graph *graph = check->graph;
    const struct weft_node *node = check->node;
    const struct weft_tensor *in = &graph->tensors[node->inputs[0]];
    const struct weft_tensor *out = &graph->tensors[node->output];
    weft_status status = check_window(check, false);
    if (status) {
        return status;
    }
    if (node->groups < 1 || in->c % node->groups || out->c % node->groups) {
        return weft_check_fail(check, WEFT_E_FORMAT,
                               "%d groups do not divide %d input and %d output channels", node->groups, in->c,
                               out->c);
    }
    /* Each factor is at most 2^16 (2^12 for the kernel), so the product stays below 2^56. */
    int64_t count = (int64_t)out->c * (in->c / node->groups) * node->window.kernel_h * node->window.kernel_w;
    if (count > WEFT_ELEMENTS_MAX || node->weights_count != count) {
        return weft_check_fail(check, WEFT_E_FORMAT,
                               "%lld weights where its shape asks for %lld (below 2^31)",
                               (long long)node->weights_count, (long long)count);
    }
    if (node->residual >= 0) {
        const struct weft_tensor *residual = &graph->tensors[node->residual];
        if (residual->n != out->n || residual->c != out->c || residual->h != out->h ||
            residual->w != out->w) {
            return weft_check_fail(check, WEFT_E_FORMAT, "its residual has another shape than its output");
        }
    }
    status = check_values(check, "bias", node->bias, out->c);
    if (!status && !graph->quantized) {
        status = check_values(check, "weight", node->weights, count);
    }
    if (!status && graph->quantized) {
        status = check_values(check, "scale", node->scale, out->c);
    }
    return status;
}

static weft_status check_average(const struct weft_check *check)
{
    const struct weft_window *window = &check->node->window;
    weft_status status = check_window(check, true);
    if (status) {
        return status;
    }
    if (window->real_pad_bottom < 0 || window->real_pad_bottom > window->pad_bottom ||
        window->real_pad_right < 0 || window->real_pad_right > window->pad_right) {
        return weft_check_fail(check, WEFT_E_FORMAT, "its own padding is larger than the whole padding");
    }
    return WEFT_OK;
}

/* CONCAT, SELECT: inputs of one height and width; their channels in all. */
static weft_status check_joined(const struct weft_check *check, int64_t *channels)
{
    const struct weft_node *node = check->node;
    const struct weft_tensor *out = &check->graph->tensors[node->output];
    *channels = 0;
    for (int k = 0; k < node->inputs_count; k++) {
        const struct weft_tensor *in = &check->graph->tensors[node->inputs[k]];
        if (in->h != out->h || in->w != out->w) {
            return weft_check_fail(check, WEFT_E_FORMAT, "input %d is %dx%d, the output %dx%d", k, in->h,
                                   in->w, out->h, out->w);
        }
        *channels += in->c;
    }
    return WEFT_OK;
}

static weft_status check_concat(const struct weft_check *check)
{
    const struct weft_tensor *out = &check->graph->tensors[check->node->output];
    int64_t channels;
    weft_status status = check_joined(check, &channels);
    if (!status && channels != out->c) {
        return weft_check_fail(check, WEFT_E_FORMAT, "inputs have %lld channels, the output %d",
                               (long long)channels, out->c);
    }
    return status;
}

static weft_status check_select(const struct weft_check *check)
{
    const struct weft_node *node = check->node;
    int64_t channels;
    weft_status status = check_joined(check, &channels);
    if (!status && !node->select) {
        return weft_check_fail(check, WEFT_E_FORMAT, "no list of channels");
    }
    for (int c = 0; !status && c < check->graph->tensors[node->output].c; c++) {
        if (node->select[c] < -1 || node->select[c] >= channels) {
            return weft_check_fail(check, WEFT_E_RANGE, "its channel %d is channel %d of %lld", c, node->select[c],
                                   (long long)channels);
        }
    }
    return status;
}

static weft_status check_pad(const struct weft_check *check)
{
    const struct weft_node *node = check->node;
    const struct weft_window *window = &node->window;
    const struct weft_tensor *in = &check->graph->tensors[node->inputs[0]];
    const struct weft_tensor *out = &check->graph->tensors[node->output];
    const int pads[4] = {window->pad_top, window->pad_left, window->pad_bottom, window->pad_right};
    for (int i = 0; i < 4; i++) {
        if (pads[i] < 0 || pads[i] > WEFT_WINDOW_MAX) {
            return weft_check_fail(check, WEFT_E_FORMAT, "padding %d is outside 0..%d", pads[i],
                                   WEFT_WINDOW_MAX);
        }
    }
    if (out->c != in->c || out->h != in->h + pads[0] + pads[2] || out->w != in->w + pads[1] + pads[3]) {
        return weft_check_fail(check, WEFT_E_FORMAT,
                               "its output is not its input with the padding around it");
    }
    /* The float form may pad with minus infinity in front of a maximum. */
    if (isnan(node->pad_value) || (check->graph->quantized && !isfinite(node->pad_value))) {
        return weft_check_fail(check, WEFT_E_RANGE, "its padding value is not a number");
    }
    return WEFT_OK;
}

static weft_status check_parameters(const struct weft_check *check)
{
    const struct weft_node *node = check->node;
    const struct weft_tensor *in = &check->graph->tensors[node->inputs[0]];
    weft_status status = WEFT_OK;
    switch (node->op) {
    case WEFT_OP_CONV:
        return check_conv(check);
    case WEFT_OP_MAXPOOL:
        return check_window(check, true);
    case WEFT_OP_AVGPOOL:
        return check_average(check);
    case WEFT_OP_CONCAT:
        return check_concat(check);
    case WEFT_OP_SELECT:
        return check_select(check);
    case WEFT_OP_PAD:
        return check_pad(check);
    case WEFT_OP_AFFINE:
        status = check_values(check, "scale", node->scale, in->c);
        return status ? status : check_values(check, "bias", node->bias, in->c);
    case WEFT_OP_LRN:
        if (node->lrn_size < 1 || node->lrn_size > WEFT_EXTENT_MAX || !isfinite(node->lrn_alpha) ||
            !isfinite(node->lrn_beta) || !isfinite(node->lrn_bias)) {
            return weft_check_fail(check, WEFT_E_RANGE, "size %d is outside 1..%d, or a factor is not finite",
                                   node->lrn_size, WEFT_EXTENT_MAX);
        }
        return WEFT_OK;
    default:
        return WEFT_OK;
    }
}

/* Operators whose every input has the shape of the output, or those with rules of their own (false). */
static bool same_shape(enum weft_op op)
{
    return op == WEFT_OP_ADD || op == WEFT_OP_ACT || op == WEFT_OP_AFFINE || op == WEFT_OP_LRN ||
           op == WEFT_OP_SOFTMAX;
}

static weft_status check_shapes(const struct weft_check *check)
{
    const struct weft_node *node = check->node;
    const struct weft_tensor *tensors = check->graph->tensors;
    const struct weft_tensor *in = &tensors[node->inputs[0]], *out = &tensors[node->output];
    for (int k = 0; k < node->inputs_count; k++) {
        const struct weft_tensor *other = &tensors[node->inputs[k]];
        bool same = other->c == out->c && other->h == out->h && other->w == out->w;
        if (other->n != out->n || (same_shape(node->op) && !same)) {
            return weft_check_fail(check, WEFT_E_FORMAT,
                                   "input %d is %dx%dx%dx%d, which does not fit %dx%dx%dx%d", k, other->n,
                                   other->c, other->h, other->w, out->n, out->c, out->h, out->w);
        }
    }
    bool fits = true;
    if (node->op == WEFT_OP_MAXPOOL || node->op == WEFT_OP_AVGPOOL) {
        fits = in->c == out->c;
    } else if (node->op == WEFT_OP_GATE) {
        const struct weft_tensor *gate = &tensors[node->inputs[1]];
        fits = in->c == out->c && in->h == out->h && in->w == out->w && gate->c == in->c && gate->h == 1 &&
               gate->w == 1;
    } else if (node->op == WEFT_OP_RESHAPE) {
        fits = weft_tensor_elements(in) == weft_tensor_elements(out);
    }
    if (!fits) {
        return weft_check_fail(check, WEFT_E_FORMAT, "its output %dx%dx%d does not fit its input %dx%dx%d",
                               out->c, out->h, out->w, in->c, in->h, in->w);
    }
    return WEFT_OK;
}

weft_status weft_check_node(const struct weft_check *check)
{
    const struct weft_node *node = check->node;
    int wanted = node->op == WEFT_OP_ADD || node->op == WEFT_OP_GATE ? 2 : 1;
    if (node->inputs_count != wanted && node->op != WEFT_OP_CONCAT && node->op != WEFT_OP_SELECT) {
        return weft_check_fail(check, WEFT_E_FORMAT, "%d inputs where it takes %d", node->inputs_count,
                               wanted);
    }
    weft_status status = check_shapes(check);
    if (!status) {
        status = check_parameters(check);
    }
    return status ? status : check_act(check);
}
