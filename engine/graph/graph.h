/* weft: the graph. One form for the float network and the quantized one: the quantized network is the
 * same fused graph with edge formats on its tensors and bins in place of float weights.
 *
 * Everything is batch 1 in the quantized form; the float form may carry a batch in tensor.n.
 * Float tensors are planar (NCHW); code tensors are interleaved (NHWC).
 */
#ifndef WEFT_GRAPH_GRAPH_H
#define WEFT_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/weft.h>

#include "codes/codebook.h"
#include "codes/edge.h"
#include "core/pool.h"

enum weft_op {
    WEFT_OP_CONV,       /* any kernel, stride, padding, dilation, group; dense layers are convolutions whose
                           kernel covers the whole input */
    WEFT_OP_MAXPOOL,
    WEFT_OP_AVGPOOL,
    WEFT_OP_ADD,        /* inputs 0 and 1, same shape */
    WEFT_OP_CONCAT,     /* along channels */
    WEFT_OP_ACT,        /* element-wise function on one input (enum weft_func) */
    WEFT_OP_GATE,       /* input 0 (c,h,w) times input 1 (c,1,1): squeeze-and-excite */
    WEFT_OP_AFFINE,     /* y = x * scale[c] + bias[c] (BatchNormalization left alone, Sub, Div, Mul) */
    WEFT_OP_PAD,        /* constant border of `pad_value` */
    WEFT_OP_LRN,
    WEFT_OP_SOFTMAX,    /* over channels; log_softmax: the logarithm of it */
    WEFT_OP_RESHAPE,    /* same elements in planar order, another c,h,w (Flatten, Reshape) */
    WEFT_OP_SELECT,     /* chosen channels of its inputs: split, shuffle, zeros for channels that are missing */
    WEFT_OP_COUNT
};

/* Element-wise functions. The first five are fusable (enum weft_act_kind, same order and meaning);
 * the others run on their own: float, or code -> code through a 256-entry table that is made when the
 * model is quantized and stored in it. */
enum weft_func {
    WEFT_FUNC_NONE = WEFT_ACT_NONE,
    WEFT_FUNC_CLIP = WEFT_ACT_CLIP,
    WEFT_FUNC_LEAKY = WEFT_ACT_LEAKY, /* LeakyRelu, PRelu: slope per channel */
    WEFT_FUNC_HSIGMOID = WEFT_ACT_HSIGMOID,
    WEFT_FUNC_HSWISH = WEFT_ACT_HSWISH,
    WEFT_FUNC_SIGMOID,
    WEFT_FUNC_SWISH,
    WEFT_FUNC_TANH,
    WEFT_FUNC_RECODE, /* identity between two edge formats */
    WEFT_FUNC_COUNT
};

struct weft_act {
    enum weft_func func;
    float lo, hi;       /* CLIP */
    float alpha, beta;  /* HSIGMOID, HSWISH */
    float *slope;       /* LEAKY: one per channel of the output */
};

struct weft_tensor {
    char *name;
    int n, c, h, w;        /* >= 1 */
    int producer;          /* node index, -1 for the graph's input */
    struct weft_edge edge; /* kind FLOAT in a float graph */
};

/* Geometry of CONV and the pools. */
struct weft_window {
    int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int pad_top, pad_left, pad_bottom, pad_right; /* bottom, right may exceed what is needed (ceil_mode) */
    bool count_include_pad;                       /* AVGPOOL; cells that only ceil_mode adds never count */
    int real_pad_bottom, real_pad_right;          /* AVGPOOL: the model's own padding, without ceil_mode's */
};

struct weft_node {
    enum weft_op op;
    char *name;
    int *inputs;    /* tensor indices */
    int inputs_count;
    int output;     /* tensor index; every node has one output */
    int residual;   /* CONV: tensor index added before the activation, or -1 */
    struct weft_act act; /* CONV, AVGPOOL, ADD, AFFINE, GATE: fused; ACT: the function itself */
    struct weft_window window;
    int groups;     /* CONV */

    /* CONV, float: weights [out_c][in_c / groups][kernel_h][kernel_w] */
    float *weights;
    float *bias;    /* CONV, AFFINE: one per output channel; never NULL there */
    float *scale;   /* AFFINE: one per channel. CONV, quantized: acc -> real, one per output channel */
    int64_t weights_count;

    /* CONV, quantized */
    struct weft_codebook codebook;
    uint8_t *bins;  /* bit-packed, canonical order */

    /* ACT, quantized: code -> code */
    uint8_t *map;   /* 256 entries */

    /* SELECT: per output channel the channel of all inputs laid end to end, or -1 for zeros */
    int *select;

    float pad_value;                             /* PAD */
    int lrn_size; float lrn_alpha, lrn_beta, lrn_bias;
    bool log_softmax;
};

struct weft_graph {
    struct weft_pool *pool; /* owns every pointer here */
    char *name;
    char *provenance;
    struct weft_tensor *tensors;
    int tensors_count, tensors_capacity;
    struct weft_node *nodes; /* in an order that can be run */
    int nodes_count, nodes_capacity;
    int input, output; /* tensor indices */
    bool quantized;
};

struct weft_model {
    struct weft_pool pool;
    struct weft_graph graph;
    weft_prep prep;
    char **labels;
    int labels_count;
};

/* A new empty model; NULL if memory is short. */
struct weft_model *weft_model_new(const weft_allocator *allocator);

/* Appends a tensor or a node (defaults: residual -1, groups 1, stride 1, dilation 1, func NONE); index, or -1
 * if memory is short. `name` is copied. */
int weft_graph_add_tensor(struct weft_graph *graph, const char *name, int n, int c, int h, int w);
int weft_graph_add_node(struct weft_graph *graph, enum weft_op op, const char *name, const int *inputs,
                        int inputs_count, int output);

/* Number of nodes that read tensor `t` (residuals too), plus one if it is the graph's output. */
int weft_graph_readers(const struct weft_graph *graph, int t);

const char *weft_op_name(enum weft_op op);
const char *weft_func_name(enum weft_func func);

/* Elements of a tensor, n*c*h*w; -1 on overflow of int64 or if above 2^40. */
int64_t weft_tensor_elements(const struct weft_tensor *tensor);

/* Output extent of a window along one axis; <= 0 if the kernel does not fit. */
int weft_window_extent(int in, int kernel, int stride, int dilation, int pad_before, int pad_after);

/* AVGPOOL: how many cells of the window of output (y, x) the average over `in` counts. */
int weft_window_count(const struct weft_window *window, const struct weft_tensor *in, int y, int x);

/* Multiply-adds of a node (CONV only, else 0). */
int64_t weft_node_macs(const struct weft_graph *graph, const struct weft_node *node);

/* CONV with groups == in_c == out_c. */
bool weft_node_is_depthwise(const struct weft_graph *graph, const struct weft_node *node);
/* Whether its window is one pixel, without padding. */
bool weft_node_is_pointwise(const struct weft_node *node);

/* Checks everything that later code relies on: indices, order, shapes of each node against its inputs,
 * parameter ranges, finite floats, and for quantized graphs edges, codebooks, bins, the accumulator
 * bound K * max|Q| * max byte < 2^31 (255 being the largest byte). One error naming the layer. */
weft_status weft_graph_check(const struct weft_graph *graph, const char *file, weft_error *error);

/* Passes over a float graph, in place (graph/passes_*.c). Each keeps the results (to rounding). The graph may
 * hold unused tensors and dead nodes; what is left without them must pass weft_graph_check.
 * weft_graph_simplify runs them all: fold AFFINE into CONV, RESHAPE away where the layout allows it
 * (dense layers become convolutions over the whole window), fuse ACT and ADD into CONV, PAD into windows,
 * drop dead nodes, renumber: tensor 0 is the input, tensor i + 1 the output of node i. */
weft_status weft_graph_simplify(struct weft_graph *graph, weft_error *error);

#endif
