#include "builder.h"

struct resnet {
    const char *name;
    int blocks[4];
    int expansion; /* 1: two 3x3 convolutions a block; 4: 1x1, 3x3, 1x1 */
    int groups, width; /* of the 3x3 convolutions of 1x1, 3x3, 1x1; width in the first stage */
};

/* One residual block. The stride is in the 3x3 convolution (torchvision's form, "v1.5"). */
static int add_block(struct zoo_builder *b, int in, const struct resnet *net, const char *name, int stage, int stride,
                     bool project)
{
    int outputs = (64 << stage) * net->expansion, width = net->width << stage, shortcut = in;
    if (project) {
        shortcut = zoo_conv(b, in, &(struct zoo_conv){.name = zoo_name(b, "%s.downsample.0", name), .outputs = outputs,
                                                      .kernel = 1, .stride = stride});
    }
    struct zoo_conv first = {.name = zoo_name(b, "%s.conv1", name), .outputs = width, .kernel = 3, .stride = stride,
                             .pad = 1, .act = ZOO_RELU};
    struct zoo_conv second = {.name = zoo_name(b, "%s.conv2", name), .outputs = width, .kernel = 3, .pad = 1,
                              .act = ZOO_RELU};
    if (net->expansion == 1) {
        return zoo_conv_add(b, zoo_conv(b, in, &first), &second, shortcut);
    }
    first.kernel = first.stride = 1;
    first.pad = 0;
    second.stride = stride;
    second.groups = net->groups;
    struct zoo_conv third = {.name = zoo_name(b, "%s.conv3", name), .outputs = outputs, .kernel = 1, .act = ZOO_RELU};
    return zoo_conv_add(b, zoo_conv(b, zoo_conv(b, in, &first), &second), &third, shortcut);
}

/* He et al., "Deep residual learning for image recognition", 2016. */
static weft_status build(struct zoo_builder *b, const struct resnet *net, const weft_allocator *allocator,
                         weft_model **model, weft_error *error)
{
    int t = zoo_begin(b, net->name, 224, allocator), channels = 64;
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "conv1", .outputs = 64, .kernel = 7, .stride = 2, .pad = 3,
                                          .weights = ZOO_C8, .act = ZOO_RELU});
    t = zoo_maxpool(b, t, "maxpool", 3, 2, 1, false);
    for (int stage = 0; stage < 4; stage++) {
        int outputs = (64 << stage) * net->expansion;
        for (int i = 0; i < net->blocks[stage]; i++) {
            int stride = stage > 0 && i == 0 ? 2 : 1;
            const char *name = zoo_name(b, "layer%d.%d", stage + 1, i);
            t = add_block(b, t, net, name, stage, stride, stride != 1 || channels != outputs);
            channels = outputs;
        }
    }
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "fc", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}

weft_status zoo_resnet18(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, &(struct resnet){"resnet18", {2, 2, 2, 2}, 1, 1, 64}, allocator, model, error);
}

weft_status zoo_resnet34(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, &(struct resnet){"resnet34", {3, 4, 6, 3}, 1, 1, 64}, allocator, model, error);
}

weft_status zoo_resnet50(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, &(struct resnet){"resnet50", {3, 4, 6, 3}, 4, 1, 64}, allocator, model, error);
}

weft_status zoo_resnet101(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, &(struct resnet){"resnet101", {3, 4, 23, 3}, 4, 1, 64}, allocator, model, error);
}

/* Xie et al., "Aggregated residual transformations for deep neural networks", 2017: 32x4d. */
weft_status zoo_resnext50(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, &(struct resnet){"resnext50", {3, 4, 6, 3}, 4, 32, 128}, allocator, model, error);
}

/* Zagoruyko and Komodakis, "Wide residual networks", 2016: twice the width. */
weft_status zoo_wide_resnet50(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                              weft_error *error)
{
    return build(b, &(struct resnet){"wide_resnet50", {3, 4, 6, 3}, 4, 1, 128}, allocator, model, error);
}
