/* Winograd's filtering against the direct convolution: accumulators and codes of whole layers, at the ends of the ranges
 * that the loader accepts, on every ISA of this machine; and what it refuses. */
#include "graphs.h"

#include <string.h>

#include "core/cache.h"
#include "ops/wino.h"

struct layer {
    int in_c, out_c, h, w, pads[4]; /* pads: top, left, bottom, right */
    bool is_signed, residual, floats; /* edge of the input; residual: the input; floats: of the output */
    int table_max, qmax;
    bool ends; /* inputs and weights at the ends of their ranges only */
    int large; /* one weight in so many is 127 */
    int tops; /* one filter in so many, and its neighbour with it, is all 14 or all -14 */
    int stride; /* 0: 1 */
    int levels; /* of the codebook, without a zero; 0: all bytes */
    bool beyond; /* sums reach 2^25, which F(4x4,3x3) has no room for */
};

/* Magnitudes up to qmax, none of them zero. `ends`: signs with which no sum of a filter's taps exceeds a tap. */
static void draw_codebook(const struct layer *l, struct weft_node *node, uint64_t *state)
{
    int magnitudes = l->levels / 2, bits = weft_codebook_format(l->levels);
    uint8_t *bins = malloc((size_t)node->weights_count);
    cr_assert_not_null(bins);
    node->codebook = (struct weft_codebook){.format = bits, .levels = l->levels, .magnitudes = magnitudes};
    for (int i = 0; i < magnitudes; i++) {
        node->codebook.q[i] = (uint8_t)(l->qmax - magnitudes + 1 + i);
    }
    for (int64_t i = 0; i < node->weights_count; i++) {
        int tap = (int)(i % 9), negative = l->ends ? (tap / 3 == 2) != (tap % 3 == 2) : graphs_between(state, 0, 1);
        bins[i] = (uint8_t)(graphs_between(state, 0, magnitudes - 1) | negative << (bits - 1));
    }
    weft_bins_pack(bins, node->weights_count, bits, node->bins);
    free(bins);
}

/* A quantized network of one convolution. */
static struct weft_model *make(const struct layer *l, uint64_t *state)
{
    struct weft_model *model = graphs_new(1, l->in_c, l->h, l->w);
    struct weft_graph *graph = &model->graph;
    struct weft_window window = graphs_square(3, l->stride ? l->stride : 1, 0);
    window.pad_top = l->pads[0];
    window.pad_left = l->pads[1];
    window.pad_bottom = l->pads[2];
    window.pad_right = l->pads[3];
    int out = graphs_window(model, WEFT_OP_CONV, graph->input, l->out_c, &window);
    struct weft_node *node = graphs_producer(model, out);
    graph->quantized = true;
    graph->name = weft_pool_strdup(graph->pool, "test");
    graph->provenance = graph->name;
    weft_edge_init_log(&graph->tensors[graph->input].edge, l->is_signed, 15, -40, 4, l->table_max);
    weft_edge_init_log(&graph->tensors[out].edge, false, 31, -40, 4, 255);
    if (l->floats) {
        graph->tensors[out].edge.kind = WEFT_EDGE_FLOAT;
    }
    node->weights_count = (int64_t)l->in_c * l->out_c * 9;
    node->codebook = (struct weft_codebook){.format = WEFT_C8, .levels = 255};
    node->bins = weft_pool_alloc(graph->pool, (size_t)node->weights_count, 1);
    node->scale = graphs_floats(model, state, l->out_c);
    node->bias = graphs_floats(model, state, l->out_c);
    node->residual = l->residual ? graph->input : -1;
    if (l->levels) {
        draw_codebook(l, node, state);
    }
    for (int64_t i = 0; i < node->weights_count && !l->levels; i++) {
        int q = l->ends ? (graphs_between(state, 0, 1) ? l->qmax : -l->qmax) : graphs_between(state, -l->qmax, l->qmax);
        q = l->large && graphs_between(state, 1, l->large) == 1 ? 127 : q;
        node->bins[i] = (uint8_t)(int8_t)q;
    }
    for (int64_t i = 0; l->tops && i < node->weights_count / 9; i++) {
        if (graphs_between(state, 1, l->tops) == 1) {
            int64_t filters = i + 2 <= node->weights_count / 9 ? 2 : 1;
            memset(node->bins + 9 * i, graphs_between(state, 0, 1) ? 14 : -14, (size_t)filters * 9);
        }
    }
    graphs_check(model);
    return model;
}

struct result {
    int32_t *sums;
    uint8_t *codes;
    size_t count, size;
    char algorithm[24];
};

static struct result run(const struct weft_model *model, const char *isa, int threads, weft_winograd winograd,
                         const float *input)
{
    struct result result = {0};
    weft_session_options options;
    weft_session *session;
    weft_error error = {""};
    weft_session_options_default(&options);
    options.isa = isa;
    options.threads = threads;
    options.winograd = winograd;
    cr_assert_eq(weft_session_create_traced(model, &options, &session, &error), WEFT_OK, "%s", error.text);
    size_t count = (size_t)weft_tensor_elements(&model->graph.tensors[model->graph.output]);
    float *output = malloc(count * sizeof *output);
    result.sums = malloc(count * sizeof *result.sums);
    result.codes = malloc(count * sizeof(float));
    cr_assert(output && result.sums && result.codes);
    cr_assert_eq(weft_session_run(session, input, output), WEFT_OK);
    cr_assert_eq(weft_session_layer_accumulators(session, 0, result.sums, count, &result.count), WEFT_OK);
    cr_assert_eq(weft_session_layer_output(session, 0, result.codes, count * 4, &result.count, &result.size), WEFT_OK);
    cr_assert_eq(result.count, count);
    weft_layer_plan plan;
    cr_assert_eq(weft_session_layer_plan(session, 0, &plan), WEFT_OK);
    snprintf(result.algorithm, sizeof result.algorithm, "%.20s", plan.algorithm);
    free(output);
    weft_session_free(&session);
    return result;
}

static void release(struct result *result)
{
    free(result->sums);
    free(result->codes);
}

static float *make_input(const struct weft_model *model, const struct layer *l, uint64_t *state)
{
    const struct weft_tensor *in = &model->graph.tensors[model->graph.input];
    int64_t count = weft_tensor_elements(in);
    float *input = malloc((size_t)count * sizeof *input);
    float top = weft_edge_decode(&in->edge, (uint8_t)in->edge.magnitudes);
    cr_assert_not_null(input);
    for (int64_t i = 0; i < count; i++) {
        int draw = l->ends ? graphs_between(state, 0, 1) * 2000 - 1000 : graphs_between(state, -1000, 1000);
        input[i] = top * (float)draw / 1000;
    }
    return input;
}

/* Whether an ISA has F(4x4,3x3). */
static bool has_words(const char *isa)
{
    return strncmp(isa, "avx", 3) == 0;
}

/* Whether an ISA has F(2x2) for stride 2. */
static bool has_strided(const char *isa)
{
    return strcmp(isa, "avx512vbmi") == 0;
}

/* Every ISA, all forms where they are expected, against the scalar direct convolution. */
static void compare(const struct layer *l, uint64_t seed, bool expect_1d, bool expect_2d)
{
    static const weft_winograd forms[] = {WEFT_WINOGRAD_1D, WEFT_WINOGRAD_2D, WEFT_WINOGRAD_4X4};
    static const char *const names[] = {"winograd 2", "winograd 2x2", "winograd 4x4"};
    uint64_t state = seed;
    struct weft_model *model = make(l, &state);
    float *input = make_input(model, l, &state);
    struct result want = run(model, "scalar", 1, WEFT_WINOGRAD_OFF, input);
    cr_expect(strncmp(want.algorithm, "direct", 6) == 0);
    for (int i = 0; weft_isa_name(i); i++) {
        for (int f = 0; f < 3 && (weft_isa_available() & weft_isa_from_name(weft_isa_name(i))); f++) {
            int threads = 1 + (int)(seed + (uint64_t)i) % 3;
            struct result got = run(model, weft_isa_name(i), threads, forms[f], input);
            bool expected = f == 0 ? expect_1d : f == 1 ? expect_2d : has_words(weft_isa_name(i)) && !l->beyond;
            expected = l->stride == 2 ? f == 1 && expect_2d && has_strided(weft_isa_name(i)) : expected;
            const char *wanted = expected ? names[f] : "direct";
            cr_expect(expected ? strcmp(got.algorithm, wanted) == 0 : strncmp(got.algorithm, wanted, 6) == 0,
                      "%s: %s where %s was expected", weft_isa_name(i), got.algorithm, wanted);
            cr_expect(memcmp(got.sums, want.sums, want.count * sizeof *want.sums) == 0, "%s, %s, %d threads: %dx%d, %d to %d: sums",
                      weft_isa_name(i), got.algorithm, threads, l->h, l->w, l->in_c, l->out_c);
            cr_expect(memcmp(got.codes, want.codes, want.count * want.size) == 0, "%s, %s, %d threads: %dx%d, %d to %d: codes",
                      weft_isa_name(i), got.algorithm, threads, l->h, l->w, l->in_c, l->out_c);
            release(&got);
        }
    }
    release(&want);
    free(input);
    weft_model_free(&model);
}

Test(wino, sums_are_exact_at_the_ends_of_the_ranges)
{
    /* 9 * 14 and 3 * 42 are the largest sums of a filter within 127. */
    compare(&(struct layer){.in_c = 24, .out_c = 40, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14, .ends = true},
            1, true, true);
    compare(&(struct layer){.in_c = 24, .out_c = 40, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 31, .qmax = 14, .ends = true,
                            .is_signed = true}, 2, true, true);
    compare(&(struct layer){.in_c = 24, .out_c = 40, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 127, .qmax = 42, .ends = true},
            3, true, false);
    compare(&(struct layer){.in_c = 24, .out_c = 40, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 42, .ends = true,
                            .is_signed = true}, 4, true, false);
}

/* 36 layers of up to h x w pixels, at seeds from `seed` on. */
static void compare_sizes(int stride, int h, int w, uint64_t state, uint64_t seed)
{
    static const int channels[] = {1, 3, 8, 13, 32, 72, 130}, outputs[] = {1, 7, 16, 33, 64, 70};
    for (int i = 0; i < 36; i++) {
        struct layer l = {.in_c = channels[i % 7], .out_c = outputs[i % 6], .table_max = 31, .qmax = 14, .stride = stride};
        l.h = graphs_between(&state, 1, h);
        l.w = graphs_between(&state, 1, w);
        for (int p = 0; p < 4; p++) {
            l.pads[p] = i < 20 ? 1 : graphs_between(&state, 0, 3);
        }
        l.pads[0] += l.h + l.pads[0] + l.pads[2] < 3 ? 2 : 0;
        l.pads[1] += l.w + l.pads[1] + l.pads[3] < 3 ? 2 : 0;
        l.is_signed = i % 3 == 1;
        l.floats = i % 5 == 4;
        compare(&l, (uint64_t)i + seed, stride == 1, true);
    }
}

Test(wino, any_size_border_and_number_of_channels)
{
    compare_sizes(1, 19, 37, 77, 100);
}

Test(wino, channels_are_padded_with_weights_that_are_no_zeros)
{
    static const int levels[] = {2, 4, 8, 16, 32}, channels[] = {1, 12, 43, 66, 107};
    for (int i = 0; i < 5; i++) {
        struct layer l = {.in_c = channels[i], .out_c = 40, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 63,
                          .qmax = levels[i] < 32 ? 14 : 16, .levels = levels[i]};
        compare(&l, (uint64_t)i + 500, true, true);
        l.is_signed = true;
        l.table_max = 31;
        compare(&l, (uint64_t)i + 510, true, true);
        l.stride = 2;
        l.qmax = 31;
        compare(&l, (uint64_t)i + 520, false, true);
    }
    struct layer deep = {.in_c = 263, .out_c = 352, .h = 7, .w = 7, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14,
                         .levels = 16};
    compare(&deep, 530, true, true);
    deep.levels = 2;
    deep.qmax = 42;
    deep.ends = true; /* 9 * 42, which leaves a byte, is there where channels are padded, and nowhere else */
    compare(&deep, 531, true, true);
}

Test(wino, residuals_are_added)
{
    for (int i = 0; i < 6; i++) {
        compare(&(struct layer){.in_c = 24 + 8 * i, .out_c = 24 + 8 * i, .h = 14 - i, .w = 20 + i, .pads = {1, 1, 1, 1},
                                .table_max = 31, .qmax = 14, .is_signed = i % 2, .residual = true}, (uint64_t)i + 300, true, true);
    }
}

Test(wino, a_few_weights_may_leave_a_byte)
{
    /* Filters whose sums exceed 127: a large weight among ends. */
    compare(&(struct layer){.in_c = 64, .out_c = 70, .h = 12, .w = 13, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 7,
                            .large = 20000}, 5, true, true);
    compare(&(struct layer){.in_c = 64, .out_c = 70, .h = 12, .w = 13, .pads = {1, 1, 1, 1}, .table_max = 31, .qmax = 7,
                            .large = 20000, .is_signed = true}, 6, true, true);
}

Test(wino, a_few_weights_may_leave_their_lanes)
{
    /* Pairs of the largest filters in the middle of small ones, against the largest bytes. */
    for (int i = 0; i < 4; i++) {
        compare(&(struct layer){.in_c = 60 + 4 * i, .out_c = 70, .h = 12, .w = 13, .pads = {1, 1, 1, 1},
                                .table_max = i % 2 ? 31 : 63, .qmax = 1 + i, .tops = 300, .ends = i < 2,
                                .is_signed = i % 2}, (uint64_t)i + 400, true, true);
    }
}

/* In place of the engine's. */
static long first_cache = 32 << 10;
long weft_first_cache_bytes(void)
{
    return first_cache;
}

Test(wino, weights_of_deep_layers_are_kept_as_bins)
{
    /* In slices, the last of eight channels, or two rows of points at a time; few tiles and many; filters that leave a
     * byte. */
    for (int i = 0; i < 2; i++, first_cache = 48 << 10) {
        compare(&(struct layer){.in_c = 264, .out_c = 352, .h = 7, .w = 7, .pads = {1, 1, 1, 1}, .table_max = 63,
                                .qmax = 7, .large = 200000}, 12, true, true);
        compare(&(struct layer){.in_c = 264, .out_c = 352, .h = 7, .w = 20, .pads = {1, 1, 1, 1}, .table_max = 31,
                                .qmax = 14, .is_signed = true}, 13, true, true);
        compare(&(struct layer){.in_c = 264, .out_c = 352, .h = 6, .w = 5, .pads = {1, 1, 1, 1}, .table_max = 63,
                                .qmax = 7}, 14, true, true);
    }
}

Test(wino, lanes_of_deep_layers_are_made_of_bins)
{
    /* Weights that do not fit their lanes, of bytes and of fewer bits; points left out at both borders, at one, at
     * none; two blocks. */
    for (int i = 0; i < 3; i++) {
        compare(&(struct layer){.in_c = 372, .out_c = 360, .h = 3 - i / 2, .w = 4 - i % 2, .pads = {1, 1, 1, 1},
                                .table_max = i % 2 ? 31 : 63, .qmax = 1 + i, .tops = 300, .is_signed = i % 2},
                (uint64_t)i + 500, true, true);
    }
    compare(&(struct layer){.in_c = 372, .out_c = 360, .h = 3, .w = 3, .pads = {1, 1, 1, 1}, .table_max = 63,
                            .qmax = 14, .levels = 14}, 503, true, true);
    compare(&(struct layer){.in_c = 1500, .out_c = 84, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 63,
                            .qmax = 3, .tops = 300}, 504, true, true);
}

Test(wino, what_does_not_fit_is_done_directly)
{
    struct layer l = {.in_c = 16, .out_c = 16, .h = 8, .w = 8, .pads = {1, 1, 1, 1}, .table_max = 64, .qmax = 14, .ends = true};
    compare(&l, 7, true, false); /* 4 * 64 > 255 */
    l.table_max = 128;
    compare(&l, 8, false, false);
    l.table_max = 63;
    l.qmax = 20; /* 7 * 20 > 127 in one filter of 25, three times 20 does not */
    compare(&l, 9, true, false);
    l.qmax = 43;
    compare(&l, 10, false, false);
}

Test(wino, the_largest_sums_still_fit)
{
    struct layer l = {.in_c = 2048, .out_c = 2, .h = 3, .w = 4, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14, .ends = true};
    compare(&l, 11, true, true);
}

Test(wino, strided_sums_are_exact_at_the_ends_of_the_ranges)
{
    struct layer l = {.in_c = 24, .out_c = 40, .h = 17, .w = 21, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 31, .ends = true,
                      .stride = 2};
    compare(&l, 31, false, true); /* 4 * 31 is the largest sum of taps within 127 */
    l.is_signed = true;
    l.table_max = 31;
    compare(&l, 32, false, true);
    l.table_max = 32; /* 8 * 32 > 255 */
    compare(&l, 33, false, false);
    l.is_signed = false;
    l.table_max = 64;
    compare(&l, 34, false, false);
    l.table_max = 63;
    l.qmax = 32; /* 4 * 32 > 127 in one filter of eight */
    compare(&l, 35, false, false);
    struct layer deep = {.in_c = 2048, .out_c = 2, .h = 5, .w = 6, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 31,
                         .ends = true, .stride = 2};
    compare(&deep, 36, false, true);
}

Test(wino, strided_of_any_size_border_and_number_of_channels)
{
    compare_sizes(2, 33, 67, 78, 400);
    /* Several blocks and groups, and weights that leave a byte. */
    compare(&(struct layer){.in_c = 136, .out_c = 64, .h = 56, .w = 56, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14,
                            .large = 20000, .stride = 2}, 440, false, true);
    compare(&(struct layer){.in_c = 264, .out_c = 96, .h = 13, .w = 13, .pads = {1, 1, 1, 1}, .table_max = 31, .qmax = 14,
                            .large = 20000, .is_signed = true, .stride = 2}, 441, false, true);
}

Test(wino, words_hold_all_ranges_and_sums_within_25_bits)
{
    /* 115 * 9 * 127 * 255 and 231 * 9 * 127 * 127 are the largest sums below 2^25. */
    struct layer l = {.in_c = 115, .out_c = 18, .h = 7, .w = 7, .pads = {1, 1, 1, 1}, .table_max = 255, .qmax = 127, .ends = true};
    compare(&l, 21, false, false);
    l.in_c = 116;
    l.beyond = true;
    compare(&l, 22, false, false);
    struct layer s = {.in_c = 231, .out_c = 33, .h = 6, .w = 5, .pads = {1, 1, 1, 1}, .table_max = 127, .qmax = 127, .ends = true,
                      .is_signed = true};
    compare(&s, 23, false, false);
    s.in_c = 232;
    s.beyond = true;
    compare(&s, 24, false, false);
}

Test(wino, words_of_deep_layers_are_kept_as_bins)
{
    compare(&(struct layer){.in_c = 264, .out_c = 352, .h = 7, .w = 23, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14}, 25,
            true, true);
    compare(&(struct layer){.in_c = 300, .out_c = 330, .h = 14, .w = 14, .pads = {1, 1, 1, 1}, .table_max = 31, .qmax = 14,
                            .is_signed = true}, 26, true, true);
}

Test(wino, what_the_tuner_chooses_is_exact)
{
    struct layer l = {.in_c = 40, .out_c = 48, .h = 15, .w = 14, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14};
    uint64_t state = 14;
    struct weft_model *model = make(&l, &state);
    float *input = make_input(model, &l, &state);
    struct result want = run(model, "scalar", 1, WEFT_WINOGRAD_OFF, input);
    weft_session_options options;
    weft_session_options_default(&options);
    options.threads = 2;
    weft_layer_tuning tuning;
    weft_error error = {""};
    cr_assert_eq(weft_session_tune(model, &options, 0.01, &tuning, 1, &error), WEFT_OK, "%s", error.text);
    cr_expect(tuning.direct_seconds > 0 && tuning.seconds_1d > 0 && tuning.seconds_2d > 0);
    cr_expect((tuning.seconds_4x4 > 0) == !!(weft_isa_available() & weft_isa_from_name("avx2")));
    cr_expect(tuning.seconds_strassen == 0);
    cr_expect(tuning.choice >= WEFT_WINOGRAD_OFF && tuning.choice <= WEFT_WINOGRAD_4X4);
    struct result got = run(model, NULL, 2, tuning.choice, input);
    cr_expect(memcmp(got.sums, want.sums, want.count * sizeof *want.sums) == 0);
    cr_expect(weft_session_tune(model, &options, 0.01, &tuning, 2, &error) == WEFT_E_ARGUMENT);
    release(&got);
    release(&want);
    free(input);
    weft_model_free(&model);
}

Test(wino, a_choice_for_each_layer_is_taken_or_refused)
{
    struct layer l = {.in_c = 16, .out_c = 16, .h = 8, .w = 8, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14};
    static const char *const names[] = {"direct", "winograd 2", "winograd 2x2", "winograd 4x4", "direct"};
    uint64_t state = 15;
    struct weft_model *model = make(&l, &state);
    weft_session_options options;
    weft_session_options_default(&options);
    options.layer_winograd_count = 1;
    for (int form = WEFT_WINOGRAD_OFF; form <= WEFT_WINOGRAD_STRASSEN + 1; form++) {
        weft_winograd choice = (weft_winograd)form;
        weft_session *session;
        weft_layer_plan plan;
        options.layer_winograd = &choice;
        weft_status status = weft_session_create(model, &options, &session, NULL);
        cr_assert_eq(status, form <= WEFT_WINOGRAD_STRASSEN ? WEFT_OK : WEFT_E_ARGUMENT);
        if (session) {
            cr_assert_eq(weft_session_layer_plan(session, 0, &plan), WEFT_OK);
            bool there = form != WEFT_WINOGRAD_4X4 || (weft_isa_available() & weft_isa_from_name("avx2"));
            cr_expect(there || strncmp(plan.algorithm, "direct", 6) == 0, "%s", plan.algorithm);
            cr_expect(!there || strncmp(plan.algorithm, names[form - WEFT_WINOGRAD_OFF], 6) == 0, "%s", plan.algorithm);
            /* 3x3 layers never take Strassen's products. */
            bool direct = form == WEFT_WINOGRAD_OFF || form == WEFT_WINOGRAD_STRASSEN;
            cr_expect(!there || direct || strcmp(plan.algorithm, names[form - WEFT_WINOGRAD_OFF]) == 0);
            weft_session_free(&session);
        }
    }
    options.layer_winograd_count = 2;
    weft_session *session;
    cr_expect(weft_session_create(model, &options, &session, NULL) == WEFT_E_ARGUMENT);
    weft_model_free(&model);
}
