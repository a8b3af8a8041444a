/* weft: the operators of the float path, on planar tensors. They cannot fail: the graph was checked, and
 * all memory was taken when the session was made. */
#ifndef WEFT_SESSION_FLOAT_OPS_H
#define WEFT_SESSION_FLOAT_OPS_H

#include "graph/graph.h"
#include "session/blas.h"

struct weft_float_context {
    const struct weft_graph *graph;
    int threads;
    struct weft_blas blas;
    float **values; /* of each tensor; NULL where no node makes it */
    float *columns; /* the unrolled windows of a convolution: columns_floats for each thread */
    int64_t columns_floats;
    float *packs; /* threads times weft_blas_scratch() */
};

/* Floats of context->columns that each thread needs for a CONV. */
int64_t weft_float_conv_columns(const struct weft_graph *graph, const struct weft_node *node);

void weft_float_conv(const struct weft_float_context *context, const struct weft_node *node);
/* MAXPOOL and AVGPOOL. */
void weft_float_pool(const struct weft_float_context *context, const struct weft_node *node);
/* Every other operator. */
void weft_float_other(const struct weft_float_context *context, const struct weft_node *node);

/* Whichever of these it is. */
void weft_float_node(const struct weft_float_context *context, const struct weft_node *node);

/* y = act(y) in place, `count` values of one channel. */
void weft_float_act(const struct weft_act *act, int channel, float *y, int64_t count);

/* The output positions [*begin, *end) along one axis where tap `tap` of a window falls on the input. */
void weft_float_inside(int in, int out, int stride, int pad, int offset, int *begin, int *end);

#endif
