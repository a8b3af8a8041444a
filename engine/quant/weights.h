/* weft: the weights of a convolution as bins of a codebook. */
#ifndef WEFT_QUANT_WEIGHTS_H
#define WEFT_QUANT_WEIGHTS_H

#include "graph/graph.h"
#include "quant/choose.h"

/* Fills codebook, bins and scale (real value of one unit of the sum for input scale `input_scale`) of `node`, whose
 * float weights are `from`'s. `outputs` is its number of output channels. */
weft_status weft_quantize_weights(struct weft_graph *graph, struct weft_node *node, const struct weft_node *from,
                                  int outputs, float input_scale, const struct weft_layer_choice *choice,
                                  weft_error *error);

#endif
