#include <stdio.h>
#include <string.h>

#include "models.h"

static char difference[160];

static const char *differs(const char *what, int index)
{
    snprintf(difference, sizeof difference, "%s (number %d) differs", what, index);
    return difference;
}

static bool same_floats(const float *a, const float *b, int64_t count)
{
    return (!a && !b) || (a && b && memcmp(a, b, (size_t)count * sizeof *a) == 0);
}

/* Control characters of names are written as '?'. */
static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        if (*a != *b && !((unsigned char)*a < 0x20 && *b == '?') &&
            !((unsigned char)*b < 0x20 && *a == '?')) {
            return false;
        }
    }
    return *a == *b;
}

static bool same_tensor(const struct weft_tensor *a, const struct weft_tensor *b)
{
    return same_name(a->name, b->name) && a->n == b->n && a->c == b->c && a->h == b->h && a->w == b->w &&
           a->producer == b->producer && weft_edge_equal(&a->edge, &b->edge) &&
           (a->edge.kind != WEFT_EDGE_LOG || (a->edge.fsr == b->edge.fsr && a->edge.step == b->edge.step));
}

static bool same_act(const struct weft_act *a, const struct weft_act *b, int channels)
{
    if (a->func != b->func) {
        return false;
    }
    switch (a->func) {
    case WEFT_FUNC_CLIP:
        return same_floats(&a->lo, &b->lo, 1) && same_floats(&a->hi, &b->hi, 1);
    case WEFT_FUNC_LEAKY:
        return same_floats(a->slope, b->slope, channels);
    case WEFT_FUNC_HSIGMOID:
    case WEFT_FUNC_HSWISH:
        return same_floats(&a->alpha, &b->alpha, 1) && same_floats(&a->beta, &b->beta, 1);
    default:
        return true;
    }
}

static bool same_window(const struct weft_window *a, const struct weft_window *b)
{
    return a->kernel_h == b->kernel_h && a->kernel_w == b->kernel_w && a->stride_h == b->stride_h &&
           a->stride_w == b->stride_w && a->dilation_h == b->dilation_h && a->dilation_w == b->dilation_w &&
           a->pad_top == b->pad_top && a->pad_left == b->pad_left && a->pad_bottom == b->pad_bottom &&
           a->pad_right == b->pad_right && a->count_include_pad == b->count_include_pad &&
           a->real_pad_bottom == b->real_pad_bottom && a->real_pad_right == b->real_pad_right;
}

static bool same_weights(const struct weft_node *a, const struct weft_node *b)
{
    return a->groups == b->groups && a->weights_count == b->weights_count &&
           a->codebook.format == b->codebook.format && a->codebook.levels == b->codebook.levels &&
           a->codebook.magnitudes == b->codebook.magnitudes &&
           memcmp(a->codebook.q, b->codebook.q, sizeof a->codebook.q) == 0 &&
           memcmp(a->bins, b->bins, weft_bins_bytes(a->weights_count, (int)a->codebook.format)) == 0;
}

static const char *node_difference(const struct weft_graph *graph, const struct weft_node *a,
                                   const struct weft_node *b, int i)
{
    if (a->op != b->op || !same_name(a->name, b->name) || a->inputs_count != b->inputs_count ||
        memcmp(a->inputs, b->inputs, (size_t)a->inputs_count * sizeof *a->inputs) != 0 ||
        a->output != b->output || a->residual != b->residual) {
        return differs("name, operator or edges of a layer", i);
    }
    int channels = graph->tensors[a->output].c;
    if (!same_act(&a->act, &b->act, channels)) {
        return differs("function of a layer", i);
    }
    if (!same_window(&a->window, &b->window)) {
        return differs("window of a layer", i);
    }
    if (a->op == WEFT_OP_CONV && !same_weights(a, b)) {
        return differs("weights of a layer", i);
    }
    if (!same_floats(a->scale, b->scale, channels) || !same_floats(a->bias, b->bias, channels)) {
        return differs("scale or bias of a layer", i);
    }
    if (!a->map != !b->map || (a->map && memcmp(a->map, b->map, 256) != 0)) {
        return differs("map of a layer", i);
    }
    if (a->op == WEFT_OP_SELECT && memcmp(a->select, b->select, (size_t)channels * sizeof *a->select) != 0) {
        return differs("selection of a layer", i);
    }
    if (!same_floats(&a->pad_value, &b->pad_value, 1) || a->lrn_size != b->lrn_size ||
        !same_floats(&a->lrn_alpha, &b->lrn_alpha, 1) || !same_floats(&a->lrn_beta, &b->lrn_beta, 1) ||
        !same_floats(&a->lrn_bias, &b->lrn_bias, 1) || a->log_softmax != b->log_softmax) {
        return differs("a parameter of a layer", i);
    }
    return NULL;
}

const char *models_difference(const struct weft_model *a, const struct weft_model *b)
{
    const struct weft_graph *g = &a->graph, *h = &b->graph;
    if (!same_name(g->name, h->name) || strcmp(g->provenance, h->provenance) != 0 ||
        g->quantized != h->quantized || g->input != h->input || g->output != h->output ||
        g->tensors_count != h->tensors_count || g->nodes_count != h->nodes_count) {
        return differs("the model as a whole", 0);
    }
    if (a->labels_count != b->labels_count ||
        (a->prep.width && memcmp(&a->prep, &b->prep, sizeof a->prep) != 0)) {
        return differs("count of labels or preparation", 0);
    }
    for (int i = 0; i < a->labels_count; i++) {
        if (strcmp(a->labels[i], b->labels[i]) != 0) {
            return differs("a label", i);
        }
    }
    for (int i = 0; i < g->tensors_count; i++) {
        if (!same_tensor(&g->tensors[i], &h->tensors[i])) {
            return differs("an edge", i);
        }
    }
    const char *found = NULL;
    for (int i = 0; i < g->nodes_count && !found; i++) {
        found = node_difference(g, &g->nodes[i], &h->nodes[i], i);
    }
    return found;
}
