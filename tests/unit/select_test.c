/* SELECT: floats, codes on every ISA, views, and what the check refuses. */
#include "graphs.h"

#include <string.h>

enum { CHANNELS = 40, SIDE = 5, PIXELS = SIDE * SIDE };

static void fill_edges(struct weft_model *model)
{
    model->graph.quantized = true;
    for (int t = 0; t < model->graph.tensors_count; t++) {
        weft_edge_init_linear(&model->graph.tensors[t].edge, true, 127, 127);
    }
}

/* Whole numbers, which the edge keeps as they are. */
static float value(int channel, int pixel)
{
    return (float)((channel * 37 + pixel * 11) % 255 - 127);
}

/* The output against `select` of the input's channels, on every ISA of this machine. */
static void expect_selected(const struct weft_model *model, const int *select, int count)
{
    float *input = malloc(sizeof *input * CHANNELS * PIXELS), *output = malloc(sizeof *output * (size_t)count * PIXELS);
    cr_assert(input && output);
    for (int i = 0; i < CHANNELS * PIXELS; i++) {
        input[i] = value(i / PIXELS, i % PIXELS);
    }
    for (int isa = 0; weft_isa_name(isa); isa++) {
        weft_session_options options;
        weft_session *session;
        weft_error error = {""};
        weft_session_options_default(&options);
        options.isa = weft_isa_name(isa);
        options.threads = 1 + isa % 2;
        if (!(weft_isa_available() & weft_isa_from_name(options.isa))) {
            continue;
        }
        cr_assert_eq(weft_session_create(model, &options, &session, &error), WEFT_OK, "%s", error.text);
        cr_assert_eq(weft_session_run(session, input, output), WEFT_OK);
        for (int i = 0; i < count * PIXELS; i++) {
            float expected = select[i / PIXELS] < 0 ? 0 : value(select[i / PIXELS], i % PIXELS);
            cr_assert_eq(output[i], expected, "%s: channel %d, pixel %d", options.isa, i / PIXELS, i % PIXELS);
        }
        weft_session_free(&session);
    }
    free(input);
    free(output);
}

static void try_selection(const int *select, int count)
{
    struct weft_model *model = graphs_new(1, CHANNELS, SIDE, SIDE);
    graphs_select(model, &model->graph.input, 1, select, count);
    fill_edges(model);
    graphs_check(model);
    expect_selected(model, select, count);
    weft_model_free(&model);
}

Test(select, stretches_are_views)
{
    int select[CHANNELS];
    for (int first = 0; first < CHANNELS; first += 7) {
        for (int c = 0; first + c < CHANNELS; c++) {
            select[c] = first + c;
            try_selection(select, c + 1);
        }
    }
}

Test(select, shuffles_of_every_number_of_groups)
{
    int select[CHANNELS];
    for (int groups = 1; groups <= CHANNELS; groups++) {
        for (int c = 0; c < CHANNELS && CHANNELS % groups == 0; c++) {
            select[c] = c % groups * (CHANNELS / groups) + c / groups;
        }
        if (CHANNELS % groups == 0) {
            try_selection(select, CHANNELS);
        }
    }
}

Test(select, any_order_with_repeats_and_zeros)
{
    uint64_t state = 5;
    int select[3 * CHANNELS];
    for (int round = 0; round < 50; round++) {
        int count = graphs_between(&state, 1, 3 * CHANNELS);
        for (int c = 0; c < count; c++) {
            select[c] = round % 5 == 0 ? -1 : graphs_between(&state, -1, CHANNELS - 1);
        }
        try_selection(select, count);
    }
}

Test(select, halves_joined_again_and_views_of_views)
{
    struct weft_model *model = graphs_new(1, CHANNELS, SIDE, SIDE);
    int half[CHANNELS / 2], other[CHANNELS / 2], quarter[CHANNELS / 4], mixed[CHANNELS],
        expected[CHANNELS + CHANNELS / 4];
    for (int c = 0; c < CHANNELS / 2; c++) {
        half[c] = c;
        other[c] = CHANNELS / 2 + c;
        quarter[c % (CHANNELS / 4)] = CHANNELS / 4 + c % (CHANNELS / 4);
        mixed[2 * c] = c;
        mixed[2 * c + 1] = CHANNELS / 2 + c;
    }
    int in = model->graph.input;
    int a = graphs_select(model, &in, 1, half, CHANNELS / 2), b = graphs_select(model, &in, 1, other, CHANNELS / 2);
    int inner = graphs_select(model, &b, 1, quarter, CHANNELS / 4);
    int zipped = graphs_select(model, (const int[]){a, b}, 2, mixed, CHANNELS);
    graphs_node(model, WEFT_OP_CONCAT, (const int[]){zipped, inner}, 2, CHANNELS + CHANNELS / 4, SIDE, SIDE);
    fill_edges(model);
    graphs_check(model);
    memcpy(expected, mixed, sizeof mixed);
    for (int c = 0; c < CHANNELS / 4; c++) {
        expected[CHANNELS + c] = CHANNELS / 2 + CHANNELS / 4 + c;
    }
    expect_selected(model, expected, CHANNELS + CHANNELS / 4);
    weft_model_free(&model);
}

Test(select, floats_of_two_tensors_and_two_images)
{
    struct weft_model *model = graphs_new(2, 2, 1, 3);
    int in = model->graph.input, relu = graphs_relu(model, in);
    graphs_select(model, (const int[]){in, relu}, 2, (const int[]){3, -1, 0, 2}, 4);
    graphs_check(model);
    const float input[12] = {1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12};
    float *output = graphs_run(model, input, 2);
    for (int image = 0; image < 2; image++) {
        const float *x = input + 6 * image, *y = output + 12 * image;
        for (int i = 0; i < 3; i++) {
            cr_expect_eq(y[i], x[3 + i] > 0 ? x[3 + i] : 0);
            cr_expect_eq(y[3 + i], 0);
            cr_expect_eq(y[6 + i], x[i]);
            cr_expect_eq(y[9 + i], x[i] > 0 ? x[i] : 0);
        }
    }
    free(output);
    weft_model_free(&model);
}

Test(select, channels_that_are_not_there_are_refused)
{
    static const int bad[] = {CHANNELS, -2, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct weft_model *model = graphs_new(1, CHANNELS, SIDE, SIDE);
        graphs_select(model, &model->graph.input, 1, (const int[]){0, bad[i], 1}, 3);
        weft_error error = {""};
        cr_expect_eq(weft_graph_check(&model->graph, "test", &error), WEFT_E_RANGE);
        cr_expect_not_null(strstr(error.text, "select0"), "%s", error.text);
        model->graph.nodes[0].select = NULL;
        cr_expect_eq(weft_graph_check(&model->graph, "test", &error), WEFT_E_FORMAT);
        weft_model_free(&model);
    }
}
