/* Strassen's seven products against the direct convolution: accumulators and codes of whole pointwise layers, at the
 * ends of the ranges of what fits; and what is done directly. */
#include "graphs.h"
#include "traced.h"

#include <string.h>

#include "codes/codebook.h"

struct layer {
    int in_c, out_c, h, w, stride; /* h, w: of the output */
    int table_max, qmax;
    bool residual, ends; /* residual: the input; ends: inputs and weights at the ends of their ranges only */
    bool log, zeroless;  /* log: the input's edge, else linear; zeroless: no weight is zero */
};

int __wrap_weft_isa_ports_apart(void);

/* In place of the processor's: layers go straight to codes everywhere. */
int __wrap_weft_isa_ports_apart(void)
{
    return 1;
}

/* Bins of 15 levels, or 16, the largest qmax. */
static void draw_weights(const struct layer *l, struct weft_node *node, uint64_t *state)
{
    enum { MAGNITUDES = 8 };
    uint8_t *bins = malloc((size_t)node->weights_count);
    cr_assert_not_null(bins);
    node->codebook = (struct weft_codebook){.format = WEFT_C4, .levels = 15 + l->zeroless, .magnitudes = MAGNITUDES};
    for (int i = 0; i < MAGNITUDES; i++) {
        node->codebook.q[i] = (uint8_t)(i * l->qmax / (MAGNITUDES - 1));
    }
    node->codebook.q[0] = l->zeroless;
    for (int64_t i = 0; i < node->weights_count; i++) {
        int magnitude = l->ends ? MAGNITUDES - 1 : graphs_between(state, 0, MAGNITUDES - 1);
        bins[i] = (uint8_t)(magnitude | (node->codebook.q[magnitude] ? graphs_between(state, 0, 1) << 3 : 0));
    }
    weft_bins_pack(bins, node->weights_count, WEFT_C4, node->bins);
    free(bins);
}

/* A quantized network of one pointwise convolution. */
static struct weft_model *make(const struct layer *l, uint64_t *state)
{
    struct weft_model *model = graphs_new(1, l->in_c, (l->h - 1) * l->stride + 1, (l->w - 1) * l->stride + 1);
    struct weft_graph *graph = &model->graph;
    const struct weft_window window = graphs_square(1, l->stride, 0);
    int out = graphs_window(model, WEFT_OP_CONV, graph->input, l->out_c, &window);
    struct weft_node *node = graphs_producer(model, out);
    graph->quantized = true;
    graph->name = weft_pool_strdup(graph->pool, "test");
    graph->provenance = graph->name;
    if (l->log) {
        weft_edge_init_log(&graph->tensors[graph->input].edge, false, 31, -40, 4, l->table_max);
    } else {
        weft_edge_init_linear(&graph->tensors[graph->input].edge, false, l->table_max, 6);
    }
    weft_edge_init_linear(&graph->tensors[out].edge, false, 255, 2);
    node->weights_count = (int64_t)l->in_c * l->out_c;
    node->bins = weft_pool_alloc(graph->pool, weft_bins_bytes(node->weights_count, WEFT_C4), 1);
    node->scale = graphs_floats(model, state, l->out_c);
    node->bias = graphs_floats(model, state, l->out_c);
    for (int o = 0; o < l->out_c; o++) {
        node->scale[o] *= 1e-4f;
    }
    node->residual = l->residual ? graph->input : -1;
    draw_weights(l, node, state);
    graphs_check(model);
    return model;
}

static float *make_input(const struct weft_model *model, const struct layer *l, uint64_t *state)
{
    const struct weft_tensor *in = &model->graph.tensors[model->graph.input];
    int64_t count = weft_tensor_elements(in);
    float *input = malloc((size_t)count * sizeof *input);
    float top = weft_edge_decode(&in->edge, (uint8_t)in->edge.magnitudes);
    cr_assert_not_null(input);
    for (int64_t i = 0; i < count; i++) {
        input[i] = top * (l->ends ? (float)graphs_between(state, 0, 1) : (float)graphs_between(state, 0, 1000) / 1000);
    }
    return input;
}

static void expect_same(const struct layer *l, const struct result *got, const struct result *want, int threads)
{
    const bool sums = memcmp(got->sums, want->sums, want->count * sizeof *want->sums) == 0;
    const bool codes = memcmp(got->codes, want->codes, want->count) == 0;
    cr_assert(got->size == 1 && want->size == 1);
    cr_expect(sums && codes, "%s, %d threads: %dx%d, %d to %d: %s", got->algorithm, threads, l->h, l->w, l->in_c,
              l->out_c, sums ? "codes" : "sums");
}

static const char isa[] = "avx512vbmi";

static bool has_isa(void)
{
    bool there = (weft_isa_available() & weft_isa_from_name(isa)) != 0;
    if (!there) {
        printf("skipped: no %s here\n", isa);
    }
    return there;
}

/* Both numbers of threads, wished for and not, against the scalar ISA. */
static void compare(const struct layer *l, uint64_t seed, bool expected)
{
    uint64_t state = seed;
    struct weft_model *model = make(l, &state);
    float *input = make_input(model, l, &state);
    struct result want = run(model, "scalar", 1, WEFT_WINOGRAD_OFF, input);
    for (int threads = 1; threads <= 2; threads++) {
        struct result got = run(model, isa, threads, WEFT_WINOGRAD_STRASSEN, input);
        cr_expect((strcmp(got.algorithm, "strassen") == 0) == expected, "%dx%d, %d to %d, integers to %d and %d: %s",
                  l->h, l->w, l->in_c, l->out_c, l->table_max, l->qmax, got.algorithm);
        expect_same(l, &got, &want, threads);
        release(&got);
        got = run(model, isa, threads, WEFT_WINOGRAD_OFF, input);
        cr_expect(strcmp(got.algorithm, "strassen") != 0);
        expect_same(l, &got, &want, threads);
        release(&got);
    }
    release(&want);
    free(input);
    weft_model_free(&model);
}

Test(strassen, sums_are_exact_at_the_ends_of_the_ranges)
{
    struct layer l = {.in_c = 64, .out_c = 96, .h = 9, .w = 11, .stride = 1, .table_max = 127, .qmax = 63,
                      .ends = true};
    if (!has_isa()) {
        return;
    }
    compare(&l, 1, true);
    l.table_max = 128; /* 2 * 128 > 255 */
    compare(&l, 2, false);
    l.table_max = 127;
    l.qmax = 64; /* 2 * 64 > 127 */
    compare(&l, 3, false);
    compare(&(struct layer){.in_c = 1024, .out_c = 64, .h = 5, .w = 7, .stride = 2, .table_max = 127, .qmax = 63,
                            .ends = true}, 4, true);
}

/* Outputs of whole panels and parts of one; channels that are no two times eights are done directly. */
Test(strassen, any_size_stride_and_number_of_channels)
{
    static const int channels[] = {16, 48, 9, 13, 40, 96, 30, 24, 128};
    static const int outputs[] = {64, 65, 95, 96, 100, 128, 160, 200};
    uint64_t state = 77;
    if (!has_isa()) {
        return;
    }
    for (int i = 0; i < 72; i++) {
        struct layer l = {.in_c = channels[i % 9], .out_c = outputs[i % 8], .stride = 1 + i / 3 % 2, .table_max = 63,
                          .qmax = 63, .log = i / 5 % 2, .zeroless = i / 7 % 2};
        l.h = graphs_between(&state, 1, 24);
        l.w = graphs_between(&state, 7, 29);
        l.ends = i % 5 == 0;
        compare(&l, (uint64_t)i + 100, l.in_c % 16 == 0 && l.h * l.w >= 12);
    }
}

Test(strassen, residuals_are_added)
{
    if (!has_isa()) {
        return;
    }
    for (int i = 0; i < 6; i++) {
        compare(&(struct layer){.in_c = 64 + 16 * i, .out_c = 64 + 16 * i, .h = 14 - i, .w = 20 + i, .stride = 1,
                                .table_max = 127, .qmax = 63, .residual = true}, (uint64_t)i + 300, true);
    }
}

Test(strassen, what_is_too_small_is_done_directly)
{
    struct layer l = {.in_c = 64, .out_c = 64, .h = 1, .w = 12, .stride = 1, .table_max = 63, .qmax = 63};
    if (!has_isa()) {
        return;
    }
    compare(&l, 400, true);
    l.w = 11; /* five pairs and a half */
    compare(&l, 401, false);
    l.w = 12;
    l.out_c = 63; /* one whole panel */
    compare(&l, 402, false);
}
