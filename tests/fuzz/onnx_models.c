#include "onnx_models.h"

#include <stdio.h>

#define DIMS(...) ((const int64_t[]){__VA_ARGS__, -1})
#define SCALAR ((const int64_t[]){-1})

const char *onnx_models_name(enum onnx_models_kind kind)
{
    static const char *const names[ONNX_MODELS_COUNT] = {"classic", "mobile", "shapes", "types"};
    return names[kind];
}

static void build_classic(struct onnx_model *m)
{
    static const float ones[] = {1, 1, 1, 1};
    onnx_begin(m, 11);
    onnx_input(m, "x", DIMS(0, 3, 12, 11));
    onnx_random(m, "w0", DIMS(4, 3, 3, 3), 1);
    onnx_random(m, "b0", DIMS(4), 2);
    onnx_floats(m, "gamma", DIMS(4), ones);
    onnx_random(m, "beta", DIMS(4), 3);
    onnx_random(m, "mean", DIMS(4), 4);
    onnx_floats(m, "variance", DIMS(4), ones);
    onnx_node(m, "Conv", "x w0 b0", "c0", "auto_pad=s:SAME_UPPER strides=I:1,1 group=i:1");
    onnx_node(m, "BatchNormalization", "c0 gamma beta mean variance", "n0", "epsilon=f:0.001");
    onnx_node(m, "Relu", "n0", "r0", "");
    onnx_node(m, "LRN", "r0", "l0", "size=i:3 alpha=f:0.01 beta=f:0.5 bias=f:2");
    onnx_node(m, "MaxPool", "l0", "p0", "kernel_shape=I:3,3 strides=I:2,2 ceil_mode=i:1");
    onnx_random(m, "w1", DIMS(6, 2, 3, 2), 5);
    onnx_node(m, "Conv", "p0 w1", "c1", "pads=I:1,0,1,1 group=i:2 dilations=I:1,2");
    onnx_random(m, "slope", DIMS(6, 1, 1), 6);
    onnx_node(m, "PRelu", "c1 slope", "r1", "");
    onnx_node(m, "AveragePool", "r1", "p1",
              "kernel_shape=I:2,2 strides=I:2,2 pads=I:1,1,0,0 count_include_pad=i:1");
    onnx_node(m, "Flatten", "p1", "f", "axis=i:1");
    onnx_random(m, "w2", DIMS(36, 5), 7);
    onnx_random(m, "b2", DIMS(5), 8);
    onnx_node(m, "Gemm", "f w2 b2", "g", "alpha=f:0.5 beta=f:2");
    onnx_node(m, "Softmax", "g", "y", "axis=i:1");
    onnx_output(m, "y");
}

static void build_mobile(struct onnx_model *m)
{
    onnx_begin(m, 13);
    onnx_input(m, "x", DIMS(1, 4, 8, 8));
    onnx_floats(m, "zero", SCALAR, (const float[]){0});
    onnx_floats(m, "six", SCALAR, (const float[]){6});
    onnx_floats(m, "three", SCALAR, (const float[]){3});
    onnx_random(m, "w0", DIMS(4, 1, 3, 3), 1);
    onnx_node(m, "Conv", "x w0", "c0", "group=i:4 pads=I:1,1,1,1");
    onnx_node(m, "Clip", "c0 zero six", "r0", "");
    onnx_random(m, "w1", DIMS(4, 4, 1, 1), 2);
    onnx_node(m, "Conv", "r0 w1", "c1", "");
    onnx_node(m, "Add", "c1 x", "a1", "");
    onnx_node(m, "Sigmoid", "a1", "s1", "");
    onnx_node(m, "Mul", "a1 s1", "swish", "");
    onnx_node(m, "GlobalAveragePool", "swish", "mean", "");
    onnx_node(m, "Conv", "mean w1", "squeeze", "");
    onnx_node(m, "LeakyRelu", "squeeze", "leaky", "alpha=f:0.125");
    onnx_node(m, "Conv", "leaky w1", "excite", "");
    onnx_node(m, "HardSigmoid", "excite", "gate", "alpha=f:0.2 beta=f:0.5");
    onnx_node(m, "Mul", "swish gate", "gated", "");
    onnx_node(m, "Add", "gated three", "shifted", "");
    onnx_node(m, "Clip", "shifted zero six", "clipped", "");
    onnx_node(m, "Mul", "gated clipped", "product", "");
    onnx_node(m, "Div", "product six", "hswish", "");
    onnx_ints(m, "groups", DIMS(5), (const int64_t[]){-1, 2, 2, 8, 8});
    onnx_ints(m, "ungrouped", DIMS(4), (const int64_t[]){-1, 4, 8, 8});
    onnx_ints(m, "grown", DIMS(8), (const int64_t[]){0, 1, 0, 0, 0, 0, 0, 0});
    onnx_ints(m, "taken", DIMS(3), (const int64_t[]){2, 0, 1});
    onnx_node(m, "Reshape", "hswish groups", "grouped", "");
    onnx_node(m, "Transpose", "grouped", "swapped", "perm=I:0,2,1,3,4");
    onnx_node(m, "Reshape", "swapped ungrouped", "shuffled", "");
    onnx_node(m, "Split", "shuffled", "left right", "axis=i:1");
    onnx_node(m, "Pad", "left grown", "wider", "");
    onnx_node(m, "Gather", "wider taken", "chosen", "axis=i:1");
    onnx_node(m, "Concat", "chosen right", "merged", "axis=i:1");
    onnx_node(m, "Conv", "merged w3", "mixed", "");
    onnx_random(m, "w3", DIMS(4, 5, 1, 1), 4);
    onnx_node(m, "ReduceMean", "mixed", "pooled", "axes=I:2,3 keepdims=i:0");
    onnx_random(m, "w2", DIMS(4, 3), 3);
    onnx_node(m, "MatMul", "pooled w2", "product2", "");
    onnx_node(m, "LogSoftmax", "product2", "y", "axis=i:-1");
    onnx_output(m, "y");
}

static void build_shapes(struct onnx_model *m)
{
    onnx_begin(m, 13);
    onnx_input(m, "x", DIMS(0, 2, 4, 4));
    onnx_info(m, "flat", DIMS(0, 32));
    onnx_ints(m, "axis0", DIMS(1), (const int64_t[]){0});
    onnx_ints(m, "one", DIMS(1), (const int64_t[]){1});
    onnx_ints(m, "end", DIMS(1), (const int64_t[]){4});
    onnx_ints(m, "pads", DIMS(8), (const int64_t[]){0, 0, 1, 0, 0, 0, 0, 2});
    onnx_node(m, "Constant", "", "index", "value_int=i:0");
    onnx_node(m, "Constant", "", "half", "value_float=f:0.5");
    onnx_node(m, "Pad", "x pads half", "padded", "mode=s:constant");
    onnx_node(m, "Neg", "x", "negative", "");
    onnx_node(m, "Concat", "x negative x", "joined", "axis=i:1");
    onnx_random(m, "w", DIMS(2, 2, 2, 3), 1);
    onnx_node(m, "Conv", "padded w", "c", "");
    onnx_node(m, "Identity", "c", "same", "");
    onnx_node(m, "Sum", "same x negative", "sum", "");
    onnx_node(m, "Shape", "sum", "shape", "");
    onnx_node(m, "Gather", "shape index", "batch", "axis=i:0");
    onnx_node(m, "Unsqueeze", "batch axis0", "batch1", "");
    onnx_node(m, "Slice", "shape one end axis0 one", "rest", "");
    onnx_node(m, "ReduceProd", "rest", "count", "keepdims=i:1");
    onnx_node(m, "Mul", "count one", "count1", "");
    onnx_node(m, "Cast", "count1", "count2", "to=i:7");
    onnx_node(m, "Concat", "batch1 count2", "dims", "axis=i:0");
    onnx_node(m, "Reshape", "sum dims", "flat", "");
    onnx_node(m, "Expand", "half one", "halves", "");
    onnx_node(m, "ConstantOfShape", "one", "zeros", "");
    onnx_node(m, "Add", "halves zeros", "scale", "");
    onnx_node(m, "Mul", "flat scale", "scaled", "");
    onnx_node(m, "Transpose", "scaled", "turned", "perm=I:0,1");
    onnx_node(m, "Dropout", "turned", "kept", "");
    onnx_node(m, "Squeeze", "joined", "squeezed", "axes=I:0");
    onnx_node(m, "Max", "kept zeros", "y", "");
    onnx_output(m, "y");
}

/* A constant of two numbers, which come in raw form or in the typed field. */
static void put_constant(struct onnx_model *m, const char *name, int type, int field, const void *data, size_t size)
{
    struct onnx_bytes tensor = {0};
    onnx_put_int(&tensor, 1, 2);
    onnx_put_int(&tensor, 1, 1);
    onnx_put_int(&tensor, 1, 1);
    onnx_put_int(&tensor, 2, type);
    onnx_put_text(&tensor, 8, name);
    onnx_put_bytes(&tensor, field, data, size);
    onnx_put_message(&m->graph, 5, &tensor);
}

static void build_types(struct onnx_model *m)
{
    enum { RAW = 9, FLOATS = 4, INT32S = 5, DOUBLES = 10, UINT64S = 11 };
    onnx_begin(m, 21);
    onnx_input(m, "x", DIMS(1, 2, 1, 3));
    put_constant(m, "raw_float", 1, RAW, (const float[]){1, 2}, 8);
    put_constant(m, "raw_double", 11, RAW, (const double[]){1, 2}, 16);
    put_constant(m, "raw_half", 10, RAW, (const uint16_t[]){0x3e00, 0x8001}, 4);
    put_constant(m, "raw_bfloat", 16, RAW, (const uint16_t[]){0x3fc0, 0xc000}, 4);
    put_constant(m, "float", 1, FLOATS, (const float[]){1, 2}, 8);
    put_constant(m, "double", 11, DOUBLES, (const double[]){1, 2}, 16);
    put_constant(m, "half", 10, INT32S, "\x80\x7c\x80\x78", 4);
    put_constant(m, "int8", 3, INT32S, "\x05\x06", 2);
    put_constant(m, "uint64", 13, UINT64S, "\x05\x06", 2);
    put_constant(m, "int16", 5, RAW, (const int16_t[]){-3, 4}, 4);
    put_constant(m, "uint8", 2, RAW, (const uint8_t[]){200, 4}, 2);
    static const char *const names[] = {"raw_float", "raw_double", "raw_half", "raw_bfloat", "float", "double",
                                        "half",      "int8",       "uint64",   "int16",      "uint8"};
    static const char *const edges[] = {"x", "e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9", "y"};
    for (int i = 0; i < 11; i++) {
        char inputs[64];
        snprintf(inputs, sizeof inputs, "%s %s", edges[i], names[i]);
        onnx_node(m, i % 2 ? "Mul" : "Add", inputs, edges[i + 1], "");
    }
    onnx_output(m, "y");
}

struct onnx_bytes onnx_models_build(enum onnx_models_kind kind)
{
    static void (*const builders[ONNX_MODELS_COUNT])(struct onnx_model *) = {build_classic, build_mobile, build_shapes,
                                                                            build_types};
    struct onnx_model model;
    builders[kind](&model);
    return onnx_end(&model);
}
