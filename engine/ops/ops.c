#include "ops/ops.h"

#include <string.h>

#include "core/error.h"
#include "ops/wino.h"

/* A piece is fetched in a fraction of a microsecond; a core moves this much in one. */
enum { PIECE_BYTES = 8 << 10, PIECES_PER_THREAD = 4 };

int weft_ops_cut(const struct weft_ops *ops, int rows, size_t bytes)
{
    size_t most = (size_t)rows * bytes / (size_t)PIECE_BYTES;
    int pieces = ops->threads == 1 ? 1 : PIECES_PER_THREAD * ops->threads;
    pieces = most < (size_t)pieces ? (int)most : pieces;
    pieces = rows < pieces ? rows : pieces;
    return pieces < 1 ? 1 : pieces;
}

int weft_ops_zero(const struct weft_kernels *kernels, const struct weft_edge *edge)
{
    if (!kernels->act_signed) {
        return edge->is_signed ? 128 : 0;
    }
    return edge->is_signed || edge->table[edge->magnitudes] <= 127 ? 0 : -128;
}

int weft_ops_byte_max(const struct weft_kernels *kernels, const struct weft_edge *edge)
{
    int zero = weft_ops_zero(kernels, edge), top = edge->table[edge->magnitudes];
    return zero < 0 ? 128 : top + zero;
}

/* The lookup's bit 7 is a sign, or part of a magnitude above 127: all entries then. */
static void set_reach(struct weft_bytes *bytes, const struct weft_edge *edge)
{
    bool wide = edge->magnitudes > 127;
    bytes->limit = wide ? 127 : edge->magnitudes;
    bytes->upper = edge->is_signed || wide;
    bytes->is_signed = edge->is_signed;
}

void weft_bytes_init(struct weft_bytes *bytes, const struct weft_kernels *kernels, const struct weft_edge *edge)
{
    bytes->zero = weft_ops_zero(kernels, edge);
    set_reach(bytes, edge);
    weft_edge_lookup_table(edge, bytes->zero, bytes->table);
}

void weft_bytes_init_residual(struct weft_bytes *bytes, const struct weft_edge *edge)
{
    bytes->zero = 0;
    set_reach(bytes, edge);
    weft_edge_lookup_table(edge, 0, bytes->table);
}

void weft_bytes_look_up(const struct weft_bytes *bytes, const struct weft_kernels *kernels, const uint8_t *in,
                        ptrdiff_t in_stride, int pixels, int channels, uint8_t *out, ptrdiff_t out_stride)
{
    struct weft_lookup_args args = {in, in_stride, (size_t)pixels, (size_t)channels, bytes->table,
                                    bytes->limit, bytes->upper, out, out_stride};
    if (in_stride == channels && out_stride == channels) { /* one stretch */
        args.pixels = 1;
        args.n = (size_t)pixels * (size_t)channels;
    }
    kernels->lookup(&args);
}

/* The bytes between channels and stride of each pixel. */
static void clear_gaps(const struct weft_strip *strip, int zero, int pixels, uint8_t *out)
{
    size_t gap = (size_t)(strip->stride - strip->channels);
    for (int p = 0; gap > 0 && p < pixels; p++) {
        memset(out + (size_t)p * (size_t)strip->stride + strip->channels, zero & 255, gap);
    }
}

void weft_strip_fill(const struct weft_ops *ops, const struct weft_strip *strip, const struct weft_bytes *bytes,
                     int tensor, int first_channel, int first_row, int rows, uint8_t *out)
{
    const struct weft_tensor *in = weft_ops_tensor(ops, tensor);
    ptrdiff_t pixel = ops->views[tensor].stride;
    size_t row_bytes = (size_t)strip->width * (size_t)strip->stride;
    /* Columns -pad_left .. width - pad_left - 1 in steps; those inside the image are [left, right). */
    int left = strip->pad_left < strip->width ? strip->pad_left : strip->width;
    int inside = (in->w + strip->step_w - 1) / strip->step_w;
    int right = left + inside < strip->width ? left + inside : strip->width;
    for (int r = 0; r < rows; r++) {
        uint8_t *row = out + (size_t)r * row_bytes;
        int y = (first_row + r) * strip->step_h;
        if (y < 0 || y >= in->h) {
            memset(row, bytes->zero & 255, row_bytes);
            continue;
        }
        const uint8_t *from = weft_ops_data(ops, tensor) + (ptrdiff_t)y * in->w * pixel + first_channel;
        uint8_t *to = row + (size_t)left * (size_t)strip->stride;
        memset(row, bytes->zero & 255, (size_t)left * (size_t)strip->stride);
        weft_bytes_look_up(bytes, &ops->kernels, from, pixel * strip->step_w, right - left, strip->channels, to,
                           strip->stride);
        clear_gaps(strip, bytes->zero, right - left, to);
        memset(row + (size_t)right * (size_t)strip->stride, bytes->zero & 255,
               (size_t)(strip->width - right) * (size_t)strip->stride);
    }
}

/* A clip that changes no code: what it cuts off has the code of its bound anyway. */
static bool encoder_clips(const struct weft_act *act, const struct weft_encoder *encoder)
{
    float first = encoder->theta[0], last = encoder->theta[encoder->magnitudes - 1];
    return act->hi >= last && (encoder->is_signed ? act->lo <= -last : act->lo < first);
}

void weft_epilogue_init(struct weft_epilogue_args *args, const struct weft_node *node,
                        const struct weft_encoder *encoder)
{
    memset(args, 0, sizeof *args);
    args->act = (enum weft_act_kind)node->act.func;
    if (args->act == WEFT_ACT_CLIP && encoder && encoder_clips(&node->act, encoder)) {
        args->act = WEFT_ACT_NONE;
    }
    args->lo = node->act.lo;
    args->hi = node->act.hi;
    args->alpha = node->act.alpha;
    args->beta = node->act.beta;
    args->enc = encoder;
}

weft_epilogue_fn *weft_epilogue_choose(const struct weft_ops *ops, const struct weft_node *node,
                                       const struct weft_encoder *encoder, struct weft_residual *residual)
{
    if (node->residual < 0) {
        return ops->kernels.epilogue;
    }
    const struct weft_edge *edge = ops->edges[node->residual];
    struct weft_epilogue_args args;
    weft_bytes_init_residual(&residual->bytes, edge);
    residual->in_place = ops->as_residual[node->residual] || weft_edge_is_integers(edge);
    weft_epilogue_init(&args, node, encoder);
    if (residual->in_place || !ops->kernels.epilogue_codes || !encoder || !encoder->words ||
        args.act != WEFT_ACT_NONE ||
        edge->is_signed || edge->magnitudes >= 32) {
        return ops->kernels.epilogue;
    }
    residual->in_place = residual->codes = true;
    for (int code = 0; code < 32; code++) {
        residual->values[code] = residual->bytes.table[code <= edge->magnitudes ? code : 0];
    }
    return ops->kernels.epilogue_codes;
}

bool weft_epilogue_plain(const struct weft_node *node, const struct weft_encoder *encoder,
                         const struct weft_residual *residual)
{
    struct weft_epilogue_args args;
    weft_epilogue_init(&args, node, encoder);
    return args.act == WEFT_ACT_NONE && encoder && (encoder->rows > 0 || encoder->linear > 0) &&
           (node->residual < 0 || residual->bytes.zero == 0);
}

void weft_epilogue_of_channels(const struct weft_ops *ops, const struct weft_node *node,
                               const struct weft_encoder *encoder,
                               const struct weft_residual *residual, int res_stride, int first, int channels,
                               struct weft_epilogue_args *args)
{
    weft_epilogue_init(args, node, encoder);
    args->channels = channels;
    args->scale = node->scale + first;
    args->bias = node->bias + first;
    args->slope = node->act.slope ? node->act.slope + first : NULL;
    args->out_stride = ops->views[node->output].stride / (ptrdiff_t)(encoder ? 1 : sizeof(float));
    if (node->residual >= 0) {
        args->res_stride = residual->in_place ? ops->views[node->residual].stride : res_stride;
        args->res_zero = residual->bytes.zero;
        args->res_signed = residual->bytes.is_signed;
        args->res_scale = weft_ops_tensor(ops, node->residual)->edge.scale;
        args->res_values = residual->codes ? residual->values : NULL;
    }
}

/* Depthwise, by Winograd's filtering, or direct. */
static weft_status prepare_conv(struct weft_ops *ops, struct weft_layer *layer, const char *file, weft_error *error)
{
    enum weft_wino_form form;
    struct weft_wino_weights weights;
    if (weft_node_is_depthwise(ops->graph, layer->node)) {
        return weft_tapwise_prepare(ops, layer, file, error);
    }
    if (weft_wino_choose(ops, layer->node, &form, &weights) != WEFT_OK) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", file, layer->node->name);
    }
    return form == WEFT_WINO_NONE ? weft_conv_prepare(ops, layer, file, error)
                                  : weft_wino_prepare(ops, layer, form, &weights, file, error);
}

weft_status weft_layer_prepare(struct weft_ops *ops, struct weft_layer *layer, const char *file, weft_error *error)
{
    const struct weft_tensor *out = weft_ops_tensor(ops, layer->node->output);
    size_t row = (size_t)out->w * (size_t)out->c;
    switch (layer->node->op) {
    case WEFT_OP_CONV:
        return prepare_conv(ops, layer, file, error);
    case WEFT_OP_AVGPOOL: case WEFT_OP_ADD: case WEFT_OP_AFFINE: case WEFT_OP_GATE:
        return weft_tapwise_prepare(ops, layer, file, error);
    case WEFT_OP_MAXPOOL:
        weft_maxpool_prepare(ops, layer);
        return WEFT_OK;
    case WEFT_OP_SELECT:
        return weft_select_prepare(ops, layer, file, error);
    case WEFT_OP_CONCAT:
        layer->pieces = weft_concat_moves(ops, layer->node) ? weft_ops_cut(ops, out->h, row) : 0;
        return WEFT_OK;
    case WEFT_OP_LRN: /* a power for each element */
        layer->scratch_bytes = (size_t)out->c * sizeof(float);
        layer->pieces = weft_ops_cut(ops, out->h, 64 * row);
        return WEFT_OK;
    case WEFT_OP_SOFTMAX:
        layer->pieces = weft_ops_cut(ops, out->h, 64 * row);
        return WEFT_OK;
    default:
        layer->pieces = weft_ops_cut(ops, out->h, row);
        return WEFT_OK;
    }
}

void weft_layer_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch)
{
    switch (layer->node->op) {
    case WEFT_OP_CONV:
        if (weft_node_is_depthwise(ops->graph, layer->node)) {
            weft_tapwise_run(ops, layer, piece, scratch);
        } else if (layer->wino) {
            weft_wino_run(ops, layer, piece, scratch);
        } else {
            weft_conv_run(ops, layer, piece, scratch);
        }
        break;
    case WEFT_OP_AVGPOOL: case WEFT_OP_ADD: case WEFT_OP_AFFINE: case WEFT_OP_GATE:
        weft_tapwise_run(ops, layer, piece, scratch);
        break;
    case WEFT_OP_MAXPOOL: weft_maxpool_run(ops, layer, piece, scratch); break;
    case WEFT_OP_CONCAT: weft_concat_run(ops, layer, piece); break;
    case WEFT_OP_ACT: weft_map_run(ops, layer, piece); break;
    case WEFT_OP_PAD: weft_pad_run(ops, layer, piece); break;
    case WEFT_OP_RESHAPE: weft_reshape_run(ops, layer, piece); break;
    case WEFT_OP_SELECT: weft_select_run(ops, layer, piece); break;
    case WEFT_OP_LRN: weft_lrn_run(ops, layer, piece, scratch); break;
    case WEFT_OP_SOFTMAX: weft_softmax_run(ops, layer, piece); break;
    case WEFT_OP_COUNT: break;
    }
}
