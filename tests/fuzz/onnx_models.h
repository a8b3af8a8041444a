/* Small ONNX networks that use what the importer knows: for the corpus and the damage test. */
#ifndef WEFT_TESTS_FUZZ_ONNX_MODELS_H
#define WEFT_TESTS_FUZZ_ONNX_MODELS_H

#include "onnx_build.h"

enum onnx_models_kind {
    ONNX_MODELS_CLASSIC, /* convolutions, batch normalization, pools, LRN, dense layers, softmax */
    ONNX_MODELS_MOBILE,  /* depthwise, clip, residual, swish, squeeze-and-excite, mean over space, shuffled channels */
    ONNX_MODELS_SHAPES,  /* the shape arithmetic of exporters, constants as nodes, pads, concatenation */
    ONNX_MODELS_TYPES,   /* numbers of every type and form */
    ONNX_MODELS_COUNT
};

const char *onnx_models_name(enum onnx_models_kind kind);
/* The file; free data. */
struct onnx_bytes onnx_models_build(enum onnx_models_kind kind);

#endif
