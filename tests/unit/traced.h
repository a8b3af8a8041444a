/* weft: a traced run of a network of one layer: accumulators, codes (or floats), and how it was done. */
#ifndef WEFT_TESTS_UNIT_TRACED_H
#define WEFT_TESTS_UNIT_TRACED_H

#include "graphs.h"

struct result {
    int32_t *sums;
    uint8_t *codes;
    size_t count, size;
    char algorithm[24];
};

static inline struct result run(const struct weft_model *model, const char *isa, int threads, weft_winograd winograd,
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

static inline void release(struct result *result)
{
    free(result->sums);
    free(result->codes);
}

#endif
