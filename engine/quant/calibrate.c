#include "quant/calibrate.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "core/error.h"
#include "session/float_session.h"

enum { BATCH_PER_THREAD = 4 };

struct worker {
    struct weft_float_session *session;
    struct weft_tensor_stats *one;  /* of one tensor of one input */
    struct weft_tensor_stats *all;  /* shared, under the lock */
    omp_lock_t *lock;
    float *output;
};

struct calibration {
    const struct weft_graph *graph;
    const weft_quantize_options *options;
    struct weft_images *images;
    int step, threads, batch;
    struct worker *workers;
    float *inputs; /* [batch][each] */
    weft_error *error;
    omp_lock_t lock;
};

void weft_stats_merge(struct weft_tensor_stats *a, const struct weft_tensor_stats *b)
{
    a->least = b->least < a->least ? b->least : a->least;
    a->most = b->most > a->most ? b->most : a->most;
    a->values += b->values;
    a->negatives += b->negatives;
    for (int i = 0; i < WEFT_HISTOGRAM_BINS; i++) {
        a->histogram.count[i] += b->histogram.count[i];
    }
    weft_fine_merge(&a->fine, &b->fine);
}

static void observe(void *cookie, int tensor, float *values, int64_t count)
{
    struct worker *worker = cookie;
    struct weft_tensor_stats *stats = worker->one;
    memset(stats, 0, sizeof *stats);
    for (int64_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            stats->least = values[i] < stats->least ? values[i] : stats->least;
            stats->most = values[i] > stats->most ? values[i] : stats->most;
            stats->negatives += values[i] < 0;
        }
    }
    stats->values = count;
    weft_histogram_add(&stats->histogram, values, count);
    weft_fine_add(&stats->fine, values, count);
    omp_set_lock(worker->lock);
    weft_stats_merge(&worker->all[tensor], stats);
    omp_unset_lock(worker->lock);
}

static weft_status fetch(const struct calibration *c, int index, float *input)
{
    int64_t each = c->images->each;
    if (c->options->source(c->options->source_cookie, index, input) != 0) {
        return weft_fail(c->error, WEFT_E_CANCELLED, "%s: calibration stopped at input %d", c->graph->name, index);
    }
    for (int64_t k = 0; k < each; k++) {
        if (!isfinite(input[k])) {
            return weft_fail(c->error, WEFT_E_RANGE,
                             "%s: calibration input %d has a value that is not finite at position %lld",
                             c->graph->name, index, (long long)k);
        }
    }
    if (index % c->step == 0 && index / c->step < c->images->count) {
        memcpy(c->images->inputs + index / c->step * each, input, (size_t)each * sizeof *input);
    }
    return WEFT_OK;
}

static void run_one(const struct calibration *c, int index, const float *input)
{
    struct worker *worker = &c->workers[omp_get_thread_num()];
    weft_float_run(worker->session, input, worker->output, observe, worker);
    if (index % c->step == 0 && index / c->step < c->images->count) {
        memcpy(c->images->logits + index / c->step * c->images->outputs, worker->output,
               (size_t)c->images->outputs * sizeof *worker->output);
    }
}

static weft_status run_inputs(const struct calibration *c)
{
    for (int first = 0; first < c->options->images; first += c->batch) {
        int count = c->options->images - first < c->batch ? c->options->images - first : c->batch;
        for (int i = 0; i < count; i++) {
            weft_status status = fetch(c, first + i, c->inputs + i * c->images->each);
            if (status != WEFT_OK) {
                return status;
            }
        }
#pragma omp parallel for num_threads(c->threads) schedule(dynamic)
        for (int i = 0; i < count; i++) {
            run_one(c, first + i, c->inputs + i * c->images->each);
        }
        if (c->options->progress) {
            c->options->progress(c->options->progress_cookie, "calibrating", first + count, c->options->images);
        }
    }
    return WEFT_OK;
}

static weft_status open_workers(struct calibration *c, struct weft_tensor_stats *stats)
{
    const weft_allocator *allocator = &c->graph->pool->allocator;
    weft_status status = WEFT_OK;
    for (int i = 0; i < c->threads && status == WEFT_OK; i++) {
        struct worker *worker = &c->workers[i];
        worker->all = stats;
        worker->lock = &c->lock;
        worker->one = weft_block_alloc(allocator, 1, sizeof *worker->one);
        worker->output = weft_block_alloc(allocator, (size_t)c->images->outputs, sizeof *worker->output);
        status = worker->one && worker->output ? weft_float_create(c->graph, 1, allocator, &worker->session, c->error)
                                               : weft_fail(c->error, WEFT_E_MEMORY, "%s: memory is short",
                                                           c->graph->name);
    }
    return status;
}

static void close_workers(struct calibration *c)
{
    const weft_allocator *allocator = &c->graph->pool->allocator;
    for (int i = 0; c->workers && i < c->threads; i++) {
        weft_float_free(&c->workers[i].session);
        weft_block_free(allocator, c->workers[i].one);
        weft_block_free(allocator, c->workers[i].output);
    }
    weft_block_free(allocator, c->workers);
    weft_block_free(allocator, c->inputs);
}

weft_status weft_calibrate(const struct weft_graph *graph, const weft_quantize_options *options,
                           struct weft_tensor_stats *stats, struct weft_images *images, int step, weft_error *error)
{
    const weft_allocator *allocator = &graph->pool->allocator;
    int threads = options->threads ? options->threads : weft_physical_cores();
    struct calibration c = {.graph = graph, .options = options, .images = images, .step = step, .threads = threads,
                            .batch = threads * BATCH_PER_THREAD, .error = error};
    omp_init_lock(&c.lock);
    c.workers = weft_block_alloc(allocator, (size_t)threads, sizeof *c.workers);
    c.inputs = weft_block_alloc(allocator, (size_t)c.batch * (size_t)images->each, sizeof *c.inputs);
    weft_status status = WEFT_E_MEMORY;
    if (c.workers && c.inputs) {
        memset(c.workers, 0, (size_t)threads * sizeof *c.workers);
        status = open_workers(&c, stats);
    } else {
        weft_fail(error, status, "%s: memory is short", graph->name);
    }
    status = status ? status : run_inputs(&c);
    close_workers(&c);
    omp_destroy_lock(&c.lock);
    return status;
}
