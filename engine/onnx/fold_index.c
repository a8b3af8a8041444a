/* Operators that pick elements of constants: Gather, Slice, Concat, Transpose, Expand. */
#include <string.h>

#include "onnx/fold.h"

/* A box of elements of an array: along each axis of the output, where it starts in the input and how far a step
 * goes, in elements of the input. */
struct picking {
    int64_t start, step[WEFT_ONNX_RANK_MAX];
};

/* Elements that one step along each axis of `array` skips. */
static void strides_of(const struct weft_onnx_array *array, int64_t *strides)
{
    int64_t stride = 1;
    for (int i = array->rank - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= array->dims[i];
    }
}

/* Output 0 is `in`, picked; the output's rank and dims are filled in. */
static weft_status pick(struct weft_onnx_node *node, const struct weft_onnx_array *in, const struct picking *picking,
                        struct weft_onnx_array *out)
{
    weft_status status = weft_onnx_array_make(node, in->integers != NULL, out);
    for (int64_t i = 0; i < out->count && !status; i++) {
        int64_t from = picking->start, rest = i;
        for (int axis = out->rank - 1; axis >= 0; axis--) {
            from += rest % out->dims[axis] * picking->step[axis];
            rest /= out->dims[axis];
        }
        weft_onnx_array_copy(out, i, in, from);
    }
    return status ? status : weft_onnx_array_put(node, out);
}

weft_status weft_onnx_fold_transpose(struct weft_onnx_node *node)
{
    struct weft_onnx_array in, out;
    struct picking picking = {0};
    int64_t strides[WEFT_ONNX_RANK_MAX];
    int count;
    unsigned seen = 0;
    const int64_t *perm = weft_onnx_ints(node, "perm", &count);
    weft_status status = weft_onnx_array_read(node, 0, &in);
    if (status) {
        return status;
    }
    strides_of(&in, strides);
    out.rank = in.rank;
    for (int i = 0; i < in.rank; i++) {
        int64_t from = !perm ? in.rank - 1 - i : i < count ? perm[i] : -1;
        if (from < 0 || from >= in.rank || seen >> from & 1) {
            return weft_onnx_damage(node, "its permutation is none");
        }
        seen |= 1u << from;
        out.dims[i] = in.dims[from];
        picking.step[i] = strides[from];
    }
    return pick(node, &in, &picking, &out);
}

weft_status weft_onnx_fold_expand(struct weft_onnx_node *node)
{
    struct weft_onnx_array in, out;
    struct picking picking = {0};
    int64_t strides[WEFT_ONNX_RANK_MAX];
    const int64_t *list;
    int count;
    weft_status status = weft_onnx_array_read(node, 0, &in);
    status = status ? status : weft_onnx_list(node, 1, "shape", WEFT_ONNX_RANK_MAX, &list, &count);
    if (status) {
        return status;
    }
    strides_of(&in, strides);
    out.rank = count > in.rank ? count : in.rank;
    for (int i = 0; i < out.rank; i++) {
        int k = i - (out.rank - in.rank), l = i - (out.rank - count);
        int64_t there = k < 0 ? 1 : in.dims[k], wanted = l < 0 ? 1 : list[l];
        if (there != wanted && there != 1 && wanted != 1) {
            return weft_onnx_damage(node, "its shape does not fit its input");
        }
        out.dims[i] = there == 1 ? wanted : there;
        picking.step[i] = k < 0 || there == 1 ? 0 : strides[k];
    }
    return pick(node, &in, &picking, &out);
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value > high ? high : value < low ? low : value;
}

/* One axis of Slice: the first element and how many. */
static void clamp_slice(int64_t dim, int64_t start, int64_t end, int64_t step, int64_t *first, int64_t *count)
{
    int64_t high = step > 0 ? dim : dim - 1;
    start = clamp(start < 0 ? start + dim : start, 0, high);
    end = clamp(end < 0 ? end + dim : end, step > 0 ? 0 : -1, high);
    int64_t room = step > 0 ? end - start : start - end, reach = step > 0 ? step : -step;
    *first = start;
    *count = room > 0 ? (room - 1) / reach + 1 : 0;
}

weft_status weft_onnx_read_slices(struct weft_onnx_node *node, struct weft_onnx_slice *slices)
{
    const struct weft_onnx_value *x = node->inputs[0];
    const int64_t *starts, *ends, *axes, *steps;
    int counts[4];
    weft_status status = weft_onnx_list(node, 1, "starts", WEFT_ONNX_RANK_MAX, &starts, &counts[0]);
    status = status ? status : weft_onnx_list(node, 2, "ends", WEFT_ONNX_RANK_MAX, &ends, &counts[1]);
    status = status ? status : weft_onnx_list(node, 3, "axes", WEFT_ONNX_RANK_MAX, &axes, &counts[2]);
    status = status ? status : weft_onnx_list(node, 4, "steps", WEFT_ONNX_RANK_MAX, &steps, &counts[3]);
    if (status) {
        return status;
    }
    bool fits = starts && ends && counts[0] == counts[1] && (!axes || counts[2] == counts[0]) &&
                (!steps || counts[3] == counts[0]);
    if (!fits) {
        return weft_onnx_damage(node, "its starts, ends, axes and steps are of different lengths");
    }
    for (int i = 0; i < x->rank; i++) {
        slices[i] = (struct weft_onnx_slice){0, x->dims[i], 1};
    }
    unsigned seen = 0;
    for (int i = 0; i < counts[0]; i++) {
        int axis = weft_onnx_axis(axes ? axes[i] : i, x->rank);
        int64_t step = steps ? steps[i] : 1;
        if (axis < 0 || seen >> axis & 1 || step == 0 || step < -INT32_MAX || step > INT32_MAX) {
            return weft_onnx_damage(node, "an axis that is not there or there twice, or a step of zero");
        }
        seen |= 1u << axis;
        slices[axis].step = step;
        clamp_slice(x->dims[axis], starts[i], ends[i], step, &slices[axis].first, &slices[axis].count);
    }
    return WEFT_OK;
}

weft_status weft_onnx_fold_slice(struct weft_onnx_node *node)
{
    struct weft_onnx_array in, out;
    struct picking picking = {0};
    struct weft_onnx_slice slices[WEFT_ONNX_RANK_MAX];
    weft_status status = weft_onnx_array_read(node, 0, &in);
    status = status ? status : weft_onnx_read_slices(node, slices);
    if (status) {
        return status;
    }
    out = in;
    strides_of(&in, picking.step);
    for (int i = 0; i < in.rank; i++) {
        picking.start += slices[i].first * picking.step[i];
        picking.step[i] *= slices[i].step;
        out.dims[i] = slices[i].count;
    }
    return pick(node, &in, &picking, &out);
}

weft_status weft_onnx_fold_concat(struct weft_onnx_node *node)
{
    struct weft_onnx_array out = {0}, in;
    int axis = -1;
    for (int k = 0; k < node->inputs_count; k++) {
        const struct weft_onnx_value *x = node->inputs[k];
        if (k == 0) {
            out.rank = x->rank;
            memcpy(out.dims, x->dims, sizeof out.dims);
            axis = weft_onnx_axis(weft_onnx_int(node, "axis", 1), x->rank);
        }
        bool fits = x && x->rank == out.rank && axis >= 0 && x->integer == node->inputs[0]->integer;
        for (int i = 0; i < out.rank && fits; i++) {
            fits = i == axis || x->dims[i] == out.dims[i];
        }
        if (!fits) {
            return weft_onnx_damage(node, "its input %d does not fit the first, or there is no such axis", k);
        }
        out.dims[axis] += k > 0 ? x->dims[axis] : 0;
    }
    weft_status status = weft_onnx_array_make(node, node->inputs[0]->integer, &out);
    int64_t outer = status ? 0 : weft_onnx_elements(axis, out.dims), done = 0;
    for (int k = 0; k < node->inputs_count && !status; k++) {
        status = weft_onnx_array_read(node, k, &in);
        int64_t run = status || outer == 0 ? 0 : in.count / outer, whole = outer == 0 ? 0 : out.count / outer;
        for (int64_t i = 0; i < in.count && run > 0 && !status; i++) {
            weft_onnx_array_copy(&out, i / run * whole + done + i % run, &in, i);
        }
        done += run;
    }
    return status ? status : weft_onnx_array_put(node, &out);
}

weft_status weft_onnx_fold_gather(struct weft_onnx_node *node)
{
    struct weft_onnx_array in, indices, out = {0};
    weft_status status = weft_onnx_array_read(node, 0, &in);
    status = status ? status : weft_onnx_array_read(node, 1, &indices);
    if (status) {
        return status;
    }
    int axis = weft_onnx_axis(weft_onnx_int(node, "axis", 0), in.rank);
    if (axis < 0 || !indices.integers || in.rank - 1 + indices.rank > WEFT_ONNX_RANK_MAX) {
        return weft_onnx_damage(node, "no such axis, indices that are no integers, or too many dimensions");
    }
    for (int i = 0; i < in.rank; i++) {
        if (i != axis) {
            out.dims[out.rank++] = in.dims[i];
            continue;
        }
        memcpy(out.dims + out.rank, indices.dims, (size_t)indices.rank * sizeof *out.dims);
        out.rank += indices.rank;
    }
    status = weft_onnx_array_make(node, in.integers != NULL, &out);
    int64_t inner = weft_onnx_elements(in.rank - axis - 1, in.dims + axis + 1);
    for (int64_t i = 0; i < out.count && !status; i++) {
        int64_t index = indices.integers[i / inner % indices.count];
        index += index < 0 ? in.dims[axis] : 0;
        if (index < 0 || index >= in.dims[axis]) {
            return weft_onnx_damage(node, "index %lld of %lld", (long long)index, (long long)in.dims[axis]);
        }
        int64_t outer = i / inner / indices.count;
        weft_onnx_array_copy(&out, i, &in, (outer * in.dims[axis] + index) * inner + i % inner);
    }
    return status ? status : weft_onnx_array_put(node, &out);
}
