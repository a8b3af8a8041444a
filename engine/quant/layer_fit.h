/* weft: the weights of one convolution, fitted to its real inputs. */
#ifndef WEFT_QUANT_LAYER_FIT_H
#define WEFT_QUANT_LAYER_FIT_H

#include "quant/compensate.h"
#include "quant/samples.h"

enum weft_headroom { WEFT_HEADROOM_NONE, WEFT_HEADROOM_ROW, WEFT_HEADROOM_TILE }; /* F(2,3) along x, F(2x2,3x3) */

struct weft_layer_form {
    int levels;     /* 2..32, or 256: c8. Below 256 one level fewer (a zero more or less) is taken where it is better */
    int codebook_max; /* 1..127 */
    enum weft_headroom headroom;
};

struct weft_fit_method {
    bool nearest, lloyd, channel_scale, compensate, bias;
};

struct weft_layer_job {
    struct weft_matrix_tools *tools;
    const struct weft_graph *graph;
    const struct weft_node *node;
    const struct weft_value *in, *residual; /* residual: NULL if there is none */
    struct weft_samples fit, check;         /* calibration images to fit to, and those held back (rows 0: none) */
    struct weft_fit_method method;
    bool exact; /* nothing before this layer is quantized */
};

/* From so many groups on a thread takes whole groups; below, all threads work on one. */
enum { WEFT_MANY_GROUPS = 4 };

struct weft_layer_moments {
    int groups, n, k; /* n: outputs of a group */
    struct weft_moments *group; /* its moments are NULL where there are too many inputs to keep them */
    float *diagonal; /* [groups][k], over their mean: how much an error in a weight matters */
    float *target;   /* [groups * n][k]: the weights that give the exact outputs back from the rounded inputs, as far
                        as any do */
    double *mean_in, *mean_target; /* [groups][k], [groups * n]: of inputs and of what should come out */
};

struct weft_layer_fit {
    struct weft_codebook codebook;
    float *scale;  /* per output channel, of the weights alone */
    float *bias;
    int8_t *q;     /* [out channels][k] */
    double noise;  /* mean square that the rounding of the weights adds to an output pixel, summed over channels */
    double check;  /* mean square of the difference from the exact output on held-back images, NaN if there are none */
    bool bias_corrected, retargeted;
};

weft_status weft_layer_moments_init(struct weft_layer_moments *m, const struct weft_layer_job *job);
void weft_layer_moments_free(struct weft_layer_moments *m, const weft_allocator *allocator);

/* Fits to `target` (the job's own weights or the moments' target); the arrays of `fit` are allocated. */
weft_status weft_layer_fit_make(struct weft_layer_fit *fit, const struct weft_layer_job *job,
                                const struct weft_layer_moments *m, const float *target,
                                const struct weft_layer_form *form);
void weft_layer_fit_free(struct weft_layer_fit *fit, const weft_allocator *allocator);

/* The bias that makes the mean output right. */
void weft_layer_fit_correct_bias(struct weft_layer_fit *fit, const struct weft_layer_job *job,
                                 const struct weft_layer_moments *m);

/* The best of what the method allows: with and without the new target, with and without bias correction, judged on the
 * held-back images. */
weft_status weft_layer_fit_best(struct weft_layer_fit *fit, const struct weft_layer_job *job,
                                const struct weft_layer_moments *m, const struct weft_layer_form *form);

/* The largest magnitude of the sums that a Winograd transform of integers q[n][k] needs (k: 3x3 kernels side by
 * side). */
int weft_headroom_sum(enum weft_headroom headroom, const int8_t *q, int64_t kernels);

#endif
