#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include <weft/zoo.h>

static weft_model *model;
static weft_session *session;
static weft_model_info info;
static float *input, *output;
static size_t outputs;

static void open_session(void)
{
    weft_session_options options;
    weft_error error;
    cr_assert_eq(weft_zoo_build("squeezenet1.1", NULL, &model, &error), WEFT_OK, "%s", error.text);
    weft_session_options_default(&options);
    options.threads = 1;
    cr_assert_eq(weft_session_create(model, &options, &session, &error), WEFT_OK, "%s", error.text);
    weft_model_describe(model, &info);
    outputs = (size_t)info.output_c * (size_t)info.output_h * (size_t)info.output_w;
    input = malloc((size_t)info.input_c * (size_t)info.input_h * (size_t)info.input_w * sizeof *input);
    output = malloc(2 * outputs * sizeof *output);
    cr_assert(input && output);
    weft_zoo_input(model, input);
}

static void close_session(void)
{
    weft_session_free(&session);
    weft_model_free(&model);
    free(input);
    free(output);
}

TestSuite(profile, .init = open_session, .fini = close_session);

Test(profile, a_profiled_run_gives_the_bits_of_a_plain_one_and_a_time_for_each_layer)
{
    int count = info.layers + 2;
    double *seconds = malloc((size_t)count * sizeof *seconds);
    cr_assert(seconds);
    cr_assert_eq(weft_session_run(session, input, output), WEFT_OK);
    cr_assert_eq(weft_session_profile(session, input, output + outputs, seconds, count), WEFT_OK);
    cr_assert_eq(memcmp(output, output + outputs, outputs * sizeof *output), 0);
    for (int i = 0; i < count; i++) {
        cr_assert(seconds[i] > 0 && seconds[i] < 60, "step %d: %g", i, seconds[i]);
    }
    free(seconds);
}

Test(profile, a_wrong_count_of_steps_is_refused)
{
    double seconds[4];
    cr_assert_eq(weft_session_profile(session, input, output, seconds, 4), WEFT_E_ARGUMENT);
}

Test(profile, plans_name_kernels_and_add_up_to_the_packed_weights)
{
    weft_session_info described;
    weft_layer_plan plan;
    int64_t weights = 0;
    weft_session_describe(session, &described);
    for (int i = 0; i < info.layers; i++) {
        weft_layer_info layer;
        cr_assert_eq(weft_session_layer_plan(session, i, &plan), WEFT_OK);
        cr_assert_eq(weft_model_layer(model, i, &layer), WEFT_OK);
        cr_assert(plan.algorithm[0] && plan.input_bytes > 0 && plan.output_bytes > 0, "%s", layer.name);
        cr_assert(layer.macs == 0 || strncmp(plan.kernel, "weft_", 5) == 0, "%s: '%s'", layer.name, plan.kernel);
        weights += plan.weight_bytes;
    }
    cr_assert_eq(weights, (int64_t)described.packed_bytes);
    cr_assert_eq(weft_session_layer_plan(session, info.layers, &plan), WEFT_E_ARGUMENT);
    cr_assert_eq(weft_session_layer_plan(session, -1, &plan), WEFT_E_ARGUMENT);
}
