#include <stdio.h>

#include "builder.h"

struct inception {
    const char *name;
    int one, three_reduce, three, five_reduce, five, pool;
};

static int add_inception(struct zoo_builder *b, int in, const struct inception *p)
{
    char names[8][32];
    static const char *const parts[8] = {"1x1", "3x3_reduce", "3x3", "5x5_reduce", "5x5", "pool", "pool_proj", ""};
    for (int i = 0; i < 8; i++) {
        snprintf(names[i], sizeof names[i], "%s%s%s", p->name, parts[i][0] ? "/" : "", parts[i]);
    }
    int branch[4];
    branch[0] = zoo_conv(b, in, &(struct zoo_conv){names[0], p->one, 1, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    int t = zoo_conv(b, in, &(struct zoo_conv){names[1], p->three_reduce, 1, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    branch[1] = zoo_conv(b, t, &(struct zoo_conv){names[2], p->three, 3, 1, 1, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_conv(b, in, &(struct zoo_conv){names[3], p->five_reduce, 1, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    /* torchvision's "5x5" branch has 3x3 kernels, and its trained weights with it. */
    branch[2] = zoo_conv(b, t, &(struct zoo_conv){names[4], p->five, 3, 1, 1, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_maxpool(b, in, names[5], 3, 1, 1, true);
    branch[3] = zoo_conv(b, t, &(struct zoo_conv){names[6], p->pool, 1, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    return zoo_concat(b, names[7], branch, 4);
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
    t = zoo_conv(b, t, &(struct zoo_conv){"conv1", 64, 7, 2, 3, 1, ZOO_C8, ZOO_RELU, -1});
    t = zoo_maxpool(b, t, "pool1", 3, 2, 0, true);
    t = zoo_conv(b, t, &(struct zoo_conv){"conv2", 64, 1, 1, 0, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_conv(b, t, &(struct zoo_conv){"conv3", 192, 3, 1, 1, 1, ZOO_C4, ZOO_RELU, -1});
    t = zoo_maxpool(b, t, "pool2", 3, 2, 0, true);
    for (int i = 0; i < 9; i++) {
        t = add_inception(b, t, &plan[i]);
        if (i == 1) {
            t = zoo_maxpool(b, t, "pool3", 3, 2, 0, true);
        } else if (i == 6) {
            t = zoo_maxpool(b, t, "pool4", 2, 2, 0, true);
        }
    }
    t = zoo_average(b, t, "pool5", ZOO_RELU);
    t = zoo_conv(b, t, &(struct zoo_conv){"fc", 1000, 0, 1, 0, 1, ZOO_C8, ZOO_LOGITS, -1});
    return zoo_finish(b, t, model, error);
}
