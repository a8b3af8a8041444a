/* weft: what the files of the ONNX writer share. */
#ifndef WEFT_ONNX_EXPORT_H
#define WEFT_ONNX_EXPORT_H

#include "graph/graph.h"
#include "weft_onnx.pb-c.h"

#define WEFT_ONNX_EXPORT_OPSET 13

/* A growing array of pointers. */
struct weft_onnx_list {
    void **items;
    size_t count, room;
};

struct weft_onnx_export {
    const struct weft_graph *graph;
    struct weft_pool pool;
    bool failed;                 /* memory ran out: every later call does nothing of use, and none crashes */
    struct weft_onnx_list nodes, initializers;
    const char *input, *output;  /* names of the graph's ends in the file */
    const char **values;         /* per tensor of the graph: the name of its value */
    bool codes;                  /* values of edges with codes are integers (export_codes.c) */
    int layer;                   /* being written, for names; -1: the input */
    int steps;                   /* names made so far */
};

/* ---- messages (export_message.c) --------------------------------------------------------------- */

/* Appends a node with inputs (NULL ends them) and one output, whose new name is returned; never NULL. */
const char *weft_onnx_out_node(struct weft_onnx_export *out, const char *op, const char *const *inputs);
/* Attributes of the node that was appended last. */
void weft_onnx_out_int(struct weft_onnx_export *out, const char *name, int64_t value);
void weft_onnx_out_ints(struct weft_onnx_export *out, const char *name, const int64_t *values, int count);
void weft_onnx_out_float(struct weft_onnx_export *out, const char *name, float value);
/* Initializers under a new name, which is returned; never NULL. `type` is one of TensorProto; the data, `bytes` of
 * them, are copied. */
const char *weft_onnx_out_constant(struct weft_onnx_export *out, int type, int rank, const int64_t *dims,
                                   const void *data, size_t bytes);
const char *weft_onnx_out_number(struct weft_onnx_export *out, float value);
const char *weft_onnx_out_floats(struct weft_onnx_export *out, int rank, const int64_t *dims, const float *values);
const char *weft_onnx_out_integers(struct weft_onnx_export *out, const int64_t *values, int count);
/* Makes `value` the output of the graph: a vector if it has no rows and columns. */
void weft_onnx_out_end(struct weft_onnx_export *out, const char *value);
/* The whole as a file in a block of the pool; NULL if memory is short, or if it has 2^31 bytes or more. */
void *weft_onnx_out_pack(struct weft_onnx_export *out, size_t *size);

/* ---- rounding (export_edge.c) ------------------------------------------------------------------ */

/* The value rounded to what the edge's codes stand for, exactly as weft encodes: real values, or the integers +-T[m].
 * The name of the result; of FLOAT edges the value itself. */
const char *weft_onnx_out_round(struct weft_onnx_export *out, const struct weft_edge *edge, const char *value,
                                bool integers);

/* ---- layers ------------------------------------------------------------------------------------ */

/* In real numbers (export_layer.c): the name of the value before rounding, or NULL where ONNX has no such thing. */
const char *weft_onnx_out_layer(struct weft_onnx_export *out, const struct weft_node *node);
const char *weft_onnx_out_activate(struct weft_onnx_export *out, const struct weft_act *act, int channels,
                                   const char *x);
/* Codebook integers of a quantized CONV as floats, in the pool; NULL if memory is short (out->failed). */
float *weft_onnx_out_integers_of(struct weft_onnx_export *out, const struct weft_node *node);

/* In codes (export_codes.c): values of edges with codes are integers. The name of the rounded value, or NULL. */
const char *weft_onnx_out_codes(struct weft_onnx_export *out, const struct weft_node *node);
/* fmaf(x, alpha, beta), clipped to 0 .. 1. */
const char *weft_onnx_out_fused_line(struct weft_onnx_export *out, const char *x, float alpha, float beta);
/* The real value of a tensor of such a graph. */
const char *weft_onnx_out_real(struct weft_onnx_export *out, int tensor);

#endif
