/* weft: the network layer by layer on all kept images: exact, and as it is quantized so far. */
#ifndef WEFT_QUANT_WALK_H
#define WEFT_QUANT_WALK_H

#include "quant/images.h"
#include "quant/layer_fit.h"

struct weft_walk;
/* Called at each convolution with its inputs at hand; fills `fit` (whose arrays the walk's owner frees). */
typedef weft_status weft_walk_layer_fn(void *cookie, int node, const struct weft_layer_job *job,
                                       const struct weft_layer_moments *moments, struct weft_layer_fit *fit);

struct weft_node_noise {
    double signal, noise; /* sums of squares of the exact output and of the difference from it */
    int64_t zeros, saturated, values; /* of the rounded output: codes 0, codes at the top */
};

struct weft_walk {
    const struct weft_graph *graph; /* float */
    const struct weft_images *images;
    const struct weft_edge *edges;  /* of each tensor; NULL: nothing is rounded, no fit is applied */
    struct weft_fit_method method;
    int threads;
    const weft_allocator *allocator;
    weft_walk_layer_fn *layer;
    void *cookie;
    void (*progress)(void *cookie, const char *stage, int done, int total); /* may be NULL */
    void *progress_cookie;
    const char *stage;
    struct weft_layer_fit *fits;    /* per node */
    struct weft_node_noise *noise;  /* per node, or NULL */
};

/* Bytes of values that are alive at the same time for one image. */
int64_t weft_walk_bytes(const struct weft_graph *graph);
weft_status weft_walk_run(const struct weft_walk *walk, weft_error *error);

#endif
