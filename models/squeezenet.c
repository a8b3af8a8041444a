#include "builder.h"

static int add_fire(struct zoo_builder *b, int in, int number, int squeeze, int expand)
{
    const char *name = zoo_name(b, "features.%d", number);
    int branch[2];
    int t = zoo_conv(b, in, &(struct zoo_conv){.name = zoo_name(b, "%s.squeeze", name), .outputs = squeeze, .kernel = 1,
                                               .act = ZOO_RELU});
    branch[0] = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.expand1x1", name), .outputs = expand,
                                                  .kernel = 1, .act = ZOO_RELU});
    branch[1] = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.expand3x3", name), .outputs = expand,
                                                  .kernel = 3, .pad = 1, .act = ZOO_RELU});
    return zoo_concat(b, name, branch, 2);
}

/* Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters", 2016. `pools`: the numbers of the
 * second and third pool among torchvision's modules; the others are fire modules. */
static weft_status build(struct zoo_builder *b, const char *name, const struct zoo_conv *first, const int pools[2],
                         const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    static const int squeeze[8] = {16, 16, 32, 32, 48, 48, 64, 64};
    int t = zoo_begin(b, name, 224, allocator), number = 3;
    t = zoo_conv(b, t, first);
    t = zoo_maxpool(b, t, "features.2", 3, 2, 0, true);
    for (int fire = 0; fire < 8; number++) {
        if (number == pools[0] || number == pools[1]) {
            t = zoo_maxpool(b, t, zoo_name(b, "features.%d", number), 3, 2, 0, true);
        } else {
            t = add_fire(b, t, number, squeeze[fire], 4 * squeeze[fire]);
            fire++;
        }
    }
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "classifier.1", .outputs = 1000, .kernel = 1, .weights = ZOO_C8,
                                          .act = ZOO_RELU});
    t = zoo_average(b, t, "classifier.3", true);
    return zoo_finish(b, t, model, error);
}

weft_status zoo_squeezenet1_0(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                              weft_error *error)
{
    struct zoo_conv first = {.name = "features.0", .outputs = 96, .kernel = 7, .stride = 2, .weights = ZOO_C8,
                             .act = ZOO_RELU};
    return build(b, "squeezenet1.0", &first, (const int[2]){6, 11}, allocator, model, error);
}

weft_status zoo_squeezenet1_1(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                              weft_error *error)
{
    struct zoo_conv first = {.name = "features.0", .outputs = 64, .kernel = 3, .stride = 2, .weights = ZOO_C8,
                             .act = ZOO_RELU};
    return build(b, "squeezenet1.1", &first, (const int[2]){5, 8}, allocator, model, error);
}
