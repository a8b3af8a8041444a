/* weft: the calibration inputs that are kept in memory, and what the float network makes of them. */
#ifndef WEFT_QUANT_IMAGES_H
#define WEFT_QUANT_IMAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pool.h"

struct weft_images {
    int count;
    int64_t each, outputs; /* floats of an input, of an output */
    float *inputs;         /* [count][each] */
    float *logits;         /* [count][outputs], of the float network */
    int *fit, *check;      /* indices: three in four to fit to, one in four held back (none of fewer than 8) */
    int fit_count, check_count;
};

bool weft_images_take(struct weft_images *images, int count, int64_t each, int64_t outputs,
                      const weft_allocator *allocator);
void weft_images_free(struct weft_images *images, const weft_allocator *allocator);

#endif
