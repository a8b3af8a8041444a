#include <string.h>

#include "core/error.h"
#include "quant/choose.h"

static weft_status check_range(const char *where, const char *what, int value, int min, int max, weft_error *error)
{
    if (value < min || value > max) {
        return weft_fail(error, WEFT_E_ARGUMENT, "%s: %s must be %d..%d, not %d", where, what, min, max, value);
    }
    return WEFT_OK;
}

/* 2..32, or 256; 0: the search's choice. */
static weft_status check_levels(const char *where, const char *what, int levels, weft_error *error)
{
    if (levels == 256 || levels == 0) {
        return WEFT_OK;
    }
    return check_range(where, what, levels, 2, 32, error) == WEFT_OK
               ? WEFT_OK
               : weft_fail(error, WEFT_E_ARGUMENT, "%s: %s must be 2..32 or 256, not %d", where, what, levels);
}

static weft_status check_choice(const char *where, const struct weft_layer_choice *choice, weft_error *error)
{
    weft_status status = check_levels(where, "weight levels", choice->weight_levels, error);
    status = status || choice->act_levels == 0 ? status
                                               : check_range(where, "activation levels", choice->act_levels, 2, 128,
                                                             error);
    status = status ? status : check_range(where, "codebook max", choice->codebook_max, 1, 127, error);
    return status ? status : check_range(where, "table max", choice->table_max, 0, 255, error);
}

static int find_layer(const struct weft_graph *graph, const char *name)
{
    for (int i = 0; i < graph->nodes_count; i++) {
        if (strcmp(graph->nodes[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static weft_status apply_override(const struct weft_graph *graph, const struct weft_quantize_override *o,
                                  struct weft_layer_choice *choices, weft_error *error)
{
    int at = find_layer(graph, o->layer);
    if (at < 0) {
        return weft_fail(error, WEFT_E_ARGUMENT, "%s: there is no layer '%s'; 'weft inspect' lists them", graph->name,
                         o->layer);
    }
    struct weft_layer_choice *c = &choices[at];
    c->weight_levels = o->weight_levels < 0 ? c->weight_levels : o->weight_levels;
    c->act_levels = o->act_levels < 0 ? c->act_levels : o->act_levels;
    c->codebook_max = o->codebook_max < 0 ? c->codebook_max : o->codebook_max;
    c->table_max = o->table_max < 0 ? c->table_max : o->table_max;
    return check_choice(o->layer, c, error);
}

enum { PUBLISHED_WEIGHT_LEVELS = 16, PUBLISHED_ACT_LEVELS = 32 };

/* Levels that the options fix; the published searches have no choice of levels. */
static struct weft_layer_choice general_choice(const weft_quantize_options *options)
{
    int weight_levels = options->weight_levels, act_levels = options->act_levels;
    if (options->weights == WEFT_WEIGHTS_ENTROPY && weight_levels == 0) {
        weight_levels = PUBLISHED_WEIGHT_LEVELS;
    }
    if (options->acts == WEFT_ACTS_ENTROPY && act_levels == 0) {
        act_levels = PUBLISHED_ACT_LEVELS;
    }
    return (struct weft_layer_choice){weight_levels, act_levels, options->codebook_max, options->table_max};
}

weft_status weft_choose_layers(const struct weft_graph *graph, const weft_quantize_options *options,
                               struct weft_layer_choice *choices, weft_error *error)
{
    struct weft_layer_choice general = general_choice(options);
    bool fixed = general.weight_levels != 0;
    weft_status status = check_choice("quantize", &general, error);
    status = status ? status : check_levels("quantize", "levels of the first layer", options->first_levels, error);
    status = status ? status : check_levels("quantize", "levels of the last layer", options->last_levels, error);
    if (status != WEFT_OK) {
        return status;
    }
    int first = -1, last = -1;
    for (int i = 0; i < graph->nodes_count; i++) {
        choices[i] = general;
        if (graph->nodes[i].op != WEFT_OP_CONV) {
            continue;
        }
        first = first < 0 ? i : first;
        last = i;
        /* A few weights a channel and a codebook for the whole layer do not go together: where levels are fixed for
         * all, depthwise layers (a hundredth of the weights) still keep eight bits. */
        if (fixed && weft_node_is_depthwise(graph, &graph->nodes[i])) {
            choices[i].weight_levels = 256;
        }
    }
    if (first >= 0) {
        int ends = fixed ? 256 : 0;
        choices[last].weight_levels = options->last_levels ? options->last_levels : ends;
        choices[first].weight_levels = options->first_levels ? options->first_levels : ends;
    }
    for (int i = 0; i < options->overrides_count && status == WEFT_OK; i++) {
        status = apply_override(graph, &options->overrides[i], choices, error);
    }
    return status;
}
