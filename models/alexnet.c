#include "builder.h"

/* Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, as torchvision has it. At
 * 224x224 its adaptive average pool to 6x6 is the identity. */
weft_status zoo_alexnet(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    int t = zoo_begin(b, "alexnet", 224, allocator);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "features.0", .outputs = 64, .kernel = 11, .stride = 4, .pad = 2,
                                          .weights = ZOO_C8, .act = ZOO_RELU});
    t = zoo_maxpool(b, t, "features.2", 3, 2, 0, false);
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "features.3", .outputs = 192, .kernel = 5, .pad = 2, .act = ZOO_RELU});
    t = zoo_maxpool(b, t, "features.5", 3, 2, 0, false);
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "features.6", .outputs = 384, .kernel = 3, .pad = 1, .act = ZOO_RELU});
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "features.8", .outputs = 256, .kernel = 3, .pad = 1, .act = ZOO_RELU});
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "features.10", .outputs = 256, .kernel = 3, .pad = 1, .act = ZOO_RELU});
    t = zoo_maxpool(b, t, "features.12", 3, 2, 0, false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "classifier.1", .outputs = 4096, .act = ZOO_RELU});
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "classifier.4", .outputs = 4096, .act = ZOO_RELU});
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "classifier.6", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}
