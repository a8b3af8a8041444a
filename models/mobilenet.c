#include "builder.h"

/* Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications", 2017, width 1.0,
 * 224x224. Not one of torchvision's. */
weft_status zoo_mobilenet_v1(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                             weft_error *error)
{
    static const int outputs[13] = {64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024};
    static const int strides[13] = {1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1};
    int t = zoo_begin(b, "mobilenet_v1", 224, allocator), channels = 32;
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "conv1", .outputs = 32, .kernel = 3, .stride = 2, .pad = 1,
                                          .weights = ZOO_C8, .act = ZOO_RELU6});
    for (int i = 0; i < 13; i++) {
        t = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "block%d.depthwise", i + 1), .outputs = channels,
                                              .kernel = 3, .stride = strides[i], .pad = 1, .groups = channels,
                                              .weights = ZOO_C8, .act = ZOO_RELU6});
        t = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "block%d.pointwise", i + 1), .outputs = outputs[i],
                                              .kernel = 1, .act = ZOO_RELU6});
        channels = outputs[i];
    }
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "fc", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}

struct block {
    int inputs, outputs, kernel, stride, expansion;
    enum zoo_act act;
};

/* Expansion, depthwise, linear projection; the projection adds its input where the shapes allow it. `names`: the parts'
 * own names, the expansion's first. */
static int add_block(struct zoo_builder *b, int in, const struct block *p, const char *prefix,
                     const char *const names[3])
{
    int t = in, width = p->inputs * p->expansion;
    if (p->expansion != 1) {
        t = zoo_conv(b, t,
                     &(struct zoo_conv){.name = zoo_name(b, "%s.%s", prefix, names[0]), .outputs = width, .kernel = 1,
                                              .act = p->act});
    }
    t = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.%s", prefix, names[1]), .outputs = width,
                                          .kernel = p->kernel, .stride = p->stride, .pad = p->kernel / 2,
                                          .groups = width, .weights = ZOO_C8, .act = p->act});
    struct zoo_conv project = {.name = zoo_name(b, "%s.%s", prefix, names[2]), .outputs = p->outputs, .kernel = 1};
    bool adds = p->stride == 1 && p->inputs == p->outputs;
    return adds ? zoo_conv_add(b, t, &project, in) : zoo_conv(b, t, &project);
}

/* Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", 2018, width 1.0. */
weft_status zoo_mobilenet_v2(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                             weft_error *error)
{
    static const struct {
        int expansion, outputs, repeat, stride;
    } plan[] = {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2},
                {6, 320, 1, 1}};
    static const char *const first[3] = {"", "conv.0.0", "conv.1"},
                       *const others[3] = {"conv.0.0", "conv.1.0", "conv.2"};
    int t = zoo_begin(b, "mobilenet_v2", 224, allocator), channels = 32, number = 1;
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "features.0.0", .outputs = 32, .kernel = 3, .stride = 2, .pad = 1,
                                          .weights = ZOO_C8, .act = ZOO_RELU6});
    for (size_t i = 0; i < sizeof plan / sizeof plan[0]; i++) {
        for (int k = 0; k < plan[i].repeat; k++) {
            struct block block = {channels, plan[i].outputs, 3, k == 0 ? plan[i].stride : 1, plan[i].expansion,
                                  ZOO_RELU6};
            t = add_block(b, t, &block, zoo_name(b, "features.%d", number++), block.expansion == 1 ? first : others);
            channels = plan[i].outputs;
        }
    }
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "features.18.0", .outputs = 1280, .kernel = 1, .act = ZOO_RELU6});
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "classifier.1", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}

/* Tan et al., "MnasNet: platform-aware neural architecture search for mobile", 2019: B1 at depth multiplier 1.0. */
weft_status zoo_mnasnet1_0(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                           weft_error *error)
{
    static const struct {
        int outputs, kernel, stride, expansion, repeat;
    } plan[6] = {{24, 3, 2, 3, 3}, {40, 5, 2, 3, 3}, {80, 5, 2, 6, 3}, {96, 3, 1, 6, 2}, {192, 5, 2, 6, 4},
                 {320, 3, 1, 6, 1}};
    static const char *const names[3] = {"layers.0", "layers.3", "layers.6"};
    int t = zoo_begin(b, "mnasnet1.0", 224, allocator), channels = 16;
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "layers.0", .outputs = 32, .kernel = 3, .stride = 2, .pad = 1,
                                          .weights = ZOO_C8, .act = ZOO_RELU});
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "layers.3", .outputs = 32, .kernel = 3, .pad = 1, .groups = 32,
                                          .weights = ZOO_C8, .act = ZOO_RELU});
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "layers.6", .outputs = 16, .kernel = 1});
    for (int i = 0; i < 6; i++) {
        for (int k = 0; k < plan[i].repeat; k++) {
            struct block block = {channels, plan[i].outputs, plan[i].kernel, k == 0 ? plan[i].stride : 1,
                                  plan[i].expansion, ZOO_RELU};
            t = add_block(b, t, &block, zoo_name(b, "layers.%d.%d", 8 + i, k), names);
            channels = plan[i].outputs;
        }
    }
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "layers.14", .outputs = 1280, .kernel = 1, .act = ZOO_RELU});
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "classifier.1", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}
