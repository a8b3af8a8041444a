/* Which convolutions Winograd's minimal filtering can do exactly, and which of them it should. */
#include "core/error.h"
#include "ops/wino.h"

/* Weights beyond a byte are added one by one: at most one in so many may be. */
enum { OUTLIER_SHARE = 4096 };

static bool has_shape(const struct weft_node *node)
{
    const struct weft_window *w = &node->window;
    return w->kernel_h == 3 && w->kernel_w == 3 && w->stride_h == 1 && w->stride_w == 1 && w->dilation_h == 1 &&
           w->dilation_w == 1 && node->groups == 1;
}

void weft_wino_values(enum weft_winograd form, const struct weft_edge *edge, int p, int *least, int *most)
{
    int top = edge->table[edge->magnitudes];
    bool sums_only = p == (form == WEFT_WINOGRAD_2D ? 5 : 1);
    int terms = form == WEFT_WINOGRAD_2D ? 4 : 2; /* of which half count negative, but in the point of sums only */
    if (edge->is_signed) {
        *most = terms * top;
        *least = -*most;
    } else {
        *most = sums_only ? terms * top : terms / 2 * top;
        *least = sums_only ? 0 : -*most;
    }
}

/* Transformed values fit bytes, once shifted. */
static bool fits_bytes(const struct weft_edge *edge, enum weft_winograd form)
{
    bool fits = true;
    for (int p = 0; p < weft_wino_points(form); p++) {
        int least, most;
        weft_wino_values(form, edge, p, &least, &most);
        fits = fits && most - least <= 255 && (least == 0 || (least >= -128 && most <= 127));
    }
    return fits;
}

/* The sums of a point, and four times as much in the transform back, stay in 32 bits. */
static bool fits_sums(const struct weft_tensor *in, enum weft_winograd form, const struct weft_wino_weights *weights)
{
    int64_t terms = (int64_t)weft_wino_runs(form) * ((in->c + 7) / 8 * 8), largest = 0;
    for (int p = 0; p < weft_wino_points(form); p++) {
        int least, most;
        weft_wino_values(form, &in->edge, p, &least, &most);
        int64_t magnitude = most > -least ? most : -least;
        largest = weights->most[p] * magnitude > largest ? weights->most[p] * magnitude : largest;
    }
    return terms * 127 * 255 < INT64_C(1) << 31 && terms * largest * 4 < INT64_C(1) << 31;
}

static weft_status check(struct weft_ops *ops, const struct weft_node *node, enum weft_winograd form,
                         struct weft_wino_weights *weights, bool *fits)
{
    const struct weft_tensor *in = weft_ops_tensor(ops, node->inputs[0]);
    *fits = has_shape(node) && fits_bytes(&in->edge, form);
    if (*fits && !weft_wino_weigh(ops, node, form, weights)) {
        return WEFT_E_MEMORY;
    }
    *fits = *fits && weights->outliers <= weights->count / OUTLIER_SHARE && fits_sums(in, form, weights);
    return WEFT_OK;
}

/* Measured: transforms cost as much for few channels as for many, so that the products must be worth it. */
static bool is_expected_faster(const struct weft_ops *ops, const struct weft_node *node, enum weft_winograd form)
{
    int in_c = weft_ops_tensor(ops, node->inputs[0])->c, out_c = weft_ops_tensor(ops, node->output)->c;
    return out_c >= 32 && in_c >= (form == WEFT_WINOGRAD_2D ? 48 : 32);
}

weft_status weft_wino_choose(struct weft_ops *ops, const struct weft_node *node, enum weft_winograd *form,
                             struct weft_wino_weights *weights)
{
    static const enum weft_winograd forms[] = {WEFT_WINOGRAD_2D, WEFT_WINOGRAD_1D};
    *form = WEFT_WINOGRAD_OFF;
    for (int i = 0; i < 2 && ops->winograd != WEFT_WINOGRAD_OFF; i++) {
        bool fits = false, by_rule = ops->winograd == WEFT_WINOGRAD_AUTO;
        bool wanted = by_rule ? is_expected_faster(ops, node, forms[i]) : ops->winograd == forms[i];
        weft_status status = wanted ? check(ops, node, forms[i], weights, &fits) : WEFT_OK;
        if (status != WEFT_OK || fits) {
            *form = status == WEFT_OK ? forms[i] : WEFT_WINOGRAD_OFF;
            return status;
        }
    }
    return WEFT_OK;
}
