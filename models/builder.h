/* weft zoo: building quantized networks layer by layer with seeded synthetic numbers.
 *
 * Everything that reaches the bits is integer arithmetic, or IEEE +, *, / and sqrt on doubles, which round
 * the same way everywhere; no function of libm is used.
 *
 * So that activations neither die nor saturate, each tensor carries an estimate of its mean and mean square in
 * real units; a convolution's scales are chosen for a wanted spread from the actual sums of its integers.
 */
#ifndef WEFT_MODELS_BUILDER_H
#define WEFT_MODELS_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/error.h"
#include "graph/graph.h"

enum { ZOO_TENSORS_MAX = 2048 };

struct zoo_builder {
    struct weft_model *model;
    uint64_t seed;
    bool failed; /* memory ran out: every later call does nothing */
    double mean[ZOO_TENSORS_MAX], square[ZOO_TENSORS_MAX];
};

enum zoo_weights { ZOO_C4, ZOO_C8 };
enum zoo_edge { ZOO_RELU, ZOO_RELU6, ZOO_LINEAR, ZOO_LOGITS };

/* Starts a network with an input of 3 x size x size; returns the input tensor, or -1. */
int zoo_begin(struct zoo_builder *b, const char *name, int size, const weft_allocator *allocator);

struct zoo_conv {
    const char *name;
    int outputs, kernel, stride, pad, groups; /* kernel 0: the whole input (a dense layer); groups 0: 1 */
    enum zoo_weights weights;
    enum zoo_edge edge; /* with its activation; LINEAR is a signed edge, LOGITS the float output */
    int residual;       /* tensor, or -1 */
};
int zoo_conv(struct zoo_builder *b, int input, const struct zoo_conv *conv);
/* `same_edge` of the pools: the output has the input's edge. ceil: the last window may hang over the border. */
int zoo_maxpool(struct zoo_builder *b, int input, const char *name, int kernel, int stride, int pad, bool ceil);
/* The mean over the whole image. */
int zoo_average(struct zoo_builder *b, int input, const char *name, enum zoo_edge edge);
int zoo_concat(struct zoo_builder *b, const char *name, const int *inputs, int count);
/* Checks and hands over the model; the output is tensor `output`. */
weft_status zoo_finish(struct zoo_builder *b, int output, weft_model **model, weft_error *error);

/* The networks (torchvision's graphs, 3x224x224, 1000 classes). */
typedef weft_status zoo_build_fn(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                                 weft_error *error);
zoo_build_fn zoo_alexnet, zoo_vgg16, zoo_googlenet, zoo_resnet18, zoo_resnet50, zoo_squeezenet1_1, zoo_mobilenet_v2;

#endif
