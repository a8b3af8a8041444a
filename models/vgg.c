#include <stdio.h>

#include "builder.h"

/* Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015. */
weft_status zoo_vgg16(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    static const int plan[] = {64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0};
    int t = zoo_begin(b, "vgg16", 224, allocator), stage = 1, layer = 1;
    for (size_t i = 0; i < sizeof plan / sizeof plan[0]; i++) {
        char name[32];
        if (plan[i] == 0) {
            snprintf(name, sizeof name, "pool%d", stage++);
            t = zoo_maxpool(b, t, name, 2, 2, 0, false);
            layer = 1;
            continue;
        }
        snprintf(name, sizeof name, "conv%d_%d", stage, layer++);
        t = zoo_conv(b, t, &(struct zoo_conv){name, plan[i], 3, 1, 1, 1, i ? ZOO_C4 : ZOO_C8, ZOO_RELU, -1});
    }
    t = zoo_conv(b, t, &(struct zoo_conv){"fc6", 4096, 0, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_conv(b, t, &(struct zoo_conv){"fc7", 4096, 0, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_conv(b, t, &(struct zoo_conv){"fc8", 1000, 0, 1, 0, 1, ZOO_C8, ZOO_LOGITS, -1});
    return zoo_finish(b, t, model, error);
}
