#include "verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counting.h"
#include "format/weft_file.h"
#include "models.h"

#define NAME "bytes.weft"
#define SLACK ((size_t)64 << 10)

static weft_error error;

static const char *check_failure(weft_status status, const weft_model *model)
{
    if (model) {
        return "a model is left although the load failed";
    }
    if (status == WEFT_E_MEMORY) {
        return "memory ran out";
    }
    if (strncmp(error.text, NAME ": ", strlen(NAME) + 2) != 0 || strlen(error.text) < strlen(NAME) + 10) {
        return "the error does not name the file and a cause";
    }
    return strchr(error.text, '\n') ? "the error is more than one line" : NULL;
}

static const char *check_model(const weft_model *model)
{
    if (weft_graph_check(&model->graph, NAME, &error) != WEFT_OK) {
        return "the model does not pass the graph's check";
    }
    void *data;
    size_t size;
    if (weft_file_serialise(model, &data, &size, &error) != WEFT_OK) {
        return "the model cannot be written";
    }
    weft_model *again;
    weft_status status = weft_model_load_memory(data, size, NAME, NULL, &again, &error);
    weft_block_free(&model->pool.allocator, data);
    if (status != WEFT_OK) {
        return "the model cannot be read back";
    }
    const char *difference = models_difference(model, again);
    weft_model_free(&again);
    return difference;
}

/* A model that loads must run, whatever its numbers have become. Large ones take their time: every 16th of them. */
static const char *run_model(const weft_model *model)
{
    enum { SMALL = 1 << 20, EVERY = 16 };
    static int seen;
    weft_model_info info;
    weft_session_options options;
    weft_session *session = NULL;
    weft_model_describe(model, &info);
    if (info.macs > SMALL && seen++ % EVERY != 0) {
        return NULL;
    }
    size_t inputs = (size_t)info.input_c * (size_t)info.input_h * (size_t)info.input_w;
    size_t outputs = (size_t)info.output_c * (size_t)info.output_h * (size_t)info.output_w;
    float *input = malloc(inputs * sizeof *input), *output = malloc(outputs * sizeof *output);
    weft_session_options_default(&options);
    options.threads = 1;
    const char *problem = input && output ? NULL : "memory ran out";
    for (size_t i = 0; !problem && i < inputs; i++) {
        input[i] = (float)(i % 255) / 64 - 2;
    }
    /* A range that only packing can prove (WEFT_E_RANGE) may still refuse it. */
    weft_status status = problem ? WEFT_OK : weft_session_create(model, &options, &session, &error);
    if (!problem && status != WEFT_OK && status != WEFT_E_RANGE) {
        problem = "no session for a model that was loaded";
    } else if (session && weft_session_run(session, input, output) != WEFT_OK) {
        problem = "the session does not run";
    }
    weft_session_free(&session);
    free(input);
    free(output);
    return problem;
}

const char *verdict(const void *data, size_t size, size_t times, int *loaded)
{
    static char text[256];
    struct counting counting;
    weft_allocator allocator = counting_allocator(&counting);
    weft_model *model = NULL;
    error.text[0] = '\0';
    weft_status status = weft_model_load_memory(data, size, NAME, &allocator, &model, &error);
    size_t peak = counting.peak;
    const char *problem = status == WEFT_OK ? check_model(model) : check_failure(status, model);
    if (status == WEFT_OK && !problem) {
        problem = run_model(model);
    }
    if (loaded) {
        *loaded = status == WEFT_OK;
    }
    weft_model_free(&model);
    if (!problem && counting.blocks != 0) {
        problem = "memory leaks";
    }
    if (!problem && peak > times * size + SLACK) {
        snprintf(text, sizeof text, "%zu bytes of memory for a file of %zu", peak, size);
        problem = text;
    }
    return problem;
}
