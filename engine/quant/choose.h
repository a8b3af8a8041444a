/* weft: the settings of single layers: the options with the overrides laid over them. */
#ifndef WEFT_QUANT_CHOOSE_H
#define WEFT_QUANT_CHOOSE_H

#include <weft/convert.h>

#include "graph/graph.h"

/* Levels of 0 are the search's to choose. */
struct weft_layer_choice {
    int weight_levels, act_levels, codebook_max, table_max;
};

/* One choice per node. Checks the options and every override (an unknown layer is an error that names it). */
weft_status weft_choose_layers(const struct weft_graph *graph, const weft_quantize_options *options,
                               struct weft_layer_choice *choices, weft_error *error);

#endif
