/* Grouped convolutions against sums made one weight at a time: groups that share a panel, alone or not, in every weight
 * format, on every ISA of this machine. */
#include "graphs.h"

#include <string.h>

#include "codes/codebook.h"

struct layer {
    int groups, in, out, kernel, stride, size; /* in, out: channels of a group; size: of the image */
    int levels;
    bool residual, linear; /* linear: the input's codes are its bytes */
};

static void random_bins(struct weft_node *node, struct weft_pool *pool, int levels, uint64_t *state, uint8_t *bins)
{
    struct weft_codebook *codebook = &node->codebook;
    codebook->format = (enum weft_weight_format)weft_codebook_format(levels);
    codebook->levels = levels;
    codebook->magnitudes = codebook->format == WEFT_C8 ? 0 : (levels + 1) / 2;
    for (int i = 1; i < codebook->magnitudes; i++) {
        codebook->q[i] = (uint8_t)(i * 120 / codebook->magnitudes);
    }
    codebook->q[0] = codebook->format != WEFT_C8 && levels % 2 == 0 ? 1 : 0;
    for (int64_t i = 0; i < node->weights_count; i++) {
        if (codebook->format == WEFT_C8) {
            bins[i] = (uint8_t)(int8_t)graphs_between(state, -127, 127);
            continue;
        }
        int m = graphs_between(state, 0, codebook->magnitudes - 1);
        int negative = codebook->q[m] > 0 && graphs_between(state, 0, 1);
        bins[i] = (uint8_t)(m | negative << (codebook->format - 1));
    }
    node->bins = weft_pool_alloc(pool, weft_bins_bytes(node->weights_count, codebook->format), 1);
    cr_assert_not_null(node->bins);
    weft_bins_pack(bins, node->weights_count, codebook->format, node->bins);
}

static struct weft_model *make(const struct layer *l, uint64_t *state, uint8_t **bins)
{
    struct weft_model *model = graphs_new(1, l->groups * l->in, l->size, l->size);
    struct weft_graph *graph = &model->graph;
    struct weft_window window = graphs_square(l->kernel, l->stride, l->kernel / 2);
    int out = graphs_window(model, WEFT_OP_CONV, graph->input, l->groups * l->out, &window);
    struct weft_node *node = graphs_producer(model, out);
    graph->quantized = true;
    graph->name = weft_pool_strdup(graph->pool, "test");
    graph->provenance = graph->name;
    if (l->linear) {
        weft_edge_init_linear(&graph->tensors[graph->input].edge, false, 255, 6);
    } else {
        weft_edge_init_log(&graph->tensors[graph->input].edge, l->levels % 3 == 0, 15, -40, 4, 127);
    }
    weft_edge_init_log(&graph->tensors[out].edge, true, 31, -40, 4, 127);
    node->groups = l->groups;
    node->weights_count = (int64_t)l->groups * l->out * l->in * l->kernel * l->kernel;
    node->scale = graphs_floats(model, state, l->groups * l->out);
    node->bias = graphs_floats(model, state, l->groups * l->out);
    node->residual = l->residual ? graph->input : -1;
    *bins = malloc((size_t)node->weights_count);
    cr_assert_not_null(*bins);
    random_bins(node, graph->pool, l->levels, state, *bins);
    graphs_check(model);
    return model;
}

/* sum of Q * (+-T) over the window of one output, from the input's codes. */
static int32_t sum_at(const struct layer *l, const struct weft_model *model, const uint8_t *bins, const uint8_t *codes,
                      int y, int x, int o)
{
    const struct weft_node *node = &model->graph.nodes[0];
    const struct weft_edge *edge = &model->graph.tensors[model->graph.input].edge;
    int32_t sum = 0;
    for (int c = 0; c < l->in; c++) {
        for (int t = 0; t < l->kernel * l->kernel; t++) {
            int row = y * l->stride - l->kernel / 2 + t / l->kernel,
                column = x * l->stride - l->kernel / 2 + t % l->kernel;
            if (row < 0 || row >= l->size || column < 0 || column >= l->size) {
                continue;
            }
            int channel = o / l->out * l->in + c;
            uint8_t code = codes[(row * l->size + column) * l->groups * l->in + channel];
            uint8_t bin = bins[((int64_t)o * l->in + c) * l->kernel * l->kernel + t];
            sum += weft_codebook_integer(&node->codebook, bin) * weft_edge_integer(edge, code);
        }
    }
    return sum;
}

static void check_sums(const struct layer *l, const struct weft_model *model, const uint8_t *bins, const float *input,
                       const char *isa, int threads)
{
    const struct weft_graph *graph = &model->graph;
    const struct weft_tensor *in = &graph->tensors[graph->input], *out = &graph->tensors[graph->output];
    size_t count = (size_t)weft_tensor_elements(out), got = 0;
    weft_session_options options;
    weft_session *session;
    weft_error error = {""};
    weft_session_options_default(&options);
    options.isa = isa;
    options.threads = threads;
    cr_assert_eq(weft_session_create_traced(model, &options, &session, &error), WEFT_OK, "%s", error.text);
    float *output = malloc(count * sizeof *output);
    int32_t *sums = malloc(count * sizeof *sums);
    uint8_t *codes = malloc((size_t)weft_tensor_elements(in));
    cr_assert(output && sums && codes);
    cr_assert_eq(weft_session_run(session, input, output), WEFT_OK);
    cr_assert_eq(weft_session_layer_accumulators(session, 0, sums, count, &got), WEFT_OK);
    for (int i = 0; i < in->h * in->w; i++) { /* planes to pixels */
        for (int c = 0; c < in->c; c++) {
            codes[i * in->c + c] = weft_edge_encode(&in->edge, input[c * in->h * in->w + i]);
        }
    }
    int wrong = 0;
    for (int i = 0; i < out->h * out->w * out->c; i++) {
        int pixel = i / out->c;
        wrong += sums[i] != sum_at(l, model, bins, codes, pixel / out->w, pixel % out->w, i % out->c);
    }
    cr_expect_eq(wrong, 0, "%s, %d threads: %d groups of %d to %d, %dx%d by %d, %d levels: %d sums are wrong", isa,
                 threads, l->groups, l->in, l->out, l->kernel, l->kernel, l->stride, l->levels, wrong);
    free(codes);
    free(sums);
    free(output);
    weft_session_free(&session);
}

static void check(const struct layer *l, uint64_t seed)
{
    uint64_t state = seed;
    uint8_t *bins;
    struct weft_model *model = make(l, &state, &bins);
    int64_t count = weft_tensor_elements(&model->graph.tensors[model->graph.input]);
    float top = weft_edge_decode(&model->graph.tensors[model->graph.input].edge, 15);
    float *input = malloc((size_t)count * sizeof *input);
    cr_assert_not_null(input);
    for (int64_t i = 0; i < count; i++) {
        input[i] = top * (float)graphs_between(&state, -1000, 1000) / 1000;
    }
    for (int i = 0; weft_isa_name(i); i++) {
        if (weft_isa_available() & weft_isa_from_name(weft_isa_name(i))) {
            check_sums(l, model, bins, input, weft_isa_name(i), 1 + (int)(seed % 3));
        }
    }
    free(input);
    free(bins);
    weft_model_free(&model);
}

Test(groups, sums_are_those_of_the_definition)
{
    static const int levels[] = {3, 7, 15, 16, 31, 255};
    static const int shapes[][4] = {{32, 4, 4, 3}, {8, 8, 8, 3}, {6, 5, 16, 3}, {4, 3, 9, 3}, {12, 2, 3, 5},
                                    {16, 8, 16, 1}, {10, 16, 4, 1}, {2, 16, 48, 3}, {7, 4, 4, 3}, {13, 8, 8, 3},
                                    {2, 8, 8, 1}, {5, 16, 16, 5}, {2, 4, 4, 5}, {9, 16, 16, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
            int stride = 1 + (int)(s + i) % 2, in = shapes[s][1], out = shapes[s][2];
            struct layer l = {shapes[s][0], in, out, shapes[s][3], stride, 7 + (int)i, levels[i],
                              in == out && stride == 1, false};
            check(&l, 1000 * s + i + 1);
        }
    }
}

/* Pointwise, on codes that are bytes: of whole and other panels, by one and two pixels, of groups, of one pixel. */
Test(groups, sums_of_inputs_read_where_they_lie_are_those_of_the_definition)
{
    static const struct layer layers[] = {{1, 40, 72, 1, 1, 9, 15, false, true}, {1, 64, 64, 1, 1, 8, 31, true, true},
                                          {1, 24, 32, 1, 2, 15, 255, false, true}, {4, 16, 40, 1, 1, 7, 7, false, true},
                                          {1, 128, 10, 1, 1, 1, 16, false, true}, {1, 12, 16, 1, 1, 8, 15, false, true},
                                          {1, 5, 16, 1, 1, 8, 255, false, true}};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        check(&layers[i], 177 + i);
    }
}

/* Deep panels and few pixels: looked up and summed in parts. */
Test(groups, sums_of_deep_layers_are_those_of_the_definition)
{
    static const struct layer layers[] = {{1, 576, 40, 3, 1, 6, 15, false, false},
                                          {1, 1024, 33, 1, 1, 7, 31, false, false},
                                          {1, 192, 64, 3, 2, 12, 31, false, false},
                                          {2, 520, 24, 3, 1, 6, 15, false, false}};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        check(&layers[i], 77 + i);
    }
}

/* Which is then larger than what any layer makes. */
Test(groups, a_network_whose_output_is_its_input_is_verified)
{
    uint64_t state = 5, digest;
    uint8_t *bins;
    const struct layer l = {1, 8, 1, 1, 2, 16, 15, false, false};
    struct weft_model *model = make(&l, &state, &bins);
    weft_verify_options options;
    weft_error error = {""};
    model->graph.output = model->graph.input;
    graphs_check(model);
    weft_verify_options_default(&options);
    cr_expect_eq(weft_verify(model, &options, &digest, &error), WEFT_OK, "%s", error.text);
    free(bins);
    weft_model_free(&model);
}

/* Offsets within a window are 32 bits: a small file may ask for more. */
Test(groups, windows_of_2_gigabytes_are_refused)
{
    uint64_t state = 3;
    uint8_t *bins;
    const struct layer l = {1, 64, 8, 1, 1, 1, 15, false, false};
    struct weft_model *model = make(&l, &state, &bins);
    struct weft_node *node = &model->graph.nodes[0];
    struct weft_tensor *out = &model->graph.tensors[model->graph.output];
    node->window = (struct weft_window){.kernel_h = 2, .kernel_w = 1, .stride_h = 1, .stride_w = 1, .dilation_h = 4096,
                                        .dilation_w = 1, .pad_bottom = 4096, .pad_left = 4096, .pad_right = 4096};
    out->w = 8193;
    node->weights_count *= 2;
    free(bins);
    bins = malloc((size_t)node->weights_count);
    cr_assert_not_null(bins);
    random_bins(node, model->graph.pool, 15, &state, bins);
    graphs_check(model);
    weft_session_options options;
    weft_session *session = NULL;
    weft_error error = {""};
    weft_session_options_default(&options);
    cr_expect_eq(weft_session_create(model, &options, &session, &error), WEFT_E_RANGE);
    cr_expect(strstr(error.text, "less dilation or padding") != NULL, "%s", error.text);
    weft_session_free(&session);
    free(bins);
    weft_model_free(&model);
}
