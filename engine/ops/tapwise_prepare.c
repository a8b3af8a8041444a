#include "core/error.h"
#include "ops/tapwise.h"
#include "simd/pack.h"

enum { STRIP_BYTES = 64 << 10, ACC_BYTES = 32 << 10 };

static size_t round64(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

/* Depthwise weights as bytes, tap by tap, and the initial values that undo the zero byte. */
static bool make_weights(struct weft_ops *ops, const struct weft_node *node, struct weft_tapwise *t, int channels)
{
    int8_t *weights = weft_pool_alloc(ops->pool, (size_t)t->taps, (size_t)channels);
    int32_t *init = weft_pool_alloc(ops->pool, (size_t)channels, sizeof *init);
    if (!weights || !init) {
        return false;
    }
    for (int c = 0; c < channels; c++) {
        int sum = 0;
        for (int tap = 0; tap < t->taps; tap++) {
            int q = 1;
            if (node->op == WEFT_OP_CONV) {
                uint8_t bin;
                weft_bins_unpack(node->bins, (int64_t)c * t->taps + tap, 1, node->codebook.format, &bin);
                q = weft_codebook_integer(&node->codebook, bin);
            }
            weights[(size_t)tap * (size_t)channels + (size_t)c] = (int8_t)q;
            sum += q;
        }
        init[c] = -t->in.zero * sum;
    }
    t->weights = weights;
    t->init = init;
    return true;
}

/* The cells of an average if every window has as many, else 0. Rows and columns count on their own. */
static int common_count(const struct weft_window *w, const struct weft_tensor *in, const struct weft_tensor *out)
{
    int count = weft_window_count(w, in, 0, 0);
    for (int y = 0; count > 0 && y < out->h; y++) {
        count = weft_window_count(w, in, y, 0) == count ? count : 0;
    }
    for (int x = 0; count > 0 && x < out->w; x++) {
        count = weft_window_count(w, in, 0, x) == count ? count : 0;
    }
    return count;
}

/* Every channel's factor is `value`. */
static const float *same_scale(struct weft_ops *ops, int channels, float value)
{
    float *scale = weft_pool_alloc(ops->pool, (size_t)channels, sizeof *scale);
    for (int c = 0; scale && c < channels; c++) {
        scale[c] = value;
    }
    return scale;
}

/* The epilogue's factors, where they do not change. */
static bool make_scales(struct weft_ops *ops, const struct weft_node *node, struct weft_tapwise *t, int channels)
{
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]);
    float *bias = weft_pool_alloc(ops->pool, (size_t)channels, sizeof *bias);
    int count = node->op == WEFT_OP_AVGPOOL ? common_count(&t->window, in, weft_ops_tensor(ops, node->output)) : 0;
    t->scale = node->scale;
    t->bias = node->bias ? node->bias : bias;
    if (node->op == WEFT_OP_ADD || count > 0) {
        t->scale = same_scale(ops, channels, count > 0 ? in->edge.scale / (float)count : in->edge.scale);
        return bias && t->scale;
    }
    return bias != NULL;
}

static void choose_strip(const struct weft_tensor *in, const struct weft_tensor *out, struct weft_tapwise *t)
{
    const struct weft_window *w = &t->window;
    t->strip = (struct weft_strip){.channels = in->c, .stride = in->c, .step_h = 1, .step_w = 1,
                                   .pad_left = w->pad_left};
    t->strip.width = (out->w - 1) * w->stride_w + (w->kernel_w - 1) * w->dilation_w + 1;
    t->stride_h = w->stride_h;
    t->stride_w = w->stride_w;
    t->first_row = -w->pad_top;
    t->dilated_h = (w->kernel_h - 1) * w->dilation_h + 1;
}

static void choose_work(struct weft_ops *ops, const struct weft_tensor *out, struct weft_tapwise *t,
                        struct weft_layer *layer)
{
    size_t row = (size_t)t->strip.width * (size_t)t->strip.stride;
    int rows = (int)((size_t)STRIP_BYTES / row);
    rows = rows > t->dilated_h ? (rows - t->dilated_h) / t->stride_h + 1 : 1;
    /* Windows that overlap are cut no oftener than there are threads: rows at a cut are looked up twice. */
    int most = out->h < ops->threads ? out->h : ops->threads;
    layer->pieces = t->dilated_h > t->stride_h ? most : weft_ops_cut(ops, out->h, (size_t)t->taps * row);
    int of_piece = (out->h + layer->pieces - 1) / layer->pieces;
    rows = rows < of_piece ? rows : of_piece;
    t->band_rows = rows;
    t->acc_pixels = (int)((size_t)ACC_BYTES / ((size_t)out->c * sizeof(int32_t)));
    t->acc_pixels = t->acc_pixels < 1 ? 1 : t->acc_pixels > out->w ? out->w : t->acc_pixels;
    size_t strip = (size_t)((rows - 1) * t->stride_h + t->dilated_h) * row;
    t->at_residual = round64(strip);
    t->at_pointers = t->at_residual +
                     (t->residual >= 0 ? round64((size_t)t->acc_pixels * (size_t)out->c) : 0);
    t->at_acc = t->at_pointers + round64((size_t)t->taps * sizeof(uint8_t *));
    t->at_scale = t->at_acc + round64((size_t)t->acc_pixels * (size_t)out->c * sizeof(int32_t));
    layer->scratch_bytes = t->at_scale + (t->scale ? 0 : round64((size_t)out->c * sizeof(float)));
}

/* Whether one kernel can take the windows to codes: nothing stands between sum and encoder. */
static bool goes_straight(const struct weft_ops *ops, const struct weft_node *node, const struct weft_tapwise *t)
{
    const struct weft_window *w = &t->window;
    bool summed = node->op == WEFT_OP_CONV || (node->op == WEFT_OP_AVGPOOL && t->scale);
    return ops->kernels.dw3x3 && summed && t->residual < 0 && weft_epilogue_plain(node, t->encode, NULL) &&
           w->kernel_h == 3 && w->kernel_w == 3 && w->dilation_h == 1 && w->dilation_w == 1 && w->stride_w <= 2;
}

/* Whether one kernel takes codes to codes: no sum is needed, and nothing stands before the encoder. */
static void choose_affine(const struct weft_ops *ops, const struct weft_node *node, const struct weft_edge *edge,
                          struct weft_tapwise *t)
{
    bool factors = node->op == WEFT_OP_AFFINE || node->op == WEFT_OP_GATE, plain = true;
    if (!ops->kernels.affine || !factors || t->residual >= 0 || !weft_epilogue_plain(node, t->encode, NULL)) {
        return;
    }
    for (int m = 0; m <= edge->magnitudes; m++) {
        plain = plain && edge->table[m] == m;
        t->values[m < 32 ? m : 0] = edge->table[m < 32 ? m : 0];
    }
    t->by_table = !plain;
    t->affine = plain || edge->magnitudes < 32;
}

static bool make_blocks(struct weft_ops *ops, const struct weft_node *node, struct weft_tapwise *t, int channels)
{
    t->pair = t->window.stride_w == 1 && channels % 64 == 32 && ops->views[node->output].stride == channels;
    struct weft_dw3x3_block *blocks =
        weft_pool_alloc(ops->pool, weft_pack_dw3x3_blocks(channels, t->pair), sizeof *blocks);
    if (blocks) {
        weft_pack_dw3x3(t->weights, t->init, t->scale, t->bias, channels, t->pair, blocks);
    }
    t->blocks = blocks;
    return blocks != NULL;
}

weft_status weft_tapwise_prepare(struct weft_ops *ops, struct weft_layer *layer, const char *file, weft_error *error)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    bool windowed = node->op == WEFT_OP_CONV || node->op == WEFT_OP_AVGPOOL;
    struct weft_tapwise *t = weft_pool_alloc(ops->pool, 1, sizeof *t);
    if (!t) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", file, node->name);
    }
    layer->data.tapwise = t;
    t->window = windowed ? node->window : (struct weft_window){1, 1, 1, 1, 1, 1, 0, 0, 0, 0, false, 0, 0};
    t->taps = t->window.kernel_h * t->window.kernel_w;
    t->residual = node->op == WEFT_OP_ADD ? node->inputs[1] : node->residual;
    weft_bytes_init(&t->in, &ops->kernels, ops->edges[node->inputs[0]]);
    if (t->residual >= 0) {
        weft_bytes_init_residual(&t->res, ops->edges[t->residual]);
    }
    if ((int64_t)t->taps * 127 * 255 >= INT64_C(1) << 31) {
        return weft_fail(error, WEFT_E_RANGE, "%s: layer '%s': sums of %d taps do not fit 32 bits", file, node->name,
                         t->taps);
    }
    choose_strip(in, out, t);
    bool fine = make_weights(ops, node, t, in->c) && make_scales(ops, node, t, in->c);
    choose_work(ops, out, t, layer);
    if (fine && out->edge.kind != WEFT_EDGE_FLOAT) {
        fine = weft_encoder_init(&t->encoder, &out->edge, ops->pool);
        t->encode = &t->encoder;
    }
    if (fine && goes_straight(ops, node, t)) {
        fine = make_blocks(ops, node, t, in->c) &&
               (out->edge.is_signed || weft_ops_hold_integers(ops, node->output, &t->out_values));
    }
    if (fine) {
        choose_affine(ops, node, &in->edge, t);
    }
    layer->packed_bytes = (int64_t)t->taps * in->c;
    return fine ? WEFT_OK : weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", file, node->name);
}
