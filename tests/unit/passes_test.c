/* Every pass keeps the results: small graphs run on the float path before and after weft_graph_simplify. */
#include "graphs.h"

#include <string.h>

/* Simplifies the model and checks that its output stayed; then the number of nodes that are left. */
static void simplify(struct weft_model *model, uint64_t seed, int nodes_left)
{
    struct weft_graph *graph = &model->graph;
    graphs_check(model);
    uint64_t state = seed + 1000;
    float *input = graphs_floats(model, &state, weft_tensor_elements(&graph->tensors[graph->input]));
    int64_t count = weft_tensor_elements(&graph->tensors[graph->output]);
    float *before = graphs_run(model, input, 1);
    weft_error error = {""};
    cr_assert_eq(weft_graph_simplify(graph, &error), WEFT_OK, "%s", error.text);
    graphs_check(model);
    cr_assert_eq(weft_tensor_elements(&graph->tensors[graph->output]), count);
    float *after = graphs_run(model, input, 2);
    double scale = 1e-5;
    for (int64_t i = 0; i < count; i++) {
        scale = fmax(scale, 1e-4 * fabs((double)before[i]));
    }
    cr_assert_leq(graphs_distance(before, after, count), scale, "seed %llu", (unsigned long long)seed);
    for (int i = 0; i < graph->nodes_count; i++) {
        cr_assert_eq(graph->nodes[i].output, i + 1);
    }
    cr_assert_eq(graph->tensors_count, graph->nodes_count + 1);
    if (nodes_left >= 0) {
        cr_assert_eq(graph->nodes_count, nodes_left, "%d nodes are left, not %d", graph->nodes_count,
                     nodes_left);
    }
    free(before);
    free(after);
}

Test(passes, affine_melts_into_the_convolution_before_it)
{
    uint64_t state = 1;
    struct weft_window square = graphs_square(3, 1, 1);
    for (int groups = 1; groups <= 4; groups += 3) {
        struct weft_model *model = graphs_new(1, 4, 5, 5);
        int t = graphs_conv(model, &state, model->graph.input, 8, groups, &square);
        graphs_relu(model, graphs_affine(model, &state, graphs_affine(model, &state, t)));
        simplify(model, 1, 1);
        cr_expect_eq(model->graph.nodes[0].act.func, WEFT_FUNC_CLIP);
        weft_model_free(&model);
    }
}

Test(passes, weights_that_two_convolutions_share_are_scaled_once_each)
{
    uint64_t state = 2;
    struct weft_window point = graphs_square(1, 1, 0);
    struct weft_model *model = graphs_new(1, 3, 4, 4);
    int a = graphs_conv(model, &state, model->graph.input, 3, 1, &point);
    int b = graphs_conv(model, &state, model->graph.input, 3, 1, &point);
    graphs_producer(model, b)->weights = graphs_producer(model, a)->weights;
    graphs_producer(model, b)->bias = graphs_producer(model, a)->bias;
    int c = graphs_affine(model, &state, a), d = graphs_affine(model, &state, b);
    graphs_node(model, WEFT_OP_CONCAT, (const int[]){c, d, a}, 3, 9, 4, 4);
    simplify(model, 2, 4); /* a is read twice, so its AFFINE stays */
    weft_model_free(&model);
}

Test(passes, an_affine_that_cannot_melt_stays_and_takes_the_activation)
{
    uint64_t state = 3;
    struct weft_window square = graphs_square(3, 1, 1);
    struct weft_model *model = graphs_new(1, 3, 4, 4);
    int t = graphs_relu(model, graphs_affine(model, &state, model->graph.input));
    graphs_conv(model, &state, t, 3, 1, &square);
    simplify(model, 3, 2);
    cr_expect_eq(model->graph.nodes[0].op, WEFT_OP_AFFINE);
    cr_expect_eq(model->graph.nodes[0].act.func, WEFT_FUNC_CLIP);
    weft_model_free(&model);
}

Test(passes, flatten_and_product_become_a_convolution_over_the_whole_input)
{
    uint64_t state = 4;
    struct weft_window point = graphs_square(1, 1, 0);
    struct weft_model *model = graphs_new(2, 3, 4, 5);
    int t = graphs_node(model, WEFT_OP_RESHAPE, &model->graph.input, 1, 5, 12, 1);
    t = graphs_node(model, WEFT_OP_RESHAPE, &t, 1, 60, 1, 1);
    t = graphs_relu(model, graphs_conv(model, &state, t, 7, 1, &point));
    t = graphs_node(model, WEFT_OP_RESHAPE, &t, 1, 7, 1, 1);
    graphs_conv(model, &state, t, 2, 1, &point);
    simplify(model, 4, 2);
    cr_expect_eq(model->graph.nodes[0].window.kernel_h, 4);
    cr_expect_eq(model->graph.nodes[0].window.kernel_w, 5);
    weft_model_free(&model);
}

Test(passes, a_reshape_that_others_read_stays_for_them)
{
    uint64_t state = 5;
    struct weft_window point = graphs_square(1, 1, 0);
    struct weft_model *model = graphs_new(1, 3, 2, 2);
    int flat = graphs_node(model, WEFT_OP_RESHAPE, &model->graph.input, 1, 12, 1, 1);
    graphs_add(model, graphs_conv(model, &state, flat, 12, 1, &point), flat);
    simplify(model, 5, 2);
    weft_model_free(&model);
}

Test(passes, an_addition_becomes_the_residual_of_the_later_convolution)
{
    uint64_t state = 6;
    struct weft_window square = graphs_square(3, 1, 1), point = graphs_square(1, 1, 0);
    struct weft_model *model = graphs_new(1, 4, 6, 6);
    int in = graphs_relu(model, graphs_conv(model, &state, model->graph.input, 4, 1, &square));
    int a = graphs_conv(model, &state, in, 4, 1, &square);
    int b = graphs_conv(model, &state, in, 4, 1, &point);
    graphs_relu(model, graphs_add(model, a, b));
    simplify(model, 6, 3);
    const struct weft_node *last = &model->graph.nodes[2];
    cr_expect_eq(last->window.kernel_h, 1);
    cr_expect_eq(last->residual, 2);
    cr_expect_eq(last->act.func, WEFT_FUNC_CLIP);
    weft_model_free(&model);
}

Test(passes, a_convolution_made_before_the_other_summand_moves_behind_it)
{
    uint64_t state = 7;
    struct weft_window square = graphs_square(3, 1, 1);
    struct weft_model *model = graphs_new(1, 4, 6, 6);
    int a = graphs_conv(model, &state, model->graph.input, 4, 1, &square);
    int b = graphs_window(model, WEFT_OP_MAXPOOL, model->graph.input, 4, &square);
    graphs_add(model, a, b);
    simplify(model, 7, 2);
    cr_expect_eq(model->graph.nodes[0].op, WEFT_OP_MAXPOOL);
    cr_expect_eq(model->graph.nodes[1].residual, 1);
    weft_model_free(&model);
}

Test(passes, additions_that_no_convolution_can_take_stay)
{
    uint64_t state = 8;
    struct weft_window square = graphs_square(3, 1, 1);
    struct weft_model *model = graphs_new(1, 4, 6, 6);
    int a = graphs_conv(model, &state, model->graph.input, 4, 1, &square);
    int twice = graphs_add(model, a, a);
    int b = graphs_relu(model, graphs_conv(model, &state, twice, 4, 1, &square));
    int sum = graphs_add(model, twice, b);
    graphs_relu(model, sum);
    simplify(model, 8, 4);
    cr_expect_eq(model->graph.nodes[1].op, WEFT_OP_ADD);
    cr_expect_eq(model->graph.nodes[3].op, WEFT_OP_ADD);
    cr_expect_eq(model->graph.nodes[3].act.func, WEFT_FUNC_CLIP);
    weft_model_free(&model);
}

static int padded(struct weft_model *model, int in, int pad, float value)
{
    const struct weft_tensor tensor = model->graph.tensors[in];
    int out = graphs_node(model, WEFT_OP_PAD, &in, 1, tensor.c, tensor.h + pad, tensor.w + 2 * pad);
    struct weft_node *node = graphs_producer(model, out);
    node->window.pad_bottom = node->window.pad_left = node->window.pad_right = pad;
    node->pad_value = value;
    return out;
}

Test(passes, zero_padding_melts_into_convolutions_and_averages)
{
    for (int pad = 1; pad <= 2; pad++) {
        for (int own = 0; own < 2; own++) {
            uint64_t state = 9;
            struct weft_window square = graphs_square(3, 2, own);
            square.real_pad_bottom = square.real_pad_right = own;
            square.count_include_pad = own;
            struct weft_model *model = graphs_new(1, 4, 7, 6);
            graphs_conv(model, &state, padded(model, model->graph.input, pad, 0), 2, 2, &square);
            simplify(model, 9, 1);
            weft_model_free(&model);
            model = graphs_new(1, 4, 7, 6);
            graphs_window(model, WEFT_OP_AVGPOOL, padded(model, model->graph.input, pad, 0), 4, &square);
            simplify(model, 9, pad + own <= 2 ? 1 : 2); /* with 3 a window would see nothing but padding */
            weft_model_free(&model);
        }
    }
}

Test(passes, averages_that_do_not_count_their_padding_keep_the_pad)
{
    struct weft_window square = graphs_square(3, 1, 1);
    struct weft_model *model = graphs_new(1, 1, 5, 5);
    graphs_window(model, WEFT_OP_AVGPOOL, padded(model, model->graph.input, 1, 0), 1, &square);
    simplify(model, 10, 2);
    weft_model_free(&model);
}

/* relu, PAD of `value`, MAXPOOL or CONV: what is left. */
static void check_pad_value(enum weft_op op, bool relu, float value, int nodes_left)
{
    uint64_t state = 11;
    struct weft_window square = graphs_square(3, 2, 0);
    struct weft_model *model = graphs_new(1, 2, 7, 7);
    int in = relu ? graphs_relu(model, model->graph.input) : graphs_affine(model, &state, model->graph.input);
    int pad = padded(model, in, 1, value);
    if (op == WEFT_OP_MAXPOOL) {
        graphs_window(model, op, pad, 2, &square);
    } else {
        graphs_conv(model, &state, pad, 2, 1, &square);
    }
    simplify(model, 11, nodes_left);
    weft_model_free(&model);
}

Test(passes, padding_melts_into_a_maximum_only_where_it_cannot_win)
{
    check_pad_value(WEFT_OP_MAXPOOL, true, 0, 2);
    check_pad_value(WEFT_OP_MAXPOOL, true, -1, 2);
    check_pad_value(WEFT_OP_MAXPOOL, true, 0.5f, 3);
    check_pad_value(WEFT_OP_MAXPOOL, false, 0, 3);
    check_pad_value(WEFT_OP_MAXPOOL, false, -INFINITY, 2);
    check_pad_value(WEFT_OP_CONV, true, 0, 2);
    check_pad_value(WEFT_OP_CONV, true, 0.5f, 3);
}

Test(passes, nested_concatenations_become_one)
{
    struct weft_model *model = graphs_new(2, 2, 3, 3);
    int in = model->graph.input, relu = graphs_relu(model, in);
    int one = graphs_node(model, WEFT_OP_CONCAT, (const int[]){relu, in}, 2, 4, 3, 3);
    int two = graphs_node(model, WEFT_OP_CONCAT, (const int[]){in, one, relu}, 3, 8, 3, 3);
    graphs_node(model, WEFT_OP_CONCAT, (const int[]){two, in}, 2, 10, 3, 3);
    simplify(model, 12, 2);
    cr_expect_eq(model->graph.nodes[1].inputs_count, 5);
    weft_model_free(&model);
}

Test(passes, a_selection_takes_the_concatenation_before_it)
{
    struct weft_model *model = graphs_new(2, 2, 3, 3);
    int in = model->graph.input, relu = graphs_relu(model, in);
    int one = graphs_node(model, WEFT_OP_CONCAT, (const int[]){relu, in}, 2, 4, 3, 3);
    int shuffled = graphs_select(model, &one, 1, (const int[]){0, 2, 1, 3, -1}, 5);
    graphs_select(model, (const int[]){shuffled, relu}, 2, (const int[]){6, 4, 3, 2, 1, 0}, 6);
    simplify(model, 14, 3);
    cr_expect_eq(model->graph.nodes[1].inputs_count, 2);
    weft_model_free(&model);
}

Test(passes, a_selection_of_everything_in_order_vanishes)
{
    struct weft_model *model = graphs_new(1, 3, 3, 3);
    int relu = graphs_relu(model, model->graph.input);
    int same = graphs_select(model, &relu, 1, (const int[]){0, 1, 2}, 3);
    graphs_select(model, &same, 1, (const int[]){0, 1}, 2);
    simplify(model, 15, 2);
    weft_model_free(&model);
}

Test(passes, operators_that_do_nothing_vanish_up_to_the_whole_graph)
{
    uint64_t state = 13;
    struct weft_model *model = graphs_new(1, 3, 2, 2);
    int t = graphs_unary(model, WEFT_OP_ACT, model->graph.input);
    t = graphs_node(model, WEFT_OP_CONCAT, &t, 1, 3, 2, 2);
    t = padded(model, t, 0, 5);
    struct weft_window point = graphs_square(1, 1, 0);
    t = graphs_window(model, WEFT_OP_MAXPOOL, t, 3, &point);
    t = graphs_affine(model, &state, t);
    for (int c = 0; c < 3; c++) {
        graphs_producer(model, t)->scale[c] = 1;
        graphs_producer(model, t)->bias[c] = 0;
    }
    simplify(model, 13, 0);
    cr_expect_eq(model->graph.input, model->graph.output);
    weft_model_free(&model);
}

Test(passes, dead_nodes_and_unused_tensors_go)
{
    struct weft_model *model = graphs_new(1, 3, 2, 2);
    int kept = graphs_relu(model, model->graph.input);
    graphs_relu(model, graphs_add(model, kept, model->graph.input));
    model->graph.output = kept;
    cr_assert_geq(weft_graph_add_tensor(&model->graph, "unused", 1, 1, 1, 1), 0);
    cr_assert_eq(weft_graph_simplify(&model->graph, NULL), WEFT_OK);
    cr_expect_eq(model->graph.nodes_count, 1);
    cr_expect_eq(model->graph.tensors_count, 2);
    graphs_check(model);
    weft_model_free(&model);
}

Test(passes, functions_fuse_only_where_one_reader_and_the_engine_allow_it)
{
    uint64_t state = 14;
    struct weft_window square = graphs_square(3, 1, 1);
    for (int func = WEFT_FUNC_CLIP; func < WEFT_FUNC_RECODE; func++) {
        for (int readers = 1; readers <= 2; readers++) {
            struct weft_model *model = graphs_new(1, 3, 5, 5);
            int conv = graphs_conv(model, &state, model->graph.input, 3, 1, &square);
            int act = graphs_unary(model, WEFT_OP_ACT, conv);
            graphs_producer(model, act)->act = (struct weft_act){
                (enum weft_func)func, -0.5f, 0.5f, 0.3f, 0.4f, graphs_floats(model, &state, 3)};
            if (readers == 2) {
                graphs_node(model, WEFT_OP_CONCAT, (const int[]){act, conv}, 2, 6, 5, 5);
            }
            simplify(model, 14, readers == 2 ? 3 : func <= WEFT_FUNC_HSWISH ? 1 : 2);
            weft_model_free(&model);
        }
    }
}

Test(passes, two_clips_become_one)
{
    struct weft_model *model = graphs_new(1, 3, 5, 5);
    int t = graphs_relu(model, model->graph.input);
    t = graphs_unary(model, WEFT_OP_ACT, t);
    graphs_producer(model, t)->act = (struct weft_act){.func = WEFT_FUNC_CLIP, .lo = -1, .hi = 0.25f};
    simplify(model, 15, 1);
    cr_expect_eq(model->graph.nodes[0].act.lo, 0);
    cr_expect_eq(model->graph.nodes[0].act.hi, 0.25f);
    weft_model_free(&model);
}

/* One more random operator on random earlier tensors. */
static void grow(struct weft_model *model, uint64_t *state)
{
    struct weft_graph *graph = &model->graph;
    int t = graphs_between(state, 0, graph->tensors_count - 1), other = -1, u;
    const struct weft_tensor in = graph->tensors[t];
    for (u = 0; u < graph->tensors_count; u++) {
        const struct weft_tensor *tensor = &graph->tensors[u];
        if (u != t && tensor->c == in.c && tensor->h == in.h && tensor->w == in.w) {
            other = u;
        }
    }
    struct weft_window window = graphs_square(graphs_between(state, 1, 3), 1, graphs_between(state, 0, 1));
    window.real_pad_bottom = window.real_pad_right = window.pad_bottom;
    window.count_include_pad = graphs_between(state, 0, 1);
    bool fits = in.h + 2 * window.pad_top >= window.kernel_h && in.w + 2 * window.pad_left >= window.kernel_w;
    switch (graphs_between(state, 0, 9)) {
    case 0:
    case 1:
        if (fits) {
            graphs_conv(model, state, t, in.c, graphs_between(state, 0, 2) ? 1 : in.c, &window);
        }
        return;
    case 2:
        if (window.kernel_h == 3) {
            graphs_window(model, graphs_between(state, 0, 1) ? WEFT_OP_MAXPOOL : WEFT_OP_AVGPOOL, t, in.c,
                          &window);
        }
        return;
    case 3:
        graphs_affine(model, state, t);
        return;
    case 4:
        graphs_relu(model, t);
        return;
    case 5:
    case 6:
        if (other >= 0) {
            graphs_add(model, t, other);
        }
        return;
    case 7:
        if (other >= 0 && in.c < 40) {
            graphs_node(model, WEFT_OP_CONCAT, (const int[]){t, other, t}, graphs_between(state, 2, 3), 0,
                        in.h, in.w);
            graph->tensors[graph->output].c = in.c * graphs_producer(model, graph->output)->inputs_count;
        }
        return;
    case 8:
        padded(model, t, graphs_between(state, 0, 1), (float)graphs_between(state, -1, 1));
        return;
    default:
        t = graphs_node(model, WEFT_OP_RESHAPE, &t, 1, in.c * in.h * in.w, 1, 1);
        window = graphs_square(1, 1, 0);
        graphs_conv(model, state, t, in.c, 1, &window);
        return;
    }
}

Test(passes, random_graphs_keep_their_results)
{
    int before = 0, after = 0;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        uint64_t state = seed;
        struct weft_model *model = graphs_new(1, graphs_between(&state, 1, 4), 4, 5);
        while (model->graph.nodes_count < 12) {
            grow(model, &state);
        }
        /* Windows that a random size left without a cell of the input are not legal graphs. */
        if (weft_graph_check(&model->graph, "test", NULL) == WEFT_OK) {
            before += model->graph.nodes_count;
            simplify(model, seed, -1);
            after += model->graph.nodes_count;
        }
        weft_model_free(&model);
    }
    cr_expect_geq(before, 3000);
    cr_expect_lt(after, before / 2);
}
