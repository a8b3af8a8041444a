#include "models.h"

#include <math.h>
#include <string.h>

#include "models_layers.h"

static void build_small(struct models_builder *b)
{
    int image = models_linear_edge(b, "image", 1, 4, 4, false, 15);
    int map = models_log_edge(b, "map", 4, 4, 4, false, 3, 16);
    int pooled = models_same_edge(b, "pooled", 4, 1, 1, map);
    int logits = models_float_edge(b, "logits", 3, 1, 1);
    int classes = models_float_edge(b, "classes", 3, 1, 1);
    models_set_clip(models_conv(b, "conv", image, map, 15, 3, 1, 1, 1), 0.0f, INFINITY);
    models_set_window(models_add(b, WEFT_OP_MAXPOOL, "pool", map, -1, pooled), 4, 4, 0, 0);
    models_conv(b, "dense", pooled, logits, 256, 1, 1, 0, 1);
    models_add(b, WEFT_OP_SOFTMAX, "softmax", logits, -1, classes);
    models_finish(b, image, classes);
}

static void build_gate(struct models_builder *b)
{
    int image = models_log_edge(b, "in", 4, 2, 2, true, 7, 8);
    int mean = models_log_edge(b, "mean", 4, 1, 1, true, 7, 8);
    int gate = models_log_edge(b, "gate", 4, 1, 1, false, 7, 8);
    int out = models_log_edge(b, "out", 4, 2, 2, true, 7, 8);
    models_set_window(models_add(b, WEFT_OP_AVGPOOL, "squeeze", image, -1, mean), 2, 2, 0, 0);
    models_set_hard(models_conv(b, "excite", mean, gate, 7, 1, 1, 0, 1), WEFT_FUNC_HSIGMOID);
    models_add(b, WEFT_OP_GATE, "scale", image, gate, out);
    models_finish(b, image, out);
}

static void build_windows(struct models_builder *b)
{
    int image = models_linear_edge(b, "in", 8, 6, 6, false, 255);
    int once = models_linear_edge(b, "once", 8, 6, 6, false, 255);
    int twice = models_linear_edge(b, "twice", 8, 3, 3, true, 127);
    models_set_clip(models_conv(b, "windows", image, once, 256, 3, 1, 1, 8), 0.0f, INFINITY);
    int mean = models_linear_edge(b, "mean", 8, 3, 3, true, 15);
    int shifted = models_linear_edge(b, "shifted", 8, 3, 3, false, 15);
    int few = models_log_edge(b, "few", 8, 3, 3, false, 31, 16);
    int added = models_rounded_edge(b, "added", 8, 3, 3, 15, 16);
    models_conv(b, "by two", once, twice, 256, 3, 2, 1, 8);
    struct weft_node *node = models_add(b, WEFT_OP_AVGPOOL, "average", twice, -1, mean);
    models_set_window(node, 3, 1, 1, 0);
    if (node) {
        node->window.count_include_pad = true;
        node->window.real_pad_bottom = node->window.real_pad_right = 1;
    }
    node = models_add(b, WEFT_OP_AFFINE, "shift", mean, -1, shifted);
    if (node) {
        node->scale = models_random_floats(b, 8, -2.0f, 2.0f);
        node->bias = models_random_floats(b, 8, 0.0f, 2.0f);
    }
    models_set_clip(models_conv(b, "to few", shifted, few, 15, 1, 1, 0, 1), 0.0f, INFINITY);
    node = models_conv(b, "add few", shifted, added, 15, 1, 1, 0, 1);
    models_set_clip(node, 0.0f, INFINITY);
    if (node) {
        node->residual = few;
    }
    models_finish(b, image, added);
}

static void build_strided(struct models_builder *b)
{
    int image = models_log_edge(b, "in", 8, 7, 9, false, 15, 8);
    int halved = models_rounded_edge(b, "halved", 33, 4, 5, 31, 4);
    weft_edge_init_log(&models_tensor_of(b, image)->edge, false, 15, 0, 8, 63);
    struct weft_node *node = models_conv(b, "halve", image, halved, 3, 3, 2, 1, 1);
    models_set_clip(node, 0.0f, INFINITY);
    if (node) {
        node->codebook.q[1] = 31;
    }
    models_finish(b, image, halved);
}

static void build_deep(struct models_builder *b)
{
    int image = models_log_edge(b, "in", 264, 4, 4, false, 15, 8);
    int out = models_rounded_edge(b, "out", 256, 4, 4, 31, 4);
    struct weft_node *node = models_conv(b, "deep", image, out, 3, 3, 1, 1, 1);
    models_set_clip(node, 0.0f, INFINITY);
    if (node) {
        weft_edge_init_log(&models_tensor_of(b, image)->edge, false, 15, 0, 8, 63);
        node->codebook.q[1] = 14;
    }
    models_finish(b, image, out);
}

static void build_panels(struct models_builder *b)
{
    int image = models_linear_edge(b, "in", 8, 7, 9, false, 255);
    int first = models_rounded_edge(b, "first", 40, 7, 9, 31, 4);
    int sum = models_linear_edge(b, "sum", 40, 7, 9, true, 127);
    models_set_clip(models_conv(b, "whole", image, first, 15, 3, 1, 1, 1), 0.0f, INFINITY);
    int small = models_rounded_edge(b, "small", 8, 7, 9, 31, 4);
    int codes = models_rounded_edge(b, "codes", 40, 7, 9, 31, 4);
    struct weft_node *node = models_conv(b, "add whole", first, sum, 16, 1, 1, 0, 1);
    if (node) {
        node->residual = first;
        weft_edge_init_log(&models_tensor_of(b, small)->edge, false, 15, 0, 8, 63); /* head room for Winograd */
    }
    models_set_clip(models_conv(b, "to small", sum, small, 15, 1, 1, 0, 1), 0.0f, INFINITY);
    int held = models_rounded_edge(b, "held", 32, 7, 9, 31, 4);
    int again = models_log_edge(b, "again", 8, 7, 9, false, 15, 8);
    int aside = models_log_edge(b, "aside", 32, 7, 9, true, 31, 4);
    models_round_thresholds(b, aside);
    models_conv(b, "put aside", small, aside, 15, 1, 1, 0, 1); /* which its reader takes as integers with a sign */
    node = models_conv(b, "hold", small, held, 15, 1, 1, 0, 1); /* which its reader takes as integers */
    models_set_clip(node, 0.0f, INFINITY);
    if (node) {
        node->residual = aside;
    }
    node = models_conv(b, "read", held, again, 15, 1, 1, 0, 1);
    if (node) {
        weft_edge_init_log(&models_tensor_of(b, again)->edge, false, 15, 0, 8, 63);
    }
    models_set_clip(node, 0.0f, INFINITY);
    node = models_conv(b, "narrow", again, codes, 3, 3, 1, 1, 1);
    models_set_clip(node, 0.0f, INFINITY);
    if (node) {
        node->codebook.q[1] = 14;
        node->residual = first;
    }
    models_finish(b, image, codes);
}

static void build_pairs(struct models_builder *b)
{
    int image = models_linear_edge(b, "in", 16, 4, 7, false, 127);
    int mixed = models_rounded_edge(b, "mixed", 64, 4, 7, 31, 4);
    struct weft_node *node = models_conv(b, "mix", image, mixed, 15, 1, 1, 0, 1);
    models_set_clip(node, 0.0f, INFINITY);
    for (int i = 0; node && i < node->codebook.magnitudes; i++) {
        node->codebook.q[i] = (uint8_t)(9 * i); /* up to 63 */
    }
    models_finish(b, image, mixed);
}

static void build_convolutions(struct models_builder *b, int image, int sum)
{
    int first = models_log_edge(b, "first", 16, 8, 8, false, 15, 8);
    int trunk = models_log_edge(b, "trunk", 16, 8, 8, true, 31, 4);
    int depth = models_log_edge(b, "depth", 16, 8, 8, true, 7, 16);
    int joined = models_log_edge(b, "joined", 16, 8, 8, false, 31, 3);
    int branch = models_log_edge(b, "branch", 16, 8, 8, true, 63, 2);
    models_set_clip(models_conv(b, "conv c8", image, first, 256, 3, 2, 1, 1), 0.0f, INFINITY);
    models_conv(b, "conv/c4", first, trunk, 16, 3, 1, 1, 1);
    models_set_hard(models_conv(b, "conv \"c3\" \xc3\xa9\n", trunk, depth, 7, 3, 1, 1, 16), WEFT_FUNC_HSWISH);
    struct weft_node *node = models_conv(b, "conv_c5", depth, joined, 31, 1, 1, 0, 1);
    models_set_clip(node, -0.1f, 6.0f);
    if (node) {
        node->residual = trunk;
    }
    node = models_conv(b, "#c2", joined, branch, 4, 1, 1, 0, 4);
    if (node) {
        node->act.func = WEFT_FUNC_LEAKY;
        node->act.slope = models_random_floats(b, 16, 0.0f, 0.3f);
    }
    models_set_clip(models_add(b, WEFT_OP_ADD, "add", trunk, branch, sum), -INFINITY, 4.0f);
}

static void build_medium(struct models_builder *b)
{
    int image = models_linear_edge(b, "image", 3, 16, 16, true, 127);
    int sum = models_log_edge(b, "sum", 16, 8, 8, true, 127, 1);
    build_convolutions(b, image, sum);
    int largest = models_same_edge(b, "same", 16, 4, 4, sum);
    int mean = models_same_edge(b, "same", 16, 4, 4, sum);
    int both = models_same_edge(b, "same", 32, 4, 4, sum);
    int padded = models_same_edge(b, "", 32, 6, 6, sum);
    int swished = models_log_edge(b, "swished", 32, 6, 6, true, 20, 5);
    int recoded = models_linear_edge(b, "recoded", 32, 6, 6, false, 100);
    int squeezed = models_log_edge(b, "squeezed", 32, 1, 1, false, 63, 3);
    int gate = models_linear_edge(b, "gate", 32, 1, 1, false, 63);
    int gated = models_log_edge(b, "gated", 32, 6, 6, false, 31, 6);
    int shifted = models_log_edge(b, "shifted", 32, 6, 6, true, 31, 6);
    int normal = models_log_edge(b, "normal", 32, 6, 6, true, 1, 32);
    int selected = models_same_edge(b, "selected", 5, 6, 6, normal);
    int flat = models_same_edge(b, "flat", 180, 1, 1, normal);
    int logits = models_float_edge(b, "logits", 10, 1, 1);
    int classes = models_float_edge(b, "classes", 10, 1, 1);
    models_set_window(models_add(b, WEFT_OP_MAXPOOL, "twin", sum, -1, largest), 3, 2, 0, 1);
    struct weft_node *node = models_add(b, WEFT_OP_AVGPOOL, "twin", sum, -1, mean);
    models_set_window(node, 3, 2, 1, 0);
    if (node) {
        node->window.count_include_pad = true;
        node->window.real_pad_bottom = 1;
    }
    models_add(b, WEFT_OP_CONCAT, "", largest, mean, both);
    node = models_add(b, WEFT_OP_PAD, "pad", both, -1, padded);
    models_set_window(node, 1, 1, 1, 0);
    if (node) {
        node->pad_value = -0.0f;
    }
    models_map_layer(b, "swish", WEFT_FUNC_SWISH, padded, swished);
    models_map_layer(b, "recode", WEFT_FUNC_RECODE, swished, recoded);
    models_set_window(models_add(b, WEFT_OP_AVGPOOL, "squeeze", recoded, -1, squeezed), 6, 6, 0, 0);
    models_set_hard(models_conv(b, "excite", squeezed, gate, 15, 1, 1, 0, 1), WEFT_FUNC_HSIGMOID);
    models_add(b, WEFT_OP_GATE, "gate", recoded, gate, gated);
    node = models_add(b, WEFT_OP_AFFINE, "affine", gated, -1, shifted);
    if (node) {
        node->scale = models_random_floats(b, 32, -2.0f, 2.0f);
        node->bias = models_random_floats(b, 32, -2.0f, 2.0f);
    }
    node = models_add(b, WEFT_OP_LRN, "lrn", shifted, -1, normal);
    if (node) {
        node->lrn_size = 5;
        node->lrn_alpha = 1e-4f;
        node->lrn_beta = 0.75f;
        node->lrn_bias = 1.0f;
    }
    node = models_add(b, WEFT_OP_SELECT, "select", normal, normal, selected);
    if (node) {
        node->select = models_take(b, 5, sizeof *node->select);
        memcpy(node->select ? node->select : (int[5]){0}, (const int[5]){63, 0, -1, 31, 32}, sizeof(int[5]));
    }
    models_add(b, WEFT_OP_RESHAPE, "flatten", selected, -1, flat);
    models_conv(b, "dense", flat, logits, 32, 1, 1, 0, 1);
    node = models_add(b, WEFT_OP_SOFTMAX, "softmax", logits, -1, classes);
    if (node) {
        node->log_softmax = true;
    }
    models_finish(b, image, classes);
}

static bool describe(struct weft_model *model, enum models_kind kind)
{
    static const char *const labels[] = {"tabby cat", "",  "\"quoted\"", "\xe7\x8c\xab", "e", "f", "g",
                                         "h",         "i", "j"};
    const weft_prep prep = {.width = 16,
                            .height = 16,
                            .channels = 3,
                            .resize = 18,
                            .bgr = 1,
                            .mean = {104.0f, 117.0f, 0.1f},
                            .scale = {1.0f / 3.0f, 1e-30f, -1.5f}};
    struct weft_graph *graph = &model->graph;
    graph->name = weft_pool_strdup(graph->pool, models_name(kind));
    if (kind != MODELS_MEDIUM) {
        return graph->name != NULL;
    }
    graph->provenance = weft_pool_strdup(graph->pool, "made by the tests;\n\tseeded \"noise\"");
    return graph->name && graph->provenance && weft_model_set_labels(model, labels, 10) == WEFT_OK &&
           weft_model_set_prep(model, &prep) == WEFT_OK;
}

const char *models_name(enum models_kind kind)
{
    static const char *const names[MODELS_COUNT] = {"small", "gate", "windows", "strided", "panels", "pairs", "medium",
                                                     "deep"};
    return names[kind];
}

struct weft_model *models_build(enum models_kind kind, uint64_t seed, const weft_allocator *allocator)
{
    struct models_builder b = {.model = weft_model_new(allocator), .state = seed * 2654435761u + 88172645463325252u};
    if (!b.model) {
        return NULL;
    }
    switch (kind) {
    case MODELS_SMALL:
        build_small(&b);
        break;
    case MODELS_GATE:
        build_gate(&b);
        break;
    case MODELS_WINDOWS:
        build_windows(&b);
        break;
    case MODELS_STRIDED:
        build_strided(&b);
        break;
    case MODELS_PANELS:
        build_panels(&b);
        break;
    case MODELS_PAIRS:
        build_pairs(&b);
        break;
    case MODELS_DEEP:
        build_deep(&b);
        break;
    default:
        build_medium(&b);
        break;
    }
    if (b.failed || !describe(b.model, kind)) {
        weft_model_free(&b.model);
    }
    return b.model;
}
