#include "builder.h"

struct inception {
    const char *name;
    int one, three_reduce, three, five_reduce, five, pool;
};

static int add_unit(struct zoo_builder *b, int in, const char *block, const char *unit, int outputs, int kernel)
{
    return zoo_conv(b, in, &(struct zoo_conv){.name = zoo_name(b, "%s.%s.conv", block, unit), .outputs = outputs,
                                              .kernel = kernel, .pad = kernel / 2, .act = ZOO_RELU});
}

static int add_inception(struct zoo_builder *b, int in, const struct inception *p)
{
    int branch[4];
    branch[0] = add_unit(b, in, p->name, "branch1", p->one, 1);
    int t = add_unit(b, in, p->name, "branch2.0", p->three_reduce, 1);
    branch[1] = add_unit(b, t, p->name, "branch2.1", p->three, 3);
    t = add_unit(b, in, p->name, "branch3.0", p->five_reduce, 1);
    /* torchvision's "5x5" branch has 3x3 kernels, and its trained weights with it. */
    branch[2] = add_unit(b, t, p->name, "branch3.1", p->five, 3);
    t = zoo_maxpool(b, in, zoo_name(b, "%s.branch4.0", p->name), 3, 1, 1, true);
    branch[3] = add_unit(b, t, p->name, "branch4.1", p->pool, 1);
    return zoo_concat(b, p->name, branch, 4);
}

/* Szegedy et al., "Going deeper with convolutions", 2015, with batch normalization (folded), without the
 * auxiliary heads. */
weft_status zoo_googlenet(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                          weft_error *error)
{
    static const struct inception plan[] = {
        {"inception3a", 64, 96, 128, 16, 32, 32},     {"inception3b", 128, 128, 192, 32, 96, 64},
        {"inception4a", 192, 96, 208, 16, 48, 64},    {"inception4b", 160, 112, 224, 24, 64, 64},
        {"inception4c", 128, 128, 256, 24, 64, 64},   {"inception4d", 112, 144, 288, 32, 64, 64},
        {"inception4e", 256, 160, 320, 32, 128, 128}, {"inception5a", 256, 160, 320, 32, 128, 128},
        {"inception5b", 384, 192, 384, 48, 128, 128},
    };
    int t = zoo_begin(b, "googlenet", 224, allocator);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "conv1.conv", .outputs = 64, .kernel = 7, .stride = 2, .pad = 3,
                                          .weights = ZOO_C8, .act = ZOO_RELU});
    t = zoo_maxpool(b, t, "maxpool1", 3, 2, 0, true);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "conv2.conv", .outputs = 64, .kernel = 1, .act = ZOO_RELU});
    t = zoo_conv(b, t,
                 &(struct zoo_conv){.name = "conv3.conv", .outputs = 192, .kernel = 3, .pad = 1, .act = ZOO_RELU});
    t = zoo_maxpool(b, t, "maxpool2", 3, 2, 0, true);
    for (int i = 0; i < 9; i++) {
        t = add_inception(b, t, &plan[i]);
        if (i == 1) {
            t = zoo_maxpool(b, t, "maxpool3", 3, 2, 0, true);
        } else if (i == 6) {
            t = zoo_maxpool(b, t, "maxpool4", 2, 2, 0, true);
        }
    }
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "fc", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}
