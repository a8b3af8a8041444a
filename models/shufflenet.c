#include "builder.h"

enum { CHANNELS_MAX = 464 };

static int add_pointwise(struct zoo_builder *b, int in, const char *name, int outputs)
{
    return zoo_conv(b, in, &(struct zoo_conv){.name = name, .outputs = outputs, .kernel = 1, .act = ZOO_RELU});
}

static int add_depthwise(struct zoo_builder *b, int in, const char *name, int channels, int stride)
{
    return zoo_conv(b, in,
                    &(struct zoo_conv){.name = name, .outputs = channels, .kernel = 3, .stride = stride, .pad = 1,
                                              .groups = channels, .weights = ZOO_C8});
}

/* Channels first, first + 1, ... of a tensor. */
static int split(struct zoo_builder *b, int in, const char *name, int first, int channels)
{
    int select[CHANNELS_MAX];
    for (int c = 0; c < channels; c++) {
        select[c] = first + c;
    }
    return zoo_select(b, name, &in, 1, select, channels);
}

/* One unit of torchvision's: the halves are joined and shuffled in two groups, so that their channels alternate. */
static int add_unit(struct zoo_builder *b, int in, const char *name, int inputs, int outputs, int stride)
{
    int width = outputs / 2, halves[2], t = in, select[CHANNELS_MAX];
    if (stride == 1) {
        halves[0] = split(b, in, zoo_name(b, "%s.chunk0", name), 0, width);
        t = split(b, in, zoo_name(b, "%s.chunk1", name), width, width);
    } else {
        int first = add_depthwise(b, in, zoo_name(b, "%s.branch1.0", name), inputs, stride);
        halves[0] = add_pointwise(b, first, zoo_name(b, "%s.branch1.2", name), width);
    }
    t = add_pointwise(b, t, zoo_name(b, "%s.branch2.0", name), width);
    t = add_depthwise(b, t, zoo_name(b, "%s.branch2.3", name), width, stride);
    halves[1] = add_pointwise(b, t, zoo_name(b, "%s.branch2.5", name), width);
    for (int c = 0; c < outputs; c++) {
        select[c] = c % 2 * width + c / 2;
    }
    return zoo_select(b, zoo_name(b, "%s.shuffle", name), halves, 2, select, outputs);
}

/* Ma et al., "ShuffleNet V2: practical guidelines for efficient CNN architecture design", 2018, width 1.0. */
weft_status zoo_shufflenet_v2_1_0(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                                  weft_error *error)
{
    static const int units[3] = {4, 8, 4}, outputs[3] = {116, 232, CHANNELS_MAX};
    int t = zoo_begin(b, "shufflenet_v2_1.0", 224, allocator), channels = 24;
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "conv1.0", .outputs = 24, .kernel = 3, .stride = 2, .pad = 1,
                                          .weights = ZOO_C8, .act = ZOO_RELU});
    t = zoo_maxpool(b, t, "maxpool", 3, 2, 1, false);
    for (int stage = 0; stage < 3; stage++) {
        for (int i = 0; i < units[stage]; i++) {
            t = add_unit(b, t, zoo_name(b, "stage%d.%d", stage + 2, i), channels, outputs[stage], i == 0 ? 2 : 1);
            channels = outputs[stage];
        }
    }
    t = add_pointwise(b, t, "conv5.0", 1024);
    t = zoo_average(b, t, "mean", false);
    t = zoo_conv(b, t, &(struct zoo_conv){.name = "fc", .outputs = 1000, .weights = ZOO_C8, .act = ZOO_LOGITS});
    return zoo_finish(b, t, model, error);
}
