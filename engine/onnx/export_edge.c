/* The rounding of activations in ONNX. A code is the number of thresholds that |y| reaches (docs/formats.md
 * section 4); it is found by bisection, a comparison per bit, so that the result is weft's for every float. Formulas
 * with logarithms or divisions would round their own way next to a threshold. */
#include "onnx/export.h"

#include <math.h>
#include <string.h>

/* Index of the thresholds reached: comparisons with every half, quarter, ... of the list. Where a list is short of a
 * power of two it goes on with thresholds that nothing reaches. */
static const char *bisect(struct weft_onnx_export *out, const struct weft_edge *edge, int entries, const char *size)
{
    float theta[WEFT_MAGNITUDES_MAX + 1];
    for (int i = 0; i < entries; i++) {
        theta[i] = i < edge->magnitudes ? edge->theta[i] : INFINITY;
    }
    const int64_t dims = entries;
    const char *list = weft_onnx_out_floats(out, 1, &dims, theta), *index = NULL;
    for (int half = entries / 2; half > 0; half /= 2) {
        int32_t step = half, last = half - 1;
        const char *steps = weft_onnx_out_constant(out, WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__INT32, 0, NULL, &step,
                                                   sizeof step);
        const char *lasts = weft_onnx_out_constant(out, WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__INT32, 0, NULL, &last,
                                                   sizeof last);
        const char *at = index ? weft_onnx_out_node(out, "Add", (const char *[]){index, lasts, NULL}) : lasts;
        const char *threshold = weft_onnx_out_node(out, "Gather", (const char *[]){list, at, NULL});
        const char *reached = weft_onnx_out_node(out, "GreaterOrEqual", (const char *[]){size, threshold, NULL});
        const char *bit = weft_onnx_out_node(out, "Cast", (const char *[]){reached, NULL});
        weft_onnx_out_int(out, "to", WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__INT32);
        const char *more = weft_onnx_out_node(out, "Mul", (const char *[]){bit, steps, NULL});
        index = index ? weft_onnx_out_node(out, "Add", (const char *[]){index, more, NULL}) : more;
    }
    return index;
}

const char *weft_onnx_out_round(struct weft_onnx_export *out, const struct weft_edge *edge, const char *value,
                                bool integers)
{
    if (edge->kind == WEFT_EDGE_FLOAT) {
        return value;
    }
    int entries = 2; /* indices 0 .. M */
    while (entries < edge->magnitudes + 1) {
        entries *= 2;
    }
    float real[WEFT_MAGNITUDES_MAX + 1];
    for (int m = 0; m < entries; m++) {
        uint8_t code = (uint8_t)(m < edge->magnitudes ? m : edge->magnitudes);
        real[m] = integers ? (float)weft_edge_integer(edge, code) : weft_edge_decode(edge, code);
    }
    const int64_t dims = entries;
    const char *table = weft_onnx_out_floats(out, 1, &dims, real);
    /* What is negative on an edge without signs is zero. */
    const char *size = weft_onnx_out_node(out, edge->is_signed ? "Abs" : "Relu", (const char *[]){value, NULL});
    const char *index = bisect(out, edge, entries, size);
    const char *rounded = weft_onnx_out_node(out, "Gather", (const char *[]){table, index, NULL});
    if (!edge->is_signed) {
        return rounded;
    }
    const char *sign = weft_onnx_out_node(out, "Sign", (const char *[]){value, NULL});
    return weft_onnx_out_node(out, "Mul", (const char *[]){sign, rounded, NULL});
}
