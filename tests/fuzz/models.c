#include "models.h"

#include <math.h>
#include <string.h>

/* Building stops doing anything once memory was short. */
struct builder {
    struct weft_model *model;
    uint64_t state;
    bool failed;
};

static uint32_t next_random(struct builder *b)
{
    b->state ^= b->state << 13;
    b->state ^= b->state >> 7;
    b->state ^= b->state << 17;
    return (uint32_t)(b->state >> 32);
}

static float random_float(struct builder *b, float low, float high)
{
    return low + (high - low) * (float)(next_random(b) >> 8) / 16777216.0f;
}

static void *take(struct builder *b, size_t count, size_t size)
{
    void *block = b->failed ? NULL : weft_pool_alloc(&b->model->pool, count, size);
    b->failed = !block;
    return block;
}

static float *random_floats(struct builder *b, int count, float low, float high)
{
    float *values = take(b, (size_t)count, sizeof *values);
    for (int i = 0; values && i < count; i++) {
        values[i] = random_float(b, low, high);
    }
    return values;
}

static struct weft_tensor *tensor_of(struct builder *b, int t)
{
    return &b->model->graph.tensors[t];
}

static int float_edge(struct builder *b, const char *name, int c, int h, int w)
{
    int t = b->failed ? -1 : weft_graph_add_tensor(&b->model->graph, name, 1, c, h, w);
    b->failed = t < 0;
    return t;
}

static int log_edge(struct builder *b, const char *name, int c, int h, int w, bool is_signed, int magnitudes,
                    int step)
{
    int t = float_edge(b, name, c, h, w);
    if (t >= 0) {
        weft_edge_init_log(&tensor_of(b, t)->edge, is_signed, magnitudes, -40 + (int)(next_random(b) % 60),
                           step, is_signed ? 127 : 255);
    }
    return t;
}

static int linear_edge(struct builder *b, const char *name, int c, int h, int w, bool is_signed,
                       int magnitudes)
{
    int t = float_edge(b, name, c, h, w);
    if (t >= 0) {
        weft_edge_init_linear(&tensor_of(b, t)->edge, is_signed, magnitudes, random_float(b, 1.0f, 3.0f));
    }
    return t;
}

/* Thresholds that the upper halves of floats decide: the encoder has rows. */
static void round_thresholds(struct builder *b, int t)
{
    for (int m = 0; t >= 0 && m < tensor_of(b, t)->edge.magnitudes; m++) {
        float *theta = &tensor_of(b, t)->edge.theta[m];
        uint32_t bits;
        memcpy(&bits, theta, sizeof bits);
        bits = (bits + 0x8000) & 0xffff0000u;
        memcpy(theta, &bits, sizeof bits);
    }
}

/* Unsigned, with such thresholds. */
static int rounded_edge(struct builder *b, const char *name, int c, int h, int w, int magnitudes, int step)
{
    int t = log_edge(b, name, c, h, w, false, magnitudes, step);
    round_thresholds(b, t);
    return t;
}

/* An edge of the format of edge `like`. */
static int same_edge(struct builder *b, const char *name, int c, int h, int w, int like)
{
    int t = float_edge(b, name, c, h, w);
    if (t >= 0) {
        tensor_of(b, t)->edge = tensor_of(b, like)->edge;
    }
    return t;
}

static struct weft_node *add(struct builder *b, enum weft_op op, const char *name, int input, int second,
                             int output)
{
    int inputs[2] = {input, second};
    int n =
        b->failed ? -1 : weft_graph_add_node(&b->model->graph, op, name, inputs, second < 0 ? 1 : 2, output);
    b->failed = n < 0;
    return b->failed ? NULL : &b->model->graph.nodes[n];
}

static void set_window(struct weft_node *node, int kernel, int stride, int pad, int extra)
{
    if (node) {
        node->window = (struct weft_window){.kernel_h = kernel,
                                            .kernel_w = kernel,
                                            .stride_h = stride,
                                            .stride_w = stride,
                                            .dilation_h = 1,
                                            .dilation_w = 1,
                                            .pad_top = pad,
                                            .pad_left = pad,
                                            .pad_bottom = pad + extra,
                                            .pad_right = pad + extra};
    }
}

static void random_codebook(struct builder *b, struct weft_codebook *codebook, int levels)
{
    codebook->format = (enum weft_weight_format)weft_codebook_format(levels);
    codebook->levels = levels;
    codebook->magnitudes = codebook->format == WEFT_C8 ? 0 : (levels + 1) / 2;
    for (int i = 0; i < codebook->magnitudes; i++) {
        int room = 127 / codebook->magnitudes;
        codebook->q[i] =
            i == 0 && levels % 2 ? 0 : (uint8_t)(i * room + (int)(next_random(b) % (uint32_t)room));
    }
}

static void random_bins(struct builder *b, struct weft_node *node)
{
    const struct weft_codebook *codebook = &node->codebook;
    int bits = codebook->format;
    uint8_t *bins = take(b, (size_t)node->weights_count, 1);
    node->bins = take(b, weft_bins_bytes(node->weights_count, bits), 1);
    for (int64_t i = 0; !b->failed && i < node->weights_count; i++) {
        uint32_t draw = next_random(b);
        if (bits == WEFT_C8) {
            bins[i] = (uint8_t)(int8_t)((int)(draw % 255) - 127);
            continue;
        }
        uint8_t magnitude = (uint8_t)(draw % (uint32_t)codebook->magnitudes);
        bool zero = codebook->levels % 2 && magnitude == 0;
        bins[i] = (uint8_t)(magnitude | (!zero && draw >> 31 ? 1 << (bits - 1) : 0));
    }
    if (!b->failed) {
        weft_bins_pack(bins, node->weights_count, bits, node->bins);
    }
}

static struct weft_node *conv(struct builder *b, const char *name, int input, int output, int levels,
                              int kernel, int stride, int pad, int groups)
{
    struct weft_node *node = add(b, WEFT_OP_CONV, name, input, -1, output);
    if (!node) {
        return NULL;
    }
    int in_c = tensor_of(b, input)->c, out_c = tensor_of(b, output)->c;
    set_window(node, kernel, stride, pad, 0);
    node->groups = groups;
    node->weights_count = (int64_t)out_c * (in_c / groups) * kernel * kernel;
    random_codebook(b, &node->codebook, levels);
    random_bins(b, node);
    node->scale = random_floats(b, out_c, 1e-6f, 1e-3f);
    node->bias = random_floats(b, out_c, -1.0f, 1.0f);
    return node;
}

static void set_clip(struct weft_node *node, float lo, float hi)
{
    if (node) {
        node->act.func = WEFT_FUNC_CLIP;
        node->act.lo = lo;
        node->act.hi = hi;
    }
}

static void set_hard(struct weft_node *node, enum weft_func func)
{
    if (node) {
        node->act.func = func;
        node->act.alpha = 1.0f / 6.0f;
        node->act.beta = 0.5f;
    }
}

/* A function of its own, from code to code. */
static void map_layer(struct builder *b, const char *name, enum weft_func func, int input, int output)
{
    struct weft_node *node = add(b, WEFT_OP_ACT, name, input, -1, output);
    if (!node) {
        return;
    }
    const struct weft_edge *in = &tensor_of(b, input)->edge, *out = &tensor_of(b, output)->edge;
    node->act.func = func;
    node->map = take(b, 256, 1);
    for (int code = 0; node->map && code < 256; code++) {
        float x = weft_edge_decode(in, (uint8_t)code);
        float y = func == WEFT_FUNC_RECODE ? x : x / (1.0f + expf(-x));
        node->map[code] = weft_edge_encode(out, y);
    }
}

static void finish(struct builder *b, int input, int output)
{
    b->model->graph.input = input;
    b->model->graph.output = output;
    b->model->graph.quantized = true;
}

static void build_small(struct builder *b)
{
    int image = linear_edge(b, "image", 1, 4, 4, false, 15);
    int map = log_edge(b, "map", 4, 4, 4, false, 3, 16);
    int pooled = same_edge(b, "pooled", 4, 1, 1, map);
    int logits = float_edge(b, "logits", 3, 1, 1);
    int classes = float_edge(b, "classes", 3, 1, 1);
    set_clip(conv(b, "conv", image, map, 15, 3, 1, 1, 1), 0.0f, INFINITY);
    set_window(add(b, WEFT_OP_MAXPOOL, "pool", map, -1, pooled), 4, 4, 0, 0);
    conv(b, "dense", pooled, logits, 256, 1, 1, 0, 1);
    add(b, WEFT_OP_SOFTMAX, "softmax", logits, -1, classes);
    finish(b, image, classes);
}

static void build_gate(struct builder *b)
{
    int image = log_edge(b, "in", 4, 2, 2, true, 7, 8);
    int mean = log_edge(b, "mean", 4, 1, 1, true, 7, 8);
    int gate = log_edge(b, "gate", 4, 1, 1, false, 7, 8);
    int out = log_edge(b, "out", 4, 2, 2, true, 7, 8);
    set_window(add(b, WEFT_OP_AVGPOOL, "squeeze", image, -1, mean), 2, 2, 0, 0);
    set_hard(conv(b, "excite", mean, gate, 7, 1, 1, 0, 1), WEFT_FUNC_HSIGMOID);
    add(b, WEFT_OP_GATE, "scale", image, gate, out);
    finish(b, image, out);
}

static void build_windows(struct builder *b)
{
    int image = linear_edge(b, "in", 8, 6, 6, false, 255);
    int once = linear_edge(b, "once", 8, 6, 6, false, 255);
    int twice = linear_edge(b, "twice", 8, 3, 3, true, 127);
    set_clip(conv(b, "windows", image, once, 256, 3, 1, 1, 8), 0.0f, INFINITY);
    int mean = linear_edge(b, "mean", 8, 3, 3, true, 15);
    int shifted = linear_edge(b, "shifted", 8, 3, 3, false, 15);
    int few = log_edge(b, "few", 8, 3, 3, false, 31, 16);
    int added = rounded_edge(b, "added", 8, 3, 3, 15, 16);
    conv(b, "by two", once, twice, 256, 3, 2, 1, 8);
    struct weft_node *node = add(b, WEFT_OP_AVGPOOL, "average", twice, -1, mean);
    set_window(node, 3, 1, 1, 0);
    if (node) {
        node->window.count_include_pad = true;
        node->window.real_pad_bottom = node->window.real_pad_right = 1;
    }
    node = add(b, WEFT_OP_AFFINE, "shift", mean, -1, shifted);
    if (node) {
        node->scale = random_floats(b, 8, -2.0f, 2.0f);
        node->bias = random_floats(b, 8, 0.0f, 2.0f);
    }
    set_clip(conv(b, "to few", shifted, few, 15, 1, 1, 0, 1), 0.0f, INFINITY);
    node = conv(b, "add few", shifted, added, 15, 1, 1, 0, 1);
    set_clip(node, 0.0f, INFINITY);
    if (node) {
        node->residual = few;
    }
    finish(b, image, added);
}

static void build_strided(struct builder *b)
{
    int image = log_edge(b, "in", 8, 7, 9, false, 15, 8), halved = rounded_edge(b, "halved", 33, 4, 5, 31, 4);
    weft_edge_init_log(&tensor_of(b, image)->edge, false, 15, 0, 8, 63);
    struct weft_node *node = conv(b, "halve", image, halved, 3, 3, 2, 1, 1);
    set_clip(node, 0.0f, INFINITY);
    if (node) {
        node->codebook.q[1] = 31;
    }
    finish(b, image, halved);
}

static void build_panels(struct builder *b)
{
    int image = linear_edge(b, "in", 8, 7, 9, false, 255);
    int first = rounded_edge(b, "first", 40, 7, 9, 31, 4);
    int sum = linear_edge(b, "sum", 40, 7, 9, true, 127);
    set_clip(conv(b, "whole", image, first, 15, 3, 1, 1, 1), 0.0f, INFINITY);
    int small = rounded_edge(b, "small", 8, 7, 9, 31, 4);
    int codes = rounded_edge(b, "codes", 40, 7, 9, 31, 4);
    struct weft_node *node = conv(b, "add whole", first, sum, 16, 1, 1, 0, 1);
    if (node) {
        node->residual = first;
        weft_edge_init_log(&tensor_of(b, small)->edge, false, 15, 0, 8, 63); /* head room for Winograd */
    }
    set_clip(conv(b, "to small", sum, small, 15, 1, 1, 0, 1), 0.0f, INFINITY);
    int held = rounded_edge(b, "held", 32, 7, 9, 31, 4), again = log_edge(b, "again", 8, 7, 9, false, 15, 8);
    int aside = log_edge(b, "aside", 32, 7, 9, true, 31, 4);
    round_thresholds(b, aside);
    conv(b, "put aside", small, aside, 15, 1, 1, 0, 1); /* which its reader takes as integers with a sign */
    node = conv(b, "hold", small, held, 15, 1, 1, 0, 1); /* which its reader takes as integers */
    set_clip(node, 0.0f, INFINITY);
    if (node) {
        node->residual = aside;
    }
    node = conv(b, "read", held, again, 15, 1, 1, 0, 1);
    if (node) {
        weft_edge_init_log(&tensor_of(b, again)->edge, false, 15, 0, 8, 63);
    }
    set_clip(node, 0.0f, INFINITY);
    node = conv(b, "narrow", again, codes, 3, 3, 1, 1, 1);
    set_clip(node, 0.0f, INFINITY);
    if (node) {
        node->codebook.q[1] = 14;
        node->residual = first;
    }
    finish(b, image, codes);
}

static void build_pairs(struct builder *b)
{
    int image = linear_edge(b, "in", 16, 4, 7, false, 127), mixed = rounded_edge(b, "mixed", 64, 4, 7, 31, 4);
    struct weft_node *node = conv(b, "mix", image, mixed, 15, 1, 1, 0, 1);
    set_clip(node, 0.0f, INFINITY);
    for (int i = 0; node && i < node->codebook.magnitudes; i++) {
        node->codebook.q[i] = (uint8_t)(9 * i); /* up to 63 */
    }
    finish(b, image, mixed);
}

static void build_convolutions(struct builder *b, int image, int sum)
{
    int first = log_edge(b, "first", 16, 8, 8, false, 15, 8);
    int trunk = log_edge(b, "trunk", 16, 8, 8, true, 31, 4);
    int depth = log_edge(b, "depth", 16, 8, 8, true, 7, 16);
    int joined = log_edge(b, "joined", 16, 8, 8, false, 31, 3);
    int branch = log_edge(b, "branch", 16, 8, 8, true, 63, 2);
    set_clip(conv(b, "conv c8", image, first, 256, 3, 2, 1, 1), 0.0f, INFINITY);
    conv(b, "conv/c4", first, trunk, 16, 3, 1, 1, 1);
    set_hard(conv(b, "conv \"c3\" \xc3\xa9\n", trunk, depth, 7, 3, 1, 1, 16), WEFT_FUNC_HSWISH);
    struct weft_node *node = conv(b, "conv_c5", depth, joined, 31, 1, 1, 0, 1);
    set_clip(node, -0.1f, 6.0f);
    if (node) {
        node->residual = trunk;
    }
    node = conv(b, "#c2", joined, branch, 4, 1, 1, 0, 4);
    if (node) {
        node->act.func = WEFT_FUNC_LEAKY;
        node->act.slope = random_floats(b, 16, 0.0f, 0.3f);
    }
    set_clip(add(b, WEFT_OP_ADD, "add", trunk, branch, sum), -INFINITY, 4.0f);
}

static void build_medium(struct builder *b)
{
    int image = linear_edge(b, "image", 3, 16, 16, true, 127);
    int sum = log_edge(b, "sum", 16, 8, 8, true, 127, 1);
    build_convolutions(b, image, sum);
    int largest = same_edge(b, "same", 16, 4, 4, sum);
    int mean = same_edge(b, "same", 16, 4, 4, sum);
    int both = same_edge(b, "same", 32, 4, 4, sum);
    int padded = same_edge(b, "", 32, 6, 6, sum);
    int swished = log_edge(b, "swished", 32, 6, 6, true, 20, 5);
    int recoded = linear_edge(b, "recoded", 32, 6, 6, false, 100);
    int squeezed = log_edge(b, "squeezed", 32, 1, 1, false, 63, 3);
    int gate = linear_edge(b, "gate", 32, 1, 1, false, 63);
    int gated = log_edge(b, "gated", 32, 6, 6, false, 31, 6);
    int shifted = log_edge(b, "shifted", 32, 6, 6, true, 31, 6);
    int normal = log_edge(b, "normal", 32, 6, 6, true, 1, 32);
    int selected = same_edge(b, "selected", 5, 6, 6, normal);
    int flat = same_edge(b, "flat", 180, 1, 1, normal);
    int logits = float_edge(b, "logits", 10, 1, 1);
    int classes = float_edge(b, "classes", 10, 1, 1);
    set_window(add(b, WEFT_OP_MAXPOOL, "twin", sum, -1, largest), 3, 2, 0, 1);
    struct weft_node *node = add(b, WEFT_OP_AVGPOOL, "twin", sum, -1, mean);
    set_window(node, 3, 2, 1, 0);
    if (node) {
        node->window.count_include_pad = true;
        node->window.real_pad_bottom = 1;
    }
    add(b, WEFT_OP_CONCAT, "", largest, mean, both);
    node = add(b, WEFT_OP_PAD, "pad", both, -1, padded);
    set_window(node, 1, 1, 1, 0);
    if (node) {
        node->pad_value = -0.0f;
    }
    map_layer(b, "swish", WEFT_FUNC_SWISH, padded, swished);
    map_layer(b, "recode", WEFT_FUNC_RECODE, swished, recoded);
    set_window(add(b, WEFT_OP_AVGPOOL, "squeeze", recoded, -1, squeezed), 6, 6, 0, 0);
    set_hard(conv(b, "excite", squeezed, gate, 15, 1, 1, 0, 1), WEFT_FUNC_HSIGMOID);
    add(b, WEFT_OP_GATE, "gate", recoded, gate, gated);
    node = add(b, WEFT_OP_AFFINE, "affine", gated, -1, shifted);
    if (node) {
        node->scale = random_floats(b, 32, -2.0f, 2.0f);
        node->bias = random_floats(b, 32, -2.0f, 2.0f);
    }
    node = add(b, WEFT_OP_LRN, "lrn", shifted, -1, normal);
    if (node) {
        node->lrn_size = 5;
        node->lrn_alpha = 1e-4f;
        node->lrn_beta = 0.75f;
        node->lrn_bias = 1.0f;
    }
    node = add(b, WEFT_OP_SELECT, "select", normal, normal, selected);
    if (node) {
        node->select = take(b, 5, sizeof *node->select);
        memcpy(node->select ? node->select : (int[5]){0}, (const int[5]){63, 0, -1, 31, 32}, sizeof(int[5]));
    }
    add(b, WEFT_OP_RESHAPE, "flatten", selected, -1, flat);
    conv(b, "dense", flat, logits, 32, 1, 1, 0, 1);
    node = add(b, WEFT_OP_SOFTMAX, "softmax", logits, -1, classes);
    if (node) {
        node->log_softmax = true;
    }
    finish(b, image, classes);
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
    static const char *const names[MODELS_COUNT] = {"small", "gate", "windows", "strided", "panels", "pairs", "medium"};
    return names[kind];
}

struct weft_model *models_build(enum models_kind kind, uint64_t seed, const weft_allocator *allocator)
{
    struct builder b = {.model = weft_model_new(allocator), .state = seed * 2654435761u + 88172645463325252u};
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
    default:
        build_medium(&b);
        break;
    }
    if (b.failed || !describe(b.model, kind)) {
        weft_model_free(&b.model);
    }
    return b.model;
}
