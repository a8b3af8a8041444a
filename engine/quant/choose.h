/* weft: the settings of single layers: the options with the overrides laid over them. */
#ifndef WEFT_QUANT_CHOOSE_H
#define WEFT_QUANT_CHOOSE_H

#include <weft/convert.h>

#include "graph/graph.h"
#include "quant/calibrate.h"

struct weft_layer_choice {
    int weight_levels, act_levels, codebook_max, table_max;
};

/* One choice per node. Checks the options and every override (an unknown layer is an error that names it). */
weft_status weft_choose_layers(const struct weft_graph *graph, const weft_quantize_options *options,
                               struct weft_layer_choice *choices, weft_error *error);

/* Fills the edge of every tensor of `graph` (still the float one's copy). Tensors that share codes (MAXPOOL, CONCAT,
 * PAD, RESHAPE) get one format, searched on their statistics together. `stats` is changed. */
weft_status weft_choose_edges(struct weft_graph *graph, const struct weft_layer_choice *choices,
                              const weft_quantize_options *options, struct weft_tensor_stats *stats, weft_error *error);

#endif
