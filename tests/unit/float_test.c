/* The float path against its definitions, written here once more in plain double arithmetic. */
#include "graphs.h"

struct plane {
    const float *x;
    int h, w;
};

/* x at (y, x), or `outside` beyond the plane. */
static double at(struct plane plane, int64_t y, int64_t x, double outside)
{
    return y >= 0 && y < plane.h && x >= 0 && x < plane.w ? plane.x[y * plane.w + x] : outside;
}

static double conv_at(const struct weft_model *model, const struct weft_node *node, const float *x, int image,
                      int oc, int oy, int ox)
{
    const struct weft_tensor *in = &model->graph.tensors[node->inputs[0]];
    const struct weft_tensor *out = &model->graph.tensors[node->output];
    const struct weft_window *w = &node->window;
    int depth = in->c / node->groups, first = oc / (out->c / node->groups) * depth;
    double sum = node->bias[oc];
    const float *weight = node->weights + (int64_t)oc * depth * w->kernel_h * w->kernel_w;
    for (int c = 0; c < depth; c++) {
        struct plane plane = {x + ((int64_t)image * in->c + first + c) * in->h * in->w, in->h, in->w};
        for (int ky = 0; ky < w->kernel_h; ky++) {
            for (int kx = 0; kx < w->kernel_w; kx++) {
                sum += *weight++ * at(plane, oy * w->stride_h - w->pad_top + ky * w->dilation_h,
                                      ox * w->stride_w - w->pad_left + kx * w->dilation_w, 0);
            }
        }
    }
    return sum;
}

static struct weft_window random_window(uint64_t *state, int h, int w)
{
    struct weft_window window = {.kernel_h = graphs_between(state, 1, 4),
                                 .kernel_w = graphs_between(state, 1, 4),
                                 .stride_h = graphs_between(state, 1, 3),
                                 .stride_w = graphs_between(state, 1, 3),
                                 .dilation_h = graphs_between(state, 1, 2),
                                 .dilation_w = graphs_between(state, 1, 2)};
    int reach_h = (window.kernel_h - 1) * window.dilation_h,
        reach_w = (window.kernel_w - 1) * window.dilation_w;
    window.pad_top = graphs_between(state, 0, 3);
    window.pad_left = graphs_between(state, 0, 3);
    window.pad_bottom = graphs_between(state, 0, 3) + (reach_h > h ? reach_h - h : 0) + 1;
    window.pad_right = graphs_between(state, 0, 3) + (reach_w > w ? reach_w - w : 0) + 1;
    return window;
}

static void check_random_conv(uint64_t seed)
{
    uint64_t state = seed;
    int groups = graphs_between(&state, 1, 4), kind = graphs_between(&state, 0, 2);
    int in_c = kind == 0 ? groups : groups * graphs_between(&state, 1, 5);
    int out_c = groups * graphs_between(&state, 1, 9);
    int h = graphs_between(&state, 1, 20), w = graphs_between(&state, 1, 20);
    struct weft_model *model = graphs_new(graphs_between(&state, 1, 2), in_c, h, w);
    struct weft_window window = random_window(&state, h, w);
    if (kind == 2) { /* the ways without padding: pointwise and dense */
        window = graphs_square(1, 1, 0);
        if (graphs_between(&state, 0, 1)) {
            window.kernel_h = h;
            window.kernel_w = w;
        }
    }
    int out = graphs_conv(model, &state, model->graph.input, out_c, groups, &window);
    struct weft_node *node = graphs_producer(model, out);
    graphs_check(model);
    const struct weft_tensor *in = &model->graph.tensors[model->graph.input], *y = &model->graph.tensors[out];
    float *input = graphs_floats(model, &state, weft_tensor_elements(in));
    float *output = graphs_run(model, input, graphs_between(&state, 1, 3));
    double tolerance = 1e-5 * (double)(node->weights_count / out_c + 1);
    const float *value = output;
    for (int64_t i = 0; i < weft_tensor_elements(y); i++) {
        int ox = (int)(i % y->w), oy = (int)(i / y->w % y->h), oc = (int)(i / y->w / y->h % y->c);
        int image = (int)(i / y->w / y->h / y->c);
        double expected = conv_at(model, node, input, image, oc, oy, ox);
        cr_assert(fabs(expected - value[i]) <= tolerance, "seed %llu: (%d,%d,%d,%d) is %g, not %g",
                  (unsigned long long)seed, image, oc, oy, ox, (double)value[i], expected);
    }
    free(output);
    weft_model_free(&model);
}

Test(float, convolutions_of_any_geometry_are_sums_of_products)
{
    for (uint64_t seed = 1; seed <= 400; seed++) {
        check_random_conv(seed);
    }
}

static double pool_at(const struct weft_node *node, struct plane plane, int oy, int ox)
{
    const struct weft_window *w = &node->window;
    double sum = 0, largest = -INFINITY;
    int inside = 0, padded = 0;
    for (int ky = 0; ky < w->kernel_h; ky++) {
        for (int kx = 0; kx < w->kernel_w; kx++) {
            int iy = oy * w->stride_h - w->pad_top + ky * w->dilation_h;
            int ix = ox * w->stride_w - w->pad_left + kx * w->dilation_w;
            double value = at(plane, iy, ix, NAN);
            padded += iy < plane.h + w->real_pad_bottom && ix < plane.w + w->real_pad_right;
            if (!isnan(value)) {
                sum += value;
                inside++;
                largest = fmax(largest, value);
            }
        }
    }
    return node->op == WEFT_OP_MAXPOOL ? largest : sum / (w->count_include_pad ? padded : inside);
}

Test(float, pools_count_the_cells_that_onnx_counts)
{
    int checked = 0;
    for (uint64_t seed = 1; seed <= 900; seed++) {
        uint64_t state = seed;
        int h = graphs_between(&state, 1, 12), w = graphs_between(&state, 1, 12);
        enum weft_op op = graphs_between(&state, 0, 1) ? WEFT_OP_MAXPOOL : WEFT_OP_AVGPOOL;
        struct weft_model *model = graphs_new(2, 3, h, w);
        struct weft_window window = random_window(&state, h, w);
        window.real_pad_bottom = graphs_between(&state, 0, window.pad_bottom);
        window.real_pad_right = graphs_between(&state, 0, window.pad_right);
        window.count_include_pad = graphs_between(&state, 0, 1);
        int out = graphs_window(model, op, model->graph.input, 3, &window);
        if (weft_graph_check(&model->graph, "test", NULL) == WEFT_OK) {
            const struct weft_tensor *y = &model->graph.tensors[out];
            float *input = graphs_floats(model, &state, (int64_t)6 * h * w);
            float *output = graphs_run(model, input, 2);
            for (int64_t i = 0; i < weft_tensor_elements(y); i++) {
                struct plane plane = {input + i / (y->h * y->w) * h * w, h, w};
                double expected =
                    pool_at(graphs_producer(model, out), plane, (int)(i / y->w % y->h), (int)(i % y->w));
                cr_assert_float_eq(output[i], expected, 1e-5, "seed %llu", (unsigned long long)seed);
            }
            free(output);
            checked++;
        }
        weft_model_free(&model);
    }
    cr_assert_geq(checked, 150, "%d pools had no empty window", checked);
}

/* One value through one function. */
static float through(struct weft_act act, float value)
{
    struct weft_model *model = graphs_new(1, 1, 1, 1);
    int out = graphs_unary(model, WEFT_OP_ACT, model->graph.input);
    graphs_producer(model, out)->act = act;
    graphs_check(model);
    float *output = graphs_run(model, &value, 1);
    float result = output[0];
    free(output);
    weft_model_free(&model);
    return result;
}

Test(float, functions_follow_their_definitions)
{
    float slope = 0.25f;
    for (float x = -8; x <= 8; x += 0.37f) {
        double sigmoid = 1 / (1 + exp(-(double)x)), hard = fmin(1, fmax(0, x / 6.0 + 0.5));
        struct {
            struct weft_act act;
            double expected;
        } cases[] = {
            {{.func = WEFT_FUNC_NONE}, x},
            {{.func = WEFT_FUNC_RECODE}, x},
            {{.func = WEFT_FUNC_CLIP, .lo = -1, .hi = 2}, fmin(2, fmax(-1, x))},
            {{.func = WEFT_FUNC_CLIP, .lo = 0, .hi = INFINITY}, fmax(0, x)},
            {{.func = WEFT_FUNC_LEAKY, .slope = &slope}, x < 0 ? x * 0.25 : x},
            {{.func = WEFT_FUNC_HSIGMOID, .alpha = 1 / 6.0f, .beta = 0.5f}, hard},
            {{.func = WEFT_FUNC_HSWISH, .alpha = 1 / 6.0f, .beta = 0.5f}, x * hard},
            {{.func = WEFT_FUNC_SIGMOID}, sigmoid},
            {{.func = WEFT_FUNC_SWISH}, x * sigmoid},
            {{.func = WEFT_FUNC_TANH}, tanh(x)},
        };
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            cr_expect_float_eq(through(cases[i].act, x), cases[i].expected, 2e-6, "%s(%g)",
                               weft_func_name(cases[i].act.func), (double)x);
        }
    }
}

Test(float, lrn_sums_the_squares_of_the_channels_around)
{
    uint64_t state = 7;
    struct weft_model *model = graphs_new(2, 9, 2, 3);
    int out = graphs_unary(model, WEFT_OP_LRN, model->graph.input);
    struct weft_node *node = graphs_producer(model, out);
    node->lrn_size = 4;
    node->lrn_alpha = 0.9f;
    node->lrn_beta = 0.75f;
    node->lrn_bias = 1.5f;
    graphs_check(model);
    float *input = graphs_floats(model, &state, 2 * 9 * 6);
    float *output = graphs_run(model, input, 2);
    for (int i = 0; i < 2 * 9 * 6; i++) {
        int channel = i / 6 % 9;
        double sum = 0;
        for (int c = channel - 1; c <= channel + 2; c++) { /* floor((4-1)/2) before, ceil((4-1)/2) after */
            double x = c >= 0 && c < 9 ? input[i + (c - channel) * 6] : 0;
            sum += x * x;
        }
        cr_expect_float_eq(output[i], input[i] / pow(1.5 + 0.9 / 4 * sum, 0.75), 1e-6);
    }
    free(output);
    weft_model_free(&model);
}

Test(float, softmax_is_over_channels_and_survives_large_values)
{
    for (int logarithm = 0; logarithm < 2; logarithm++) {
        struct weft_model *model = graphs_new(1, 3, 1, 2);
        int out = graphs_unary(model, WEFT_OP_SOFTMAX, model->graph.input);
        graphs_producer(model, out)->log_softmax = logarithm;
        graphs_check(model);
        const float input[6] = {1000, -3, 1001, -2, 1002, -1}; /* both columns are 0, 1, 2 and a constant */
        float *output = graphs_run(model, input, 1);
        double total = 1 + exp(1) + exp(2);
        for (int c = 0; c < 3; c++) {
            double expected = logarithm ? c - log(total) : exp(c) / total;
            cr_expect_float_eq(output[2 * c], expected, 1e-6);
            cr_expect_float_eq(output[2 * c + 1], expected, 1e-6);
        }
        free(output);
        weft_model_free(&model);
    }
}

Test(float, concat_pad_gate_affine_and_reshape_place_every_value)
{
    struct weft_model *model = graphs_new(2, 2, 1, 2);
    int in = model->graph.input;
    int joined = graphs_node(model, WEFT_OP_CONCAT, (const int[]){in, in}, 2, 4, 1, 2);
    int pad = graphs_node(model, WEFT_OP_PAD, &joined, 1, 4, 2, 3);
    graphs_producer(model, pad)->window.pad_top = 1;
    graphs_producer(model, pad)->window.pad_left = 1;
    graphs_producer(model, pad)->pad_value = -7;
    int affine = graphs_unary(model, WEFT_OP_AFFINE, pad);
    float scale[4] = {1, 2, 3, 4}, bias[4] = {0, 10, 20, 30};
    graphs_producer(model, affine)->scale = scale;
    graphs_producer(model, affine)->bias = bias;
    struct weft_window all = graphs_square(1, 1, 0);
    all.kernel_h = 2;
    all.kernel_w = 3;
    int mean = graphs_window(model, WEFT_OP_AVGPOOL, affine, 4, &all);
    int gate = graphs_node(model, WEFT_OP_GATE, (const int[]){affine, mean}, 2, 4, 2, 3);
    graphs_node(model, WEFT_OP_RESHAPE, &gate, 1, 24, 1, 1);
    graphs_check(model);
    const float input[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    float *output = graphs_run(model, input, 2);
    for (int image = 0; image < 2; image++) {
        for (int c = 0; c < 4; c++) {
            float padded[6] = {
                -7, -7, -7, -7, input[image * 4 + c % 2 * 2], input[image * 4 + c % 2 * 2 + 1]};
            float sum = 0;
            for (int i = 0; i < 6; i++) {
                padded[i] = padded[i] * scale[c] + bias[c];
                sum += padded[i];
            }
            for (int i = 0; i < 6; i++) {
                cr_expect_float_eq(output[image * 24 + c * 6 + i], padded[i] * (sum / 6), 1e-3);
            }
        }
    }
    free(output);
    weft_model_free(&model);
}

Test(float, a_residual_is_added_before_the_activation)
{
    uint64_t state = 3;
    struct weft_window square = graphs_square(3, 1, 1);
    for (int groups = 1; groups <= 4; groups += 3) {
        struct weft_model *model = graphs_new(2, 4, 5, 6);
        int conv = graphs_conv(model, &state, model->graph.input, 4, groups, &square);
        graphs_relu(model, graphs_add(model, conv, model->graph.input));
        float *input = graphs_floats(model, &state, 240);
        float *expected = graphs_run(model, input, 1);
        graphs_producer(model, conv)->residual = model->graph.input;
        graphs_producer(model, conv)->act = (struct weft_act){.func = WEFT_FUNC_CLIP, .hi = INFINITY};
        model->graph.output = conv;
        float *output = graphs_run(model, input, 2);
        cr_expect_leq(graphs_distance(expected, output, 240), 1e-6);
        free(expected);
        free(output);
        weft_model_free(&model);
    }
}

struct seen {
    int next, wrong;
};

static void observe(void *cookie, int tensor, float *values, int64_t count)
{
    struct seen *seen = cookie;
    /* Tensor t of this graph is the input plus t. */
    seen->wrong += tensor != seen->next || count != 4;
    for (int64_t i = 0; i < count; i++) {
        seen->wrong += values[i] != (float)(i + tensor);
    }
    seen->next++;
}

Test(float, observers_see_every_tensor_once_and_in_order)
{
    struct weft_model *model = graphs_new(1, 4, 1, 1);
    float one[4] = {1, 1, 1, 1};
    for (int t = 0; t < 6; t++) {
        int out = graphs_unary(model, WEFT_OP_AFFINE, t);
        graphs_producer(model, out)->scale = one;
        graphs_producer(model, out)->bias = one;
    }
    struct weft_float_session *session;
    cr_assert_eq(weft_float_create(&model->graph, 1, NULL, &session, NULL), WEFT_OK);
    const float input[4] = {0, 1, 2, 3};
    float output[4];
    struct seen seen = {0, 0};
    cr_assert_eq(weft_float_run(session, input, output, observe, &seen), WEFT_OK);
    cr_expect_eq(seen.next, 7);
    cr_expect_eq(seen.wrong, 0);
    weft_float_free(&session);
    cr_expect_null(session);
    weft_model_free(&model);
}

Test(float, a_tensor_that_is_read_late_keeps_its_values)
{
    /* A chain whose first tensor is added at the end: its place must not be given away. */
    uint64_t state = 11;
    struct weft_model *model = graphs_new(1, 3, 4, 4);
    int first = graphs_relu(model, model->graph.input), t = first;
    for (int i = 0; i < 5; i++) {
        t = graphs_affine(model, &state, t);
    }
    graphs_add(model, t, first);
    graphs_check(model);
    float *input = graphs_floats(model, &state, 48);
    float *output = graphs_run(model, input, 2);
    for (int i = 0; i < 48; i++) {
        double x = input[i] > 0 ? input[i] : 0, y = x;
        for (int n = 1; n <= 5; n++) {
            const struct weft_node *node = &model->graph.nodes[n];
            y = y * node->scale[i / 16] + node->bias[i / 16];
        }
        cr_expect_float_eq(output[i], x + y, 1e-5);
    }
    free(output);
    weft_model_free(&model);
}

Test(float, bad_requests_are_refused)
{
    struct weft_model *model = graphs_new(1, 1, 1, 1);
    struct weft_float_session *session;
    weft_error error;
    cr_expect_eq(weft_float_create(&model->graph, 0, NULL, &session, &error), WEFT_E_ARGUMENT);
    cr_expect_null(session);
    cr_expect_eq(weft_float_create(&model->graph, 257, NULL, &session, &error), WEFT_E_ARGUMENT);
    model->graph.quantized = true;
    cr_expect_eq(weft_float_create(&model->graph, 1, NULL, &session, &error), WEFT_E_ARGUMENT);
    weft_model_free(&model);
}

/* An allocator that fails its k-th request. */
struct failing {
    int left, live;
};

static void *failing_alloc(void *cookie, size_t size, size_t align)
{
    struct failing *failing = cookie;
    if (failing->left-- == 0) {
        return NULL;
    }
    void *pointer = NULL;
    failing->live++;
    return posix_memalign(&pointer, align, size) == 0 ? pointer : NULL;
}

static void failing_free(void *cookie, void *pointer)
{
    ((struct failing *)cookie)->live--;
    free(pointer);
}

Test(float, every_failed_allocation_is_an_error_and_leaks_nothing)
{
    uint64_t state = 5;
    struct weft_model *model = graphs_new(1, 8, 40, 40);
    struct weft_window square = graphs_square(3, 1, 1);
    graphs_conv(model, &state, model->graph.input, 8, 1, &square);
    weft_status status = WEFT_E_MEMORY;
    int k = 0;
    for (; status == WEFT_E_MEMORY && k < 100; k++) {
        struct failing failing = {k, 0};
        weft_allocator allocator = {failing_alloc, failing_free, &failing};
        struct weft_float_session *session;
        status = weft_float_create(&model->graph, 2, &allocator, &session, NULL);
        cr_expect_eq(status == WEFT_OK, session != NULL);
        weft_float_free(&session);
        cr_expect_eq(failing.live, 0);
    }
    cr_expect_eq(status, WEFT_OK);
    cr_expect_gt(k, 3);
    weft_model_free(&model);
}
