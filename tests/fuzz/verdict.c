#include "verdict.h"

#include <stdio.h>
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
