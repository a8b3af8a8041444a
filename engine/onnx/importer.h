/* weft: what the files of the ONNX importer share.
 *
 * An import walks over the nodes of the ONNX graph in order. Every name is a *value*: a constant, or a tensor of
 * the weft graph seen under ONNX dimensions. Reshape and its kin only make another view of the same tensor; the
 * operators that need channels, rows and columns ask for the layout that the dimensions stand for
 * (weft_onnx_layout), and only then a RESHAPE is made.
 */
#ifndef WEFT_ONNX_IMPORTER_H
#define WEFT_ONNX_IMPORTER_H

#include "graph/graph.h"
#include "onnx/memory.h"
#include "weft_onnx.pb-c.h"

#define WEFT_ONNX_OPSET_MIN 7
#define WEFT_ONNX_OPSET_MAX 21
#define WEFT_ONNX_RANK_MAX 8

enum weft_onnx_kind {
    WEFT_ONNX_UNMADE,   /* its node has not been seen yet */
    WEFT_ONNX_BROKEN,   /* its node was refused */
    WEFT_ONNX_CONSTANT,
    WEFT_ONNX_TENSOR
};

struct weft_onnx_value {
    const char *name;
    enum weft_onnx_kind kind;
    bool needed; /* the graph's output depends on it */
    const WeftOnnx__ValueInfoProto *info; /* what the file says about it, or NULL */
    int node;    /* that makes it, or -1 */
    int rank;
    int64_t dims[WEFT_ONNX_RANK_MAX];
    int tensor; /* TENSOR: of the weft graph; the same elements in planar order, whatever its c, h, w */

    /* CONSTANT: read from `proto`, or computed (NULL). Decoded on demand: weft_onnx_floats, ... */
    const WeftOnnx__TensorProto *proto;
    bool integer; /* int64 and what fits it (bool too), else float */
    const int64_t *integers;
    const float *floats;
    float *weights, *transposed; /* copies in the model's pool */
};

struct weft_onnx {
    const char *file;
    weft_error *error;
    struct weft_onnx_memory memory;
    struct weft_pool pool; /* what the import itself needs */
    struct weft_model *model;
    struct weft_graph *graph;
    WeftOnnx__ModelProto *proto;
    int opset;
    struct weft_onnx_value *values;
    uint32_t *order; /* indices of values by name */
    size_t values_count;
    struct weft_onnx_external *external; /* the files beside the model that were read (external.c) */
    /* The report: a line each. */
    weft_status status;
    int problems, lines;
};

/* One ONNX node while it is imported. */
struct weft_onnx_node {
    struct weft_onnx *import;
    const WeftOnnx__NodeProto *proto;
    const char *name; /* that its layer gets */
    struct weft_onnx_value **inputs; /* NULL where one is left out */
    int inputs_count;
    struct weft_onnx_value **outputs; /* NULL where nobody wants one */
    int outputs_count;
    int layers; /* that it has made */
};

/* ---- the report (report.c) --------------------------------------------------------------------- */

/* A line about the whole file, which ends the import: returns `status`. */
weft_status weft_onnx_fail(struct weft_onnx *import, weft_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Memory is short, or what the file asks for exceeds the limit. */
weft_status weft_onnx_no_memory(struct weft_onnx *import);
/* A line about a part of the file; the import goes on. */
void weft_onnx_report(struct weft_onnx *import, weft_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Ends the report: the status of the whole. */
weft_status weft_onnx_close_report(struct weft_onnx *import);
/* A line about the node; the import goes on with the next. Refuse: weft does not have it (WEFT_E_UNSUPPORTED).
 * Damage: it breaks the rules of ONNX (WEFT_E_FORMAT). */
weft_status weft_onnx_refuse(const struct weft_onnx_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
weft_status weft_onnx_damage(const struct weft_onnx_node *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Copies text that a file brought, fit for one line: `size` bytes of `out` at most. */
const char *weft_onnx_printable(const char *text, char *out, size_t size);

/* ---- values (values.c) ------------------------------------------------------------------------- */

/* Names of initializers, inputs and outputs of nodes; refuses what is made twice. */
weft_status weft_onnx_collect_values(struct weft_onnx *import);
/* NULL if there is none of that name. */
struct weft_onnx_value *weft_onnx_find(const struct weft_onnx *import, const char *name);
/* Elements of a shape; -1 if a dimension is negative, or if there are 2^31 or more. */
int64_t weft_onnx_elements(int rank, const int64_t *dims);

/* ---- constants (tensor.c) ---------------------------------------------------------------------- */

/* Makes `value` a constant that is read from `tensor`: checks type, dimensions and length of the data, and
 * reports what is wrong. */
weft_status weft_onnx_constant_from_proto(struct weft_onnx *import, struct weft_onnx_value *value,
                                          const WeftOnnx__TensorProto *tensor);
/* Elements of a constant as floats, or of an integer constant as integers, in the import's pool; NULL if memory
 * is short or a file beside the model cannot be read. */
const float *weft_onnx_floats(struct weft_onnx *import, struct weft_onnx_value *value);
const int64_t *weft_onnx_integers(struct weft_onnx *import, struct weft_onnx_value *value);
/* As floats in the model's pool: all uses of a constant share them, as the passes expect. */
float *weft_onnx_weights(struct weft_onnx *import, struct weft_onnx_value *value);
/* The same of a matrix, transposed. */
float *weft_onnx_weights_transposed(struct weft_onnx *import, struct weft_onnx_value *value);

/* ---- data beside the model (external.c) -------------------------------------------------------- */

/* Reads the `size` bytes of a tensor whose data lie in a file of their own: a block of the import's allocator
 * (weft_block_free). Reports what is wrong. */
weft_status weft_onnx_external_read(struct weft_onnx *import, const WeftOnnx__TensorProto *tensor, size_t size,
                                    void **data);

/* ---- attributes (attributes.c) ----------------------------------------------------------------- */

const WeftOnnx__AttributeProto *weft_onnx_attribute(const struct weft_onnx_node *node, const char *name);
/* The value, or `otherwise` if the attribute is not there. */
int64_t weft_onnx_int(const struct weft_onnx_node *node, const char *name, int64_t otherwise);
float weft_onnx_float(const struct weft_onnx_node *node, const char *name, float otherwise);
/* NULL and *count = 0 if it is not there. */
const int64_t *weft_onnx_ints(const struct weft_onnx_node *node, const char *name, int *count);
bool weft_onnx_string_is(const struct weft_onnx_node *node, const char *name, const char *text);
/* A list of integers from input `k` or, where there is none, from the attribute; *list is NULL if there is
 * neither. At most `most` numbers. */
weft_status weft_onnx_list(struct weft_onnx_node *node, int k, const char *attribute, int most, const int64_t **list,
                           int *count);
/* Whether the types of the attributes are those that the operator's table lists ("axis:i pads:I"). */
weft_status weft_onnx_check_attributes(const struct weft_onnx_node *node, const char *types);

/* Dimensions that the file states for a value (open batch: 1). NULL if all are known, else what is not: the
 * first open one is *dim. */
const char *weft_onnx_stated_dims(const WeftOnnx__ValueInfoProto *info, int *rank, int64_t *dims, int *dim);

/* ---- the walk (import.c) ----------------------------------------------------------------------- */

/* Builds import->graph from import->proto; what is wrong is in import->error. */
weft_status weft_onnx_import_graph(struct weft_onnx *import);

/* ---- operators --------------------------------------------------------------------------------- */

typedef weft_status weft_onnx_operator_fn(struct weft_onnx_node *node);

struct weft_onnx_operator {
    const char *name;
    int inputs_min, inputs_max;
    int outputs_max; /* INT32_MAX: any number, all made; else weft makes the first */
    const char *attributes; /* each with the letter of its type: i f s t, I F for lists; others are refused */
    weft_onnx_operator_fn *convert; /* on tensors; NULL: constants only */
    weft_onnx_operator_fn *fold;    /* on constants only; NULL: tensors only */
};
/* NULL if weft does not have it. */
const struct weft_onnx_operator *weft_onnx_operator_find(const char *name);

/* ---- building (build.c) ------------------------------------------------------------------------ */

struct weft_onnx_shape {
    int n, c, h, w;
};

/* The layout that ONNX dimensions stand for: N, C, H, W; rank 3 is N, C, H, 1; rank 1 is 1, C, 1, 1; of higher
 * ranks the last dimensions are one. NULL, or why weft cannot hold it. */
const char *weft_onnx_extents(int rank, const int64_t *dims, struct weft_onnx_shape *shape);
/* The same, refusing the node. */
weft_status weft_onnx_shape_of(const struct weft_onnx_node *node, int rank, const int64_t *dims,
                               struct weft_onnx_shape *shape);
/* The value's tensor in that layout: *tensor. */
weft_status weft_onnx_layout(struct weft_onnx_node *node, const struct weft_onnx_value *value, int *tensor);
/* The value's tensor in any layout of the same elements. */
weft_status weft_onnx_view(struct weft_onnx_node *node, const struct weft_onnx_value *value,
                           struct weft_onnx_shape shape, int *tensor);
/* Appends a layer whose output has that shape: *layer and its output tensor (layer->output). */
weft_status weft_onnx_emit(struct weft_onnx_node *node, enum weft_op op, const int *inputs, int inputs_count,
                           struct weft_onnx_shape shape, struct weft_node **layer);
/* Output `k`, or 0, is this tensor under these dimensions. */
void weft_onnx_put_tensor_at(struct weft_onnx_node *node, int k, int tensor, int rank, const int64_t *dims);
void weft_onnx_put_tensor(struct weft_onnx_node *node, int tensor, int rank, const int64_t *dims);
/* Output 0 is a constant; the data lie in the import's pool. */
void weft_onnx_put_integers(struct weft_onnx_node *node, const int64_t *data, int rank, const int64_t *dims);
void weft_onnx_put_floats(struct weft_onnx_node *node, const float *data, int rank, const int64_t *dims);
/* Input `k` if it is there, else NULL. */
struct weft_onnx_value *weft_onnx_input(const struct weft_onnx_node *node, int k);
/* An axis counted from the end if it is negative; -1 if there is no such axis. */
int weft_onnx_axis(int64_t axis, int rank);
/* Floats of the model, each `value`; NULL if memory is short. */
float *weft_onnx_filled(struct weft_onnx_node *node, int64_t count, float value);
/* count values of a constant that is one number, or one per channel (axis 1) of a tensor of that rank: a copy
 * in the model's pool. Refuses other shapes. */
weft_status weft_onnx_per_channel(struct weft_onnx_node *node, struct weft_onnx_value *constant, int rank,
                                  int64_t channels, float **values);

#endif
