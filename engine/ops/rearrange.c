/* Operators that move codes or look them up, one by one: CONCAT, ACT, PAD, RESHAPE. */
#include <string.h>

#include "ops/ops.h"

bool weft_concat_moves(const struct weft_ops *ops, const struct weft_node *node)
{
    size_t channel = 0;
    for (int i = 0; i < node->inputs_count; i++) {
        if (ops->views[node->inputs[i]].offset != ops->views[node->output].offset + channel) {
            return true;
        }
        channel += (size_t)weft_ops_tensor(ops, node->inputs[i])->c;
    }
    return false;
}

/* The planner places most inputs of a concatenation inside its output; the others are copied here. */
void weft_concat_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *out = weft_ops_tensor(ops, node->output);
    ptrdiff_t out_pixel = ops->views[node->output].stride;
    size_t channel = 0;
    int first, end;
    weft_ops_rows(layer, out->h, piece, &first, &end);
    for (int i = 0; i < node->inputs_count; i++) {
        const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[i]);
        ptrdiff_t in_pixel = ops->views[node->inputs[i]].stride;
        const uint8_t *from = weft_ops_data(ops, node->inputs[i]);
        uint8_t *to = weft_ops_data(ops, node->output) + channel;
        channel += (size_t)in->c;
        if (from == to) {
            continue;
        }
        for (ptrdiff_t p = (ptrdiff_t)first * out->w; p < (ptrdiff_t)end * out->w; p++) {
            memcpy(to + p * out_pixel, from + p * in_pixel, (size_t)in->c);
        }
    }
}

/* A function on its own: codes to codes through the table that the model carries. */
void weft_map_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]);
    struct weft_bytes map;
    weft_bytes_init_residual(&map, &in->edge);
    memcpy(map.table, node->map, sizeof map.table);
    ptrdiff_t in_pixel = ops->views[node->inputs[0]].stride, out_pixel = ops->views[node->output].stride;
    int first, end;
    weft_ops_rows(layer, in->h, piece, &first, &end);
    weft_bytes_look_up(&map, &ops->kernels, weft_ops_data(ops, node->inputs[0]) + (ptrdiff_t)first * in->w * in_pixel,
                       in_pixel, (end - first) * in->w, in->c,
                       weft_ops_data(ops, node->output) + (ptrdiff_t)first * in->w * out_pixel, out_pixel);
}

void weft_pad_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    ptrdiff_t in_pixel = ops->views[node->inputs[0]].stride, out_pixel = ops->views[node->output].stride;
    const uint8_t *from = weft_ops_data(ops, node->inputs[0]);
    uint8_t *to = weft_ops_data(ops, node->output), fill = weft_edge_encode(&out->edge, node->pad_value);
    int y, end;
    weft_ops_rows(layer, out->h, piece, &y, &end);
    for (; y < end; y++) {
        for (int x = 0; x < out->w; x++) {
            int iy = y - node->window.pad_top, ix = x - node->window.pad_left;
            uint8_t *pixel = to + ((ptrdiff_t)y * out->w + x) * out_pixel;
            if (iy >= 0 && iy < in->h && ix >= 0 && ix < in->w) {
                memcpy(pixel, from + ((ptrdiff_t)iy * in->w + ix) * in_pixel, (size_t)in->c);
            } else {
                memset(pixel, fill, (size_t)in->c);
            }
        }
    }
}

/* Address of element `i` in planar order of a tensor that is stored interleaved. */
static uint8_t *planar_element(const struct weft_ops *ops, int t, int64_t i, size_t size)
{
    const struct weft_tensor *tensor = weft_ops_tensor(ops, t);
    int64_t plane = (int64_t)tensor->h * tensor->w;
    return weft_ops_data(ops, t) + i % plane * ops->views[t].stride + (size_t)(i / plane) * size;
}

/* Same elements in planar order, another shape. */
void weft_reshape_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *out = weft_ops_tensor(ops, node->output);
    int64_t count = weft_tensor_elements(out);
    size_t size = out->edge.kind == WEFT_EDGE_FLOAT ? sizeof(float) : 1;
    for (int64_t i = count * piece / layer->pieces; i < count * (piece + 1) / layer->pieces; i++) {
        memcpy(planar_element(ops, node->output, i, size), planar_element(ops, node->inputs[0], i, size), size);
    }
}
