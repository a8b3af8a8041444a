/* One layer of the graph of a .weft file. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "format/reader.h"
#include "format/utf8.h"
#include "format/weft_file_names.h"
#include "graph/check.h"

static const struct weft_tensor *output_of(const struct weft_reader *r, const struct weft_node *node)
{
    return &r->model->graph.tensors[node->output];
}

static bool read_act(struct weft_reader *r, int object, struct weft_node *node)
{
    int act = weft_json_member(&r->json, object, "act");
    if (act < 0) {
        return true;
    }
    const char *name;
    if (!weft_reader_object(r, object, "act", &act) || !weft_reader_string(r, act, "func", &name)) {
        return false;
    }
    node->act.func = weft_file_func_from_name(name);
    switch (node->act.func) {
    case WEFT_FUNC_CLIP:
        /* An end that is absent is infinite: JSON has no word for that. */
        node->act.lo = -INFINITY;
        node->act.hi = INFINITY;
        return weft_reader_optional_float(r, act, "lo", &node->act.lo) &&
               weft_reader_optional_float(r, act, "hi", &node->act.hi);
    case WEFT_FUNC_LEAKY:
        return weft_reader_float_tensor(r, act, "slope", output_of(r, node)->c, &node->act.slope);
    case WEFT_FUNC_HSIGMOID:
    case WEFT_FUNC_HSWISH:
        return weft_reader_float(r, act, "alpha", &node->act.alpha) &&
               weft_reader_float(r, act, "beta", &node->act.beta);
    case WEFT_FUNC_COUNT:
        return weft_reader_damaged(r, "the function '%.40s' is unknown",
                                   weft_utf8_is_line(name) ? name : "?");
    default:
        return true;
    }
}

static bool read_window(struct weft_reader *r, int object, struct weft_node *node)
{
    int window, kernel[2], stride[2], dilation[2], pads[4], real[2] = {0, 0};
    if (!weft_reader_object(r, object, "window", &window) ||
        !weft_reader_ints(r, window, "kernel", 2, 1, WEFT_WINDOW_MAX, kernel) ||
        !weft_reader_ints(r, window, "stride", 2, 1, WEFT_WINDOW_MAX, stride) ||
        !weft_reader_ints(r, window, "dilation", 2, 1, WEFT_WINDOW_MAX, dilation) ||
        !weft_reader_ints(r, window, "pads", 4, 0, WEFT_WINDOW_MAX, pads)) {
        return false;
    }
    bool include = false;
    if (node->op == WEFT_OP_AVGPOOL && (!weft_reader_bool(r, window, "count_include_pad", &include) ||
                                        !weft_reader_ints(r, window, "real_pads", 2, 0, WEFT_WINDOW_MAX, real))) {
        return false;
    }
    node->window = (struct weft_window){
        .kernel_h = kernel[0],
        .kernel_w = kernel[1],
        .stride_h = stride[0],
        .stride_w = stride[1],
        .dilation_h = dilation[0],
        .dilation_w = dilation[1],
        .pad_top = pads[0],
        .pad_left = pads[1],
        .pad_bottom = pads[2],
        .pad_right = pads[3],
        .count_include_pad = include,
        .real_pad_bottom = real[0],
        .real_pad_right = real[1],
    };
    return true;
}

static bool read_codebook(struct weft_reader *r, int object, struct weft_codebook *codebook)
{
    int member;
    const char *name;
    if (!weft_reader_object(r, object, "codebook", &member) ||
        !weft_reader_string(r, member, "format", &name)) {
        return false;
    }
    int format = weft_file_format_from_name(name);
    if (!format) {
        return weft_reader_damaged(r, "its weight format is neither c2, c3, c4, c5 nor c8");
    }
    codebook->format = (enum weft_weight_format)format;
    int least = format == WEFT_C8 ? 33 : 2, most = format == WEFT_C8 ? 256 : 1 << format;
    if (!weft_reader_int(r, member, "levels", least, most, &codebook->levels)) {
        return false;
    }
    if (format == WEFT_C8) {
        return true;
    }
    int64_t magnitudes = (codebook->levels + 1) / 2;
    const uint8_t *q;
    if (!weft_reader_tensor(r, member, "magnitudes", WEFT_DTYPE_U8, 1, &magnitudes, &q)) {
        return false;
    }
    codebook->magnitudes = (int)magnitudes;
    memcpy(codebook->q, q, (size_t)magnitudes);
    return true;
}

/* Sets weights_count; false with an error if the groups do not divide the channels or the count is absurd. */
static bool count_weights(struct weft_reader *r, const struct weft_tensor *in, struct weft_node *node)
{
    int out_c = output_of(r, node)->c;
    if (in->c % node->groups || out_c % node->groups) {
        return weft_reader_damaged(r, "%d groups do not divide %d input and %d output channels", node->groups,
                                   in->c, out_c);
    }
    int64_t channels = (int64_t)out_c * (in->c / node->groups);
    int64_t taps = (int64_t)node->window.kernel_h * node->window.kernel_w;
    if (channels > WEFT_ELEMENTS_MAX / taps) {
        return weft_reader_damaged(r, "it has too many weights");
    }
    node->weights_count = channels * taps;
    return true;
}

static bool read_conv(struct weft_reader *r, int object, struct weft_node *node)
{
    const struct weft_tensor *in = &r->model->graph.tensors[node->inputs[0]];
    int out_c = output_of(r, node)->c;
    if (!weft_reader_int(r, object, "groups", 1, in->c, &node->groups) || !count_weights(r, in, node) ||
        !read_codebook(r, object, &node->codebook) ||
        !weft_reader_float_tensor(r, object, "scale", out_c, &node->scale) ||
        !weft_reader_float_tensor(r, object, "bias", out_c, &node->bias)) {
        return false;
    }
    const uint8_t *bins;
    size_t bytes = weft_bins_bytes(node->weights_count, node->codebook.format);
    bool plain = node->codebook.format == WEFT_C8;
    int64_t shape[4] = {out_c, in->c / node->groups, node->window.kernel_h, node->window.kernel_w};
    int64_t packed = (int64_t)bytes;
    if (!weft_reader_tensor(r, object, "bins", plain ? WEFT_DTYPE_I8 : WEFT_DTYPE_U8, plain ? 4 : 1,
                            plain ? shape : &packed, &bins)) {
        return false;
    }
    node->bins = weft_pool_copy(&r->model->pool, bins, bytes, 1);
    return node->bins || weft_reader_no_memory(r);
}

static bool read_map(struct weft_reader *r, int object, struct weft_node *node)
{
    if (weft_json_member(&r->json, object, "map") < 0) {
        return true;
    }
    const uint8_t *map;
    int64_t entries = 256;
    if (!weft_reader_tensor(r, object, "map", WEFT_DTYPE_U8, 1, &entries, &map)) {
        return false;
    }
    node->map = weft_pool_copy(&r->model->pool, map, 256, 1);
    return node->map || weft_reader_no_memory(r);
}

static bool read_select(struct weft_reader *r, int object, struct weft_node *node)
{
    int channels = output_of(r, node)->c, array;
    if (!weft_reader_array(r, object, "select", &array)) {
        return false;
    }
    if (weft_json_count(&r->json, array) != channels) { /* before memory is taken */
        return weft_reader_damaged(r, "its selection is not one of %d channels", channels);
    }
    node->select = weft_pool_alloc(&r->model->pool, (size_t)channels, sizeof *node->select);
    return node->select ? weft_reader_ints(r, object, "select", channels, -1, INT_MAX, node->select)
                        : weft_reader_no_memory(r);
}

static bool read_parameters(struct weft_reader *r, int object, struct weft_node *node)
{
    int lrn;
    switch (node->op) {
    case WEFT_OP_CONV:
        return read_conv(r, object, node);
    case WEFT_OP_ACT:
        return read_map(r, object, node);
    case WEFT_OP_AFFINE:
        return weft_reader_float_tensor(r, object, "scale", output_of(r, node)->c, &node->scale) &&
               weft_reader_float_tensor(r, object, "bias", output_of(r, node)->c, &node->bias);
    case WEFT_OP_SELECT:
        return read_select(r, object, node);
    case WEFT_OP_PAD:
        return weft_reader_float(r, object, "value", &node->pad_value);
    case WEFT_OP_LRN:
        return weft_reader_object(r, object, "lrn", &lrn) &&
               weft_reader_int(r, lrn, "size", 1, WEFT_EXTENT_MAX, &node->lrn_size) &&
               weft_reader_float(r, lrn, "alpha", &node->lrn_alpha) &&
               weft_reader_float(r, lrn, "beta", &node->lrn_beta) &&
               weft_reader_float(r, lrn, "bias", &node->lrn_bias);
    case WEFT_OP_SOFTMAX:
        return weft_reader_bool(r, object, "log", &node->log_softmax);
    default:
        return true;
    }
}

/* The layer's name, operator and edges: a node of the graph, or NULL. */
static struct weft_node *add_node(struct weft_reader *r, int object)
{
    const char *name, *op_name;
    if (!weft_reader_name(r, object, "name", &name)) {
        return NULL;
    }
    weft_reader_enter(r, "layer", name);
    struct weft_graph *graph = &r->model->graph;
    int last = graph->tensors_count - 1;
    int array, output, residual = -1;
    if (!weft_reader_name(r, object, "op", &op_name) || !weft_reader_array(r, object, "inputs", &array) ||
        !weft_reader_int(r, object, "output", 0, last, &output)) {
        return NULL;
    }
    enum weft_op op = weft_file_op_from_name(op_name);
    if (op == WEFT_OP_COUNT) {
        weft_reader_damaged(r, "the operator '%.40s' is unknown", op_name);
        return NULL;
    }
    if (weft_json_member(&r->json, object, "residual") >= 0 &&
        !weft_reader_int(r, object, "residual", 0, last, &residual)) {
        return NULL;
    }
    int count = weft_json_count(&r->json, array);
    if (count == 0) {
        weft_reader_damaged(r, "it has no input");
        return NULL;
    }
    int *inputs = weft_pool_alloc(&r->model->pool, (size_t)count, sizeof *inputs);
    if (!inputs) {
        weft_reader_no_memory(r);
        return NULL;
    }
    if (!weft_reader_ints(r, object, "inputs", count, 0, last, inputs)) {
        return NULL;
    }
    int index = weft_graph_add_node(graph, op, name, inputs, count, output);
    if (index < 0) {
        weft_reader_no_memory(r);
        return NULL;
    }
    graph->nodes[index].residual = residual;
    return &graph->nodes[index];
}

bool weft_reader_node(struct weft_reader *r, int object)
{
    struct weft_node *node = add_node(r, object);
    return node && read_act(r, object, node) &&
           (!weft_file_has_window(node->op) || read_window(r, object, node)) &&
           read_parameters(r, object, node);
}
