/* weft: layers of one convolution, and Winograd's filtering of them against the direct one: accumulators and codes, on
 * every ISA of this machine. */
#ifndef WEFT_TESTS_UNIT_WINO_CASE_H
#define WEFT_TESTS_UNIT_WINO_CASE_H

#include "graphs.h"
#include "traced.h"

#include <string.h>

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
static inline void draw_codebook(const struct layer *l, struct weft_node *node, uint64_t *state)
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
static inline struct weft_model *make(const struct layer *l, uint64_t *state)
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

static inline float *make_input(const struct weft_model *model, const struct layer *l, uint64_t *state)
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
static inline bool has_words(const char *isa)
{
    return strncmp(isa, "avx", 3) == 0;
}

/* Whether an ISA has F(2x2) for stride 2. */
static inline bool has_strided(const char *isa)
{
    return strcmp(isa, "avx512vbmi") == 0;
}

/* Every ISA, all forms where they are expected, against the scalar direct convolution. */
static inline void compare(const struct layer *l, uint64_t seed, bool expect_1d, bool expect_2d)
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
            cr_expect(memcmp(got.sums, want.sums, want.count * sizeof *want.sums) == 0,
                      "%s, %s, %d threads: %dx%d, %d to %d: sums",
                      weft_isa_name(i), got.algorithm, threads, l->h, l->w, l->in_c, l->out_c);
            cr_expect(memcmp(got.codes, want.codes, want.count * want.size) == 0,
                      "%s, %s, %d threads: %dx%d, %d to %d: codes",
                      weft_isa_name(i), got.algorithm, threads, l->h, l->w, l->in_c, l->out_c);
            release(&got);
        }
    }
    release(&want);
    free(input);
    weft_model_free(&model);
}

/* 36 layers of up to h x w pixels, at seeds from `seed` on. */
static inline void compare_sizes(int stride, int h, int w, uint64_t state, uint64_t seed)
{
    static const int channels[] = {1, 3, 8, 13, 32, 72, 130}, outputs[] = {1, 7, 16, 33, 64, 70};
    for (int i = 0; i < 36; i++) {
        struct layer l = {.in_c = channels[i % 7], .out_c = outputs[i % 6], .table_max = 31, .qmax = 14,
                          .stride = stride};
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

#endif
