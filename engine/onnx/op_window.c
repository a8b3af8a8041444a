/* Kernel, stride, dilation and padding of Conv and the pools. */
#include "graph/check.h"
#include "onnx/operators.h"

/* One axis of a window while it is read. */
struct axis {
    int64_t in, kernel, stride, dilation, before, after;
    int64_t out;
};

/* An attribute with a value per axis into a field of the axes; `otherwise` where it is not there. */
static weft_status read_list(struct weft_onnx_node *node, const char *name, int axes, int64_t least,
                             int64_t otherwise, int64_t *values)
{
    int count;
    const int64_t *list = weft_onnx_ints(node, name, &count);
    if (list && count != axes) {
        return weft_onnx_damage(node, "attribute '%s' has %d values where %d are due", name, count, axes);
    }
    for (int i = 0; i < axes; i++) {
        values[i] = list ? list[i] : otherwise;
        if (values[i] < least || values[i] > WEFT_WINDOW_MAX) {
            return weft_onnx_refuse(node, "attribute '%s' holds %lld, outside %lld..%d", name, (long long)values[i],
                                    (long long)least, WEFT_WINDOW_MAX);
        }
    }
    return WEFT_OK;
}

enum padding { EXPLICIT, SAME_UPPER, SAME_LOWER, VALID, UNKNOWN };

static enum padding read_auto_pad(const struct weft_onnx_node *node)
{
    if (!weft_onnx_attribute(node, "auto_pad") || weft_onnx_string_is(node, "auto_pad", "NOTSET") ||
        weft_onnx_string_is(node, "auto_pad", "")) {
        return EXPLICIT;
    }
    return weft_onnx_string_is(node, "auto_pad", "SAME_UPPER")   ? SAME_UPPER
           : weft_onnx_string_is(node, "auto_pad", "SAME_LOWER") ? SAME_LOWER
           : weft_onnx_string_is(node, "auto_pad", "VALID")      ? VALID
                                                                 : UNKNOWN;
}

/* Output extent, and padding where it follows from that. */
static void lay_out(struct axis *axis, enum padding padding, bool ceil_mode)
{
    int64_t reach = axis->dilation * (axis->kernel - 1) + 1;
    if (padding == SAME_UPPER || padding == SAME_LOWER) {
        axis->out = (axis->in + axis->stride - 1) / axis->stride;
        int64_t total = (axis->out - 1) * axis->stride + reach - axis->in;
        total = total > 0 ? total : 0;
        axis->before = padding == SAME_UPPER ? total / 2 : total - total / 2;
        axis->after = total - axis->before;
        return;
    }
    if (padding == VALID) {
        axis->before = axis->after = 0;
    }
    int64_t room = axis->in + axis->before + axis->after - reach;
    axis->out = room < 0 ? 0 : room / axis->stride + 1;
    /* One more where windows may hang over the end, unless it would begin beyond the input. */
    bool hangs = room < 0 ? room > -axis->stride : room % axis->stride != 0;
    if (ceil_mode && hangs && axis->out * axis->stride < axis->in + axis->before) {
        axis->out++;
    }
}

static weft_status read_axes(struct weft_onnx_node *node, const int64_t *kernel, int axes, struct axis *axis)
{
    int64_t kernels[2], strides[2], dilations[2], pads[4];
    enum padding padding = read_auto_pad(node);
    if (padding == UNKNOWN) {
        return weft_onnx_refuse(node, "its auto_pad is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID");
    }
    if (!kernel && !weft_onnx_attribute(node, "kernel_shape")) {
        return weft_onnx_damage(node, "no kernel_shape");
    }
    weft_status status = read_list(node, "kernel_shape", axes, 1, 1, kernels);
    status = status ? status : read_list(node, "strides", axes, 1, 1, strides);
    status = status ? status : read_list(node, "dilations", axes, 1, 1, dilations);
    status = status ? status : read_list(node, "pads", 2 * axes, 0, 0, pads);
    for (int i = 0; i < axes && !status; i++) {
        int64_t extent = kernel ? kernel[i] : kernels[i];
        if (weft_onnx_attribute(node, "kernel_shape") && kernels[i] != extent) {
            return weft_onnx_damage(node, "its kernel_shape is not that of its weights");
        }
        if (extent < 1 || extent > WEFT_WINDOW_MAX) {
            return weft_onnx_refuse(node, "a kernel of %lld, outside 1..%d", (long long)extent, WEFT_WINDOW_MAX);
        }
        axis[i].kernel = extent;
        axis[i].stride = strides[i];
        axis[i].dilation = dilations[i];
        axis[i].before = pads[i];
        axis[i].after = pads[axes + i];
        lay_out(&axis[i], padding, weft_onnx_int(node, "ceil_mode", 0) != 0);
        if (axis[i].out < 1) {
            return weft_onnx_damage(node, "its window is larger than its input");
        }
    }
    return status;
}

/* What ceil_mode adds beyond the model's padding, so that the extent comes out right. */
static int overhang(const struct axis *axis)
{
    int64_t reach = (axis->out - 1) * axis->stride + axis->dilation * (axis->kernel - 1) + 1;
    int64_t more = reach - (axis->in + axis->before + axis->after);
    return more > 0 ? (int)more : 0;
}

weft_status weft_onnx_read_window(struct weft_onnx_node *node, const int64_t *kernel, struct weft_onnx_window *out)
{
    const struct weft_onnx_value *value = node->inputs[0];
    int axes = value->rank - 2;
    if (axes < 1 || axes > 2) {
        return weft_onnx_refuse(node, "%d-dimensional windows: weft has those of one and two dimensions", axes);
    }
    weft_status status = weft_onnx_shape_of(node, value->rank, value->dims, &out->in);
    if (status) {
        return status;
    }
    struct axis axis[2] = {{.in = out->in.h}, {.in = 1, .kernel = 1, .stride = 1, .dilation = 1, .out = 1}};
    axis[1].in = out->in.w;
    status = read_axes(node, kernel, axes, axis);
    if (status) {
        return status;
    }
    out->window = (struct weft_window){.kernel_h = (int)axis[0].kernel,
                                       .kernel_w = (int)axis[1].kernel,
                                       .stride_h = (int)axis[0].stride,
                                       .stride_w = (int)axis[1].stride,
                                       .dilation_h = (int)axis[0].dilation,
                                       .dilation_w = (int)axis[1].dilation,
                                       .pad_top = (int)axis[0].before,
                                       .pad_left = (int)axis[1].before,
                                       .pad_bottom = (int)axis[0].after + overhang(&axis[0]),
                                       .pad_right = (int)axis[1].after + overhang(&axis[1]),
                                       .real_pad_bottom = (int)axis[0].after,
                                       .real_pad_right = (int)axis[1].after};
    out->out_h = (int)axis[0].out;
    out->out_w = (int)axis[1].out;
    out->dims[0] = value->dims[0];
    out->dims[1] = value->dims[1];
    out->dims[2] = axis[0].out;
    out->dims[3] = axis[1].out;
    return WEFT_OK;
}
