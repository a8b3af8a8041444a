/* weft zoo: building quantized networks layer by layer with seeded synthetic numbers.
 *
 * Everything that reaches the bits is integer arithmetic, or IEEE +, *, / and sqrt on doubles, which round
 * the same way everywhere; no function of libm is used.
 *
 * So that activations neither die nor saturate, each tensor carries a few hundred sample values of what it will hold.
 * A convolution's scales are chosen for a wanted spread from those of its input and from the actual sums of its
 * integers; edges are fitted to the samples where no constant fits. The samples are drawn as if all values were
 * independent. What that misses grows with depth, as in any random network, so that each tensor's samples are scaled to
 * the size that was once measured (tuning.c).
 */
#ifndef WEFT_MODELS_BUILDER_H
#define WEFT_MODELS_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "graph/graph.h"

enum { ZOO_TENSORS_MAX = 1024, ZOO_SAMPLES = 512 };

struct zoo_builder {
    struct weft_model *model;
    uint64_t seed;
    bool failed; /* memory ran out: every later call does nothing */
    const int8_t *tuning; /* per tensor: 2^(1/32) to the power of this scales its samples; NULL: none */
    int tuning_count;
    float samples[ZOO_TENSORS_MAX][ZOO_SAMPLES];
};

enum zoo_weights { ZOO_C4, ZOO_C8 };

/* The function after a convolution, and with it the kind of edge. */
enum zoo_act {
    ZOO_LINEAR,   /* none: a signed edge */
    ZOO_RELU,     /* unsigned */
    ZOO_RELU6,    /* unsigned, up to 6 */
    ZOO_HSWISH,   /* signed */
    ZOO_HSIGMOID, /* unsigned, up to 1 */
    ZOO_GATE,     /* none: a signed edge of half the spread, for a sigmoid */
    ZOO_LOGITS    /* none: the float output */
};

/* Starts a network with an input of 3 x size x size; returns the input tensor, or -1. Tensors are indices; every
 * function below takes -1 after a failure and returns -1 then. */
int zoo_begin(struct zoo_builder *b, const char *name, int size, const weft_allocator *allocator);

/* A formatted name, which lives as long as the model. */
const char *zoo_name(struct zoo_builder *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct zoo_conv {
    const char *name; /* torchvision's name of the module */
    int outputs;
    int kernel, kernel_w; /* kernel 0: the whole input (a dense layer); kernel_w 0: square */
    int stride;           /* 0: 1 */
    int pad, pad_w;       /* pad_w counts where kernel_w does */
    int groups;           /* 0: 1 */
    enum zoo_weights weights;
    enum zoo_act act;
    bool signed_edge; /* even behind a ReLU: for concatenations with signed edges */
};
int zoo_conv(struct zoo_builder *b, int input, const struct zoo_conv *conv);
/* With tensor `residual` added before the activation. */
int zoo_conv_add(struct zoo_builder *b, int input, const struct zoo_conv *conv, int residual);
/* With an output of the same edge as tensor `like`, for concatenations. */
int zoo_conv_like(struct zoo_builder *b, int input, const struct zoo_conv *conv, int like);

/* ceil: the last window may hang over the border. */
int zoo_maxpool(struct zoo_builder *b, int input, const char *name, int kernel, int stride, int pad, bool ceil);
/* Square windows; the padding counts as zeros. */
int zoo_window_average(struct zoo_builder *b, int input, const char *name, int kernel, int stride, int pad);
/* The mean over the whole image; `logits`: as floats, else with an edge of its own. */
int zoo_average(struct zoo_builder *b, int input, const char *name, bool logits);
/* The inputs must have one edge. */
int zoo_concat(struct zoo_builder *b, const char *name, const int *inputs, int count);

/* Channels of the inputs laid end to end, -1: zeros. The inputs must have one edge. */
int zoo_select(struct zoo_builder *b, const char *name, const int *inputs, int count, const int *select, int channels);
/* Normalization that follows no convolution, with ReLU. */
int zoo_affine(struct zoo_builder *b, int input, const char *name);
/* SIGMOID or SWISH, from code to code. */
int zoo_function(struct zoo_builder *b, int input, const char *name, enum weft_func func);
/* Squeeze-and-excite: the product with one number a channel. */
int zoo_gate(struct zoo_builder *b, int input, int gate, const char *name);

/* Checks and hands over the model; the output is tensor `output`. */
weft_status zoo_finish(struct zoo_builder *b, int output, weft_model **model, weft_error *error);

/* ---- for the builder's own files ---- */

/* Random numbers (draw.c): 32 bits; a bell shape of standard deviation 1, within 3.5. */
uint32_t zoo_random(struct zoo_builder *b);
double zoo_bell(struct zoo_builder *b);

/* The bins that the weighted-entropy search finds for a distribution at 15 levels: codebook integers up to 31, and the
 * share of the weights in each magnitude bin, of 4096. */
struct zoo_distribution {
    const char *name;
    uint8_t q[8];
    uint16_t share[8];
};
enum { ZOO_NORMAL, ZOO_LAPLACE, ZOO_DISTRIBUTIONS };
extern const struct zoo_distribution zoo_distributions[ZOO_DISTRIBUTIONS];

/* Draws the codebook and the bins of a convolution; per output channel the sums of Q and of Q^2. */
void zoo_draw_weights(struct zoo_builder *b, struct weft_node *node, enum zoo_weights weights, int outputs, double *sum,
                      double *square);

/* A LOG edge whose largest value is `top` (edges.c). */
void zoo_log_edge(struct weft_edge *edge, bool is_signed, double top);
/* The smallest power of 2^(1/16) that is not below `value`. */
double zoo_round_top(double value);
/* A LOG edge with room for all but the rarest of the samples. */
void zoo_fit_edge(struct weft_edge *edge, bool is_signed, const float *samples);

/* Mean and mean square of a tensor's samples. */
void zoo_moments(const float *samples, double *mean, double *square);
/* What encoding and decoding leaves of the samples. */
void zoo_encode_samples(const struct weft_edge *edge, float *samples);

/* Scales the samples of the tensor that will be added next by its tuning. */
void zoo_settle(const struct zoo_builder *b, float *samples);
/* The measured tuning of a network (tuning.c, made by golden_zoo --tune), NULL if there is none. */
const int8_t *zoo_tuning(const char *network, int *count);

/* Builds network `name` and leaves the samples in the builder. */
weft_status zoo_build(struct zoo_builder *b, const char *name, const weft_allocator *allocator, weft_model **model,
                      weft_error *error);

/* A new tensor (edge NULL: float) and the node that makes it; NULL after a failure. `output` gets the index. */
struct weft_node *zoo_add(struct zoo_builder *b, enum weft_op op, const char *name, const int *inputs, int count, int c,
                          int h, int w, const struct weft_edge *edge, int *output);

/* The networks. */
typedef weft_status zoo_build_fn(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                                 weft_error *error);
zoo_build_fn zoo_alexnet;
zoo_build_fn zoo_vgg11, zoo_vgg16, zoo_vgg19;
zoo_build_fn zoo_googlenet;
zoo_build_fn zoo_resnet18, zoo_resnet34, zoo_resnet50, zoo_resnet101, zoo_resnext50, zoo_wide_resnet50;
zoo_build_fn zoo_squeezenet1_0, zoo_squeezenet1_1;
zoo_build_fn zoo_mobilenet_v1, zoo_mobilenet_v2, zoo_mnasnet1_0;
zoo_build_fn zoo_inception_v3, zoo_densenet121, zoo_shufflenet_v2_1_0;
zoo_build_fn zoo_mobilenet_v3_large, zoo_mobilenet_v3_small, zoo_efficientnet_b0, zoo_regnet_y_400mf;
zoo_build_fn zoo_resnet20, zoo_resnet32, zoo_resnet44, zoo_resnet56, zoo_resnet110;

#endif
