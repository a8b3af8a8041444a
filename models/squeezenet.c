#include <stdio.h>

#include "builder.h"

static int add_fire(struct zoo_builder *b, int in, int number, int squeeze, int expand)
{
    char names[4][32];
    static const char *const parts[4] = {"/squeeze1x1", "/expand1x1", "/expand3x3", ""};
    for (int i = 0; i < 4; i++) {
        snprintf(names[i], sizeof names[i], "fire%d%s", number, parts[i]);
    }
    int branch[2];
    int t = zoo_conv(b, in, &(struct zoo_conv){names[0], squeeze, 1, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    branch[0] = zoo_conv(b, t, &(struct zoo_conv){names[1], expand, 1, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    branch[1] = zoo_conv(b, t, &(struct zoo_conv){names[2], expand, 3, 1, 1, 1, ZOO_C4, ZOO_RELU, -1});
    return zoo_concat(b, names[3], branch, 2);
}

/* Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", 2016, version 1.1. */
weft_status zoo_squeezenet1_1(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                              weft_error *error)
{
    int t = zoo_begin(b, "squeezenet1.1", 224, allocator);
    t = zoo_conv(b, t, &(struct zoo_conv){"conv1", 64, 3, 2, 0, 1, ZOO_C8, ZOO_RELU, -1});
    t = zoo_maxpool(b, t, "pool1", 3, 2, 0, true);
    t = add_fire(b, t, 2, 16, 64);
    t = add_fire(b, t, 3, 16, 64);
    t = zoo_maxpool(b, t, "pool3", 3, 2, 0, true);
    t = add_fire(b, t, 4, 32, 128);
    t = add_fire(b, t, 5, 32, 128);
    t = zoo_maxpool(b, t, "pool5", 3, 2, 0, true);
    t = add_fire(b, t, 6, 48, 192);
    t = add_fire(b, t, 7, 48, 192);
    t = add_fire(b, t, 8, 64, 256);
    t = add_fire(b, t, 9, 64, 256);
    t = zoo_conv(b, t, &(struct zoo_conv){"conv10", 1000, 1, 1, 0, 1, ZOO_C8, ZOO_RELU, -1});
    t = zoo_average(b, t, "pool10", ZOO_LOGITS);
    return zoo_finish(b, t, model, error);
}
