/* Element-wise arithmetic on constants, with numpy's rules for different shapes. Integers wrap around. */
#include <math.h>

#include "onnx/fold.h"

enum fold { ADD, SUB, MUL, DIV, MIN, MAX, EQUAL };

/* The shape that two arrays spread to; false if they do not fit. */
static bool spread(const struct weft_onnx_array *a, const struct weft_onnx_array *b, struct weft_onnx_array *out)
{
    out->rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 0; i < out->rank; i++) {
        int ia = i - (out->rank - a->rank), ib = i - (out->rank - b->rank);
        int64_t da = ia < 0 ? 1 : a->dims[ia], db = ib < 0 ? 1 : b->dims[ib];
        if (da != db && da != 1 && db != 1) {
            return false;
        }
        out->dims[i] = da == 1 ? db : da;
    }
    return true;
}

/* The element of `in` that stands at element `at` of the larger shape `out`. */
static int64_t spread_index(const struct weft_onnx_array *in, const struct weft_onnx_array *out, int64_t at)
{
    int64_t index = 0, stride = 1;
    for (int i = out->rank - 1; i >= 0; i--) {
        int k = i - (out->rank - in->rank);
        if (k >= 0) {
            index += in->dims[k] == 1 ? 0 : at % out->dims[i] * stride;
            stride *= in->dims[k];
        }
        at /= out->dims[i];
    }
    return index;
}

/* Division by zero, and of the smallest integer by -1, give 0. */
static int64_t fold_integers(enum fold fold, int64_t a, int64_t b)
{
    switch (fold) {
    case ADD:
        return (int64_t)((uint64_t)a + (uint64_t)b);
    case SUB:
        return (int64_t)((uint64_t)a - (uint64_t)b);
    case MUL:
        return (int64_t)((uint64_t)a * (uint64_t)b);
    case DIV:
        return b == 0 || (b == -1 && a == INT64_MIN) ? 0 : a / b;
    case MIN:
        return a < b ? a : b;
    case MAX:
        return a > b ? a : b;
    case EQUAL:
        return a == b;
    }
    return 0;
}

static float fold_floats(enum fold fold, float a, float b)
{
    switch (fold) {
    case ADD:
        return a + b;
    case SUB:
        return a - b;
    case MUL:
        return a * b;
    case DIV:
        return a / b;
    case MIN:
        return a < b ? a : b;
    case MAX:
        return a > b ? a : b;
    case EQUAL:
        return a == b;
    }
    return 0;
}

static weft_status combine(struct weft_onnx_node *node, enum fold fold, const struct weft_onnx_array *a,
                           const struct weft_onnx_array *b, struct weft_onnx_array *out)
{
    if (!a->integers != !b->integers || !spread(a, b, out)) {
        return weft_onnx_damage(node, "constants of different types, or whose shapes do not fit together");
    }
    weft_status status = weft_onnx_array_make(node, a->integers || fold == EQUAL, out);
    for (int64_t i = 0; i < out->count && !status; i++) {
        int64_t ia = spread_index(a, out, i), ib = spread_index(b, out, i);
        if (a->integers) {
            out->integers[i] = fold_integers(fold, a->integers[ia], b->integers[ib]);
        } else if (fold == EQUAL) {
            out->integers[i] = a->floats[ia] == b->floats[ib];
        } else {
            out->floats[i] = fold_floats(fold, a->floats[ia], b->floats[ib]);
        }
    }
    return status;
}

static weft_status fold_all(struct weft_onnx_node *node, enum fold fold)
{
    struct weft_onnx_array a, b, out;
    weft_status status = weft_onnx_array_read(node, 0, &a);
    for (int k = 1; k < node->inputs_count && !status; k++) {
        if (!node->inputs[k]) {
            return weft_onnx_damage(node, "its input %d is left out", k);
        }
        status = weft_onnx_array_read(node, k, &b);
        status = status ? status : combine(node, fold, &a, &b, &out);
        a = out;
    }
    return status ? status : weft_onnx_array_put(node, &a);
}

weft_status weft_onnx_fold_add(struct weft_onnx_node *node)
{
    return fold_all(node, ADD);
}

weft_status weft_onnx_fold_sub(struct weft_onnx_node *node)
{
    return fold_all(node, SUB);
}

weft_status weft_onnx_fold_mul(struct weft_onnx_node *node)
{
    return fold_all(node, MUL);
}

weft_status weft_onnx_fold_div(struct weft_onnx_node *node)
{
    return fold_all(node, DIV);
}

weft_status weft_onnx_fold_min(struct weft_onnx_node *node)
{
    return fold_all(node, MIN);
}

weft_status weft_onnx_fold_max(struct weft_onnx_node *node)
{
    return fold_all(node, MAX);
}

weft_status weft_onnx_fold_equal(struct weft_onnx_node *node)
{
    return fold_all(node, EQUAL);
}

weft_status weft_onnx_fold_where(struct weft_onnx_node *node)
{
    struct weft_onnx_array condition, a, b, both, out;
    weft_status status = weft_onnx_array_read(node, 0, &condition);
    status = status ? status : weft_onnx_array_read(node, 1, &a);
    status = status ? status : weft_onnx_array_read(node, 2, &b);
    if (status) {
        return status;
    }
    if (!condition.integers || !a.integers != !b.integers || !spread(&a, &b, &both) ||
        !spread(&both, &condition, &out)) {
        return weft_onnx_damage(node, "constants of different types, or whose shapes do not fit together");
    }
    status = weft_onnx_array_make(node, a.integers != NULL, &out);
    for (int64_t i = 0; i < out.count && !status; i++) {
        const struct weft_onnx_array *from = condition.integers[spread_index(&condition, &out, i)] ? &a : &b;
        weft_onnx_array_copy(&out, i, from, spread_index(from, &out, i));
    }
    return status ? status : weft_onnx_array_put(node, &out);
}

static float negated(float x)
{
    return -x;
}

static weft_status fold_function(struct weft_onnx_node *node, float (*function)(float))
{
    struct weft_onnx_array in, out;
    weft_status status = weft_onnx_array_read(node, 0, &in);
    if (status) {
        return status;
    }
    out = in;
    status = weft_onnx_array_make(node, in.integers != NULL, &out);
    for (int64_t i = 0; i < out.count && !status; i++) {
        if (in.integers) { /* of these functions, integers have the negation only */
            out.integers[i] = (int64_t)-(uint64_t)in.integers[i];
        } else {
            out.floats[i] = function(in.floats[i]);
        }
    }
    return status ? status : weft_onnx_array_put(node, &out);
}

weft_status weft_onnx_fold_neg(struct weft_onnx_node *node)
{
    return fold_function(node, negated);
}

static weft_status fold_float_function(struct weft_onnx_node *node, float (*function)(float))
{
    return node->inputs[0]->integer ? weft_onnx_damage(node, "its input is of integers")
                                    : fold_function(node, function);
}

weft_status weft_onnx_fold_sqrt(struct weft_onnx_node *node)
{
    return fold_float_function(node, sqrtf);
}

weft_status weft_onnx_fold_floor(struct weft_onnx_node *node)
{
    return fold_float_function(node, floorf);
}

weft_status weft_onnx_fold_ceil(struct weft_onnx_node *node)
{
    return fold_float_function(node, ceilf);
}

/* The product of a list: the number of elements that a shape stands for. */
weft_status weft_onnx_fold_prod(struct weft_onnx_node *node)
{
    struct weft_onnx_array in, out = {0};
    weft_status status = weft_onnx_array_read(node, 0, &in);
    if (status) {
        return status;
    }
    if (in.rank > 1 || !in.integers) {
        return weft_onnx_refuse(node, "weft computes it of lists of integers only");
    }
    out.rank = weft_onnx_int(node, "keepdims", 1) ? in.rank : 0;
    out.dims[0] = 1;
    status = weft_onnx_array_make(node, true, &out);
    if (status) {
        return status;
    }
    out.integers[0] = 1;
    for (int64_t i = 0; i < in.count; i++) {
        out.integers[0] = fold_integers(MUL, out.integers[0], in.integers[i]);
    }
    return weft_onnx_array_put(node, &out);
}
