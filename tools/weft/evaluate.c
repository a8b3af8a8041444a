#include "evaluate.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

/* What one thread works with. */
struct worker {
    weft_session *session, *reference;
    float *input, *output, *expected;
};

/* What one input gave; summed in order afterwards, so that the sums do not depend on the threads. */
struct outcome {
    int rank; /* of the true class, 0 = first */
    int agreed, expected_right;
    double signal, noise;
};

static int top_class(const float *y, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++) {
        best = y[i] > y[best] ? i : best;
    }
    return best;
}

/* How many classes come before `class_index` (equal values: the lower index comes first). */
static int rank_of(const float *y, int n, int class_index)
{
    int rank = 0;
    if (class_index >= n || isnan(y[class_index])) {
        return n;
    }
    for (int i = 0; i < n; i++) {
        rank += y[i] > y[class_index] || (y[i] == y[class_index] && i < class_index);
    }
    return rank;
}

static bool open_worker(struct worker *worker, const weft_model *model, const weft_model *reference,
                        const char *isa, size_t in_size, size_t out_size, char *why, size_t why_size)
{
    weft_error error = {""};
    weft_session_options options;
    weft_session_options_default(&options);
    options.isa = choose_isa(isa);
    options.threads = 1;
    worker->input = malloc(in_size * sizeof(float));
    worker->output = malloc(out_size * sizeof(float));
    worker->expected = malloc(out_size * sizeof(float));
    if (!worker->input || !worker->output || !worker->expected) {
        snprintf(why, why_size, "memory is short");
        return false;
    }
    if (weft_session_create(model, &options, &worker->session, &error) != WEFT_OK ||
        (reference && weft_session_create(reference, &options, &worker->reference, &error) != WEFT_OK)) {
        snprintf(why, why_size, "%.500s", error.text);
        return false;
    }
    return true;
}

static void close_worker(struct worker *worker)
{
    weft_session_free(&worker->session);
    weft_session_free(&worker->reference);
    free(worker->input);
    free(worker->output);
    free(worker->expected);
}

static bool judge(struct worker *worker, const struct source *source, int index, int classes, struct outcome *outcome,
                  char *why, size_t why_size)
{
    if (!source_get(source, index, worker->input, why, why_size)) {
        return false;
    }
    weft_status status = weft_session_run(worker->session, worker->input, worker->output);
    if (status == WEFT_OK && worker->reference) {
        status = weft_session_run(worker->reference, worker->input, worker->expected);
    }
    if (status != WEFT_OK) {
        snprintf(why, why_size, "image %d: %s", index, weft_status_name(status));
        return false;
    }
    outcome->rank = rank_of(worker->output, classes, source->classes[index]);
    for (int i = 0; worker->reference && i < classes; i++) {
        double expected = worker->expected[i], difference = worker->output[i] - expected;
        outcome->signal += expected * expected;
        outcome->noise += difference * difference;
    }
    outcome->expected_right = worker->reference && rank_of(worker->expected, classes, source->classes[index]) < 1;
    outcome->agreed = worker->reference && top_class(worker->output, classes) == top_class(worker->expected, classes);
    return true;
}

static bool run_workers(struct worker *workers, int threads, const struct source *source, int classes,
                        struct outcome *outcomes, struct progress *progress, char *why, size_t why_size)
{
    bool failed = false;
    int done = 0;
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int i = 0; i < source->count; i++) {
        char reason[512];
        bool stop;
#pragma omp atomic read
        stop = failed;
        if (!stop && !judge(&workers[omp_get_thread_num()], source, i, classes, &outcomes[i], reason, sizeof reason)) {
#pragma omp critical
            {
                failed = true;
                snprintf(why, why_size, "%s", reason);
            }
        }
        int so_far;
#pragma omp atomic capture
        so_far = ++done;
        if (omp_get_thread_num() == 0) {
            progress_show(progress, "evaluating", so_far, source->count);
        }
    }
    progress_clear(progress);
    return !failed;
}

bool evaluate(struct evaluation *evaluation, const weft_model *model, const weft_model *reference,
              const struct source *source, const char *isa, int threads, struct progress *progress, char *why,
              size_t why_size)
{
    weft_model_info info, other;
    weft_model_describe(model, &info);
    weft_model_describe(reference ? reference : model, &other);
    memset(evaluation, 0, sizeof *evaluation);
    int classes = info.output_c * info.output_h * info.output_w;
    if (other.output_c * other.output_h * other.output_w != classes || other.input_c != info.input_c ||
        other.input_h != info.input_h || other.input_w != info.input_w) {
        snprintf(why, why_size, "the two models have different inputs or outputs");
        return false;
    }
    threads = threads ? threads : weft_physical_cores();
    threads = threads < source->count ? threads : source->count;
    struct worker *workers = calloc((size_t)threads, sizeof *workers);
    struct outcome *outcomes = calloc((size_t)source->count, sizeof *outcomes);
    bool fine = workers && outcomes;
    if (!fine) {
        snprintf(why, why_size, "memory is short");
    }
    size_t in_size = (size_t)info.input_c * (size_t)info.input_h * (size_t)info.input_w;
    for (int i = 0; fine && i < threads; i++) {
        fine = open_worker(&workers[i], model, reference, isa, in_size, (size_t)classes, why, why_size);
    }
    fine = fine && run_workers(workers, threads, source, classes, outcomes, progress, why, why_size);
    for (int i = 0; fine && i < source->count; i++) {
        evaluation->n++;
        evaluation->top1 += outcomes[i].rank < 1;
        evaluation->top5 += outcomes[i].rank < 5;
        evaluation->agreed += outcomes[i].agreed;
        evaluation->lost += outcomes[i].expected_right && outcomes[i].rank >= 1;
        evaluation->won += reference && !outcomes[i].expected_right && outcomes[i].rank < 1;
        evaluation->signal += outcomes[i].signal;
        evaluation->noise += outcomes[i].noise;
    }
    for (int i = 0; workers && i < threads; i++) {
        close_worker(&workers[i]);
    }
    free(workers);
    free(outcomes);
    return fine;
}

#define NORMAL_95 1.959964

struct interval evaluation_wilson(int hits, int n)
{
    double z2 = NORMAL_95 * NORMAL_95, share = n ? (double)hits / n : 0;
    if (n == 0) {
        return (struct interval){0, 1};
    }
    double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half = NORMAL_95 * sqrt(share * (1 - share) / n + z2 / (4.0 * n * n)) / (1 + z2 / n);
    return (struct interval){fmax(centre - half, 0), fmin(centre + half, 1)};
}

struct interval evaluation_drop(const struct evaluation *e)
{
    double n = e->n + 2.0, lost = (e->lost + 1) / n, won = (e->won + 1) / n, drop = lost - won;
    double half = NORMAL_95 * sqrt(fmax(lost + won - drop * drop, 0) / n);
    return (struct interval){drop - half, drop + half};
}

double evaluation_sqnr_db(const struct evaluation *evaluation)
{
    return evaluation->noise > 0 ? 10 * log10(evaluation->signal / evaluation->noise) : (double)INFINITY;
}
