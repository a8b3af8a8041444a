#include "builder.h"

/* A convolution with ReLU and a kernel of height x width, padded so that the size stays; stride 2 is not padded. */
static int add_conv(struct zoo_builder *b, int in, const char *block, const char *part, int outputs, int height,
                    int width, int stride)
{
    struct zoo_conv conv = {.outputs = outputs, .kernel = height, .kernel_w = width, .stride = stride, .act = ZOO_RELU};
    conv.name = zoo_name(b, "%s.%s.conv", block, part);
    conv.pad = stride == 1 ? height / 2 : 0;
    conv.pad_w = stride == 1 ? width / 2 : 0;
    return zoo_conv(b, in, &conv);
}

static int add_pool_branch(struct zoo_builder *b, int in, const char *block, int outputs)
{
    int t = zoo_window_average(b, in, zoo_name(b, "%s.avg_pool2d", block), 3, 1, 1);
    return add_conv(b, t, block, "branch_pool", outputs, 1, 1, 1);
}

static int add_a(struct zoo_builder *b, int in, const char *block, int pool)
{
    int branch[4];
    branch[0] = add_conv(b, in, block, "branch1x1", 64, 1, 1, 1);
    branch[1] = add_conv(b, add_conv(b, in, block, "branch5x5_1", 48, 1, 1, 1), block, "branch5x5_2", 64, 5, 5, 1);
    int t = add_conv(b, in, block, "branch3x3dbl_1", 64, 1, 1, 1);
    t = add_conv(b, t, block, "branch3x3dbl_2", 96, 3, 3, 1);
    branch[2] = add_conv(b, t, block, "branch3x3dbl_3", 96, 3, 3, 1);
    branch[3] = add_pool_branch(b, in, block, pool);
    return zoo_concat(b, block, branch, 4);
}

static int add_b(struct zoo_builder *b, int in, const char *block)
{
    int branch[3];
    branch[0] = add_conv(b, in, block, "branch3x3", 384, 3, 3, 2);
    int t = add_conv(b, in, block, "branch3x3dbl_1", 64, 1, 1, 1);
    t = add_conv(b, t, block, "branch3x3dbl_2", 96, 3, 3, 1);
    branch[1] = add_conv(b, t, block, "branch3x3dbl_3", 96, 3, 3, 2);
    branch[2] = zoo_maxpool(b, in, zoo_name(b, "%s.max_pool2d", block), 3, 2, 0, false);
    return zoo_concat(b, block, branch, 3);
}

static int add_c(struct zoo_builder *b, int in, const char *block, int width)
{
    int branch[4];
    branch[0] = add_conv(b, in, block, "branch1x1", 192, 1, 1, 1);
    int t = add_conv(b, in, block, "branch7x7_1", width, 1, 1, 1);
    t = add_conv(b, t, block, "branch7x7_2", width, 1, 7, 1);
    branch[1] = add_conv(b, t, block, "branch7x7_3", 192, 7, 1, 1);
    t = add_conv(b, in, block, "branch7x7dbl_1", width, 1, 1, 1);
    t = add_conv(b, t, block, "branch7x7dbl_2", width, 7, 1, 1);
    t = add_conv(b, t, block, "branch7x7dbl_3", width, 1, 7, 1);
    t = add_conv(b, t, block, "branch7x7dbl_4", width, 7, 1, 1);
    branch[2] = add_conv(b, t, block, "branch7x7dbl_5", 192, 1, 7, 1);
    branch[3] = add_pool_branch(b, in, block, 192);
    return zoo_concat(b, block, branch, 4);
}

static int add_d(struct zoo_builder *b, int in, const char *block)
{
    int branch[3];
    branch[0] = add_conv(b, add_conv(b, in, block, "branch3x3_1", 192, 1, 1, 1), block, "branch3x3_2", 320, 3, 3, 2);
    int t = add_conv(b, in, block, "branch7x7x3_1", 192, 1, 1, 1);
    t = add_conv(b, t, block, "branch7x7x3_2", 192, 1, 7, 1);
    t = add_conv(b, t, block, "branch7x7x3_3", 192, 7, 1, 1);
    branch[1] = add_conv(b, t, block, "branch7x7x3_4", 192, 3, 3, 2);
    branch[2] = zoo_maxpool(b, in, zoo_name(b, "%s.max_pool2d", block), 3, 2, 0, false);
    return zoo_concat(b, block, branch, 3);
}

static int add_e(struct zoo_builder *b, int in, const char *block)
{
    int branch[6];
    branch[0] = add_conv(b, in, block, "branch1x1", 320, 1, 1, 1);
    int t = add_conv(b, in, block, "branch3x3_1", 384, 1, 1, 1);
    branch[1] = add_conv(b, t, block, "branch3x3_2a", 384, 1, 3, 1);
    branch[2] = add_conv(b, t, block, "branch3x3_2b", 384, 3, 1, 1);
    t = add_conv(b, in, block, "branch3x3dbl_1", 448, 1, 1, 1);
    t = add_conv(b, t, block, "branch3x3dbl_2", 384, 3, 3, 1);
    branch[3] = add_conv(b, t, block, "branch3x3dbl_3a", 384, 1, 3, 1);
    branch[4] = add_conv(b, t, block, "branch3x3dbl_3b", 384, 3, 1, 1);
    branch[5] = add_pool_branch(b, in, block, 192);
    return zoo_concat(b, block, branch, 6);
}

/* Szegedy et al., "Rethinking the Inception architecture for computer vision", 2016, at 299x299, without the auxiliary
 * head. */
weft_status zoo_inception_v3(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                             weft_error *error)
{
    int t = zoo_begin(b, "inception_v3", 299, allocator);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "Conv2d_1a_3x3.conv", .outputs = 32, .kernel = 3, .stride = 2,
                                          .weights = ZOO_C8, .act = ZOO_RELU});
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "Conv2d_2a_3x3.conv", .outputs = 32, .kernel = 3, .act = ZOO_RELU});
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "Conv2d_2b_3x3.conv", .outputs = 64, .kernel = 3, .pad = 1,
                                          .act = ZOO_RELU});
    t = zoo_maxpool(b, t, "maxpool1", 3, 2, 0, false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "Conv2d_3b_1x1.conv", .outputs = 80, .kernel = 1, .act = ZOO_RELU});
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "Conv2d_4a_3x3.conv", .outputs = 192, .kernel = 3, .act = ZOO_RELU});
    t = zoo_maxpool(b, t, "maxpool2", 3, 2, 0, false);
    t = add_a(b, t, "Mixed_5b", 32);
    t = add_a(b, t, "Mixed_5c", 64);
    t = add_a(b, t, "Mixed_5d", 64);
    t = add_b(b, t, "Mixed_6a");
    t = add_c(b, t, "Mixed_6b", 128);
    t = add_c(b, t, "Mixed_6c", 160);
    t = add_c(b, t, "Mixed_6d", 160);
    t = add_c(b, t, "Mixed_6e", 192);
    t = add_d(b, t, "Mixed_7a");
    t = add_e(b, t, "Mixed_7b");
    t = add_e(b, t, "Mixed_7c");
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "fc", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}
