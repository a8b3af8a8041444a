/* weft: the inputs of a convolution as rows of a matrix, at sampled output pixels of the calibration images. */
#ifndef WEFT_QUANT_SAMPLES_H
#define WEFT_QUANT_SAMPLES_H

#include "graph/graph.h"

/* The values of one tensor for every kept image, planar. What the quantized network computes is `codes`, or `rounded`
 * where the edge is float or nothing is rounded (it may then be `exact` itself). */
struct weft_value {
    float *exact, *rounded;
    uint8_t *codes;
    float decode[256];
    int64_t count; /* of one image */
};

/* Value `at` of image `image` as the quantized network has it. */
static inline float weft_value_rounded(const struct weft_value *v, int64_t image, int64_t at)
{
    return v->codes ? v->decode[v->codes[image * v->count + at]] : v->rounded[image * v->count + at];
}

/* Which images and pixels: rows 0 .. rows - 1, spread evenly over all output pixels of images
 * first, first + step, ... and not at the same column each time. */
struct weft_samples {
    const struct weft_node *node;
    const struct weft_tensor *in, *out;
    const int *images;
    int64_t images_count, rows;
};

/* Place of a sample in the output. */
struct weft_spot {
    int image;
    int64_t pixel;
};
struct weft_spot weft_samples_spot(const struct weft_samples *samples, int64_t row);

/* Rows first .. first + count - 1 for one group, exact or rounded: out[count][channels of a group * kernel]. */
void weft_samples_gather(const struct weft_samples *samples, const struct weft_value *in, bool exact, int group,
                         int64_t first, int64_t count, int threads, float *out);

#endif
