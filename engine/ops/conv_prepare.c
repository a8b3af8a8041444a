/* Choices of a convolution: how the strip is laid out, which kernel, how the work is cut. */
#include <string.h>

#include "core/error.h"
#include "ops/conv.h"
#include "ops/split.h"
#include "simd/isa.h"

/* The strip of one band should stay in the second-level cache beside a panel of weights. */
enum { STRIP_BYTES = 128 << 10, BAND_PIXELS = 2048 };
/* Strassen's planes, made of the strip or of the input: half as many or twice as many take as long. */
enum { PLANES_BYTES = 180 << 10 };
/* Shallow layers (pointwise, stems) write about as much as they multiply: the output of a band, to which each panel
 * adds its channels, should be found in the cache again. Looking the panels up for each band costs 1 % then. */
enum { SHALLOW_K = 32, SHALLOW_PIXELS = 512 };
/* So should the residual with few channels to sum over: measured with 64, a twentieth of the time, a tenth where its
 * bytes are looked up first. */
enum { RESIDUAL_K = 128, RESIDUAL_BYTES = 128 << 10 };

/* A panel that is looked up into more than this many bytes pushes itself out of the first-level cache: with few pixels
 * it costs more to put it into the second than to sum with it. */
enum { DEEP_BYTES = 16 << 10, DEEP_PIXELS = 72, PART_K8 = 16 };

static void choose_strip(const struct weft_node *node, const struct weft_tensor *in, const struct weft_tensor *out,
                         struct weft_conv *conv)
{
    const struct weft_window *w = &node->window;
    int channels = in->c / conv->groups;
    /* Few channels (the stem): a kernel row is contiguous without padding each pixel to 8, if the padding at the row's
     * end can be given weights of zero. */
    bool few = channels < 8 && w->dilation_w == 1 && weft_codebook_has_zero(&node->codebook);
    conv->strip.channels = channels;
    conv->strip.stride = few ? channels : (channels + 7) / 8 * 8;
    conv->strip.step_h = w->kernel_h == 1 ? w->stride_h : 1;
    conv->strip.step_w = w->kernel_w == 1 && w->pad_left == 0 ? w->stride_w : 1;
    conv->strip.step_h = w->pad_top == 0 ? conv->strip.step_h : 1;
    conv->stride_h = w->stride_h / conv->strip.step_h;
    conv->stride_w = w->stride_w / conv->strip.step_w;
    conv->strip.pad_left = w->pad_left;
    conv->strip.width = (out->w - 1) * conv->stride_w + (w->kernel_w - 1) * w->dilation_w + 1;
    conv->first_row = -w->pad_top;
    conv->dilated_h = (w->kernel_h - 1) * w->dilation_h + 1;
}

/* Pointwise, of an unsigned edge whose integers are its codes (linear ones mostly). Kernels read whole blocks of 8
 * channels, and `grouped` may read past a pixel. */
static bool reads_in_place(const struct weft_node *node, const struct weft_edge *edge, const struct weft_conv *conv)
{
    return weft_node_is_pointwise(node) && !conv->grouped && conv->strip.channels % 8 == 0 && conv->in.zero == 0 &&
           weft_edge_is_integers(edge);
}

/* Products of a sum whose pixels in the strip are `stride` bytes apart, those with padding among them. */
static int64_t products(const struct weft_node *node, int64_t stride)
{
    return node->window.kernel_h * (node->window.kernel_w * stride + 7);
}

static bool fits_sums(const struct weft_node *node, int64_t stride)
{
    int largest = weft_codebook_max(&node->codebook);
    return products(node, stride) * (largest > 0 ? largest : 1) * 255 < INT64_C(1) << 31;
}

/* Groups with few outputs leave most of a panel empty. As many as fill it are summed as one, with weights of zero
 * between them: one tile and one epilogue in place of many. Pointwise, half a panel costs half anyway. */
static int merged_groups(const struct weft_ops *ops, const struct weft_node *node, const struct weft_tensor *in,
                         const struct weft_tensor *out)
{
    int nr = ops->kernels.conv[WEFT_WFMT_C8].nr, outputs = out->c / node->groups, channels = in->c / node->groups;
    bool half = node->window.kernel_h * node->window.kernel_w == 1 && outputs > nr / 4;
    for (int merged = half || !weft_codebook_has_zero(&node->codebook) ? 1 : nr / outputs; merged > 1; merged--) {
        if (node->groups % merged == 0 && fits_sums(node, ((int64_t)channels * merged + 7) / 8 * 8)) {
            return merged;
        }
    }
    return 1;
}

/* From a window's first byte to its last; offsets are 32 bits. */
static int64_t window_bytes(const struct weft_conv *conv)
{
    return (int64_t)conv->dilated_h * conv->strip.width * conv->strip.stride;
}

/* Rows of few channels may end within the first four inputs of a block of eight: a quarter of what 3x3 windows of three
 * channels would sum. */
static void choose_fours(const struct weft_ops *ops, const struct weft_node *node, const struct weft_tensor *out,
                         struct weft_conv *conv)
{
    int64_t fours = ((int64_t)node->window.kernel_w * conv->strip.stride + 3) / 4;
    bool many = out->h * out->w > 2 * ops->kernels.conv[WEFT_WFMT_C8].mr;
    if (ops->kernels.grouped && many && conv->strip.stride < 8 && fours % 2 == 1 && window_bytes(conv) <= INT32_MAX) {
        conv->grouped = ops->kernels.grouped;
        conv->size = ops->kernels.conv[WEFT_WFMT_C8].nr;
        conv->taps = (int)(node->window.kernel_h * fours);
    }
}

/* What is summed as one group: all of them where a kernel keeps them apart, else as many as fill a panel. */
static void choose_groups(const struct weft_ops *ops, const struct weft_node *node, const struct weft_tensor *in,
                          const struct weft_tensor *out, struct weft_conv *conv)
{
    int size = in->c / node->groups;
    conv->groups = conv->merged = 1;
    choose_strip(node, in, out, conv);
    if (ops->kernels.grouped && node->groups > 1 && out->c == in->c && (size == 4 || size == 8 || size == 16) &&
        window_bytes(conv) <= INT32_MAX) {
        conv->grouped = ops->kernels.grouped;
        conv->apart = true;
        conv->size = size;
        conv->taps = node->window.kernel_h * node->window.kernel_w;
    } else {
        conv->merged = merged_groups(ops, node, in, out);
        conv->groups = node->groups / conv->merged;
        choose_strip(node, in, out, conv);
        choose_fours(ops, node, out, conv);
    }
    conv->outputs = out->c / conv->groups;
}

/* Into how many parts a run is cut so that the looked-up panel of each stays in the first-level cache. 0: cannot be. */
static int parts_of(int run_k8, int nr)
{
    for (int parts = 1; run_k8 / parts >= PART_K8; parts++) {
        if (run_k8 % parts == 0 && run_k8 / parts * 8 * nr <= DEEP_BYTES) {
            return parts;
        }
    }
    return 0;
}

/* One run of all taps. */
static bool choose_taps(struct weft_ops *ops, const struct weft_node *node, struct weft_conv *conv)
{
    const struct weft_window *w = &node->window;
    int32_t *off = weft_pool_alloc(ops->pool, (size_t)conv->taps, sizeof *off);
    if (!off) {
        return false;
    }
    int of_row = conv->taps / w->kernel_h, step = conv->apart ? w->dilation_w * conv->strip.stride : 4;
    for (int t = 0; t < conv->taps; t++) {
        off[t] = t / of_row * w->dilation_h * conv->strip.width * conv->strip.stride + t % of_row * step;
    }
    conv->geometry.runs = 1;
    conv->geometry.run_k8 = weft_pack_grouped_k(conv->apart ? conv->size : 4, conv->taps) / 8;
    conv->block_off = off;
    return true;
}

static bool choose_runs(struct weft_ops *ops, const struct weft_node *node, struct weft_conv *conv)
{
    const struct weft_window *w = &node->window;
    bool rows = w->dilation_w == 1;
    struct weft_pack_geometry *g = &conv->geometry;
    g->runs = (rows ? w->kernel_h : w->kernel_h * w->kernel_w) * conv->parts;
    g->run_k8 = ((rows ? w->kernel_w : 1) * conv->strip.stride + 7) / 8 / conv->parts;
    int32_t *off = weft_pool_alloc(ops->pool, (size_t)g->runs, sizeof *off);
    int32_t *block_off = weft_pool_alloc(ops->pool, (size_t)g->runs * (size_t)g->run_k8, sizeof *block_off);
    if (!off || !block_off) {
        return false;
    }
    for (int r = 0; r < g->runs; r++) {
        int whole = r / conv->parts, ky = rows ? whole : whole / w->kernel_w, kx = rows ? 0 : whole % w->kernel_w;
        off[r] = (ky * w->dilation_h * conv->strip.width + kx * w->dilation_w) * conv->strip.stride +
                 r % conv->parts * g->run_k8 * 8;
        for (int b = 0; b < g->run_k8; b++) {
            block_off[r * g->run_k8 + b] = off[r] + 8 * b;
        }
    }
    conv->run_off = off;
    conv->block_off = block_off;
    return true;
}

/* Where a panel meets several tiles of pixels it is looked up once, not by each tile; and run by run where it is deep
 * and they are few. Returns the narrow kernel of the same format, if the table has one: its bound is proved later. */
static const struct weft_conv_kernel *choose_kernel(struct weft_ops *ops, const struct weft_node *node, int pixels,
                                                    struct weft_conv *conv)
{
    const struct weft_window *w = &node->window;
    enum weft_wfmt format = conv->format = weft_codebook_wfmt(&node->codebook);
    if (format != WEFT_WFMT_C8 && (conv->grouped || pixels > 2 * ops->kernels.conv[WEFT_WFMT_C8].mr)) {
        conv->expand = format == WEFT_WFMT_C4 ? ops->kernels.expand_c4 : ops->kernels.expand_c5;
        format = WEFT_WFMT_C8;
    }
    const struct weft_conv_kernel *narrow = &ops->kernels.conv_narrow[format];
    int runs = w->dilation_w == 1 ? w->kernel_h : w->kernel_h * w->kernel_w;
    int run_k8 = ((w->dilation_w == 1 ? w->kernel_w : 1) * conv->strip.stride + 7) / 8;
    conv->kernel = &ops->kernels.conv[format];
    conv->parts = 1;
    if (conv->grouped) {
        return NULL;
    }
    bool many = ops->kernels.stretch && format == WEFT_WFMT_C8 && !narrow->tile && pixels > 1;
    size_t panel = (size_t)runs * (size_t)run_k8 * 8 * (size_t)conv->kernel->nr;
    bool deep = many && conv->expand && pixels <= DEEP_PIXELS && panel > DEEP_BYTES;
    int parts = deep ? parts_of(run_k8, conv->kernel->nr) : 0;
    conv->deep = parts > 0;
    conv->parts = parts > 0 ? parts : 1;
    conv->stretch = many ? ops->kernels.stretch : NULL;
    return narrow->tile ? narrow : NULL;
}

/* Whether whole panels go from bins to codes in one call. Bins of five bits are looked up into scratch, as a whole. Of
 * any band there are enough pixels if a row has them. */
static bool can_fuse(const struct weft_ops *ops, const struct weft_node *node, const struct weft_conv *conv, int out_w)
{
    return ops->kernels.fused && !conv->apart && weft_isa_ports_apart() && out_w >= WEFT_FUSED_LEAST &&
           (conv->format != WEFT_WFMT_C5 || (conv->expand && !conv->deep)) &&
           weft_epilogue_plain(node, conv->encode, &conv->res);
}

static bool choose_strassen(struct weft_ops *ops, const struct weft_edge *edge, struct weft_conv *conv)
{
    struct weft_strassen *strassen = weft_pool_alloc(ops->pool, 1, sizeof *strassen);
    if (strassen) {
        *strassen = (struct weft_strassen){.sum = ops->kernels.strassen, .in = ops->kernels.strassen_in,
                                           .half = conv->strip.channels / 2, .add = edge->table[edge->magnitudes]};
        conv->strassen = strassen;
    }
    return strassen != NULL;
}

/* Packs the weights. Sixteen-bit sums win where they take a block of 8; else it is the exact kernel. */
static bool pack(struct weft_ops *ops, const struct weft_node *node, const struct weft_edge *edge,
                 const struct weft_conv_kernel *narrow, struct weft_conv *conv)
{
    struct weft_lanes lanes;
    if (narrow) {
        weft_lanes_init(&lanes, &ops->kernels, edge, conv->geometry.run_k8);
    }
    if (weft_conv_pack(ops, node, narrow ? &lanes : NULL, conv) != WEFT_OK) {
        return false;
    }
    if (conv->strassen && !weft_strassen_pack(ops, conv)) {
        return false;
    }
    conv->group = narrow ? weft_lanes_group(&lanes, conv->geometry.run_k8) : 0;
    conv->kernel = conv->group > 0 ? narrow : conv->kernel;
    conv->tile = conv->stretch && weft_isa_ports_apart() ? WEFT_STRETCH_LOW : conv->kernel->mr;
    return true;
}

static size_t round64(size_t bytes)
{
    return (bytes + 63) & ~(size_t)63;
}

/* In cycles: 32 bytes are looked up in one, 4 sums leave through the epilogue; a byte that another core wrote takes
 * one, and half of them are such. */
static void split_work(const struct weft_ops *ops, const struct weft_node *node, const struct weft_tensor *out,
                       struct weft_conv *conv, int rows_most)
{
    double products = 8.0 * conv->geometry.runs * conv->geometry.run_k8 * conv->kernel->nr;
    double row = out->w * (products / 128 + conv->kernel->nr / (node->residual >= 0 ? 3.0 : 4.0));
    const int together = weft_conv_together(conv);
    row *= together;
    double fill = conv->in_place ? 0 : 16 + conv->strip.width * conv->strip.stride / 32.0;
    fill += conv->strassen ? (double)weft_strassen_bytes(conv->strip.channels, out->w) / 32 : 0;
    struct weft_work work = {.rows = out->h, .groups = conv->groups,
                             .panels = (conv->panels + together - 1) / together, .rows_most = rows_most,
                             .stride = conv->stride_h, .window = conv->dilated_h, .row = row,
                             .fill = fill,
                             .remote = conv->strip.width * conv->strip.stride / 2.0,
                             .panel = 64 + (conv->expand ? products / 32 : 0)};
    struct weft_split split = weft_split(&work, ops->threads);
    conv->bands = split.bands;
    conv->band_rows = split.band_rows;
    conv->chunks = split.chunks;
}

/* Output rows of a band, parts of the panels, and the scratch that they need. */
static void choose_work(struct weft_ops *ops, const struct weft_node *node, const struct weft_tensor *out,
                        struct weft_conv *conv, struct weft_layer *layer)
{
    size_t row = (size_t)conv->strip.width * (size_t)conv->strip.stride;
    int rows = conv->strassen ? (int)(PLANES_BYTES / weft_strassen_bytes(conv->strip.channels, out->w))
                              : (int)((size_t)STRIP_BYTES / row);
    rows = rows > conv->dilated_h ? (rows - conv->dilated_h) / conv->stride_h + 1 : 1;
    int k = conv->geometry.runs * conv->geometry.run_k8 * 8;
    int by_pixels = (k <= SHALLOW_K ? SHALLOW_PIXELS : BAND_PIXELS) / out->w;
    if (node->residual >= 0 && k <= RESIDUAL_K) {
        int64_t by_residual = RESIDUAL_BYTES / ((int64_t)conv->outputs * out->w);
        by_pixels = by_residual < by_pixels ? (int)by_residual : by_pixels;
    }
    rows = rows < by_pixels ? rows : by_pixels;
    split_work(ops, node, out, conv, rows < 1 ? 1 : rows);
    layer->pieces = conv->groups * conv->bands * conv->chunks;
    int strip_rows = (conv->band_rows - 1) * conv->stride_h + conv->dilated_h;
    size_t pixels = (size_t)conv->band_rows * (size_t)out->w;
    /* Kernels read whole blocks of 8, `grouped` 32 channels: at the very end that may be up to 32 bytes past the
     * strip. */
    conv->at_residual = conv->in_place ? 0 : round64((size_t)strip_rows * row + 64);
    bool looked_up = node->residual >= 0 && !conv->res.in_place;
    conv->at_pointers = conv->at_residual + (looked_up ? round64(pixels * (size_t)conv->outputs) : 0);
    conv->at_acc = conv->at_pointers + round64(pixels * sizeof(uint8_t *));
    size_t sums = conv->deep ? pixels : (size_t)WEFT_CONV_ACC_PIXELS,
           runs = conv->deep ? 1 : (size_t)conv->geometry.runs;
    conv->at_weights = conv->at_acc + round64(sums * (size_t)conv->kernel->nr * sizeof(int32_t));
    size_t panel = runs * (size_t)conv->geometry.run_k8 * 8 * (size_t)conv->kernel->nr;
    layer->scratch_bytes = conv->at_weights + (conv->expand ? panel : 0);
    if (conv->strassen) {
        conv->strassen->at_planes = round64(layer->scratch_bytes);
        layer->scratch_bytes = conv->strassen->at_planes + weft_strassen_bytes(conv->strip.channels, (int)pixels);
    }
}

bool weft_conv_fits(const struct weft_ops *ops, const struct weft_node *node)
{
    struct weft_conv conv = {.groups = node->groups};
    choose_strip(node, weft_ops_tensor(ops, node->inputs[0]), weft_ops_tensor(ops, node->output), &conv);
    return fits_sums(node, conv.strip.stride) && window_bytes(&conv) <= INT32_MAX;
}

weft_status weft_conv_prepare(struct weft_ops *ops, struct weft_layer *layer, const char *file, weft_error *error)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    struct weft_conv *conv = weft_pool_alloc(ops->pool, 1, sizeof *conv);
    if (!conv) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", file, node->name);
    }
    layer->data.conv = conv;
    choose_groups(ops, node, in, out, conv);
    weft_bytes_init(&conv->in, &ops->kernels, ops->edges[node->inputs[0]]);
    bool fine = out->edge.kind == WEFT_EDGE_FLOAT || weft_encoder_init(&conv->encoder, &out->edge, ops->pool);
    conv->encode = out->edge.kind == WEFT_EDGE_FLOAT ? NULL : &conv->encoder;
    conv->epilogue = fine ? weft_epilogue_choose(ops, node, conv->encode, &conv->res) : NULL;
    conv->in_place = reads_in_place(node, ops->edges[node->inputs[0]], conv);
    weft_codebook_lut(&node->codebook, conv->lut);
    if (!fits_sums(node, conv->apart ? conv->size : conv->strip.stride)) {
        return weft_fail(error, WEFT_E_RANGE,
                         "%s: layer '%s': sums of %lld products do not fit 32 bits; quantize it with a "
                         "smaller --codebook-max", file, node->name, (long long)products(node, conv->strip.stride));
    }
    if (window_bytes(conv) > INT32_MAX) {
        return weft_fail(error, WEFT_E_RANGE,
                         "%s: layer '%s': its window spans %lld bytes of input; 2^31 are too many, "
                         "give it less dilation or padding", file, node->name, (long long)window_bytes(conv));
    }
    const struct weft_conv_kernel *narrow = choose_kernel(ops, node, out->h * out->w, conv);
    conv->fused = fine && can_fuse(ops, node, conv, out->w) ? ops->kernels.fused : NULL;
    fine = fine && (conv->grouped ? choose_taps(ops, node, conv) : choose_runs(ops, node, conv));
    conv->panels = (conv->outputs + conv->kernel->nr - 1) / conv->kernel->nr;
    if (conv->fused && conv->outputs % conv->kernel->nr == 0) {
        fine = fine && weft_ops_hold_integers(ops, node->output, &conv->out_values);
    }
    if (fine && weft_strassen_suits(ops, node, conv)) {
        fine = choose_strassen(ops, ops->edges[node->inputs[0]], conv);
    }
    choose_work(ops, node, out, conv, layer);
    if (!fine || !pack(ops, node, &in->edge, narrow, conv)) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", file, node->name);
    }
    layer->packed_bytes = (int64_t)(conv->panel_bytes * (size_t)(conv->groups * conv->panels));
    return WEFT_OK;
}
