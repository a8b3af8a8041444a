#include "onnx_verdict.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counting.h"
#include "graph/graph.h"
#include "onnx/load.h"
#include "session/float_session.h"

#define NAME "bytes.onnx"
#define TIMES 4
#define SLACK ((size_t)1 << 20)
#define LAYER ((size_t)8192) /* with the node, attributes and constants of the file that make it */
/* Networks up to this size are run. */
#define MACS_MAX 10000000
#define ELEMENTS_MAX 1000000

static weft_error error;

static const char *check_failure(weft_status status, const weft_model *model)
{
    if (model) {
        return "a model is left although the import failed";
    }
    if (status == WEFT_E_MEMORY) {
        return "memory ran out";
    }
    if (strlen(error.text) < strlen(NAME) + 10 && status != WEFT_E_RANGE) {
        return "the error says nothing";
    }
    for (const char *line = error.text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        bool named = strncmp(line, NAME ": ", strlen(NAME) + 2) == 0 || strncmp(line, "... and ", 8) == 0 ||
                     strncmp(line, "bytes: layer", 12) == 0;
        if (!named) {
            return "a line of the error does not begin with the file or the network";
        }
    }
    return NULL;
}

static const char *check_run(const weft_model *model)
{
    const struct weft_graph *graph = &model->graph;
    int64_t macs = 0, elements = 0;
    for (int i = 0; i < graph->nodes_count; i++) {
        macs += weft_node_macs(graph, &graph->nodes[i]);
    }
    for (int t = 0; t < graph->tensors_count; t++) {
        elements += weft_tensor_elements(&graph->tensors[t]);
    }
    if (macs > MACS_MAX || elements > ELEMENTS_MAX) {
        return NULL;
    }
    struct weft_float_session *session;
    float *input = calloc((size_t)elements, sizeof *input), *output = calloc((size_t)elements, sizeof *output);
    const char *problem = "the model cannot be run";
    if (input && output && weft_float_create(graph, 1, NULL, &session, &error) == WEFT_OK) {
        problem = weft_float_run(session, input, output, NULL, NULL) == WEFT_OK ? NULL : problem;
        weft_float_free(&session);
    }
    free(input);
    free(output);
    return problem;
}

const char *onnx_verdict(const void *data, size_t size, size_t layers, int *loaded)
{
    static char text[256];
    struct counting counting;
    weft_allocator allocator = counting_allocator(&counting);
    weft_model *model = NULL;
    error.text[0] = '\0';
    weft_status status = weft_onnx_load_memory(data, size, NAME, &allocator, &model, &error);
    size_t peak = counting.peak;
    const char *problem = status ? check_failure(status, model) : NULL;
    if (!problem && status == WEFT_OK) {
        problem = weft_graph_check(&model->graph, NAME, &error) ? "the model does not pass the graph's check"
                                                                : check_run(model);
    }
    if (loaded) {
        *loaded = status == WEFT_OK;
    }
    weft_model_free(&model);
    if (!problem && counting.blocks != 0) {
        problem = "memory leaks";
    }
    if (!problem && peak > TIMES * size + SLACK + layers * LAYER) {
        snprintf(text, sizeof text, "%zu bytes of memory for a file of %zu", peak, size);
        problem = text;
    }
    return problem;
}

const char *onnx_verdict_allocations(const void *data, size_t size)
{
    for (long k = 0;; k++) {
        struct counting counting;
        weft_allocator allocator = counting_allocator(&counting);
        weft_model *model;
        counting.fail_at = k;
        weft_status status = weft_onnx_load_memory(data, size, NAME, &allocator, &model, &error);
        bool failed = counting.calls > k;
        weft_model_free(&model);
        if (counting.blocks != 0) {
            return "memory leaks after a failed allocation";
        }
        if (status != (failed ? WEFT_E_MEMORY : WEFT_OK)) {
            return "a failed allocation is not reported as one";
        }
        if (!failed) {
            return k > 10 ? NULL : "the allocator was not used";
        }
    }
}
