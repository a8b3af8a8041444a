/* Layers and edges of the synthetic models (models.h), with random weights and scales. Building stops doing anything
 * once memory was short. */
#ifndef WEFT_TESTS_FUZZ_MODELS_LAYERS_H
#define WEFT_TESTS_FUZZ_MODELS_LAYERS_H

#include <stdint.h>

#include "graph/graph.h"

struct models_builder {
    struct weft_model *model;
    uint64_t state; /* of the random numbers */
    bool failed;
};

/* From the model's pool. */
void *models_take(struct models_builder *b, size_t count, size_t size);
float *models_random_floats(struct models_builder *b, int count, float low, float high);

/* Edges; -1 once memory was short. */
int models_float_edge(struct models_builder *b, const char *name, int c, int h, int w);
int models_log_edge(struct models_builder *b, const char *name, int c, int h, int w, bool is_signed, int magnitudes,
                    int step);
int models_linear_edge(struct models_builder *b, const char *name, int c, int h, int w, bool is_signed, int magnitudes);
/* Unsigned, logarithmic, with thresholds that the upper halves of floats decide: the encoder has rows. */
int models_rounded_edge(struct models_builder *b, const char *name, int c, int h, int w, int magnitudes, int step);
/* Of the format of edge `like`. */
int models_same_edge(struct models_builder *b, const char *name, int c, int h, int w, int like);
/* Gives an edge such thresholds. */
void models_round_thresholds(struct models_builder *b, int t);
struct weft_tensor *models_tensor_of(struct models_builder *b, int t);

/* Layers; NULL once memory was short. `second`: -1 where there is one input only. */
struct weft_node *models_add(struct models_builder *b, enum weft_op op, const char *name, int input, int second,
                             int output);
struct weft_node *models_conv(struct models_builder *b, const char *name, int input, int output, int levels, int kernel,
                              int stride, int pad, int groups);
/* A function of its own, from code to code. */
void models_map_layer(struct models_builder *b, const char *name, enum weft_func func, int input, int output);
/* Of a layer, which may be NULL. */
void models_set_window(struct weft_node *node, int kernel, int stride, int pad, int extra);
void models_set_clip(struct weft_node *node, float lo, float hi);
void models_set_hard(struct weft_node *node, enum weft_func func);

void models_finish(struct models_builder *b, int input, int output);

#endif
