/* The graph of a .weft file as JSON text. The names of the keys are in docs/formats.md. */
#include <math.h>
#include <string.h>

#include "format/utf8.h"
#include "format/writer.h"

/* A name as the reader will take it: one line, not too long. */
static void write_name(struct weft_json_writer *json, const char *key, const char *name)
{
    char line[WEFT_FILE_NAME_MAX + 1];
    size_t used = 0, size = strlen(name);
    for (size_t i = 0; i < size;) {
        char character[5] = "";
        int bytes = weft_utf8_character(name + i, size - i);
        memcpy(character, name + i, bytes ? (size_t)bytes : 1);
        if (!weft_utf8_is_line(character)) {
            memcpy(character, "?", 2);
        }
        size_t length = strlen(character);
        if (used + length > WEFT_FILE_NAME_MAX) {
            break;
        }
        memcpy(line + used, character, length);
        used += length;
        i += bytes ? (size_t)bytes : 1;
    }
    if (key) {
        weft_json_write_key(json, key);
    }
    weft_json_write_text(json, line, used);
}

static void key_int(struct weft_json_writer *json, const char *key, int value)
{
    weft_json_write_key(json, key);
    weft_json_write_int(json, value);
}

static void key_float(struct weft_json_writer *json, const char *key, float value)
{
    weft_json_write_key(json, key);
    weft_json_write_float(json, value);
}

static void key_bool(struct weft_json_writer *json, const char *key, bool value)
{
    weft_json_write_key(json, key);
    weft_json_write_bool(json, value);
}

static void key_string(struct weft_json_writer *json, const char *key, const char *value)
{
    weft_json_write_key(json, key);
    weft_json_write_string(json, value);
}

static void key_ints(struct weft_json_writer *json, const char *key, const int *values, int count)
{
    weft_json_write_key(json, key);
    weft_json_write_open(json, '[');
    for (int i = 0; i < count; i++) {
        weft_json_write_int(json, values[i]);
    }
    weft_json_write_close(json, ']');
}

static void key_floats(struct weft_json_writer *json, const char *key, const float *values, int count)
{
    weft_json_write_key(json, key);
    weft_json_write_open(json, '[');
    for (int i = 0; i < count; i++) {
        weft_json_write_float(json, values[i]);
    }
    weft_json_write_close(json, ']');
}

static void key_open(struct weft_json_writer *json, const char *key, char bracket)
{
    weft_json_write_key(json, key);
    weft_json_write_open(json, bracket);
}

/* Lists a tensor and writes the reference to it. */
static void key_item(struct weft_writer *w, const char *key, const struct weft_item *item)
{
    char name[WEFT_ITEM_NAME_SIZE];
    weft_item_name(item, name);
    key_string(&w->json, key, name);
    w->items[w->items_count] = *item;
    w->items[w->items_count].elements = 1;
    for (int i = 0; i < item->rank; i++) {
        w->items[w->items_count].elements *= (size_t)item->extents[i];
    }
    w->items_count++;
}

static void key_vector(struct weft_writer *w, const char *key, struct weft_item_owner owner, const char *role,
                       enum weft_dtype dtype, int64_t count, const void *data)
{
    struct weft_item item = {
        .owner = owner, .role = role, .dtype = dtype, .rank = 1, .extents = {count}, .data = data};
    key_item(w, key, &item);
}

static void write_edge(struct weft_writer *w, int index)
{
    const struct weft_tensor *tensor = &w->model->graph.tensors[index];
    const struct weft_edge *edge = &tensor->edge;
    const struct weft_item_owner owner = {"edge", index};
    struct weft_json_writer *json = &w->json;
    weft_json_write_open(json, '{');
    write_name(json, "name", tensor->name);
    key_int(json, "c", tensor->c);
    key_int(json, "h", tensor->h);
    key_int(json, "w", tensor->w);
    key_open(json, "edge", '{');
    key_string(json, "kind", weft_file_kind_name((int)edge->kind));
    if (edge->kind != WEFT_EDGE_FLOAT) {
        key_bool(json, "signed", edge->is_signed);
        key_int(json, "magnitudes", edge->magnitudes);
        if (edge->kind == WEFT_EDGE_LOG) {
            key_int(json, "fsr", edge->fsr);
            key_int(json, "step", edge->step);
        }
        key_float(json, "scale", edge->scale);
        key_vector(w, "table", owner, "table", WEFT_DTYPE_U8, edge->magnitudes + 1, edge->table);
        key_vector(w, "theta", owner, "theta", WEFT_DTYPE_F32, edge->magnitudes, edge->theta);
    }
    weft_json_write_close(json, '}');
    weft_json_write_close(json, '}');
}

static void write_act(struct weft_writer *w, const struct weft_node *node, struct weft_item_owner owner)
{
    const struct weft_act *act = &node->act;
    struct weft_json_writer *json = &w->json;
    if (act->func == WEFT_FUNC_NONE) {
        return;
    }
    key_open(json, "act", '{');
    key_string(json, "func", weft_func_name(act->func));
    if (act->func == WEFT_FUNC_CLIP && isfinite(act->lo)) {
        key_float(json, "lo", act->lo);
    }
    if (act->func == WEFT_FUNC_CLIP && isfinite(act->hi)) {
        key_float(json, "hi", act->hi);
    }
    if (act->func == WEFT_FUNC_HSIGMOID || act->func == WEFT_FUNC_HSWISH) {
        key_float(json, "alpha", act->alpha);
        key_float(json, "beta", act->beta);
    }
    if (act->func == WEFT_FUNC_LEAKY) {
        key_vector(w, "slope", owner, "slope", WEFT_DTYPE_F32, w->model->graph.tensors[node->output].c,
                   act->slope);
    }
    weft_json_write_close(json, '}');
}

static void write_window(struct weft_json_writer *json, const struct weft_node *node)
{
    const struct weft_window *window = &node->window;
    key_open(json, "window", '{');
    key_ints(json, "kernel", (const int[]){window->kernel_h, window->kernel_w}, 2);
    key_ints(json, "stride", (const int[]){window->stride_h, window->stride_w}, 2);
    key_ints(json, "dilation", (const int[]){window->dilation_h, window->dilation_w}, 2);
    key_ints(json, "pads",
             (const int[]){window->pad_top, window->pad_left, window->pad_bottom, window->pad_right}, 4);
    if (node->op == WEFT_OP_AVGPOOL) {
        key_bool(json, "count_include_pad", window->count_include_pad);
        key_ints(json, "real_pads", (const int[]){window->real_pad_bottom, window->real_pad_right}, 2);
    }
    weft_json_write_close(json, '}');
}

static void write_conv(struct weft_writer *w, const struct weft_node *node, struct weft_item_owner owner)
{
    struct weft_json_writer *json = &w->json;
    const struct weft_codebook *codebook = &node->codebook;
    int out_c = w->model->graph.tensors[node->output].c, in_c = w->model->graph.tensors[node->inputs[0]].c;
    key_int(json, "groups", node->groups);
    key_open(json, "codebook", '{');
    key_string(json, "format", weft_file_format_name((int)codebook->format));
    key_int(json, "levels", codebook->levels);
    if (codebook->format != WEFT_C8) {
        key_vector(w, "magnitudes", owner, "codebook", WEFT_DTYPE_U8, codebook->magnitudes, codebook->q);
    }
    weft_json_write_close(json, '}');
    key_vector(w, "scale", owner, "scale", WEFT_DTYPE_F32, out_c, node->scale);
    key_vector(w, "bias", owner, "bias", WEFT_DTYPE_F32, out_c, node->bias);
    struct weft_item bins = {
        .owner = owner, .role = "bins", .dtype = WEFT_DTYPE_U8, .rank = 1, .data = node->bins};
    bins.extents[0] = (int64_t)weft_bins_bytes(node->weights_count, (int)codebook->format);
    if (codebook->format == WEFT_C8) {
        bins.dtype = WEFT_DTYPE_I8;
        bins.rank = 4;
        bins.extents[0] = out_c;
        bins.extents[1] = in_c / node->groups;
        bins.extents[2] = node->window.kernel_h;
        bins.extents[3] = node->window.kernel_w;
    }
    key_item(w, "bins", &bins);
}

static void write_parameters(struct weft_writer *w, const struct weft_node *node,
                             struct weft_item_owner owner)
{
    struct weft_json_writer *json = &w->json;
    int out_c = w->model->graph.tensors[node->output].c;
    switch (node->op) {
    case WEFT_OP_CONV:
        write_conv(w, node, owner);
        break;
    case WEFT_OP_ACT:
        if (node->map) {
            key_vector(w, "map", owner, "map", WEFT_DTYPE_U8, 256, node->map);
        }
        break;
    case WEFT_OP_AFFINE:
        key_vector(w, "scale", owner, "scale", WEFT_DTYPE_F32, out_c, node->scale);
        key_vector(w, "bias", owner, "bias", WEFT_DTYPE_F32, out_c, node->bias);
        break;
    case WEFT_OP_SELECT:
        key_ints(json, "select", node->select, out_c);
        break;
    case WEFT_OP_PAD:
        key_float(json, "value", node->pad_value);
        break;
    case WEFT_OP_LRN:
        key_open(json, "lrn", '{');
        key_int(json, "size", node->lrn_size);
        key_float(json, "alpha", node->lrn_alpha);
        key_float(json, "beta", node->lrn_beta);
        key_float(json, "bias", node->lrn_bias);
        weft_json_write_close(json, '}');
        break;
    case WEFT_OP_SOFTMAX:
        key_bool(json, "log", node->log_softmax);
        break;
    default:
        break;
    }
}

static void write_node(struct weft_writer *w, int index)
{
    const struct weft_node *node = &w->model->graph.nodes[index];
    struct weft_json_writer *json = &w->json;
    const bool own = w->own_name[index];
    const struct weft_item_owner owner = {own ? node->name : "#", own ? -1 : index};
    weft_json_write_open(json, '{');
    key_string(json, "op", weft_op_name(node->op));
    write_name(json, "name", node->name);
    key_ints(json, "inputs", node->inputs, node->inputs_count);
    key_int(json, "output", node->output);
    if (node->residual >= 0) {
        key_int(json, "residual", node->residual);
    }
    write_act(w, node, owner);
    if (weft_file_has_window(node->op)) {
        write_window(json, node);
    }
    write_parameters(w, node, owner);
    weft_json_write_close(json, '}');
}

static void write_prep(struct weft_json_writer *json, const weft_prep *prep)
{
    key_open(json, "prep", '{');
    key_int(json, "width", prep->width);
    key_int(json, "height", prep->height);
    key_int(json, "channels", prep->channels);
    key_int(json, "resize", prep->resize);
    key_bool(json, "bgr", prep->bgr != 0);
    key_floats(json, "mean", prep->mean, 3);
    key_floats(json, "scale", prep->scale, 3);
    weft_json_write_close(json, '}');
}

void weft_writer_graph(struct weft_writer *w)
{
    const struct weft_graph *graph = &w->model->graph;
    struct weft_json_writer *json = &w->json;
    weft_json_write_open(json, '{');
    write_name(json, "name", graph->name);
    key_string(json, "provenance", graph->provenance);
    if (w->model->prep.width > 0) {
        write_prep(json, &w->model->prep);
    }
    if (w->model->labels_count > 0) {
        key_open(json, "labels", '[');
        for (int i = 0; i < w->model->labels_count; i++) {
            write_name(json, NULL, w->model->labels[i]);
        }
        weft_json_write_close(json, ']');
    }
    key_int(json, "input", graph->input);
    key_int(json, "output", graph->output);
    key_open(json, "tensors", '[');
    for (int i = 0; i < graph->tensors_count; i++) {
        write_edge(w, i);
    }
    weft_json_write_close(json, ']');
    key_open(json, "nodes", '[');
    for (int i = 0; i < graph->nodes_count; i++) {
        write_node(w, i);
    }
    weft_json_write_close(json, ']');
    weft_json_write_close(json, '}');
}
