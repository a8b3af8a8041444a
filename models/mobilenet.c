#include <stdio.h>

#include "builder.h"

/* Expansion, depthwise, linear projection; the projection adds its input where the shapes allow it. */
static int add_block(struct zoo_builder *b, int in, int number, int inputs, int outputs, int stride, int expansion)
{
    char names[3][32];
    static const char *const parts[3] = {"expand", "depthwise", "project"};
    for (int i = 0; i < 3; i++) {
        snprintf(names[i], sizeof names[i], "block%d/%s", number, parts[i]);
    }
    int t = in, width = inputs * expansion;
    if (expansion != 1) {
        t = zoo_conv(b, t, &(struct zoo_conv){names[0], width, 1, 1, 0, 1, ZOO_C4, ZOO_RELU6, -1});
    }
    t = zoo_conv(b, t, &(struct zoo_conv){names[1], width, 3, stride, 1, width, ZOO_C8, ZOO_RELU6, -1});
    int residual = stride == 1 && inputs == outputs ? in : -1;
    return zoo_conv(b, t, &(struct zoo_conv){names[2], outputs, 1, 1, 0, 1, ZOO_C4, ZOO_LINEAR, residual});
}

/* Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", 2018, width 1.0. */
weft_status zoo_mobilenet_v2(struct zoo_builder *b, const weft_allocator *allocator, weft_model **model,
                             weft_error *error)
{
    static const struct {
        int expansion, outputs, repeat, stride;
    } plan[] = {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    int t = zoo_begin(b, "mobilenet_v2", 224, allocator), channels = 32, number = 1;
    t = zoo_conv(b, t, &(struct zoo_conv){"conv1", 32, 3, 2, 1, 1, ZOO_C8, ZOO_RELU6, -1});
    for (size_t i = 0; i < sizeof plan / sizeof plan[0]; i++) {
        for (int k = 0; k < plan[i].repeat; k++) {
            t = add_block(b, t, number++, channels, plan[i].outputs, k == 0 ? plan[i].stride : 1, plan[i].expansion);
            channels = plan[i].outputs;
        }
    }
    t = zoo_conv(b, t, &(struct zoo_conv){"conv_last", 1280, 1, 1, 0, 1, ZOO_C4, ZOO_RELU6, -1});
    t = zoo_average(b, t, "avgpool", ZOO_RELU);
    t = zoo_conv(b, t, &(struct zoo_conv){"fc", 1000, 0, 1, 0, 1, ZOO_C8, ZOO_LOGITS, -1});
    return zoo_finish(b, t, model, error);
}
