/* weft: statistics of every tensor over the calibration inputs. */
#ifndef WEFT_QUANT_CALIBRATE_H
#define WEFT_QUANT_CALIBRATE_H

#include <weft/convert.h>

#include "graph/graph.h"
#include "quant/act_search.h"
#include "quant/fine.h"
#include "quant/images.h"

struct weft_tensor_stats {
    float least, most; /* over all inputs; infinities and NaN are left out */
    int64_t values, negatives;
    struct weft_histogram histogram;
    struct weft_fine fine;
};

/* Runs the float graph over the source's inputs, several at a time; all sums are of integers, so that the result does
 * not depend on how many. `stats` has one zeroed entry per tensor. `images` keeps every step-th input as far as it has
 * room, and the outputs for it. */
weft_status weft_calibrate(const struct weft_graph *graph, const weft_quantize_options *options,
                           struct weft_tensor_stats *stats, struct weft_images *images, int step, weft_error *error);

/* Adds b's counts to a. */
void weft_stats_merge(struct weft_tensor_stats *a, const struct weft_tensor_stats *b);

#endif
