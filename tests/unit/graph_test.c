/* The building blocks of graphs, and the check that every parser relies on: a legal graph with one thing
 * wrong at a time. */
#include "graphs.h"

#include <string.h>

Test(graph, new_nodes_have_the_stated_defaults)
{
    struct weft_model *model = graphs_new(1, 2, 3, 4);
    int out = graphs_unary(model, WEFT_OP_CONV, model->graph.input);
    const struct weft_node *node = graphs_producer(model, out);
    cr_expect_eq(node->residual, -1);
    cr_expect_eq(node->groups, 1);
    cr_expect_eq(node->window.stride_h * node->window.dilation_w * node->window.kernel_h, 1);
    cr_expect_eq(node->act.func, WEFT_FUNC_NONE);
    cr_expect_eq(model->graph.tensors[out].producer, 0);
    cr_expect_eq(model->graph.tensors[model->graph.input].producer, -1);
    weft_model_free(&model);
    cr_expect_null(model);
    weft_model_free(&model);
}

Test(graph, arrays_grow_and_keep_their_content)
{
    struct weft_model *model = graphs_new(1, 2, 3, 4);
    for (int i = 0; i < 1000; i++) {
        graphs_relu(model, i);
    }
    graphs_check(model);
    cr_expect_eq(model->graph.nodes_count, 1000);
    cr_expect_str_eq(model->graph.tensors[501].name, "act500");
    cr_expect_eq(model->graph.nodes[999].inputs[0], 999);
    weft_model_free(&model);
}

Test(graph, readers_count_nodes_residuals_and_the_output)
{
    struct weft_model *model = graphs_new(1, 2, 3, 4);
    int in = model->graph.input;
    int sum = graphs_add(model, in, in);
    cr_expect_eq(weft_graph_readers(&model->graph, in), 1);
    cr_expect_eq(weft_graph_readers(&model->graph, sum), 1);
    int conv = graphs_unary(model, WEFT_OP_CONV, sum);
    graphs_producer(model, conv)->residual = in;
    cr_expect_eq(weft_graph_readers(&model->graph, in), 2);
    weft_model_free(&model);
}

Test(graph, elements_refuse_to_overflow)
{
    struct weft_tensor tensor = {.n = 2, .c = 3, .h = 5, .w = 7};
    cr_expect_eq(weft_tensor_elements(&tensor), 210);
    tensor = (struct weft_tensor){.n = 1 << 10, .c = 1 << 10, .h = 1 << 10, .w = 1 << 10};
    cr_expect_eq(weft_tensor_elements(&tensor), INT64_C(1) << 40);
    tensor.n++;
    cr_expect_eq(weft_tensor_elements(&tensor), -1);
    tensor = (struct weft_tensor){.n = INT32_MAX, .c = INT32_MAX, .h = INT32_MAX, .w = INT32_MAX};
    cr_expect_eq(weft_tensor_elements(&tensor), -1);
    tensor.h = -1;
    cr_expect_eq(weft_tensor_elements(&tensor), -1);
}

Test(graph, window_extents_count_the_positions)
{
    for (int in = 1; in < 12; in++) {
        for (int kernel = 1; kernel < 5; kernel++) {
            for (int variant = 0; variant < 36; variant++) {
                int stride = variant % 3 + 1, dilation = variant / 3 % 2 + 1, pad = variant / 6;
                int expected = 0;
                for (int start = 0; start + (kernel - 1) * dilation < in + pad + 1; start += stride) {
                    expected++;
                }
                cr_expect_eq(weft_window_extent(in, kernel, stride, dilation, pad, 1), expected);
            }
        }
    }
    cr_expect_leq(weft_window_extent(1, INT32_MAX, 1, INT32_MAX, 0, 0), 0);
}

Test(graph, names_are_known_for_each_operator_and_function)
{
    for (int op = 0; op < WEFT_OP_COUNT; op++) {
        cr_expect_str_neq(weft_op_name((enum weft_op)op), "unknown");
    }
    for (int func = 0; func < WEFT_FUNC_COUNT; func++) {
        cr_expect_str_neq(weft_func_name((enum weft_func)func), "unknown");
    }
    cr_expect_str_eq(weft_op_name((enum weft_op) - 1), "unknown");
    cr_expect_str_eq(weft_func_name(WEFT_FUNC_COUNT), "unknown");
}

Test(graph, models_answer_questions)
{
    uint64_t state = 1;
    struct weft_model *model = graphs_new(1, 4, 8, 8);
    struct weft_window square = graphs_square(3, 2, 1), all = graphs_square(4, 1, 0);
    int t = graphs_conv(model, &state, model->graph.input, 4, 4, &square);
    t = graphs_relu(model, t);
    graphs_conv(model, &state, t, 10, 1, &all);
    weft_model_info info;
    weft_model_describe(model, &info);
    cr_expect_eq(info.layers, 3);
    cr_expect_eq(info.edges, 4);
    cr_expect_eq(info.input_c, 4);
    cr_expect_eq(info.output_c, 10);
    cr_expect_eq(info.macs, 4 * 9 * 16 + 10 * 64);
    cr_expect_eq(info.parameters, 36 + 4 + 640 + 10);
    cr_expect_eq(info.weight_bytes, 4 * 676);
    weft_layer_info layer;
    cr_expect_eq(weft_model_layer(model, 0, &layer), WEFT_OK);
    cr_expect_str_eq(layer.op, "depthwise");
    cr_expect_str_eq(layer.weight_format, "f32");
    cr_expect_eq(weft_model_layer(model, 1, &layer), WEFT_OK);
    cr_expect_str_eq(layer.act, "clip");
    cr_expect_eq(weft_model_layer(model, 2, &layer), WEFT_OK);
    cr_expect_str_eq(layer.op, "dense");
    cr_expect_eq(layer.macs, 640);
    cr_expect_eq(weft_model_layer(model, 3, &layer), WEFT_E_ARGUMENT);
    cr_expect_eq(weft_model_layer(model, -1, &layer), WEFT_E_ARGUMENT);
    weft_model_free(&model);
}

Test(graph, labels_and_preparation_are_copied_and_checked)
{
    struct weft_model *model = graphs_new(1, 3, 8, 8);
    char cat[] = "cat";
    const char *labels[2] = {cat, "dog"};
    cr_expect_eq(weft_model_set_labels(model, labels, 2), WEFT_OK);
    cat[0] = 'b';
    cr_expect_str_eq(weft_model_label(model, 0), "cat");
    cr_expect_str_eq(weft_model_label(model, 1), "dog");
    cr_expect_null(weft_model_label(model, 2));
    cr_expect_null(weft_model_label(model, -1));
    cr_expect_eq(weft_model_set_labels(model, NULL, 1), WEFT_E_ARGUMENT);
    cr_expect_eq(weft_model_set_labels(model, NULL, 0), WEFT_OK);
    cr_expect_null(weft_model_label(model, 0));
    weft_prep prep = {.width = 8, .height = 8, .channels = 3, .scale = {1, 1, 1}};
    cr_expect_eq(weft_model_set_prep(model, &prep), WEFT_OK);
    prep.scale[1] = NAN;
    cr_expect_eq(weft_model_set_prep(model, &prep), WEFT_E_ARGUMENT);
    prep.scale[1] = 1;
    prep.channels = 4;
    cr_expect_eq(weft_model_set_prep(model, &prep), WEFT_E_ARGUMENT);
    weft_model_info info;
    weft_model_describe(model, &info);
    cr_expect_eq(info.prep.channels, 3);
    weft_model_free(&model);
}

/* ---- the check, float form ---- */

enum {
    CONV,
    POOL,
    MEAN,
    ADD,
    CONCAT,
    ACT,
    AFFINE,
    PAD,
    LRN,
    GATE,
    FLAT,
    SOFTMAX
}; /* nodes of the graph below */

/* One of every operator. */
static struct weft_model *every_operator(void)
{
    uint64_t state = 1;
    struct weft_model *model = graphs_new(1, 4, 8, 8);
    struct weft_window square = graphs_square(3, 1, 1), half = graphs_square(2, 2, 0);
    int conv = graphs_conv(model, &state, model->graph.input, 4, 2, &square);
    graphs_producer(model, conv)->residual = model->graph.input;
    int pool = graphs_window(model, WEFT_OP_MAXPOOL, conv, 4, &half);
    int mean = graphs_window(model, WEFT_OP_AVGPOOL, conv, 4, &half);
    int sum = graphs_add(model, pool, mean);
    int joined = graphs_node(model, WEFT_OP_CONCAT, (const int[]){sum, pool}, 2, 8, 4, 4);
    int act = graphs_relu(model, joined);
    int affine = graphs_affine(model, &state, act);
    int pad = graphs_node(model, WEFT_OP_PAD, &affine, 1, 8, 5, 5);
    graphs_producer(model, pad)->window.pad_top = graphs_producer(model, pad)->window.pad_right = 1;
    int lrn = graphs_unary(model, WEFT_OP_LRN, pad);
    graphs_producer(model, lrn)->lrn_size = 3;
    graphs_producer(model, lrn)->lrn_bias = 1;
    struct weft_window all = graphs_square(5, 1, 0);
    /* The gate's vector comes before the gate in the order of nodes. */
    int vector = graphs_window(model, WEFT_OP_AVGPOOL, lrn, 8, &all);
    int gate = graphs_node(model, WEFT_OP_GATE, (const int[]){lrn, vector}, 2, 8, 5, 5);
    int flat = graphs_node(model, WEFT_OP_RESHAPE, &gate, 1, 200, 1, 1);
    graphs_unary(model, WEFT_OP_SOFTMAX, flat);
    return model;
}

/* The node called by its place in the graph above (the average before the gate has none). */
static struct weft_node *node_at(struct weft_graph *graph, int place)
{
    return &graph->nodes[place < GATE ? place : place + 1];
}

typedef void spoil_fn(struct weft_graph *graph);

static void kernel_zero(struct weft_graph *g) { node_at(g, CONV)->window.kernel_h = 0; }
static void kernel_huge(struct weft_graph *g) { node_at(g, CONV)->window.kernel_w = 5000; }
static void stride_zero(struct weft_graph *g) { node_at(g, CONV)->window.stride_w = 0; }
static void stride_two(struct weft_graph *g) { node_at(g, CONV)->window.stride_h = 2; }
static void dilation_negative(struct weft_graph *g) { node_at(g, CONV)->window.dilation_h = -1; }
static void pad_negative(struct weft_graph *g) { node_at(g, CONV)->window.pad_top = -1; }
static void pad_huge(struct weft_graph *g) { node_at(g, CONV)->window.pad_left = 4097; }
static void groups_zero(struct weft_graph *g) { node_at(g, CONV)->groups = 0; }
static void groups_three(struct weft_graph *g) { node_at(g, CONV)->groups = 3; }
static void groups_one(struct weft_graph *g) { node_at(g, CONV)->groups = 1; }
static void weights_short(struct weft_graph *g) { node_at(g, CONV)->weights_count--; }
static void weights_none(struct weft_graph *g) { node_at(g, CONV)->weights = NULL; }
static void weights_nan(struct weft_graph *g) { node_at(g, CONV)->weights[71] = NAN; }
static void bias_none(struct weft_graph *g) { node_at(g, CONV)->bias = NULL; }
static void bias_infinite(struct weft_graph *g) { node_at(g, CONV)->bias[3] = INFINITY; }
static void residual_later(struct weft_graph *g) { node_at(g, CONV)->residual = 2; }
static void residual_beyond(struct weft_graph *g) { node_at(g, CONV)->residual = 1000; }
static void residual_strange(struct weft_graph *g) { node_at(g, CONV)->residual = -2; }
static void residual_elsewhere(struct weft_graph *g) { node_at(g, ADD)->residual = 0; }
static void input_beyond(struct weft_graph *g) { node_at(g, POOL)->inputs[0] = 1000; }
static void input_negative(struct weft_graph *g) { node_at(g, POOL)->inputs[0] = -1; }
static void input_own_output(struct weft_graph *g) { node_at(g, ACT)->inputs[0] = node_at(g, ACT)->output; }
static void input_missing(struct weft_graph *g) { node_at(g, ADD)->inputs_count = 1; }
static void inputs_none(struct weft_graph *g) { node_at(g, CONCAT)->inputs_count = 0; }
static void output_twice(struct weft_graph *g) { node_at(g, MEAN)->output = node_at(g, POOL)->output; }
static void output_beyond(struct weft_graph *g) { node_at(g, MEAN)->output = 1000; }
static void operator_strange(struct weft_graph *g) { node_at(g, MEAN)->op = WEFT_OP_COUNT; }
static void name_none(struct weft_graph *g) { node_at(g, MEAN)->name = NULL; }
static void pool_all_padding(struct weft_graph *g)
{
    /* The first window of the last pool would see two rows of padding; all shapes fit. */
    struct weft_node *pool = &g->nodes[GATE];
    pool->window.pad_top = 2;
    pool->window.kernel_h = 2;
    pool->window.stride_h = 7;
    g->tensors[pool->output].h = 1;
}
static void mean_real_pad(struct weft_graph *g) { node_at(g, MEAN)->window.real_pad_right = 1; }
static void add_shape(struct weft_graph *g) { node_at(g, ADD)->inputs[1] = 1; }
static void concat_channels(struct weft_graph *g) { node_at(g, CONCAT)->inputs[0] = 1; }
static void act_on_pool(struct weft_graph *g) { node_at(g, POOL)->act.func = WEFT_FUNC_HSWISH; }
static void act_unfusable(struct weft_graph *g) { node_at(g, ADD)->act.func = WEFT_FUNC_TANH; }
static void act_strange(struct weft_graph *g) { node_at(g, ACT)->act.func = (enum weft_func)99; }
static void clip_nan(struct weft_graph *g) { node_at(g, ACT)->act.lo = NAN; }
static void clip_crossed(struct weft_graph *g) { node_at(g, ACT)->act.hi = -1; }
static void slope_none(struct weft_graph *g) { node_at(g, ACT)->act.func = WEFT_FUNC_LEAKY; }
static void alpha_infinite(struct weft_graph *g)
{
    node_at(g, ACT)->act = (struct weft_act){.func = WEFT_FUNC_HSIGMOID, .alpha = INFINITY};
}
static void scale_none(struct weft_graph *g) { node_at(g, AFFINE)->scale = NULL; }
static void scale_nan(struct weft_graph *g) { node_at(g, AFFINE)->scale[7] = NAN; }
static void pad_unequal(struct weft_graph *g) { node_at(g, PAD)->window.pad_left = 1; }
static void pad_nan(struct weft_graph *g) { node_at(g, PAD)->pad_value = NAN; }
static void pad_below(struct weft_graph *g)
{
    node_at(g, PAD)->window.pad_top = 2;
    node_at(g, PAD)->window.pad_bottom = -1;
}
static void lrn_zero(struct weft_graph *g) { node_at(g, LRN)->lrn_size = 0; }
static void lrn_infinite(struct weft_graph *g) { node_at(g, LRN)->lrn_beta = INFINITY; }
static void gate_shape(struct weft_graph *g) { node_at(g, GATE)->inputs[1] = node_at(g, LRN)->output; }
static void flat_short(struct weft_graph *g)
{
    g->tensors[node_at(g, FLAT)->output].c = 199;
    g->tensors[node_at(g, SOFTMAX)->output].c = 199;
}
static void softmax_shape(struct weft_graph *g) { g->tensors[node_at(g, SOFTMAX)->output].c = 100; }
static void dimension_zero(struct weft_graph *g) { g->tensors[2].h = 0; }
static void dimension_huge(struct weft_graph *g) { g->tensors[2].w = 65537; }
static void elements_huge(struct weft_graph *g)
{
    g->tensors[0].c = g->tensors[0].h = g->tensors[0].w = 65536;
}
static void batch_changes(struct weft_graph *g) { g->tensors[4].n = 2; }
static void tensor_unmade(struct weft_graph *g) { g->tensors[4].producer = -1; }
static void tensor_nameless(struct weft_graph *g) { g->tensors[4].name = NULL; }
static void input_made(struct weft_graph *g) { g->tensors[0].producer = 0; }
static void graph_input_beyond(struct weft_graph *g) { g->input = g->tensors_count; }
static void graph_output_negative(struct weft_graph *g) { g->output = -1; }
static void counts_negative(struct weft_graph *g) { g->nodes_count = -1; }

static const struct {
    const char *name;
    spoil_fn *spoil;
} spoils[] = {
#define SPOIL(name)                                                                                          \
    {                                                                                                        \
#name, name                                                                                          \
    }
    SPOIL(kernel_zero),
    SPOIL(kernel_huge),
    SPOIL(stride_zero),
    SPOIL(stride_two),
    SPOIL(dilation_negative),
    SPOIL(pad_negative),
    SPOIL(pad_huge),
    SPOIL(groups_zero),
    SPOIL(groups_three),
    SPOIL(groups_one),
    SPOIL(weights_short),
    SPOIL(weights_none),
    SPOIL(weights_nan),
    SPOIL(bias_none),
    SPOIL(bias_infinite),
    SPOIL(residual_later),
    SPOIL(residual_beyond),
    SPOIL(residual_strange),
    SPOIL(residual_elsewhere),
    SPOIL(input_beyond),
    SPOIL(input_negative),
    SPOIL(input_own_output),
    SPOIL(input_missing),
    SPOIL(inputs_none),
    SPOIL(output_twice),
    SPOIL(output_beyond),
    SPOIL(operator_strange),
    SPOIL(name_none),
    SPOIL(pool_all_padding),
    SPOIL(mean_real_pad),
    SPOIL(add_shape),
    SPOIL(concat_channels),
    SPOIL(act_on_pool),
    SPOIL(act_unfusable),
    SPOIL(act_strange),
    SPOIL(clip_nan),
    SPOIL(clip_crossed),
    SPOIL(slope_none),
    SPOIL(alpha_infinite),
    SPOIL(scale_none),
    SPOIL(scale_nan),
    SPOIL(pad_unequal),
    SPOIL(pad_nan),
    SPOIL(pad_below),
    SPOIL(lrn_zero),
    SPOIL(lrn_infinite),
    SPOIL(gate_shape),
    SPOIL(flat_short),
    SPOIL(softmax_shape),
    SPOIL(dimension_zero),
    SPOIL(dimension_huge),
    SPOIL(elements_huge),
    SPOIL(batch_changes),
    SPOIL(tensor_unmade),
    SPOIL(tensor_nameless),
    SPOIL(input_made),
    SPOIL(graph_input_beyond),
    SPOIL(graph_output_negative),
    SPOIL(counts_negative),
#undef SPOIL
};

Test(graph, a_graph_of_every_operator_is_accepted_and_each_fault_refused)
{
    struct weft_model *model = every_operator();
    graphs_check(model);
    weft_model_free(&model);
    for (size_t i = 0; i < sizeof spoils / sizeof *spoils; i++) {
        model = every_operator();
        spoils[i].spoil(&model->graph);
        weft_error error = {""};
        weft_status status = weft_graph_check(&model->graph, "some.file", &error);
        cr_expect(status == WEFT_E_FORMAT || status == WEFT_E_RANGE, "%s is accepted", spoils[i].name);
        cr_expect_not_null(strstr(error.text, "some.file: "), "%s: '%s'", spoils[i].name, error.text);
        cr_expect_null(strchr(error.text, '\n'));
        cr_expect_neq(weft_graph_check(&model->graph, NULL, NULL), WEFT_OK);
        weft_model_free(&model);
    }
}

Test(graph, errors_name_the_layer)
{
    struct weft_model *model = every_operator();
    lrn_zero(&model->graph);
    weft_error error;
    cr_assert_neq(weft_graph_check(&model->graph, "some.file", &error), WEFT_OK);
    cr_expect_not_null(strstr(error.text, "some.file: layer 'lrn8' (lrn): "), "%s", error.text);
    weft_model_free(&model);
}

Test(graph, the_largest_dimensions_pass_and_do_not_overflow)
{
    struct weft_model *model = graphs_new(1, 65535, 1, 32768);
    graphs_relu(model, model->graph.input);
    graphs_check(model);
    model->graph.tensors[0].c = model->graph.tensors[1].c = 65536; /* 2^31 elements */
    cr_expect_eq(weft_graph_check(&model->graph, NULL, NULL), WEFT_E_FORMAT);
    weft_model_free(&model);
}
