/* weft: small float graphs for the unit tests of the graph and of the float path. */
#ifndef WEFT_TESTS_UNIT_GRAPHS_H
#define WEFT_TESTS_UNIT_GRAPHS_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "graph/graph.h"
#include "session/float_session.h"

/* xorshift64*: each test starts from a seed of its own. */
static inline uint32_t graphs_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 32);
}

/* lo .. hi */
static inline int graphs_between(uint64_t *state, int lo, int hi)
{
    return lo + (int)(graphs_random(state) % (uint32_t)(hi - lo + 1));
}

static inline void graphs_fill(uint64_t *state, float *values, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        values[i] = (float)graphs_random(state) * 0x1p-31f - 1;
    }
}

static inline struct weft_model *graphs_new(int n, int c, int h, int w)
{
    struct weft_model *model = weft_model_new(NULL);
    cr_assert_not_null(model);
    model->graph.input = model->graph.output = weft_graph_add_tensor(&model->graph, "input", n, c, h, w);
    return model;
}

static inline float *graphs_floats(struct weft_model *model, uint64_t *state, int64_t count)
{
    float *values = weft_pool_alloc(&model->pool, (size_t)count, sizeof *values);
    cr_assert_not_null(values);
    graphs_fill(state, values, count);
    return values;
}

/* A node with a new output tensor of the given shape, which becomes the graph's output; the tensor's index.
 */
static inline int graphs_node(struct weft_model *model, enum weft_op op, const int *inputs, int inputs_count,
                              int c, int h, int w)
{
    struct weft_graph *graph = &model->graph;
    char name[32];
    snprintf(name, sizeof name, "%s%d", weft_op_name(op), graph->nodes_count);
    int output = weft_graph_add_tensor(graph, name, graph->tensors[graph->input].n, c, h, w);
    cr_assert_geq(weft_graph_add_node(graph, op, name, inputs, inputs_count, output), 0);
    graph->output = output;
    return output;
}

/* The channels `select` (-1: zeros) of some tensors. */
static inline int graphs_select(struct weft_model *model, const int *inputs, int inputs_count, const int *select, int c)
{
    const struct weft_tensor tensor = model->graph.tensors[inputs[0]];
    int output = graphs_node(model, WEFT_OP_SELECT, inputs, inputs_count, c, tensor.h, tensor.w);
    int *copy = weft_pool_copy(&model->pool, select, (size_t)c, sizeof *select);
    cr_assert_not_null(copy);
    model->graph.nodes[model->graph.tensors[output].producer].select = copy;
    return output;
}

static inline struct weft_node *graphs_producer(struct weft_model *model, int t)
{
    return &model->graph.nodes[model->graph.tensors[t].producer];
}

/* An operator of one input that keeps its shape. */
static inline int graphs_unary(struct weft_model *model, enum weft_op op, int in)
{
    const struct weft_tensor tensor = model->graph.tensors[in];
    return graphs_node(model, op, &in, 1, tensor.c, tensor.h, tensor.w);
}

static inline int graphs_add(struct weft_model *model, int a, int b)
{
    const struct weft_tensor tensor = model->graph.tensors[a];
    return graphs_node(model, WEFT_OP_ADD, (const int[]){a, b}, 2, tensor.c, tensor.h, tensor.w);
}

static inline int graphs_window(struct weft_model *model, enum weft_op op, int in, int out_c,
                                const struct weft_window *window)
{
    const struct weft_tensor tensor = model->graph.tensors[in];
    int h = weft_window_extent(tensor.h, window->kernel_h, window->stride_h, window->dilation_h,
                               window->pad_top, window->pad_bottom);
    int w = weft_window_extent(tensor.w, window->kernel_w, window->stride_w, window->dilation_w,
                               window->pad_left, window->pad_right);
    int out = graphs_node(model, op, &in, 1, out_c, h, w);
    graphs_producer(model, out)->window = *window;
    return out;
}

static inline struct weft_window graphs_square(int kernel, int stride, int pad)
{
    return (struct weft_window){.kernel_h = kernel,
                                .kernel_w = kernel,
                                .stride_h = stride,
                                .stride_w = stride,
                                .dilation_h = 1,
                                .dilation_w = 1,
                                .pad_top = pad,
                                .pad_left = pad,
                                .pad_bottom = pad,
                                .pad_right = pad};
}

/* A convolution with random weights. */
static inline int graphs_conv(struct weft_model *model, uint64_t *state, int in, int out_c, int groups,
                              const struct weft_window *window)
{
    int in_c = model->graph.tensors[in].c;
    int out = graphs_window(model, WEFT_OP_CONV, in, out_c, window);
    struct weft_node *node = graphs_producer(model, out);
    node->groups = groups;
    node->weights_count = (int64_t)out_c * (in_c / groups) * window->kernel_h * window->kernel_w;
    node->weights = graphs_floats(model, state, node->weights_count);
    node->bias = graphs_floats(model, state, out_c);
    return out;
}

static inline int graphs_affine(struct weft_model *model, uint64_t *state, int in)
{
    int out = graphs_unary(model, WEFT_OP_AFFINE, in);
    int c = model->graph.tensors[in].c;
    graphs_producer(model, out)->scale = graphs_floats(model, state, c);
    graphs_producer(model, out)->bias = graphs_floats(model, state, c);
    return out;
}

static inline int graphs_relu(struct weft_model *model, int in)
{
    int out = graphs_unary(model, WEFT_OP_ACT, in);
    graphs_producer(model, out)->act = (struct weft_act){.func = WEFT_FUNC_CLIP, .lo = 0, .hi = INFINITY};
    return out;
}

static inline void graphs_check(const struct weft_model *model)
{
    weft_error error = {""};
    cr_assert_eq(weft_graph_check(&model->graph, "test", &error), WEFT_OK, "%s", error.text);
}

/* Runs the float path; the output is the caller's to free. */
static inline float *graphs_run(const struct weft_model *model, const float *input, int threads)
{
    weft_error error = {""};
    struct weft_float_session *session;
    cr_assert_eq(weft_float_create(&model->graph, threads, NULL, &session, &error), WEFT_OK, "%s",
                 error.text);
    size_t count = (size_t)weft_tensor_elements(&model->graph.tensors[model->graph.output]);
    float *output = malloc(count * sizeof *output);
    cr_assert_not_null(output);
    cr_assert_eq(weft_float_run(session, input, output, NULL, NULL), WEFT_OK);
    weft_float_free(&session);
    return output;
}

/* Largest difference of two arrays. */
static inline double graphs_distance(const float *a, const float *b, int64_t count)
{
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        double difference = fabs((double)a[i] - b[i]);
        if (isnan(difference)) {
            return INFINITY;
        }
        largest = difference > largest ? difference : largest;
    }
    return largest;
}

#endif
