/* Operators that only see a tensor under other dimensions. They serve constants as well. */
#include <string.h>

#include "onnx/operators.h"

/* Output 0 is input 0 under these dimensions, which must have as many elements. */
static weft_status view(struct weft_onnx_node *node, int rank, const int64_t *dims)
{
    const struct weft_onnx_value *x = node->inputs[0];
    if (weft_onnx_elements(rank, dims) != weft_onnx_elements(x->rank, x->dims)) {
        return weft_onnx_damage(node, "its output does not have as many elements as its input");
    }
    weft_onnx_put_view(node, rank, dims);
    return WEFT_OK;
}

weft_status weft_onnx_flatten(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    int64_t given = weft_onnx_int(node, "axis", 1);
    int axis = given == x->rank ? x->rank : weft_onnx_axis(given, x->rank);
    if (axis < 0) {
        return weft_onnx_damage(node, "axis %lld of a tensor of rank %d", (long long)given, x->rank);
    }
    const int64_t dims[2] = {weft_onnx_elements(axis, x->dims), weft_onnx_elements(x->rank - axis, x->dims + axis)};
    return view(node, 2, dims);
}

weft_status weft_onnx_reshape(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    const int64_t *list;
    int64_t dims[WEFT_ONNX_RANK_MAX];
    int count, open = -1;
    weft_status status = weft_onnx_list(node, 1, "shape", WEFT_ONNX_RANK_MAX, &list, &count);
    if (status) {
        return status;
    }
    for (int i = 0; i < count; i++) {
        dims[i] = list[i];
        if (dims[i] == 0 && !weft_onnx_int(node, "allowzero", 0)) {
            if (i >= x->rank) {
                return weft_onnx_damage(node, "it copies dimension %d, which its input does not have", i);
            }
            dims[i] = x->dims[i];
        }
        if (dims[i] == 0) {
            return weft_onnx_refuse(node, "a tensor without elements");
        }
        if (dims[i] < -1 || (dims[i] == -1 && open >= 0)) {
            return weft_onnx_damage(node, "two open dimensions, or one below -1");
        }
        open = dims[i] == -1 ? i : open;
    }
    if (open >= 0) {
        dims[open] = 1;
        int64_t known = weft_onnx_elements(count, dims), all = weft_onnx_elements(x->rank, x->dims);
        dims[open] = known > 0 ? all / known : 0;
    }
    return view(node, count, dims);
}

/* Axes as a bit mask: from the attribute, or from input 1 in later opsets. Those of Unsqueeze count in the output. */
static weft_status read_axes(struct weft_onnx_node *node, bool of_output, int *count, unsigned *mask)
{
    const int64_t *axes;
    weft_status status = weft_onnx_list(node, 1, "axes", WEFT_ONNX_RANK_MAX, &axes, count);
    int rank = node->inputs[0]->rank + (of_output && !status ? *count : 0);
    *mask = 0;
    for (int i = 0; i < *count && !status; i++) {
        int axis = weft_onnx_axis(axes[i], rank);
        if (axis < 0 || *mask >> axis & 1) {
            status = weft_onnx_damage(node, "axis %lld of %d dimensions, or the same axis twice", (long long)axes[i],
                                      rank);
        } else {
            *mask |= 1u << axis;
        }
    }
    return status;
}

weft_status weft_onnx_squeeze(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    unsigned mask;
    int count, rank = 0;
    int64_t dims[WEFT_ONNX_RANK_MAX];
    weft_status status = read_axes(node, false, &count, &mask);
    if (status) {
        return status;
    }
    for (int i = 0; i < x->rank; i++) {
        bool away = count ? mask >> i & 1 : x->dims[i] == 1;
        if (away && x->dims[i] != 1) {
            return weft_onnx_damage(node, "it drops dimension %d, which is %lld", i, (long long)x->dims[i]);
        }
        if (!away) {
            dims[rank++] = x->dims[i];
        }
    }
    return view(node, rank, dims);
}

weft_status weft_onnx_unsqueeze(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    unsigned mask;
    int count, from = 0;
    int64_t dims[WEFT_ONNX_RANK_MAX];
    weft_status status = read_axes(node, true, &count, &mask);
    if (status) {
        return status;
    }
    int rank = x->rank + count;
    if (count == 0 || rank > WEFT_ONNX_RANK_MAX) {
        return weft_onnx_refuse(node, "no axes, or more than %d dimensions", WEFT_ONNX_RANK_MAX);
    }
    for (int i = 0; i < rank; i++) {
        dims[i] = mask >> i & 1 ? 1 : x->dims[from++];
    }
    return view(node, rank, dims);
}

/* Where only dimensions of one change their places, nothing moves; where channels do, it is a shuffle. */
weft_status weft_onnx_transpose(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    int count, last = -1;
    const int64_t *perm = weft_onnx_ints(node, "perm", &count);
    int64_t dims[WEFT_ONNX_RANK_MAX], order[WEFT_ONNX_RANK_MAX];
    unsigned seen = 0;
    bool still = true;
    if (perm && count != x->rank) {
        return weft_onnx_damage(node, "a permutation of %d dimensions for %d", count, x->rank);
    }
    for (int i = 0; i < x->rank; i++) {
        int64_t from = perm ? perm[i] : x->rank - 1 - i;
        if (from < 0 || from >= x->rank || seen >> from & 1) {
            return weft_onnx_damage(node, "its permutation is none");
        }
        seen |= 1u << from;
        order[i] = from;
        dims[i] = x->dims[from];
        if (dims[i] != 1) {
            still = still && from > last;
            last = (int)from;
        }
    }
    return still ? view(node, x->rank, dims) : weft_onnx_shuffle(node, order, dims);
}

weft_status weft_onnx_shape(struct weft_onnx_node *node)
{
    const struct weft_onnx_value *x = node->inputs[0];
    int64_t start = weft_onnx_int(node, "start", 0), end = weft_onnx_int(node, "end", x->rank);
    start = start < 0 ? start + x->rank : start;
    end = end < 0 ? end + x->rank : end;
    start = start < 0 ? 0 : start > x->rank ? x->rank : start;
    end = end < start ? start : end > x->rank ? x->rank : end;
    int64_t count = end - start;
    const int64_t *data = weft_pool_copy(&node->import->pool, x->dims + start, (size_t)count, sizeof *data);
    if (!data) {
        return WEFT_E_MEMORY;
    }
    weft_onnx_put_integers(node, data, 1, &count);
    return WEFT_OK;
}
