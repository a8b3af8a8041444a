/* Which convolutions Winograd's minimal filtering can do exactly, and which of them it should. */
#include <limits.h>
#include <math.h>

#include "core/error.h"
#include "ops/conv.h"
#include "ops/wino.h"

/* Weights beyond a byte are added one by one: at most one in so many may be. Beyond their lanes there may be more, as
 * long as the cost says so. */
enum { OUTLIER_SHARE = 4096, LANES_SHARE = 128 };

/* Offsets of the points of a row of windows are 32 bits. */
static bool fits_offsets(const struct weft_tensor *in, const struct weft_tensor *out)
{
    return (int64_t)16 * 3 * ((out->w + 1) / 2) * ((in->c + 7) / 8 * 8) <= INT32_MAX;
}

static bool has_shape(const struct weft_node *node, enum weft_wino_form form)
{
    const struct weft_window *w = &node->window;
    const int stride = weft_wino_shapes[form].stride;
    return w->kernel_h == 3 && w->kernel_w == 3 && w->stride_h == stride && w->stride_w == stride &&
           w->dilation_h == 1 &&
           w->dilation_w == 1 && node->groups == 1;
}

/* F(2x2) for stride 2: the first point has no difference in it, and half the range of one. */
static void values_22s2(const struct weft_edge *edge, int p, int *least, int *most)
{
    int top = edge->table[edge->magnitudes], terms = edge->is_signed ? 4 : 2;
    *most = p == 0 ? top : terms * top;
    *least = p > 0 || edge->is_signed ? -*most : 0;
}

void weft_wino_values(enum weft_wino_form form, const struct weft_edge *edge, int p, int *least, int *most)
{
    int top = edge->table[edge->magnitudes];
    bool sums_only = p == (form == WEFT_WINO_22 ? 5 : 1);
    int terms = form == WEFT_WINO_22 ? 4 : 2; /* of which half count negative, but in the point of sums only */
    if (form == WEFT_WINO_22S2) {
        values_22s2(edge, p, least, most);
    } else if (edge->is_signed) {
        *most = terms * top;
        *least = -*most;
    } else {
        *most = sums_only ? terms * top : terms / 2 * top;
        *least = sums_only ? 0 : -*most;
    }
}

/* Transformed values fit bytes, once shifted. */
static bool fits_bytes(const struct weft_edge *edge, enum weft_wino_form form)
{
    bool fits = true;
    for (int p = 0; p < weft_wino_points(form); p++) {
        int least, most;
        weft_wino_values(form, edge, p, &least, &most);
        fits = fits && most - least <= 255 && (least == 0 || (least >= -128 && most <= 127));
    }
    return fits;
}

/* The sums of a point, and four times as much in the transform back, stay in 32 bits. For stride 2 they always do: a
 * point takes up to four taps of each channel, the sum of two points eight, and the direct convolution has room for
 * nine. */
static bool fits_sums(const struct weft_tensor *in, enum weft_wino_form form, const struct weft_wino_weights *weights)
{
    int64_t terms = 0, largest = 0;
    if (form == WEFT_WINO_22S2) {
        return true;
    }
    for (int p = 0; p < weft_wino_points(form); p++) {
        int64_t count = (int64_t)weft_wino_runs(form, p) * ((in->c + 7) / 8 * 8);
        int least, most;
        terms = count > terms ? count : terms;
        weft_wino_values(form, &in->edge, p, &least, &most);
        int64_t magnitude = most > -least ? most : -least;
        largest = weights->most[p] * magnitude > largest ? weights->most[p] * magnitude : largest;
    }
    return terms * 128 * 255 < INT64_C(1) << 31 && terms * largest * 4 < INT64_C(1) << 31;
}

/* F(4x4,3x3): sums are 576 times the accumulators modulo 2^32, of which 64 times a number is left (simd/kernels.h). */
static bool fits_words(const struct weft_edge *edge, const struct weft_wino_weights *weights)
{
    return weights->output_most * edge->table[edge->magnitudes] < INT64_C(1) << 25;
}

/* The same as check, below. */
static weft_status check_words(struct weft_ops *ops, const struct weft_node *node, struct weft_wino_weights *weights,
                               bool *fits)
{
    *fits = ops->kernels.wino44_sum && has_shape(node, WEFT_WINO_44);
    if (*fits && !weft_wino_weigh_words(ops, node, weights)) {
        return WEFT_E_MEMORY;
    }
    *fits = *fits && fits_words(&weft_ops_tensor(ops, node->inputs[0])->edge, weights);
    return WEFT_OK;
}

/* Measured on AVX2: widening each block of 8 costs half as much as its products, the exact kernel 2.8 times as much. */
double weft_wino_product_cost(bool narrow, int group)
{
    const double exact = 2.8, widening = 0.6;
    return narrow ? 1 + widening / (group / 2) : exact;
}

/* Measured on AVX2: what it takes when its value is in the first-level cache. */
double weft_wino_outlier_cost(void)
{
    return 40;
}

/* The cost of the direct convolution for each output and input channel. Groups that are proved from the weights
 * (lanes.h) are mostly four times as long as those that fit any weights, or longer. */
static double direct_cost(const struct weft_ops *ops, const struct weft_node *node)
{
    const int signs_mix = 4;
    const struct weft_edge *edge = &weft_ops_tensor(ops, node->inputs[0])->edge;
    const struct weft_conv_kernel *narrow = &ops->kernels.conv_narrow[weft_codebook_wfmt(&node->codebook)];
    int most = weft_codebook_max(&node->codebook) * weft_ops_byte_max(&ops->kernels, edge);
    int group = most > 0 ? signs_mix * 32767 / (2 * most) : 32767;
    if (!narrow->tile) {
        return 9;
    }
    return 9 * weft_wino_product_cost(group >= 2, group);
}

/* F(4x4,3x3): vpmaddwd takes as long for 16 products as the narrow kernels for 32, or vpdpbusd for 64. Measured, as is
 * the rest: transforms of values and of sums, and weights, which are read or transformed in every run. */
static double words_cost(const struct weft_ops *ops, const struct weft_node *node)
{
    const double product = 2.3, in_transform = 60, out_transform = 45, kept = 150;
    /* AVX-512 makes twice as many at a time */
    const double filter = ops->kernels.conv[WEFT_WFMT_C8].nr > 16 ? 250 : 450;
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    bool narrow = ops->kernels.conv_narrow[WEFT_WFMT_C8].tile != NULL;
    double tile = 36.0 / 16 * (narrow ? product : 2 * product) + in_transform / out->c;
    tile = tile * ((in->c + 7) / 8 * 8) / in->c + out_transform / in->c;
    int rows = (out->h + 3) / 4 * 4, columns = (out->w + 3) / 4 * 4;
    return (tile * rows * columns + (weft_wino_words_kept(ops, in, out) ? kept : filter)) / ((double)out->h * out->w);
}

/* F(2x2) for stride 2: 25 products for four outputs; tiles that stick out take 15 for two, or 9 for one. Measured on
 * Zen 4, as is the rest. Where looking weights up is not free beside products, nothing was measured, and nothing is
 * expected. */
static double cost_22s2(const struct weft_tensor *in, const struct weft_tensor *out)
{
    const double transforms = 0.5 + 64.0 / in->c + 48.0 / out->c;
    const int rows = out->h / 2, columns = out->w / 2, below = out->h % 2, beside = out->w % 2;
    const double products = 25.0 * rows * columns + 15.0 * (rows * beside + columns * below) + 9.0 * below * beside;
    return weft_isa_ports_apart() ? products / ((double)out->h * out->w) + transforms : 9;
}

/* Outputs that F(2x2,3x3) computes where points that serve none in the image are left out: three of its four rows of
 * points serve a tile's first row of outputs. */
static double needed(const struct weft_tensor *out)
{
    const double rows = (out->h + 1) / 2 * 1.5 + out->h / 2 * 0.5, columns = (out->w + 1) / 2 * 1.5 + out->w / 2 * 0.5;
    return rows * columns;
}

/* The same for a form of Winograd's. Measured with 64 channels: the transforms cost as much as 2.3 or 1.5 products by
 * vpdpbusd, less where products take longer; and half as much with twice as many channels. */
static double winograd_cost(const struct weft_ops *ops, const struct weft_node *node, enum weft_wino_form form,
                            const struct weft_wino_weights *weights)
{
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]), *out = weft_ops_tensor(ops, node->output);
    if (form == WEFT_WINO_44) {
        return words_cost(ops, node);
    }
    if (form == WEFT_WINO_22S2) {
        return cost_22s2(in, out);
    }
    bool square = form == WEFT_WINO_22, narrow = ops->kernels.conv_narrow[WEFT_WFMT_C8].tile != NULL;
    int columns = (out->w + 1) / 2 * 2, rows = square ? (out->h + 1) / 2 * 2 : out->h;
    double products = 0, transforms = (square ? 2.3 : 1.5) * 64 / in->c;
    for (int p = 0; p < weft_wino_points(form); p++) {
        struct weft_wino_point point = weft_wino_point(ops, form, &in->edge, weights, p);
        products += narrow ? weft_wino_product_cost(point.kernel->narrow, point.group) : 1;
    }
    if (narrow && weights->outliers > 0) {
        double share = (double)weights->outliers / (double)weights->count;
        products += weft_wino_outlier_cost() * weft_wino_points(form) * share;
    }
    products *= square ? 1.0 / 4 : 3.0 / 2;
    const bool lanes = square && ops->kernels.wino_lanes;
    const double kept = 75, filter = 100; /* weights, which are read from behind the second-level cache, or made */
    double computed = (double)rows * columns, made = 0;
    if (lanes && weft_wino_lanes_kept(ops, in, out)) {
        made = kept;
    } else if (lanes) {
        computed = needed(out);
        made = filter;
    }
    transforms = narrow && !lanes ? transforms / 2 : transforms;
    return ((products + transforms) * computed + made) / ((double)out->h * out->w);
}

/* Whether a form fits, and what it makes of the weights. Where 16-bit lanes say what products cost, one panel is looked
 * at first: it tells whether that will be less than `most`. */
static weft_status check(struct weft_ops *ops, const struct weft_node *node, enum weft_wino_form form, double most,
                         struct weft_wino_weights *weights, bool *fits)
{
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]);
    if (form == WEFT_WINO_44) {
        return check_words(ops, node, weights, fits);
    }
    const bool there = form != WEFT_WINO_22S2 || ops->kernels.wino22s2_sum;
    *fits = there && has_shape(node, form) && fits_offsets(in, weft_ops_tensor(ops, node->output)) &&
            fits_bytes(&in->edge, form);
    if (*fits && ops->kernels.conv_narrow[WEFT_WFMT_C8].tile && most < INFINITY) {
        if (!weft_wino_weigh(ops, node, form, 1, weights)) {
            return WEFT_E_MEMORY;
        }
        *fits = winograd_cost(ops, node, form, weights) < most;
    }
    if (*fits && !weft_wino_weigh(ops, node, form, INT_MAX, weights)) {
        return WEFT_E_MEMORY;
    }
    const int share = form == WEFT_WINO_22 && ops->kernels.wino_lanes ? LANES_SHARE : OUTLIER_SHARE;
    *fits = *fits && weights->outliers <= weights->count / share && fits_sums(in, form, weights);
    return WEFT_OK;
}

weft_status weft_wino_choose(struct weft_ops *ops, const struct weft_node *node, enum weft_wino_form *form,
                             struct weft_wino_weights *weights)
{
    static const enum weft_wino_form forms[] = {WEFT_WINO_44, WEFT_WINO_22, WEFT_WINO_12, WEFT_WINO_22S2};
    const double margin = 0.97;
    const enum weft_winograd wanted = weft_ops_wish(ops, node);
    double best = wanted == WEFT_WINOGRAD_AUTO ? margin * direct_cost(ops, node) : INFINITY;
    *form = WEFT_WINO_NONE;
    if (!weft_conv_fits(ops, node)) {
        return WEFT_OK; /* the direct way says why, on every ISA */
    }
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const enum weft_winograd name = weft_wino_shapes[forms[i]].name;
        bool fits = false;
        struct weft_wino_weights found = {.count = 0}; /* of zeros: the least cost there can be */
        if ((wanted != WEFT_WINOGRAD_AUTO && wanted != name) || winograd_cost(ops, node, forms[i], &found) >= best) {
            continue; /* looking at all weights takes time */
        }
        if (check(ops, node, forms[i], best, &found, &fits) != WEFT_OK) {
            return WEFT_E_MEMORY;
        }
        double cost = fits ? winograd_cost(ops, node, forms[i], &found) : INFINITY;
        if (cost < best) {
            best = cost;
            *form = forms[i];
            *weights = found;
        }
    }
    return WEFT_OK;
}
