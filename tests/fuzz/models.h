/* Synthetic quantized models for the tests of the model file, and their comparison. */
#ifndef WEFT_TESTS_FUZZ_MODELS_H
#define WEFT_TESTS_FUZZ_MODELS_H

#include <stdint.h>

#include "graph/graph.h"

enum models_kind {
    MODELS_SMALL,   /* a convolution, a pool, a softmax: less than 4 KiB */
    MODELS_GATE,    /* squeeze-and-excite: less than 4 KiB */
    MODELS_WINDOWS, /* straight to codes: 3x3 windows, factors of channels, an unsigned residual: less than 4 KiB */
    MODELS_STRIDED, /* a convolution of stride 2 with head room: less than 4 KiB */
    MODELS_PANELS,  /* a whole panel of channels and a part of one, with and without a residual: less than 4 KiB */
    MODELS_PAIRS,   /* a pointwise convolution with head room, two whole panels of channels: less than 4 KiB */
    MODELS_MEDIUM,  /* every operator, every weight format, every kind of edge */
    MODELS_DEEP,    /* a convolution with head room and more than 2^16 filters: 152 KiB, nearly all of them weights */
    MODELS_COUNT
};

const char *models_name(enum models_kind kind);
/* The same bytes for the same seed; passes weft_graph_check. NULL if memory is short. */
struct weft_model *models_build(enum models_kind kind, uint64_t seed, const weft_allocator *allocator);
/* NULL if everything that a file keeps is equal to the last bit, else what differs. */
const char *models_difference(const struct weft_model *a, const struct weft_model *b);

#endif
