/* The check of quantized graphs: a legal one with one thing wrong at a time. */
#include "graphs.h"

#include <string.h>

enum { CONV, POOL, ACT, CONCAT, MEAN, LAST, SOFTMAX }; /* nodes of the graph below */

static void quantize_conv(struct weft_model *model, struct weft_node *node, int levels)
{
    uint64_t state = 3;
    struct weft_codebook *codebook = &node->codebook;
    int out_c = model->graph.tensors[node->output].c;
    *codebook = (struct weft_codebook){.format = (enum weft_weight_format)weft_codebook_format(levels),
                                       .levels = levels,
                                       .magnitudes = levels > 32 ? 0 : (levels + 1) / 2};
    for (int b = 0; b < codebook->magnitudes; b++) {
        codebook->q[b] = (uint8_t)(b * 8);
    }
    uint8_t *bins = weft_pool_alloc(&model->pool, (size_t)node->weights_count, 1);
    node->bins = weft_pool_alloc(&model->pool, weft_bins_bytes(node->weights_count, codebook->format), 1);
    for (int64_t i = 0; i < node->weights_count; i++) {
        bins[i] =
            (uint8_t)graphs_between(&state, 1, codebook->format == WEFT_C8 ? 127 : codebook->magnitudes - 1);
    }
    weft_bins_pack(bins, node->weights_count, codebook->format, node->bins);
    node->scale = graphs_floats(model, &state, out_c);
    node->weights = NULL;
}

static struct weft_model *quantized(void)
{
    uint64_t state = 1;
    struct weft_model *model = graphs_new(1, 3, 6, 6);
    struct weft_window square = graphs_square(3, 1, 1), half = graphs_square(2, 2, 0),
                       all = graphs_square(3, 1, 0);
    int conv = graphs_conv(model, &state, model->graph.input, 4, 1, &square);
    int pool = graphs_window(model, WEFT_OP_MAXPOOL, conv, 4, &half);
    int act = graphs_unary(model, WEFT_OP_ACT, pool);
    graphs_producer(model, act)->act.func = WEFT_FUNC_SIGMOID;
    int joined = graphs_node(model, WEFT_OP_CONCAT, (const int[]){act, act}, 2, 8, 3, 3);
    int mean = graphs_window(model, WEFT_OP_AVGPOOL, joined, 8, &all);
    struct weft_window point = graphs_square(1, 1, 0);
    int last = graphs_conv(model, &state, mean, 5, 1, &point);
    graphs_unary(model, WEFT_OP_SOFTMAX, last);
    struct weft_graph *graph = &model->graph;
    graph->quantized = true;
    for (int t = 0; t <= mean; t++) {
        weft_edge_init_log(&graph->tensors[t].edge, t <= pool, t <= pool ? 15 : 31, 0, 4,
                           t <= pool ? 127 : 255);
    }
    struct weft_node *map = graphs_producer(model, act);
    map->map = weft_pool_alloc(&model->pool, 256, 1);
    memset(map->map, 31, 256);
    quantize_conv(model, &graph->nodes[CONV], 15);
    quantize_conv(model, &graph->nodes[LAST], 256);
    return model;
}

typedef void spoil_fn(struct weft_graph *graph);

static struct weft_edge *edge_of(struct weft_graph *g, int node)
{
    return &g->tensors[g->nodes[node].output].edge;
}

static void batch(struct weft_graph *g)
{
    for (int t = 0; t < g->tensors_count; t++) {
        g->tensors[t].n = 2;
    }
}
static void edge_kind(struct weft_graph *g) { edge_of(g, MEAN)->kind = (enum weft_edge_kind)7; }
static void edge_scale(struct weft_graph *g) { edge_of(g, MEAN)->scale = NAN; }
static void input_float(struct weft_graph *g) { g->tensors[0].edge.kind = WEFT_EDGE_FLOAT; }
static void conv_reads_float(struct weft_graph *g) { edge_of(g, MEAN)->kind = WEFT_EDGE_FLOAT; }
static void pool_reads_float(struct weft_graph *g)
{
    edge_of(g, CONV)->kind = WEFT_EDGE_FLOAT;
    edge_of(g, POOL)->kind = WEFT_EDGE_FLOAT;
}
static void residual_float(struct weft_graph *g)
{
    /* The softmax made a convolution that adds the float edge in front of it. */
    struct weft_node *last = &g->nodes[LAST], *softmax = &g->nodes[SOFTMAX];
    char *name = softmax->name;
    int output = softmax->output;
    *softmax = *last;
    softmax->name = name;
    softmax->residual = last->output;
    softmax->output = output;
}
static void act_makes_float(struct weft_graph *g)
{
    g->nodes[SOFTMAX].op = WEFT_OP_ACT;
    g->nodes[SOFTMAX].act.func = WEFT_FUNC_TANH;
    g->nodes[SOFTMAX].map = g->nodes[ACT].map;
    *edge_of(g, LAST) = *edge_of(g, MEAN);
}
static void pool_changes_edge(struct weft_graph *g) { edge_of(g, POOL)->scale *= 2; }
static void concat_changes_edge(struct weft_graph *g)
{
    weft_edge_init_log(edge_of(g, CONCAT), false, 31, 1, 4, 255);
}
static void scale_none(struct weft_graph *g) { g->nodes[CONV].scale = NULL; }
static void scale_infinite(struct weft_graph *g) { g->nodes[CONV].scale[0] = INFINITY; }
static void bias_nan(struct weft_graph *g) { g->nodes[CONV].bias[1] = NAN; }
static void bins_none(struct weft_graph *g) { g->nodes[CONV].bins = NULL; }
static void bins_negative_zero(struct weft_graph *g) { g->nodes[CONV].bins[53] = 0x88; }
static void codebook_levels(struct weft_graph *g) { g->nodes[CONV].codebook.levels = 33; }
static void codebook_value(struct weft_graph *g) { g->nodes[CONV].codebook.q[7] = 128; }
static void map_none(struct weft_graph *g) { g->nodes[ACT].map = NULL; }
static void map_beyond(struct weft_graph *g) { g->nodes[ACT].map[255] = 32; }
static void map_sign(struct weft_graph *g) { g->nodes[ACT].map[0] = 128 + 3; }
static void weights_short(struct weft_graph *g) { g->nodes[CONV].weights_count /= 2; }

static const struct {
    const char *name;
    spoil_fn *spoil;
} spoils[] = {
#define SPOIL(name)                                                                                          \
    {                                                                                                        \
#name, name                                                                                          \
    }
    SPOIL(batch),
    SPOIL(edge_kind),
    SPOIL(edge_scale),
    SPOIL(input_float),
    SPOIL(conv_reads_float),
    SPOIL(pool_reads_float),
    SPOIL(residual_float),
    SPOIL(act_makes_float),
    SPOIL(pool_changes_edge),
    SPOIL(concat_changes_edge),
    SPOIL(scale_none),
    SPOIL(scale_infinite),
    SPOIL(bias_nan),
    SPOIL(bins_none),
    SPOIL(bins_negative_zero),
    SPOIL(codebook_levels),
    SPOIL(codebook_value),
    SPOIL(map_none),
    SPOIL(map_beyond),
    SPOIL(map_sign),
    SPOIL(weights_short),
#undef SPOIL
};

Test(check, a_quantized_graph_is_accepted_and_each_fault_refused)
{
    struct weft_model *model = quantized();
    graphs_check(model);
    weft_model_free(&model);
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        model = quantized();
        spoils[i].spoil(&model->graph);
        weft_error error = {""};
        weft_status status = weft_graph_check(&model->graph, "some.weft", &error);
        cr_expect(status == WEFT_E_FORMAT || status == WEFT_E_RANGE, "%s is accepted", spoils[i].name);
        cr_expect_not_null(strstr(error.text, "some.weft: "), "%s: '%s'", spoils[i].name, error.text);
        weft_model_free(&model);
    }
}

/* A dense layer over `channels` lines of `width` values, with the largest codebook integer. */
static weft_status check_dense(int channels, int width)
{
    uint64_t state = 1;
    struct weft_model *model = graphs_new(1, channels, 1, width);
    struct weft_window line = graphs_square(1, 1, 0);
    line.kernel_w = width;
    graphs_conv(model, &state, model->graph.input, 1, 1, &line);
    struct weft_node *node = &model->graph.nodes[0];
    model->graph.quantized = true;
    weft_edge_init_linear(&model->graph.tensors[0].edge, false, 127, 1);
    quantize_conv(model, node, 15);
    node->codebook.q[7] = 127;
    weft_error error;
    weft_status status = weft_graph_check(&model->graph, "some.weft", &error);
    if (status) {
        cr_expect_not_null(strstr(error.text, "codebook_max"), "%s", error.text);
    }
    weft_model_free(&model);
    return status;
}

Test(check, the_accumulator_bound_is_exact)
{
    cr_expect_eq(check_dense(9473, 7), WEFT_OK);      /* 66311 * 127 * 255 = 2^31 - 1913 */
    cr_expect_eq(check_dense(8289, 8), WEFT_E_RANGE); /* one product more */
}
