/* weft: arithmetic on constants: what exporters leave of the computation of shapes, and of weights. */
#ifndef WEFT_ONNX_FOLD_H
#define WEFT_ONNX_FOLD_H

#include "onnx/importer.h"

/* A constant while it is computed with. One of the two pointers is set. */
struct weft_onnx_array {
    int rank;
    int64_t dims[WEFT_ONNX_RANK_MAX];
    int64_t count;
    int64_t *integers;
    float *floats;
};

/* Input `k`, decoded. */
weft_status weft_onnx_array_read(struct weft_onnx_node *node, int k, struct weft_onnx_array *array);
/* Room for an array of the given rank and dims, which are filled in already. */
weft_status weft_onnx_array_make(struct weft_onnx_node *node, bool integer, struct weft_onnx_array *array);
/* Output 0. */
weft_status weft_onnx_array_put(struct weft_onnx_node *node, const struct weft_onnx_array *array);
/* Copies element `from` of one array to element `to` of another of the same type. */
void weft_onnx_array_copy(struct weft_onnx_array *out, int64_t to, const struct weft_onnx_array *in, int64_t from);
/* What Slice takes of each dimension of input 0 (fold_index.c). */
struct weft_onnx_slice {
    int64_t first, count, step;
};
weft_status weft_onnx_read_slices(struct weft_onnx_node *node, struct weft_onnx_slice *slices);

weft_onnx_operator_fn weft_onnx_constant, weft_onnx_constant_of_shape, weft_onnx_fold_cast;     /* fold.c */
weft_onnx_operator_fn weft_onnx_fold_add, weft_onnx_fold_sub, weft_onnx_fold_mul, weft_onnx_fold_div,
    weft_onnx_fold_min, weft_onnx_fold_max, weft_onnx_fold_equal, weft_onnx_fold_where, weft_onnx_fold_neg,
    weft_onnx_fold_sqrt, weft_onnx_fold_floor, weft_onnx_fold_ceil, weft_onnx_fold_prod;         /* fold_arithmetic.c */
weft_onnx_operator_fn weft_onnx_fold_gather, weft_onnx_fold_slice, weft_onnx_fold_concat, weft_onnx_fold_transpose,
    weft_onnx_fold_expand;                                                                       /* fold_index.c */

#endif
