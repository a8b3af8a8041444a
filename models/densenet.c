#include "builder.h"

enum { GROWTH = 32, BOTTLENECK = 4 * GROWTH };

/* Normalization, ReLU and two convolutions; the features join all before them. Joined one by one, each lives within the
 * next, and nothing is copied. All of a block have the edge of its input. */
static int add_layer(struct zoo_builder *b, int in, const char *block, int number)
{
    const char *name = zoo_name(b, "%s.denselayer%d", block, number);
    int t = zoo_affine(b, in, zoo_name(b, "%s.norm1", name));
    t = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.conv1", name), .outputs = BOTTLENECK, .kernel = 1,
                                          .act = ZOO_RELU});
    t = zoo_conv_like(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.conv2", name), .outputs = GROWTH, .kernel = 3,
                                               .pad = 1}, in);
    return zoo_concat(b, name, (const int[]){in, t}, 2);
}

/* Huang et al., "Densely connected convolutional networks", 2017. */
weft_status zoo_densenet121(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                            weft_error *error)
{
    static const int layers[4] = {6, 12, 24, 16};
    int t = zoo_begin(b, "densenet121", 224, allocator), channels = 64;
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "features.conv0", .outputs = 64, .kernel = 7, .stride = 2, .pad = 3,
                                          .weights = ZOO_C8, .act = ZOO_RELU, .signed_edge = true});
    t = zoo_maxpool(b, t, "features.pool0", 3, 2, 1, false);
    for (int block = 1; block <= 4; block++) {
        for (int i = 1; i <= layers[block - 1]; i++) {
            t = add_layer(b, t, zoo_name(b, "features.denseblock%d", block), i);
        }
        channels += GROWTH * layers[block - 1];
        if (block < 4) {
            channels /= 2;
            t = zoo_affine(b, t, zoo_name(b, "features.transition%d.norm", block));
            t = zoo_conv(b, t, &(struct zoo_conv){.name = zoo_name(b, "features.transition%d.conv", block),
                                                  .outputs = channels, .kernel = 1});
            t = zoo_window_average(b, t, zoo_name(b, "features.transition%d.pool", block), 2, 2, 0);
        }
    }
    t = zoo_affine(b, t, "features.norm5");
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "classifier", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}
