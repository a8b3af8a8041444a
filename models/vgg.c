#include "builder.h"

/* Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015. `repeats`:
 * convolutions of each of the five stages. Names count convolutions, ReLUs and pools, as torchvision's do. */
static weft_status build(struct zoo_builder *b, const char *name, const int repeats[5], const weft_allocator *allocator,
                         weft_model **model, weft_error *error)
{
    int t = zoo_begin(b, name, 224, allocator), number = 0;
    for (int stage = 0; stage < 5; stage++) {
        int outputs = stage < 3 ? 64 << stage : 512;
        for (int i = 0; i < repeats[stage]; i++) {
            struct zoo_conv conv = {.outputs = outputs, .kernel = 3, .pad = 1, .act = ZOO_RELU};
            conv.name = zoo_name(b, "features.%d", number);
            conv.weights = number ? ZOO_C4 : ZOO_C8;
            t = zoo_conv(b, t, &conv);
            number += 2;
        }
        t = zoo_maxpool(b, t, zoo_name(b, "features.%d", number++), 2, 2, 0, false);
    }
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "classifier.0", .outputs = 4096, .act = ZOO_RELU});
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "classifier.3", .outputs = 4096, .act = ZOO_RELU});
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "classifier.6", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}

weft_status zoo_vgg11(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, "vgg11", (const int[5]){1, 1, 2, 2, 2}, allocator, model, error);
}

weft_status zoo_vgg16(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, "vgg16", (const int[5]){2, 2, 3, 3, 3}, allocator, model, error);
}

weft_status zoo_vgg19(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, "vgg19", (const int[5]){2, 2, 4, 4, 4}, allocator, model, error);
}
