/* weft: what the two halves of weft_graph_check share. */
#ifndef WEFT_GRAPH_CHECK_H
#define WEFT_GRAPH_CHECK_H

#include "graph/graph.h"

#define WEFT_EXTENT_MAX 65536       /* of one dimension of a tensor */
#define WEFT_ELEMENTS_MAX INT32_MAX /* of a tensor, and of the weights of a node */
#define WEFT_WINDOW_MAX 4096        /* kernel, stride, dilation, padding */
#define WEFT_NODES_MAX 65536
#define WEFT_TENSORS_MAX (WEFT_NODES_MAX + 1)

struct weft_check {
    const struct weft_graph *graph;
    const char *file;
    weft_error *error;
    const struct weft_node *node; /* under examination, NULL while it is the graph's turn */
};

/* Writes "FILE: layer 'NAME' (OP): ..." and returns `status`. */
weft_status weft_check_fail(const struct weft_check *check, weft_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Index of the first value that is not finite, or -1. */
int64_t weft_check_finite(const float *values, int64_t count);

/* Whether each position of a window along one axis sees at least one cell of the input. */
bool weft_window_sees_input(int in, int out, int kernel, int stride, int dilation, int pad_before);

/* Shapes and parameters of check->node, whose tensor indices are valid (graph/check_node.c). */
weft_status weft_check_node(const struct weft_check *check);

/* Edges, codebooks and bins of a quantized graph that passed everything else (graph/check_quantized.c). */
weft_status weft_check_quantized(const struct weft_check *check);

#endif
