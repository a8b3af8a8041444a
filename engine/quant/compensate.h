/* weft: second-order error compensation: the integers of a codebook that least change what a layer computes from its
 * real inputs. GPTQ (Frantar et al. 2022) in the form of Babai's nearest plane, then coordinate descent. */
#ifndef WEFT_QUANT_COMPENSATE_H
#define WEFT_QUANT_COMPENSATE_H

#include "quant/codebook_fit.h"
#include "quant/matrix.h"

/* Second moments [k][k] of a group's inputs, the damping on their diagonal, and their Cholesky factor. */
struct weft_moments {
    int k;
    float *moments;
    int *order;    /* column at each place of the factor, moments ascending: compensation takes the last first */
    float *factor; /* [k][k], lower */
};
/* Takes the moments and makes the factor. WEFT_E_RANGE if they are not positive definite: the caller may add to their
 * diagonal and call weft_moments_factor. */
weft_status weft_moments_init(struct weft_moments *m, struct weft_matrix_tools *tools, float *moments, int k);
/* The factor of the moments as they are now. */
weft_status weft_moments_factor(struct weft_moments *m, struct weft_matrix_tools *tools);
void weft_moments_free(struct weft_moments *m, const weft_allocator *allocator);
/* x[n][k] = x * inverse of the moments. False if memory is short. */
bool weft_moments_solve(const struct weft_moments *m, struct weft_matrix_tools *tools, float *x, int n);

/* One group of a convolution: n outputs, k inputs of each. */
struct weft_compensation {
    int n, k;
    const float *w; /* [n][k]: what the weights should be */
    const struct weft_moments *moments;
    const struct weft_nearest *nearest;
    float *scale; /* n: in: the codebook's; out: least squares for what was chosen */
    int8_t *q;    /* [n][k] */
};

/* The weights are taken in the order of falling moments, the error of each is spread over those after it; then they are
 * changed one at a time as long as that helps. */
weft_status weft_compensate(struct weft_matrix_tools *tools, const struct weft_compensation *job);

/* Every weight to its nearest integer. */
void weft_round_nearest(const struct weft_compensation *job);

/* The mean square of (w - scale * q) x over inputs x with these moments, summed over the outputs. WEFT_E_RANGE if it is
 * not finite. */
weft_status weft_compensation_error(struct weft_matrix_tools *tools, const struct weft_compensation *job,
                                    double *error);

#endif
