#include <weft/zoo.h>

#include <string.h>

#include "builder.h"

/* `golden`: digest of the output for weft_zoo_input; tests/golden/zoo.c prints new ones. */
static const struct {
    const char *name;
    zoo_build_fn *build;
    uint64_t golden;
} networks[] = {
    {"alexnet", zoo_alexnet, UINT64_C(0xbbbffdb9892120ae)},
    {"vgg11", zoo_vgg11, UINT64_C(0x0792395f414f2ffd)},
    {"vgg16", zoo_vgg16, UINT64_C(0x9810c7908479a9ff)},
    {"vgg19", zoo_vgg19, UINT64_C(0x420bdaa0f3de925c)},
    {"googlenet", zoo_googlenet, UINT64_C(0x56aefb9d1b9d2c87)},
    {"inception_v3", zoo_inception_v3, UINT64_C(0x60fb237ccc4a05f5)},
    {"resnet18", zoo_resnet18, UINT64_C(0xdac85fa9ec244b4a)},
    {"resnet34", zoo_resnet34, UINT64_C(0x5ccfa1bb2c419ce6)},
    {"resnet50", zoo_resnet50, UINT64_C(0x27795ae00dfc8a17)},
    {"resnet101", zoo_resnet101, UINT64_C(0x035b4535fc1bd844)},
    {"resnext50", zoo_resnext50, UINT64_C(0x067014ff414bd699)},
    {"wide_resnet50", zoo_wide_resnet50, UINT64_C(0xc9e9c073b9ac694f)},
    {"densenet121", zoo_densenet121, UINT64_C(0x824f3c9be62c2443)},
    {"squeezenet1.0", zoo_squeezenet1_0, UINT64_C(0x9e2a4aba28afd1a7)},
    {"squeezenet1.1", zoo_squeezenet1_1, UINT64_C(0x3fdef6286ed966b8)},
    {"mobilenet_v1", zoo_mobilenet_v1, UINT64_C(0xdc0b5bebabc7a78b)},
    {"mobilenet_v2", zoo_mobilenet_v2, UINT64_C(0x3c94eec5d872b2de)},
    {"mobilenet_v3_large", zoo_mobilenet_v3_large, UINT64_C(0xc0076d80e1fb5c2f)},
    {"mobilenet_v3_small", zoo_mobilenet_v3_small, UINT64_C(0x7e99f8a77dfa9106)},
    {"mnasnet1.0", zoo_mnasnet1_0, UINT64_C(0x7aef3034259f9848)},
    {"shufflenet_v2_1.0", zoo_shufflenet_v2_1_0, UINT64_C(0x14c43b8f2b05b496)},
    {"efficientnet_b0", zoo_efficientnet_b0, UINT64_C(0xfbd2e11c6c5cf981)},
    {"regnet_y_400mf", zoo_regnet_y_400mf, UINT64_C(0x9cdb2bc475f22795)},
    {"resnet20", zoo_resnet20, UINT64_C(0xb9d751a43f8f9588)},
    {"resnet32", zoo_resnet32, UINT64_C(0xbaecfaab0da83d50)},
    {"resnet44", zoo_resnet44, UINT64_C(0xd627dbb6b1835d30)},
    {"resnet56", zoo_resnet56, UINT64_C(0x4370646abebb240b)},
    {"resnet110", zoo_resnet110, UINT64_C(0x15190a856aeea395)},
};

enum { NETWORKS = sizeof networks / sizeof networks[0] };

static int find(const char *name)
{
    for (int i = 0; i < NETWORKS; i++) {
        if (strcmp(networks[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *weft_zoo_name(int index)
{
    return index >= 0 && index < NETWORKS ? networks[index].name : NULL;
}

uint64_t weft_zoo_golden(const char *name)
{
    int index = find(name);
    return index < 0 ? 0 : networks[index].golden;
}

weft_status zoo_build(struct zoo_builder *b, const char *name, const weft_allocator *allocator, weft_model **model,
                      weft_error *error)
{
    *model = NULL;
    int index = find(name);
    if (index < 0) {
        return weft_fail(error, WEFT_E_ARGUMENT, "zoo:%s: no such network; 'weft zoo' lists them", name);
    }
    return networks[index].build(b, allocator, model, error);
}

weft_status weft_zoo_build(const char *name, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    *model = NULL;
    struct zoo_builder *builder = weft_block_alloc(allocator, 1, sizeof *builder);
    if (!builder) {
        return weft_fail(error, WEFT_E_MEMORY, "zoo:%s: memory is short", name);
    }
    weft_status status = zoo_build(builder, name, allocator, model, error);
    weft_block_free(allocator, builder);
    return status;
}

/* Slow waves with noise on them, like a picture; whole 64ths, so that they are the same everywhere. */
void weft_zoo_input(const weft_model *model, float *input)
{
    weft_model_info info;
    weft_model_describe(model, &info);
    uint32_t noise = 0x2545f491u;
    for (int c = 0; c < info.input_c; c++) {
        for (int y = 0; y < info.input_h; y++) {
            for (int x = 0; x < info.input_w; x++) {
                noise = noise * 1664525u + 1013904223u; /* Numerical Recipes */
                int wave_x = (x * (3 + c)) % 128, wave_y = (y * (5 - c)) % 128;
                wave_x = wave_x < 64 ? wave_x : 128 - wave_x;
                wave_y = wave_y < 64 ? wave_y : 128 - wave_y;
                int value = wave_x + wave_y - 64 + (int)(noise >> 26) - 32;
                *input++ = (float)value / 64;
            }
        }
    }
}
