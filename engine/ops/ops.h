/* weft: operators of a planned session. One file per operator: checks and packing (`prepare`), the loop over tiles
 * (`run`). The quantized definitions of formats.md are carried out here by the kernels of simd/kernels.h.
 */
#ifndef WEFT_OPS_OPS_H
#define WEFT_OPS_OPS_H

#include <stdbool.h>

#include "graph/graph.h"
#include "simd/kernels.h"

/* Where a tensor lives in the arena: pixel (y, x) starts at offset + (y * w + x) * stride bytes. Codes take a byte
 * a channel; FLOAT edges four. A stride beyond the tensor's own channels means that it is a part of a concatenation. */
struct weft_view {
    size_t offset;
    ptrdiff_t stride; /* bytes */
};

/* What all layers of a session share. */
struct weft_ops {
    const struct weft_graph *graph;
    struct weft_kernels kernels;
    const struct weft_view *views; /* per tensor */
    const struct weft_edge **edges; /* per tensor: what memory holds, the graph's edge or one whose codes are
                                       integers */
    bool *as_residual; /* per tensor: memory holds +-T as signed bytes (weft_bytes_init_residual); all readers are
                          residuals */
    uint8_t *arena;
    uint8_t *scratch;      /* threads * scratch_bytes */
    size_t scratch_bytes;  /* per thread, a multiple of 64 */
    int threads;
    int32_t **trace;       /* per node: accumulators of CONV in canonical order, or NULL */
    struct weft_pool *pool;
    enum weft_winograd winograd; /* which convolutions may take it */
    const enum weft_winograd *layer_winograd; /* per node, in place of that; or NULL */
};

struct weft_layer {
    const struct weft_node *node;
    size_t scratch_bytes; /* per thread */
    int64_t packed_bytes;
    int pieces;           /* of work, which threads take in any order and at the same time; 0: there is nothing to do */
    struct weft_wino *wino; /* CONV by Winograd's filtering, then data is not used; else NULL */
    union {
        struct weft_conv *conv;       /* CONV (not depthwise) */
        struct weft_tapwise *tapwise; /* depthwise CONV, AVGPOOL, ADD, AFFINE, GATE */
        struct weft_select *select;   /* SELECT */
    } data;
};

/* Fills `layer` for layer->node. */
weft_status weft_layer_prepare(struct weft_ops *ops, struct weft_layer *layer, const char *file, weft_error *error);
/* Runs a piece of it on the tensors in the arena, with scratch_bytes of its thread. Cannot fail, allocates nothing. */
void weft_layer_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch);

/* The graph's input from planar floats; its output to planar floats. */
size_t weft_io_scratch(const struct weft_graph *graph);
int weft_io_pieces(const struct weft_tensor *tensor);
void weft_io_input(const struct weft_ops *ops, const struct weft_encoder *encoder, const float *input, int piece,
                   uint8_t *scratch);
void weft_io_output(const struct weft_ops *ops, float *output, int piece);

/* ---- for the operators ---- */

static inline const struct weft_tensor *weft_ops_tensor(const struct weft_ops *ops, int t)
{
    return &ops->graph->tensors[t];
}

static inline uint8_t *weft_ops_data(const struct weft_ops *ops, int t)
{
    return ops->arena + ops->views[t].offset;
}

/* The form that the session's options name for a layer. */
static inline enum weft_winograd weft_ops_wish(const struct weft_ops *ops, const struct weft_node *node)
{
    return ops->layer_winograd ? ops->layer_winograd[node - ops->graph->nodes] : ops->winograd;
}

/* Pieces for `rows` rows of an output that cost about as much as moving `bytes` bytes each: several to a thread, none
 * too small for what it takes to fetch one. Rows [first, end) are those of a piece. */
int weft_ops_cut(const struct weft_ops *ops, int rows, size_t bytes);
static inline void weft_ops_rows(const struct weft_layer *layer, int rows, int piece, int *first, int *end)
{
    *first = (int)((int64_t)rows * piece / layer->pieces);
    *end = (int)((int64_t)rows * (piece + 1) / layer->pieces);
}

/* The byte of an activation is +-T[m] + zero (formats.md section 3): 128 for signed edges where kernels read u8, -128
 * for unsigned edges above 127 where they read s8, else 0. */
int weft_ops_zero(const struct weft_kernels *kernels, const struct weft_edge *edge);
/* The largest such byte, in magnitude. */
int weft_ops_byte_max(const struct weft_kernels *kernels, const struct weft_edge *edge);

/* Codes of a tensor on their way to bytes. */
struct weft_bytes {
    uint8_t table[256];
    int zero, is_signed;
    int limit, upper; /* of the lookup (simd/kernels.h) */
};
void weft_bytes_init(struct weft_bytes *bytes, const struct weft_kernels *kernels, const struct weft_edge *edge);
/* For a residual, which the epilogue reads unsigned or signed as the edge is: no zero is added. */
void weft_bytes_init_residual(struct weft_bytes *bytes, const struct weft_edge *edge);

/* A residual on its way into the epilogue: read where it lies if memory holds its bytes (codes of linear edges are
 * such) or the kernel takes codes, else looked up into the thread's scratch. */
struct weft_residual {
    struct weft_bytes bytes;
    bool in_place, codes; /* codes: the epilogue takes them, by their values */
    float values[32];
};
/* The epilogue for a node, and its residual, if it has one, as that takes it. `encoder` is that of the output, NULL for
 * floats. */
weft_epilogue_fn *weft_epilogue_choose(const struct weft_ops *ops, const struct weft_node *node,
                                       const struct weft_encoder *encoder, struct weft_residual *residual);
/* Whether the epilogue of a node is one that kernels which end in codes do. `residual` is not read where there is
 * none. */
bool weft_epilogue_plain(const struct weft_node *node, const struct weft_encoder *encoder,
                         const struct weft_residual *residual);
/* What of it does not change from tile to tile, for `channels` channels from `first` on; looked-up pixels of the
 * residual are `res_stride` bytes apart. */
void weft_epilogue_of_channels(const struct weft_ops *ops, const struct weft_node *node,
                               const struct weft_encoder *encoder,
                               const struct weft_residual *residual, int res_stride, int first, int channels,
                               struct weft_epilogue_args *args);

/* For a node that can write integers in place of the codes of an edge of up to WEFT_INTEGERS - 1 magnitudes: *values
 * becomes these integers, WEFT_INTEGERS of them, and ops->edges[tensor] says so (ops->as_residual[tensor], if the edge
 * is signed), if that is a gain and all readers go by it; else it becomes NULL. Readers are prepared later. False if
 * memory is short. */
enum { WEFT_INTEGERS = 64 };
bool weft_ops_hold_integers(struct weft_ops *ops, int tensor, const uint8_t **values);

/* Looks up `pixels` consecutive pixels of `channels` codes, in_stride bytes apart, into out, out_stride apart; channels
 * between are left alone. */
void weft_bytes_look_up(const struct weft_bytes *bytes, const struct weft_kernels *kernels, const uint8_t *in,
                        ptrdiff_t in_stride, int pixels, int channels, uint8_t *out, ptrdiff_t out_stride);

/* A band of input rows as bytes, borders filled with `zero`: what convolution kernels read. */
struct weft_strip {
    int channels;           /* of the group */
    int stride;             /* bytes a pixel, >= channels; the rest is zero */
    int width;              /* pixels a row */
    int step_h, step_w;     /* every step-th input row or column (1x1 kernels), else 1 */
    int pad_left;
};
/* Rows first_row .. first_row + rows - 1 of the input (negative or beyond: border) times step_h. */
void weft_strip_fill(const struct weft_ops *ops, const struct weft_strip *strip, const struct weft_bytes *bytes,
                     int tensor, int first_channel, int first_row, int rows, uint8_t *out);

/* Fills what the epilogue of `node` needs and does not change from tile to tile. */
void weft_epilogue_init(struct weft_epilogue_args *args, const struct weft_node *node,
                        const struct weft_encoder *encoder);

/* Each operator's own. */
weft_status weft_conv_prepare(struct weft_ops *ops, struct weft_layer *layer, const char *file, weft_error *error);
void weft_conv_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch);
weft_status weft_tapwise_prepare(struct weft_ops *ops, struct weft_layer *layer, const char *file, weft_error *error);
void weft_tapwise_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch);
void weft_maxpool_prepare(const struct weft_ops *ops, struct weft_layer *layer);
void weft_maxpool_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch);
/* Whether an input lives elsewhere than in the output. */
bool weft_concat_moves(const struct weft_ops *ops, const struct weft_node *node);
void weft_concat_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece);
weft_status weft_select_prepare(struct weft_ops *ops, struct weft_layer *layer, const char *file, weft_error *error);
void weft_select_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece);
void weft_map_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece);
void weft_pad_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece);
void weft_reshape_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece);
void weft_lrn_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch);
void weft_softmax_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece);

#endif
