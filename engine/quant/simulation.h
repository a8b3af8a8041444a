/* weft: the float network with the rounding of any of its tensors and any of its weights in place: what a quantized
 * network would compute, and what that costs. */
#ifndef WEFT_QUANT_SIMULATION_H
#define WEFT_QUANT_SIMULATION_H

#include "graph/graph.h"
#include "quant/images.h"
#include "quant/rounder.h"
#include "session/float_session.h"

/* How outputs differ from those of the float network. */
struct weft_difference {
    int images;
    double noise;      /* mean square of the change of the logits, over that of the logits (each about its mean) */
    double agreement;  /* share of the images with the same first class */
    double loss;       /* mean of p(first class) - p(class now first), p: the float network's own probabilities: the
                          share of right answers that is lost if the float network is as sure as it should be */
    double loss_error; /* standard error of `loss` */
};

/* Of one image. probabilities: the outputs are those already, or (2) their logarithms. */
struct weft_outcome {
    double signal, noise, loss;
    bool agreed;
};
struct weft_outcome weft_compare_outputs(const float *expected, const float *made, int64_t n, int probabilities);
/* `images` outcomes in order. */
struct weft_difference weft_sum_outcomes(const struct weft_outcome *outcomes, int images);
/* What the outputs of a graph are, for weft_compare_outputs. */
int weft_output_kind(const struct weft_graph *graph);
double weft_logit(float output, int kind);

struct weft_simulation {
    struct weft_graph graph;        /* shares everything with the original but the nodes themselves */
    struct weft_rounder *rounders;  /* per tensor */
    int threads;
    struct weft_float_session **sessions;
    float **outputs;
    struct weft_pool pool;
};

/* Nothing is rounded at first. */
weft_status weft_simulation_open(struct weft_simulation *s, const struct weft_graph *graph, int threads,
                                 const weft_allocator *allocator, weft_error *error);
void weft_simulation_close(struct weft_simulation *s);

/* Runs images 0, step, 2 step, ... of those that are kept, `count` of them. */
weft_status weft_simulation_measure(struct weft_simulation *s, const struct weft_images *images, int step, int count,
                                    struct weft_difference *difference);

#endif
