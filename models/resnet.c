#include <stdio.h>

#include "builder.h"

struct resnet {
    const char *name;
    int blocks[4];
    int expansion; /* 1: two 3x3 convolutions a block; 4: 1x1, 3x3, 1x1 */
};

/* One residual block. The stride is in the 3x3 convolution (torchvision's form, "v1.5"). */
static int add_block(struct zoo_builder *b, int in, const struct resnet *net, const char *name, int width, int stride,
                     bool project)
{
    char names[4][40];
    static const char *const parts[4] = {"conv1", "conv2", "conv3", "downsample"};
    for (int i = 0; i < 4; i++) {
        snprintf(names[i], sizeof names[i], "%s.%s", name, parts[i]);
    }
    int outputs = width * net->expansion, shortcut = in;
    if (project) {
        shortcut = zoo_conv(b, in, &(struct zoo_conv){names[3], outputs, 1, stride, 0, 1, ZOO_C4, ZOO_LINEAR, -1});
    }
    if (net->expansion == 1) {
        int t = zoo_conv(b, in, &(struct zoo_conv){names[0], width, 3, stride, 1, 1, ZOO_C4, ZOO_RELU, -1});
        return zoo_conv(b, t, &(struct zoo_conv){names[1], outputs, 3, 1, 1, 1, ZOO_C4, ZOO_RELU, shortcut});
    }
    int t = zoo_conv(b, in, &(struct zoo_conv){names[0], width, 1, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_conv(b, t, &(struct zoo_conv){names[1], width, 3, stride, 1, 1, ZOO_C4, ZOO_RELU, -1});
    return zoo_conv(b, t, &(struct zoo_conv){names[2], outputs, 1, 1, 0, 1, ZOO_C4, ZOO_RELU, shortcut});
}

/* He et al., "Deep residual learning for image recognition", 2016. */
static weft_status build(struct zoo_builder *b, const struct resnet *net, const weft_allocator *allocator,
                         weft_model **model, weft_error *error)
{
    int t = zoo_begin(b, net->name, 224, allocator), channels = 64;
    t = zoo_conv(b, t, &(struct zoo_conv){"conv1", 64, 7, 2, 3, 1, ZOO_C8, ZOO_RELU, -1});
    t = zoo_maxpool(b, t, "maxpool", 3, 2, 1, false);
    for (int stage = 0; stage < 4; stage++) {
        int width = 64 << stage;
        for (int i = 0; i < net->blocks[stage]; i++) {
            char name[24];
            int stride = stage > 0 && i == 0 ? 2 : 1;
            snprintf(name, sizeof name, "layer%d.%d", stage + 1, i);
            t = add_block(b, t, net, name, width, stride, stride != 1 || channels != width * net->expansion);
            channels = width * net->expansion;
        }
    }
    t = zoo_average(b, t, "avgpool", ZOO_RELU);
    t = zoo_conv(b, t, &(struct zoo_conv){"fc", 1000, 0, 1, 0, 1, ZOO_C8, ZOO_LOGITS, -1});
    return zoo_finish(b, t, model, error);
}

weft_status zoo_resnet18(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, &(struct resnet){"resnet18", {2, 2, 2, 2}, 1}, allocator, model, error);
}

weft_status zoo_resnet50(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, &(struct resnet){"resnet50", {3, 4, 6, 3}, 4}, allocator, model, error);
}
