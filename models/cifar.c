#include "builder.h"

/* Two 3x3 convolutions. Where the size halves, the shortcut is the paper's option A: every other pixel, and zeros for
 * the channels that are new, half of them before the old ones and half behind. */
static int add_block(struct zoo_builder *b, int in, const char *name, int inputs, int outputs)
{
    int stride = outputs > inputs ? 2 : 1, shortcut = in, select[64];
    int t = zoo_conv(b, in, &(struct zoo_conv){.name = zoo_name(b, "%s.conv1", name), .outputs = outputs, .kernel = 3,
                                               .stride = stride, .pad = 1, .act = ZOO_RELU});
    if (stride > 1) {
        int before = (outputs - inputs) / 2;
        for (int c = 0; c < outputs; c++) {
            select[c] = c >= before && c < before + inputs ? c - before : -1;
        }
        shortcut = zoo_maxpool(b, in, zoo_name(b, "%s.subsample", name), 1, 2, 0, false);
        shortcut = zoo_select(b, zoo_name(b, "%s.shortcut", name), &shortcut, 1, select, outputs);
    }
    return zoo_conv_add(b, t, &(struct zoo_conv){.name = zoo_name(b, "%s.conv2", name), .outputs = outputs, .kernel = 3,
                                                 .pad = 1, .act = ZOO_RELU}, shortcut);
}

/* He et al., "Deep residual learning for image recognition", 2016, section 4.2: 6n + 2 layers for 32x32 images and ten
 * classes. */
static weft_status build(struct zoo_builder *b, int n, const weft_allocator *allocator, weft_model **model,
                         weft_error *error)
{
    static const char *const names[] = {[3] = "resnet20", [5] = "resnet32", [7] = "resnet44", [9] = "resnet56",
                                        [18] = "resnet110"};
    int t = zoo_begin(b, names[n], 32, allocator), channels = 16;
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "conv1", .outputs = 16, .kernel = 3, .pad = 1, .weights = ZOO_C8,
                                          .act = ZOO_RELU});
    for (int stage = 0; stage < 3; stage++) {
        for (int i = 0; i < n; i++) {
            t = add_block(b, t, zoo_name(b, "layer%d.%d", stage + 1, i), channels, 16 << stage);
            channels = 16 << stage;
        }
    }
    t = zoo_average(b, t, "avgpool", false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "fc", .outputs = 10, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}

weft_status zoo_resnet20(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, 3, allocator, model, error);
}

weft_status zoo_resnet32(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, 5, allocator, model, error);
}

weft_status zoo_resnet44(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, 7, allocator, model, error);
}

weft_status zoo_resnet56(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, 9, allocator, model, error);
}

weft_status zoo_resnet110(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    return build(b, 18, allocator, model, error);
}
