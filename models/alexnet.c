#include "builder.h"

/* Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, as torchvision has it. At
 * 224x224 its adaptive average pool to 6x6 is the identity. */
weft_status zoo_alexnet(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    int t = zoo_begin(b, "alexnet", 224, allocator);
    t = zoo_conv(b, t, &(struct zoo_conv){"conv1", 64, 11, 4, 2, 1, ZOO_C8, ZOO_RELU, -1});
    t = zoo_maxpool(b, t, "pool1", 3, 2, 0, false);
    t = zoo_conv(b, t, &(struct zoo_conv){"conv2", 192, 5, 1, 2, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_maxpool(b, t, "pool2", 3, 2, 0, false);
    t = zoo_conv(b, t, &(struct zoo_conv){"conv3", 384, 3, 1, 1, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_conv(b, t, &(struct zoo_conv){"conv4", 256, 3, 1, 1, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_conv(b, t, &(struct zoo_conv){"conv5", 256, 3, 1, 1, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_maxpool(b, t, "pool5", 3, 2, 0, false);
    t = zoo_conv(b, t, &(struct zoo_conv){"fc6", 4096, 0, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_conv(b, t, &(struct zoo_conv){"fc7", 4096, 0, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_conv(b, t, &(struct zoo_conv){"fc8", 1000, 0, 1, 0, 1, ZOO_C8, ZOO_LOGITS, -1});
    return zoo_finish(b, t, model, error);
}
