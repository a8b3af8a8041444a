#include "quant/calibrate.h"

#include <math.h>

#include "core/error.h"
#include "session/float_session.h"

static void observe(void *cookie, int tensor, const float *values, int64_t count)
{
    struct weft_tensor_stats *stats = (struct weft_tensor_stats *)cookie + tensor;
    float least = stats->least, most = stats->most;
    int64_t negatives = 0;
    for (int64_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            least = values[i] < least ? values[i] : least;
            most = values[i] > most ? values[i] : most;
            negatives += values[i] < 0;
        }
    }
    stats->least = least;
    stats->most = most;
    stats->values += count;
    stats->negatives += negatives;
    weft_histogram_add(&stats->histogram, values, count);
}

void weft_stats_merge(struct weft_tensor_stats *a, const struct weft_tensor_stats *b)
{
    a->least = b->least < a->least ? b->least : a->least;
    a->most = b->most > a->most ? b->most : a->most;
    a->values += b->values;
    a->negatives += b->negatives;
    for (int i = 0; i < WEFT_HISTOGRAM_BINS; i++) {
        a->histogram.count[i] += b->histogram.count[i];
    }
}

static weft_status run_inputs(const struct weft_graph *graph, const weft_quantize_options *options,
                              struct weft_float_session *session, float *input, float *output,
                              struct weft_tensor_stats *stats, weft_error *error)
{
    size_t each = (size_t)weft_tensor_elements(&graph->tensors[graph->input]);
    for (int i = 0; i < options->images; i++) {
        if (options->source(options->source_cookie, i, input) != 0) {
            return weft_fail(error, WEFT_E_CANCELLED, "%s: calibration stopped at input %d", graph->name, i);
        }
        for (size_t k = 0; k < each; k++) {
            if (!isfinite(input[k])) {
                return weft_fail(error, WEFT_E_RANGE, "%s: calibration input %d has a value that is not finite at position %zu",
                                 graph->name, i, k);
            }
        }
        weft_status status = weft_float_run(session, input, output, observe, stats);
        if (status != WEFT_OK) {
            return weft_fail(error, status, "%s: calibration input %d: %s", graph->name, i, weft_status_name(status));
        }
        if (options->progress) {
            options->progress(options->progress_cookie, "calibrating", i + 1, options->images);
        }
    }
    return WEFT_OK;
}

weft_status weft_calibrate(const struct weft_graph *graph, const weft_quantize_options *options,
                           struct weft_tensor_stats *stats, weft_error *error)
{
    const weft_allocator *allocator = &graph->pool->allocator;
    struct weft_float_session *session = NULL;
    int threads = options->threads ? options->threads : weft_physical_cores();
    float *input = weft_block_alloc(allocator, (size_t)weft_tensor_elements(&graph->tensors[graph->input]), sizeof *input);
    float *output = weft_block_alloc(allocator, (size_t)weft_tensor_elements(&graph->tensors[graph->output]), sizeof *output);
    weft_status status = input && output ? weft_float_create(graph, threads, allocator, &session, error)
                                         : weft_fail(error, WEFT_E_MEMORY, "%s: memory is short", graph->name);
    if (status == WEFT_OK) {
        status = run_inputs(graph, options, session, input, output, stats, error);
    }
    weft_float_free(&session);
    weft_block_free(allocator, input);
    weft_block_free(allocator, output);
    return status;
}
