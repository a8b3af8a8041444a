/* weft: what rounding will cost on inputs that were never seen.
 *
 * Few of a few hundred images lie so near the border of two classes that rounding moves them over it: a count of those
 * is mostly chance. So the change of the logits is taken apart from the images that it was measured on: every image
 * meets the change of every image, and the outcomes are averaged. */
#ifndef WEFT_QUANT_ESTIMATE_H
#define WEFT_QUANT_ESTIMATE_H

#include "quant/images.h"
#include "quant/simulation.h"

/* `made`: [images->count][images->outputs], what the quantized network makes of the images; overwritten. `kind`: as
 * weft_output_kind. */
weft_status weft_estimate(const struct weft_images *images, float *made, int kind, int threads,
                          const weft_allocator *allocator, struct weft_difference *difference);

#endif
