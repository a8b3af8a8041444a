/* Networks with squeeze-and-excite: MobileNetV3, EfficientNet, RegNetY. */
#include "builder.h"

/* How the gate is made: the function behind its first convolution and the one behind its second. */
enum gate { RELU_HSIGMOID, RELU_SIGMOID, SWISH_SIGMOID };

/* A convolution, and swish on its own if that is what follows. */
static int add_swish(struct zoo_builder *b, int in, const struct zoo_conv *conv)
{
    int t = zoo_conv(b, in, conv);
    return zoo_function(b, t, zoo_name(b, "%s.swish", conv->name), WEFT_FUNC_SWISH);
}

/* Mean, two dense layers, and their product with the tensor. */
static int add_excite(struct zoo_builder *b, int in, const char *name, int channels, int squeezed, enum gate kind)
{
    struct zoo_conv first = {.name = zoo_name(b, "%s.fc1", name), .outputs = squeezed};
    struct zoo_conv second = {.name = zoo_name(b, "%s.fc2", name), .outputs = channels};
    int t = zoo_average(b, in, zoo_name(b, "%s.avgpool", name), false);
    first.act = kind == SWISH_SIGMOID ? ZOO_LINEAR : ZOO_RELU;
    second.act = kind == RELU_HSIGMOID ? ZOO_HSIGMOID : ZOO_GATE;
    t = kind == SWISH_SIGMOID ? add_swish(b, t, &first) : zoo_conv(b, t, &first);
    t = zoo_conv(b, t, &second);
    if (kind != RELU_HSIGMOID) {
        t = zoo_function(b, t, zoo_name(b, "%s.sigmoid", name), WEFT_FUNC_SIGMOID);
    }
    return zoo_gate(b, in, t, name);
}

/* ---- MobileNetV3 ---- */

struct bneck {
    int kernel, expanded, outputs;
    bool excite, hswish;
    int stride;
};

static int divisible(int value)
{
    int rounded = (value + 4) / 8 * 8;
    rounded = rounded < 8 ? 8 : rounded;
    return rounded * 10 < value * 9 ? rounded + 8 : rounded;
}

static int add_bneck(struct zoo_builder *b, int in, const struct bneck *p, const char *name, int inputs)
{
    enum zoo_act act = p->hswish ? ZOO_HSWISH : ZOO_RELU;
    int t = in, part = 0;
    if (p->expanded != inputs) {
        t = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.%d.0", name, part++), .outputs = p->expanded,
                                              .kernel = 1, .act = act});
    }
    t = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.%d.0", name, part++), .outputs = p->expanded,
                                          .kernel = p->kernel, .stride = p->stride, .pad = p->kernel / 2,
                                          .groups = p->expanded, .weights = ZOO_C8, .act = act});
    if (p->excite) {
        t = add_excite(b, t, zoo_name(b, "%s.%d", name, part++), p->expanded, divisible(p->expanded / 4),
                       RELU_HSIGMOID);
    }
    struct zoo_conv project = {.name = zoo_name(b, "%s.%d.0", name, part), .outputs = p->outputs, .kernel = 1};
    bool adds = p->stride == 1 && inputs == p->outputs;
    return adds ? zoo_conv_add(b, t, &project, in) : zoo_conv(b, t, &project);
}

/* Howard et al., "Searching for MobileNetV3", 2019. */
static weft_status build_v3(struct zoo_builder *b, const char *name, const struct bneck *plan, int count, int hidden,
                            const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    int t = zoo_begin(b, name, 224, allocator), channels = 16;
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "features.0.0", .outputs = 16, .kernel = 3, .stride = 2, .pad = 1,
                                          .weights = ZOO_C8, .act = ZOO_HSWISH});
    for (int i = 0; i < count; i++) {
        t = add_bneck(b, t, &plan[i], zoo_name(b, "features.%d.block", i + 1), channels);
        channels = plan[i].outputs;
    }
    t = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "features.%d.0", count + 1), .outputs = 6 * channels,
                                          .kernel = 1, .act = ZOO_HSWISH});
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "classifier.0", .outputs = hidden, .act = ZOO_HSWISH});
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "classifier.3", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}

weft_status zoo_mobilenet_v3_large(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                                   weft_error *error)
{
    static const struct bneck plan[] = {
        {3, 16, 16, false, false, 1},   {3, 64, 24, false, false, 2},  {3, 72, 24, false, false, 1},
        {5, 72, 40, true, false, 2},    {5, 120, 40, true, false, 1},  {5, 120, 40, true, false, 1},
        {3, 240, 80, false, true, 2},   {3, 200, 80, false, true, 1},  {3, 184, 80, false, true, 1},
        {3, 184, 80, false, true, 1},   {3, 480, 112, true, true, 1},  {3, 672, 112, true, true, 1},
        {5, 672, 160, true, true, 2},   {5, 960, 160, true, true, 1},  {5, 960, 160, true, true, 1},
    };
    return build_v3(b, "mobilenet_v3_large", plan, sizeof plan / sizeof *plan, 1280, allocator, model, error);
}

weft_status zoo_mobilenet_v3_small(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                                   weft_error *error)
{
    static const struct bneck plan[] = {
        {3, 16, 16, true, false, 2}, {3, 72, 24, false, false, 2}, {3, 88, 24, false, false, 1},
        {5, 96, 40, true, true, 2},  {5, 240, 40, true, true, 1},  {5, 240, 40, true, true, 1},
        {5, 120, 48, true, true, 1}, {5, 144, 48, true, true, 1},
        {5, 288, 96, true, true, 2},  {5, 576, 96, true, true, 1},  {5, 576, 96, true, true, 1},
    };
    return build_v3(b, "mobilenet_v3_small", plan, sizeof plan / sizeof *plan, 1024, allocator, model, error);
}

/* ---- EfficientNet ---- */

struct mbconv {
    int inputs, outputs, kernel, stride, expansion;
};

static int add_mbconv(struct zoo_builder *b, int in, const struct mbconv *p, const char *name)
{
    int t = in, part = 0, width = p->inputs * p->expansion;
    if (p->expansion != 1) {
        t = add_swish(b, t,
                      &(struct zoo_conv){.name = zoo_name(b, "%s.%d.0", name, part++), .outputs = width, .kernel = 1});
    }
    t = add_swish(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.%d.0", name, part++), .outputs = width,
                                           .kernel = p->kernel, .stride = p->stride, .pad = p->kernel / 2,
                                           .groups = width, .weights = ZOO_C8});
    t = add_excite(b, t, zoo_name(b, "%s.%d", name, part++), width, p->inputs / 4, SWISH_SIGMOID);
    struct zoo_conv project = {.name = zoo_name(b, "%s.%d.0", name, part), .outputs = p->outputs, .kernel = 1};
    bool adds = p->stride == 1 && p->inputs == p->outputs;
    return adds ? zoo_conv_add(b, t, &project, in) : zoo_conv(b, t, &project);
}

/* Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019: B0. */
weft_status zoo_efficientnet_b0(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                                weft_error *error)
{
    static const struct {
        int expansion, kernel, stride, outputs, repeat;
    } plan[7] = {{1, 3, 1, 16, 1},  {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2}, {6, 3, 2, 80, 3},
                 {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1}};
    int t = zoo_begin(b, "efficientnet_b0", 224, allocator), channels = 32;
    t = add_swish(b, t, &(struct zoo_conv){.name = "features.0.0", .outputs = 32, .kernel = 3, .stride = 2, .pad = 1,
                                           .weights = ZOO_C8});
    for (int i = 0; i < 7; i++) {
        for (int k = 0; k < plan[i].repeat; k++) {
            struct mbconv block = {channels, plan[i].outputs, plan[i].kernel, k == 0 ? plan[i].stride : 1,
                                   plan[i].expansion};
            t = add_mbconv(b, t, &block, zoo_name(b, "features.%d.%d.block", i + 1, k));
            channels = plan[i].outputs;
        }
    }
    t = add_swish(b, t, &(struct zoo_conv){.name = "features.8.0", .outputs = 1280, .kernel = 1});
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "classifier.1", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}

/* ---- RegNet ---- */

enum { GROUP_WIDTH = 8 };

static int add_y_block(struct zoo_builder *b, int in, const char *name, int inputs, int width, int stride)
{
    int shortcut = in;
    if (stride != 1 || inputs != width) {
        shortcut = zoo_conv(b, in,
                            &(struct zoo_conv){.name = zoo_name(b, "%s.proj.0", name), .outputs = width, .kernel = 1,
                                                      .stride = stride});
    }
    int t = zoo_conv(b, in, &(struct zoo_conv){.name = zoo_name(b, "%s.f.a.0", name), .outputs = width, .kernel = 1,
                                               .act = ZOO_RELU});
    t = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.f.b.0", name), .outputs = width, .kernel = 3,
                                          .stride = stride, .pad = 1, .groups = width / GROUP_WIDTH, .act = ZOO_RELU});
    t = add_excite(b, t, zoo_name(b, "%s.f.se", name), width, inputs / 4, RELU_SIGMOID);
    return zoo_conv_add(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.f.c.0", name), .outputs = width, .kernel = 1,
                                                 .act = ZOO_RELU}, shortcut);
}

/* Radosavovic et al., "Designing network design spaces", 2020: RegNetY-400MF. */
weft_status zoo_regnet_y_400mf(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                               weft_error *error)
{
    static const int widths[4] = {48, 104, 208, 440}, depths[4] = {1, 3, 6, 6};
    int t = zoo_begin(b, "regnet_y_400mf", 224, allocator), channels = 32;
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "stem.0", .outputs = 32, .kernel = 3, .stride = 2, .pad = 1,
                                          .weights = ZOO_C8, .act = ZOO_RELU});
    for (int stage = 0; stage < 4; stage++) {
        for (int i = 0; i < depths[stage]; i++) {
            const char *name = zoo_name(b, "trunk_output.block%d.block%d-%d", stage + 1, stage + 1, i);
            t = add_y_block(b, t, name, channels, widths[stage], i == 0 ? 2 : 1);
            channels = widths[stage];
        }
    }
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "fc", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}
