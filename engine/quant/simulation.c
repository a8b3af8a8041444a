#include "quant/simulation.h"

#include <math.h>
#include <omp.h>

#include "core/error.h"

#define LEAST_PROBABILITY 1e-12

int weft_output_kind(const struct weft_graph *graph)
{
    int producer = graph->tensors[graph->output].producer;
    if (producer < 0 || graph->nodes[producer].op != WEFT_OP_SOFTMAX) {
        return 0;
    }
    return graph->nodes[producer].log_softmax ? 2 : 1;
}

double weft_logit(float value, int kind)
{
    return kind == 1 ? log(fmax((double)value, LEAST_PROBABILITY)) : (double)value;
}

static int64_t first_class(const float *y, int64_t n)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++) {
        best = y[i] > y[best] ? i : best;
    }
    return best;
}

struct weft_outcome weft_compare_outputs(const float *expected, const float *made, int64_t n, int probabilities)
{
    struct weft_outcome outcome = {0};
    double mean = 0, mean_change = 0, sum = 0;
    int64_t was = first_class(expected, n), is = first_class(made, n);
    double top = weft_logit(expected[was], probabilities);
    for (int64_t i = 0; i < n; i++) {
        double x = weft_logit(expected[i], probabilities);
        mean += x / (double)n;
        mean_change += (weft_logit(made[i], probabilities) - x) / (double)n;
        sum += exp(x - top);
    }
    for (int64_t i = 0; i < n; i++) {
        double x = weft_logit(expected[i], probabilities),
               change = weft_logit(made[i], probabilities) - x - mean_change;
        outcome.signal += (x - mean) * (x - mean);
        outcome.noise += change * change;
    }
    outcome.agreed = was == is;
    outcome.loss = (1 - exp(weft_logit(expected[is], probabilities) - top)) / sum;
    return outcome;
}

struct weft_difference weft_sum_outcomes(const struct weft_outcome *outcomes, int images)
{
    struct weft_difference d = {.images = images};
    double signal = 0, noise = 0, square = 0;
    for (int i = 0; i < images; i++) {
        signal += outcomes[i].signal;
        noise += outcomes[i].noise;
        d.loss += outcomes[i].loss / images;
        square += outcomes[i].loss * outcomes[i].loss / images;
        d.agreement += (double)outcomes[i].agreed / images;
    }
    d.noise = signal > 0 ? noise / signal : 0;
    d.loss_error = images > 1 ? sqrt(fmax(square - d.loss * d.loss, 0) / (images - 1)) : 1;
    return d;
}

weft_status weft_simulation_open(struct weft_simulation *s, const struct weft_graph *graph, int threads,
                                 const weft_allocator *allocator, weft_error *error)
{
    *s = (struct weft_simulation){.graph = *graph, .threads = threads};
    weft_pool_init(&s->pool, allocator);
    s->graph.nodes = weft_pool_copy(&s->pool, graph->nodes, (size_t)graph->nodes_count, sizeof *graph->nodes);
    s->rounders = weft_pool_alloc(&s->pool, (size_t)graph->tensors_count, sizeof *s->rounders);
    s->sessions = weft_pool_alloc(&s->pool, (size_t)threads, sizeof(struct weft_float_session *));
    s->outputs = weft_pool_alloc(&s->pool, (size_t)threads, sizeof(float *));
    weft_status status = s->graph.nodes && s->rounders && s->sessions && s->outputs ? WEFT_OK : WEFT_E_MEMORY;
    for (int i = 0; i < threads && status == WEFT_OK; i++) {
        status = weft_float_create(&s->graph, 1, allocator, &s->sessions[i], error);
        s->outputs[i] = weft_pool_alloc(&s->pool, (size_t)weft_tensor_elements(&graph->tensors[graph->output]),
                                        sizeof(float));
        status = status || s->outputs[i] ? status : WEFT_E_MEMORY;
    }
    return status ? weft_fail(error, status, "%s: memory is short", graph->name) : WEFT_OK;
}

void weft_simulation_close(struct weft_simulation *s)
{
    for (int i = 0; s->sessions && i < s->threads; i++) {
        weft_float_free(&s->sessions[i]);
    }
    weft_pool_free(&s->pool);
}

static void round_tensor(void *cookie, int tensor, float *values, int64_t count)
{
    weft_rounder_round(&((const struct weft_simulation *)cookie)->rounders[tensor], values, count);
}

weft_status weft_simulation_measure(struct weft_simulation *s, const struct weft_images *images, int step, int count,
                                    struct weft_difference *difference)
{
    const weft_allocator *allocator = &s->pool.allocator;
    struct weft_outcome *outcomes = weft_block_alloc(allocator, (size_t)count, sizeof *outcomes);
    int failed = outcomes ? WEFT_OK : WEFT_E_MEMORY, kind = weft_output_kind(&s->graph), todo = outcomes ? count : 0;
#pragma omp parallel for num_threads(s->threads) schedule(dynamic)
    for (int i = 0; i < todo; i++) {
        int t = omp_get_thread_num();
        int64_t at = (int64_t)i * step;
        weft_status status = weft_float_run(s->sessions[t], images->inputs + at * images->each, s->outputs[t],
                                            round_tensor, s);
        if (status != WEFT_OK) {
#pragma omp atomic write
            failed = (int)status;
        } else {
            outcomes[i] = weft_compare_outputs(images->logits + at * images->outputs, s->outputs[t], images->outputs,
                                               kind);
        }
    }
    if (failed == WEFT_OK) {
        *difference = weft_sum_outcomes(outcomes, count);
    }
    weft_block_free(allocator, outcomes);
    return (weft_status)failed;
}
