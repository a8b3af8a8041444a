/* Operators that choose channels: Split, Slice and Gather along them, the transposition of a channel shuffle, zeros
 * as further channels. All are SELECT. */
#include <string.h>

#include "graph/check.h"
#include "onnx/fold.h"
#include "onnx/operators.h"

/* The axis that the layout takes for channels: vectors are nothing but channels. */
static int channel_axis(const struct weft_onnx_value *x)
{
    return x->rank > 1 ? 1 : 0;
}

/* Chosen channels of the value, which is seen as N, C, H, W: *tensor of `count` channels. `select` lies in the model's
 * pool. */
static weft_status emit_select(struct weft_onnx_node *node, const struct weft_onnx_value *x, int *select, int count,
                               int *tensor)
{
    int input;
    struct weft_node *layer;
    weft_status status = weft_onnx_layout(node, x, &input);
    if (status) {
        return status;
    }
    const struct weft_tensor *there = &node->import->graph->tensors[input];
    struct weft_onnx_shape shape = {there->n, count, there->h, there->w};
    status = weft_onnx_emit(node, WEFT_OP_SELECT, &input, 1, shape, &layer);
    if (!status) {
        layer->select = select;
        *tensor = layer->output;
    }
    return status;
}

/* `count` channels from `first` on, `step` apart, into output `k`. */
static weft_status put_stretch(struct weft_onnx_node *node, int k, int64_t first, int64_t count, int64_t step)
{
    const struct weft_onnx_value *x = node->inputs[0];
    int64_t dims[WEFT_ONNX_RANK_MAX];
    memcpy(dims, x->dims, sizeof dims);
    dims[channel_axis(x)] = count;
    if (count < 1 || count > WEFT_EXTENT_MAX) {
        return weft_onnx_refuse(node, "it leaves %lld channels", (long long)count);
    }
    int tensor, *select = weft_pool_alloc(node->import->graph->pool, (size_t)count, sizeof *select);
    if (!select) {
        return WEFT_E_MEMORY;
    }
    for (int64_t c = 0; c < count; c++) {
        select[c] = (int)(first + c * step);
    }
    weft_status status = emit_select(node, x, select, (int)count, &tensor);
    if (!status) {
        weft_onnx_put_tensor_at(node, k, tensor, x->rank, dims);
    }
    return status;
}

weft_status weft_onnx_split(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    const int64_t *sizes;
    int count, axis = weft_onnx_axis(weft_onnx_int(node, "axis", 0), x->rank);
    weft_status status = weft_onnx_list(node, 1, "split", WEFT_EXTENT_MAX, &sizes, &count);
    if (status) {
        return status;
    }
    if (axis != channel_axis(x)) {
        return weft_onnx_refuse(node, "it splits another axis than channels");
    }
    int64_t channels = x->dims[axis];
    int64_t parts = weft_onnx_int(node, "num_outputs", node->outputs_count), first = 0;
    if ((sizes && count != node->outputs_count) || parts != node->outputs_count) {
        return weft_onnx_damage(node, "it has %d outputs for other than as many parts", node->outputs_count);
    }
    int64_t even = (channels + parts - 1) / parts; /* the last part may be smaller */
    for (int k = 0; k < node->outputs_count; k++) {
        int64_t rest = channels - first, size = sizes ? sizes[k] : even < rest ? even : rest;
        if (size == 0) {
            return weft_onnx_refuse(node, "a tensor without elements");
        }
        if (size < 0 || size > rest) {
            return weft_onnx_damage(node, "its parts are not those of %lld channels", (long long)channels);
        }
        if (node->outputs[k]) {
            status = put_stretch(node, k, first, size, 1);
        }
        if (status) {
            return status;
        }
        first += size;
    }
    return first == channels ? WEFT_OK : weft_onnx_damage(node, "its parts leave channels over");
}

weft_status weft_onnx_slice(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    struct weft_onnx_slice slice[WEFT_ONNX_RANK_MAX];
    if (x->kind != WEFT_ONNX_TENSOR) {
        return weft_onnx_refuse(node, "its bounds are not constant");
    }
    weft_status status = weft_onnx_read_slices(node, slice);
    if (status) {
        return status;
    }
    for (int i = 0; i < x->rank; i++) {
        if (i != channel_axis(x) && (slice[i].first != 0 || slice[i].step != 1 || slice[i].count != x->dims[i])) {
            return weft_onnx_refuse(node, "it cuts axis %d: weft chooses channels (axis 1)", i);
        }
    }
    const struct weft_onnx_slice *of = &slice[channel_axis(x)];
    return x->rank < 1 ? weft_onnx_identity(node) : put_stretch(node, 0, of->first, of->count, of->step);
}

weft_status weft_onnx_gather(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    struct weft_onnx_value *indices = node->inputs[1];
    int axis = weft_onnx_axis(weft_onnx_int(node, "axis", 0), x->rank);
    if (x->kind != WEFT_ONNX_TENSOR || indices->kind != WEFT_ONNX_CONSTANT || !indices->integer ||
        indices->rank != 1 || axis != channel_axis(x) || indices->dims[0] < 1 || indices->dims[0] > WEFT_EXTENT_MAX) {
        return weft_onnx_refuse(node, "it gathers other than channels by a constant list");
    }
    int tensor, count = (int)indices->dims[0];
    const int64_t *list = weft_onnx_integers(node->import, indices);
    int *select = weft_pool_alloc(node->import->graph->pool, (size_t)count, sizeof *select);
    if (!list || !select) {
        return WEFT_E_MEMORY;
    }
    for (int c = 0; c < count; c++) {
        int64_t from = list[c] < 0 ? list[c] + x->dims[axis] : list[c];
        if (from < 0 || from >= x->dims[axis]) {
            return weft_onnx_damage(node, "channel %lld of %lld", (long long)list[c], (long long)x->dims[axis]);
        }
        select[c] = (int)from;
    }
    int64_t dims[WEFT_ONNX_RANK_MAX];
    memcpy(dims, x->dims, sizeof dims);
    dims[axis] = count;
    weft_status status = emit_select(node, x, select, count, &tensor);
    if (!status) {
        weft_onnx_put_tensor(node, tensor, x->rank, dims);
    }
    return status;
}

weft_status weft_onnx_pad_channels(struct weft_onnx_node *node, int64_t before, int64_t after)
{
    const struct weft_onnx_value *x = node->inputs[0];
    int64_t dims[WEFT_ONNX_RANK_MAX], channels = x->dims[1], count = before + channels + after;
    int tensor, *select = weft_pool_alloc(node->import->graph->pool, (size_t)count, sizeof *select);
    if (!select) {
        return WEFT_E_MEMORY;
    }
    for (int64_t c = 0; c < count; c++) {
        select[c] = c < before || c >= before + channels ? -1 : (int)(c - before);
    }
    memcpy(dims, x->dims, sizeof dims);
    dims[1] = count;
    weft_status status = emit_select(node, x, select, (int)count, &tensor);
    if (!status) {
        weft_onnx_put_tensor(node, tensor, x->rank, dims);
    }
    return status;
}

/* Dimensions 1 .. *end - 1 of the value make up the channels of its tensor, the rest its rows and columns: true. */
static bool find_channels(const struct weft_onnx_value *x, const struct weft_tensor *there, int *end)
{
    int64_t product = 1;
    *end = 1;
    while (*end < x->rank && product < there->c) {
        product *= x->dims[(*end)++];
    }
    return x->rank > 1 && x->dims[0] == there->n && product == there->c;
}

weft_status weft_onnx_shuffle(struct weft_onnx_node *node, const int64_t *perm, const int64_t *dims)
{
    const struct weft_onnx_value *x = node->inputs[0];
    const struct weft_tensor *there = &node->import->graph->tensors[x->tensor];
    int end, input = x->tensor, channels = there->c;
    bool within = find_channels(x, there, &end);
    for (int i = 0; i < x->rank && within; i++) {
        within = i >= 1 && i < end ? perm[i] >= 1 && perm[i] < end : perm[i] == i;
    }
    if (!within) {
        return weft_onnx_refuse(node, "it moves values: weft's layout is fixed");
    }
    int *select = weft_pool_alloc(node->import->graph->pool, (size_t)channels, sizeof *select);
    if (!select) {
        return WEFT_E_MEMORY;
    }
    for (int c = 0; c < channels; c++) {
        int64_t position[WEFT_ONNX_RANK_MAX] = {0}, rest = c, from = 0;
        for (int i = end - 1; i >= 1; i--) {
            position[perm[i]] = rest % dims[i];
            rest /= dims[i];
        }
        for (int i = 1; i < end; i++) {
            from = from * x->dims[i] + position[i];
        }
        select[c] = (int)from;
    }
    struct weft_onnx_shape shape = {there->n, channels, there->h, there->w};
    struct weft_node *layer;
    weft_status status = weft_onnx_emit(node, WEFT_OP_SELECT, &input, 1, shape, &layer);
    if (!status) {
        layer->select = select;
        weft_onnx_put_tensor(node, layer->output, x->rank, dims);
    }
    return status;
}
