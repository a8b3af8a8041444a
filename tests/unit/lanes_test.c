/* Groups of 16-bit sums: what is chosen against a search one product at a time; layers whose lanes just fit, and just
 * do not, against the scalar definition on every ISA of this machine. */
#include "graphs.h"

#include <string.h>

#include "ops/lanes.h"

enum { NR = 16, RUNS = 3, RUN_K8 = 13 };

/* Where the c8 packing has k of channel o. */
static int place(int o, int k)
{
    return k / 8 * 8 * NR + k / 4 % 2 * 4 * NR + o * 4 + k % 4;
}

/* Whether no bytes 0..top (s8: -top..top) take a lane out of 16 bits, in groups of so many blocks. */
static bool fits(const int8_t *panel, int outputs, bool s8, int top, int blocks)
{
    for (int o = 0; o < outputs; o++) {
        for (int r = 0; r < RUNS; r++) {
            for (int from = 0; from < RUN_K8; from += blocks) {
                int high[2] = {0, 0}, low[2] = {0, 0};
                for (int k = from * 8; k < (from + blocks) * 8 && k < RUN_K8 * 8; k++) {
                    int q = panel[place(o, r * RUN_K8 * 8 + k)], lane = s8 ? k % 2 : k / 2 % 2;
                    int next = panel[place(o, r * RUN_K8 * 8 + (k | 1))];
                    high[lane] += q > 0 ? q * top : s8 ? -q * top : 0;
                    low[lane] += q < 0 ? q * top : s8 ? -q * top : 0;
                    if (!s8 && k % 2 == 0 && ((q > 0) == (next > 0)) && (abs(q + next) * top > 32767 + (q < 0))) {
                        return false;
                    }
                }
                for (int lane = 0; lane < 2; lane++) {
                    if (high[lane] > 32767 || low[lane] < -32768) {
                        return false;
                    }
                }
            }
        }
    }
    return true;
}

Test(lanes, the_longest_group_that_fits_is_found)
{
    static const int lengths[] = {1, 2, 3, 4, 6, 8, 12, RUN_K8};
    static int8_t panel[2 * RUNS * RUN_K8 * 8 * NR];
    const struct weft_pack_geometry geometry = {.runs = RUNS, .run_k8 = RUN_K8};
    int seen[2 * RUN_K8 + 1] = {0};
    uint64_t state = 5;
    for (int i = 0; i < 400; i++) {
        bool s8 = i % 4 == 3;
        int top = s8 || i % 2 ? 127 : 255, most = 1 + graphs_between(&state, 0, 11) * graphs_between(&state, 0, 11);
        int outputs = i % 5 ? NR : 11, best = 0;
        struct weft_kernels kernels = {.act_signed = s8};
        struct weft_edge edge;
        struct weft_lanes lanes;
        weft_edge_init_log(&edge, s8, 15, -40, 4, top);
        for (size_t k = 0; k < sizeof panel; k++) {
            panel[k] = (int8_t)(graphs_between(&state, 0, 3) ? graphs_between(&state, -most, most) / 4
                                                             : graphs_between(&state, -most, most));
        }
        weft_lanes_init(&lanes, &kernels, &edge, RUN_K8);
        int32_t *scratch = malloc(weft_lanes_scratch(&geometry, NR));
        cr_assert_not_null(scratch);
        for (int p = 0; p < 2; p++) {
            weft_lanes_try(&lanes, &geometry, NR, outputs, panel + p * RUNS * RUN_K8 * 8 * NR, scratch);
        }
        free(scratch);
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
            bool fine = fits(panel, outputs, s8, top, lengths[l]) &&
                        fits(panel + RUNS * RUN_K8 * 8 * NR, outputs, s8, top, lengths[l]);
            best = fine ? 2 * lengths[l] : best;
        }
        int group = weft_lanes_group(&lanes, RUN_K8);
        cr_expect_eq(group, best, "case %d: groups of %d steps, found were %d", i, best, group);
        seen[best]++;
    }
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        cr_expect(seen[2 * lengths[l]] > 0, "no case has groups of %d blocks", lengths[l]);
    }
    cr_expect(seen[0] > 0);
}

/* ---- layers ---- */

enum { CHANNELS = 96, OUTPUTS = 33 };

/* A pointwise layer whose lanes, in groups of `blocks`, add up to what 16 bits hold, and `over` more in one of them. */
static struct weft_model *make(int blocks, int top, int over, uint64_t *state, int8_t *weights)
{
    struct weft_model *model = graphs_new(1, CHANNELS, 1, 2 * OUTPUTS);
    struct weft_graph *graph = &model->graph;
    struct weft_window window = graphs_square(1, 1, 0);
    int out = graphs_window(model, WEFT_OP_CONV, graph->input, OUTPUTS, &window);
    struct weft_node *node = graphs_producer(model, out);
    graph->quantized = true;
    graph->name = weft_pool_strdup(graph->pool, "test");
    graph->provenance = graph->name;
    weft_edge_init_log(&graph->tensors[graph->input].edge, false, 15, -40, 4, top);
    weft_edge_init_log(&graph->tensors[out].edge, true, 31, -40, 4, 127);
    node->weights_count = CHANNELS * OUTPUTS;
    node->codebook = (struct weft_codebook){.format = WEFT_C8, .levels = 255};
    node->scale = graphs_floats(model, state, OUTPUTS);
    node->bias = graphs_floats(model, state, OUTPUTS);
    const int worst = graphs_between(state, 0, OUTPUTS - 1), group = 8 * blocks;
    for (int i = 0; i < 2 * OUTPUTS * CHANNELS / group; i++) {
        int o = i % OUTPUTS, lane = i / OUTPUTS % 2, from = i / OUTPUTS / 2 * group;
        bool more = o == worst && lane == 0 && from == 0;
        int above = 32767 / top + (more && over > 0 ? over : 0), below = 32768 / top + (more && over < 0 ? -over : 0);
        for (int k = from + 2 * lane; k < from + group; k += k % 2 ? 3 : 1) {
            bool minus = k % 4 % 2 == 1; /* one of each pair */
            int *left = minus ? &below : &above, most = *left < 127 ? *left : 127;
            int q = k + 4 >= from + group ? most : graphs_between(state, 0, most);
            *left -= q;
            weights[o * CHANNELS + k] = (int8_t)(minus ? -q : q);
        }
    }
    node->bins = weft_pool_copy(graph->pool, weights, CHANNELS * OUTPUTS, 1);
    graphs_check(model);
    return model;
}

/* The sums of a session; `kernel` is what it takes. */
static int32_t *sums_of(const struct weft_model *model, const char *isa, const float *input, char kernel[64])
{
    size_t count = (size_t)weft_tensor_elements(&model->graph.tensors[model->graph.output]), got = 0;
    weft_session_options options;
    weft_session *session;
    weft_error error = {""};
    weft_layer_plan plan;
    weft_session_options_default(&options);
    options.isa = isa;
    cr_assert_eq(weft_session_create_traced(model, &options, &session, &error), WEFT_OK, "%s", error.text);
    float *output = malloc(count * sizeof *output);
    int32_t *sums = malloc(count * sizeof *sums);
    cr_assert(output && sums);
    cr_assert_eq(weft_session_run(session, input, output), WEFT_OK);
    cr_assert_eq(weft_session_layer_accumulators(session, 0, sums, count, &got), WEFT_OK);
    cr_assert_eq(weft_session_layer_plan(session, 0, &plan), WEFT_OK);
    snprintf(kernel, 64, "%s", plan.kernel);
    free(output);
    weft_session_free(&session);
    return sums;
}

static void check_layer(int blocks, int top, int over, uint64_t seed)
{
    static int8_t weights[CHANNELS * OUTPUTS];
    static float input[CHANNELS * 2 * OUTPUTS];
    char kernel[64];
    uint64_t state = seed;
    struct weft_model *model = make(blocks, top, over, &state, weights);
    float most = weft_edge_decode(&model->graph.tensors[model->graph.input].edge, 15);
    for (int p = 0; p < 2 * OUTPUTS; p++) { /* the most and the least of each output */
        for (int k = 0; k < CHANNELS; k++) {
            int q = weights[p / 2 * CHANNELS + k];
            input[k * 2 * OUTPUTS + p] = (p % 2 ? q < 0 : q > 0) ? most : 0;
        }
    }
    int32_t *want = sums_of(model, "scalar", input, kernel);
    for (int i = 0; weft_isa_name(i); i++) {
        const char *isa = weft_isa_name(i);
        if (!(weft_isa_available() & weft_isa_from_name(isa))) {
            continue;
        }
        int32_t *got = sums_of(model, isa, input, kernel);
        cr_expect(memcmp(got, want, sizeof(int32_t) * OUTPUTS * 2 * OUTPUTS) == 0,
                  "%s: groups of %d blocks, bytes to %d, %d over", kernel, blocks, top, over);
        if (strcmp(isa, "avx2") == 0) {
            bool narrow = blocks > 1 || over == 0;
            cr_expect(strstr(kernel, narrow ? "_c8n_" : "_c8_") != NULL, "groups of %d blocks, %d over: %s", blocks,
                      over, kernel);
        }
        free(got);
    }
    free(want);
    weft_model_free(&model);
}

Test(lanes, layers_whose_lanes_just_fit_and_just_do_not_have_the_sums_of_the_definition)
{
    static const int blocks[] = {1, 2, 3, 4, 6, 12}, tops[] = {255, 127, 63};
    for (int i = 0; i < 6 * 3 * 3; i++) {
        int most = 127 * 4 * blocks[i / 9] / 2, top = tops[i / 3 % 3];
        if (most > 32768 / top + 1) { /* so many there can be of each sign */
            check_layer(blocks[i / 9], top, i % 3 - 1, (uint64_t)i + 1);
        }
    }
}
