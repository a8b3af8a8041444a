/* weft: Strassen's seven products for eight in a pointwise convolution (docs/winograd.md#strassen). */
#ifndef WEFT_OPS_STRASSEN_H
#define WEFT_OPS_STRASSEN_H

#include "ops/ops.h"

struct weft_conv;

/* A part of a planned convolution: panels go two by two. */
struct weft_strassen {
    weft_strassen_fn *sum;
    weft_strassen_in_fn *in;
    int half;            /* channels of half a pixel */
    uint8_t add;         /* to a difference of two bytes */
    const int32_t *init; /* for each two panels, 2 * nr */
    size_t at_planes;    /* into the thread's scratch */
};

/* Whether all sums of two integers of the layer, and of two of its bytes, fit bytes, its kernels are there, and it is
 * either wished for or expected to be faster. Of `conv` all is chosen but the cut of the work. */
bool weft_strassen_suits(const struct weft_ops *ops, const struct weft_node *node, const struct weft_conv *conv);
/* Bytes of the planes of so many pixels. */
size_t weft_strassen_bytes(int channels, int pixels);
/* What undoes that `add`, once the weights are packed. False if memory is short. */
bool weft_strassen_pack(struct weft_ops *ops, struct weft_conv *conv);

/* The planes of a band's pixels; `pixels` pointers, WEFT_STRASSEN_LEAST * 2 or more. */
void weft_strassen_fill(const struct weft_strassen *strassen, const uint8_t *const *pointers, int pixels,
                        uint8_t *scratch);
/* Codes of two panels, both of them whole. `end`: of the panels that the piece goes on to. */
void weft_strassen_run(const struct weft_conv *conv, int panel, int end, const struct weft_epilogue_args *epilogue,
                       const uint8_t *scratch);

#endif
