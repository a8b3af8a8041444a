/* weft: what the parts of the quantizer share. */
#ifndef WEFT_QUANT_QUANTIZER_H
#define WEFT_QUANT_QUANTIZER_H

#include "quant/allocate.h"
#include "quant/calibrate.h"
#include "quant/choose.h"
#include "quant/edge_fit.h"
#include "quant/simulation.h"
#include "quant/walk.h"

/* Tensors whose codes are moved but not looked at (MAXPOOL, CONCAT, PAD, RESHAPE) are of one class and share a format;
 * the class is called by its first tensor. */
struct weft_edge_class {
    bool is_float; /* of every tensor: what no epilogue needs as codes */
    bool is_input;
    int fixed;     /* form that the options ask for, -1: searched */
    int forms;
    struct weft_edge form[WEFT_FORMS_MAX];
    double noise[WEFT_FORMS_MAX]; /* squared error of the rounding over all calibration values */
    struct weft_edge narrow[2];   /* with the table of a Winograd transform: up to 63, up to 31 */
    double narrow_noise[2];
    double sensitivity;           /* logit noise caused by a unit of squared error; 0 if not measured */
    double signal;                /* sum of squares */
    int64_t elements;
};

/* Forms of a layer's weights, in the order of their bits. */
enum { WEFT_FORM_C2, WEFT_FORM_C3, WEFT_FORM_C4, WEFT_FORM_C5, WEFT_FORM_C8, WEFT_LAYER_FORMS };

struct weft_weight_plan {
    bool can_headroom;                /* dense 3x3, stride 1 */
    int fixed_levels;                 /* 0: searched */
    double noise[WEFT_LAYER_FORMS];   /* mean square added to an output pixel, of each form */
    double headroom_noise[2];         /* of c4 and c5 with room for F(2x2,3x3) */
    double sensitivity;
    struct weft_layer_form form;      /* chosen */
};

struct weft_quantizer {
    const weft_model *model;
    const struct weft_graph *graph;
    const weft_quantize_options *options;
    const weft_allocator *allocator;
    weft_error *error;
    int threads;
    struct weft_fit_method method;
    struct weft_layer_choice *choices;    /* per node */
    struct weft_tensor_stats *stats;      /* per tensor, then per class */
    int *class_of;                        /* per tensor */
    struct weft_edge_class *classes;      /* at the index of their first tensor */
    struct weft_edge *edges;              /* per tensor: chosen */
    struct weft_weight_plan *plans;        /* per node */
    struct weft_layer_fit *fits;          /* per node */
    struct weft_node_noise *noise;        /* per node */
    struct weft_images images;
    int rounds;
    struct weft_difference reached;       /* by the quantized model, on the kept images */
    bool within_budget, promised;         /* of what the search may use; of what was asked for */
};

/* classes.c: classes, candidates for their formats. */
weft_status weft_classes_make(struct weft_quantizer *q);
/* Gives every tensor the format of its class: form `chosen[root]`, or as published. */
weft_status weft_classes_publish(struct weft_quantizer *q);
void weft_classes_apply(struct weft_quantizer *q, int root, const struct weft_edge *edge);

/* search.c: measures, allocates, fits; the quantized model in *model. */
weft_status weft_search(struct weft_quantizer *q, weft_model **model);
/* sensitivity.c: fills noise and sensitivity of plans and classes. *loss_per_noise: share of right answers lost for a
 * unit of logit noise. */
weft_status weft_measure_sensitivity(struct weft_quantizer *q, double *loss_per_noise);
/* plan.c: chooses forms within a budget of logit noise or of bytes. False if memory is short. */
bool weft_plan_forms(struct weft_quantizer *q, double noise_max);

/* build.c: a model from what was chosen. */
weft_status weft_build(struct weft_quantizer *q, weft_model **model);

/* report.c */
weft_status weft_report_make(const struct weft_quantizer *q, const weft_model *model, weft_quantize_report *report);

#endif
