/* The default preset: measure, choose forms for a budget, fit, look at what came of it, and again with less noise. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "quant/estimate.h"
#include "quant/quantizer.h"

enum { ROUNDS_MAX = 6 };

/* Standard errors that count against the budget: the loss is within it with 95 % confidence. */
#define CONFIDENCE 1.645
/* Of the budget, what the search may use: the logits that the changes meet are those of the same few hundred images,
 * and the choice of forms has seen them all. */
#define USABLE 0.6
/* Of the loss that is allowed: what the first round aims at, the noise being no more than an estimate. */
#define FIRST_AIM 0.5
/* A round that fails makes the next aim this much lower at most, and this much at least; one that leaves more than
 * a fifth of what is allowed makes it higher, up to three times. */
#define AIM_MIN 0.3
#define AIM_MAX 0.7
#define GROWTH_MAX 3.0

static weft_status fit_layer(void *cookie, int node, const struct weft_layer_job *job,
                             const struct weft_layer_moments *m, struct weft_layer_fit *fit)
{
    return weft_layer_fit_best(fit, job, m, &((struct weft_quantizer *)cookie)->plans[node].form);
}

static weft_status fit_all(struct weft_quantizer *q)
{
    struct weft_walk walk = {.graph = q->graph, .images = &q->images, .edges = q->edges, .method = q->method,
                             .threads = q->threads, .allocator = q->allocator, .layer = fit_layer, .cookie = q,
                             .progress = q->options->progress, .progress_cookie = q->options->progress_cookie,
                             .stage = "fitting layers", .fits = q->fits, .noise = q->noise};
    for (int i = 0; i < q->graph->nodes_count; i++) {
        weft_layer_fit_free(&q->fits[i], q->allocator);
        q->noise[i] = (struct weft_node_noise){0};
    }
    return weft_walk_run(&walk, q->error);
}

/* ---- the quantized model itself on the kept images ---- */

static weft_status run_images(struct weft_quantizer *q, weft_session **sessions, float *made,
                              struct weft_outcome *outcomes)
{
    int failed = WEFT_OK, kind = weft_output_kind(q->graph), next = 0;
#pragma omp parallel num_threads(q->threads)
    {
        int mine;
#pragma omp atomic capture
        mine = next++;
#pragma omp for schedule(dynamic)
        for (int i = 0; i < q->images.count; i++) {
            float *output = made + i * q->images.outputs;
            weft_status status = weft_session_run(sessions[mine], q->images.inputs + i * q->images.each, output);
            if (status != WEFT_OK) {
#pragma omp atomic write
                failed = (int)status;
            } else {
                outcomes[i] = weft_compare_outputs(q->images.logits + i * q->images.outputs, output, q->images.outputs,
                                                   kind);
            }
        }
    }
    return (weft_status)failed;
}

static weft_status measure(struct weft_quantizer *q, const weft_model *model)
{
    size_t images = (size_t)q->images.count;
    weft_session_options options;
    weft_session_options_default(&options);
    options.threads = 1;
    weft_session **sessions = weft_block_alloc(q->allocator, (size_t)q->threads, sizeof(weft_session *));
    struct weft_outcome *outcomes = weft_block_alloc(q->allocator, images, sizeof *outcomes);
    float *made = weft_block_alloc(q->allocator, images * (size_t)q->images.outputs, sizeof *made);
    weft_status status = sessions && outcomes && made ? WEFT_OK : WEFT_E_MEMORY;
    for (int i = 0; sessions && i < q->threads; i++) {
        sessions[i] = NULL;
    }
    for (int i = 0; i < q->threads && status == WEFT_OK; i++) {
        status = weft_session_create(model, &options, &sessions[i], q->error);
    }
    status = status ? status : run_images(q, sessions, made, outcomes);
    if (status == WEFT_OK) {
        q->reached = weft_sum_outcomes(outcomes, q->images.count);
        status = weft_estimate(&q->images, made, weft_output_kind(q->graph), q->threads, q->allocator, &q->reached);
    }
    if (status == WEFT_E_MEMORY) {
        weft_fail(q->error, status, "%s: memory is short", q->graph->name);
    }
    for (int i = 0; sessions && i < q->threads; i++) {
        weft_session_free(&sessions[i]);
    }
    weft_block_free(q->allocator, sessions);
    weft_block_free(q->allocator, outcomes);
    weft_block_free(q->allocator, made);
    return status;
}

static weft_status fit_and_measure(struct weft_quantizer *q, weft_model **model)
{
    weft_model_free(model);
    weft_status status = q->options->weights == WEFT_WEIGHTS_FITTED ? fit_all(q) : WEFT_OK;
    status = status ? status : weft_build(q, model);
    return status ? status : measure(q, *model);
}

/* Something is left to the search. */
static bool is_searched(const struct weft_quantizer *q)
{
    bool layers = false, edges = false;
    for (int i = 0; i < q->graph->nodes_count; i++) {
        layers = layers || (q->graph->nodes[i].op == WEFT_OP_CONV && q->plans[i].fixed_levels == 0);
    }
    for (int t = 0; t < q->graph->tensors_count && q->options->acts == WEFT_ACTS_FITTED; t++) {
        const struct weft_edge_class *class = &q->classes[t];
        edges = edges || (q->class_of[t] == t && !class->is_float && !class->is_input && class->fixed < 0);
    }
    return layers || edges;
}

/* One round at a noise. Sets q->within_budget; *used: share of the allowed loss that it takes, with confidence. */
static weft_status round_at(struct weft_quantizer *q, double noise_max, weft_model **model, double *used)
{
    double allowed = fmax(USABLE * q->options->max_drop / 100, 1e-9);
    if (!weft_plan_forms(q, noise_max)) {
        return weft_fail(q->error, WEFT_E_MEMORY, "%s: memory is short", q->graph->name);
    }
    weft_status status = fit_and_measure(q, model);
    *used = (q->reached.loss + CONFIDENCE * q->reached.loss_error) / allowed;
    q->within_budget = *used <= 1;
    q->promised = *used * USABLE <= 1;
    q->rounds++;
    return status;
}

/* Noise that is within the budget is raised while much is left, noise that is not is lowered; a noise that was raised
 * too far is followed by one between, in the end by the last that was not. */
static weft_status approach(struct weft_quantizer *q, double noise_max, weft_model **model)
{
    double used = 0, good = 0;
    weft_status status = round_at(q, noise_max, model, &used);
    while (status == WEFT_OK && q->rounds < ROUNDS_MAX) {
        if (q->within_budget && (used > 0.8 || q->rounds > 4)) {
            break;
        }
        if (q->within_budget) {
            good = noise_max;
            noise_max *= fmin(GROWTH_MAX, used > 0 ? 0.9 / used : GROWTH_MAX);
        } else if (good > 0 && q->rounds < ROUNDS_MAX - 1) {
            noise_max = sqrt(good * noise_max);
        } else if (good > 0) {
            return round_at(q, good, model, &used);
        } else {
            noise_max *= fmin(fmax(0.8 / used, AIM_MIN), AIM_MAX);
        }
        double before = q->reached.noise;
        status = round_at(q, noise_max, model, &used);
        if (q->reached.noise == before) { /* the same forms: nothing finer is left */
            break;
        }
    }
    return status == WEFT_OK && !q->within_budget && good > 0 ? round_at(q, good, model, &used) : status;
}

weft_status weft_search(struct weft_quantizer *q, weft_model **model)
{
    double loss_per_noise = 0, used;
    bool searched = is_searched(q), sized = q->options->max_size > 0;
    weft_status status = searched ? weft_measure_sensitivity(q, &loss_per_noise) : WEFT_OK;
    double noise_max = loss_per_noise > 0 ? FIRST_AIM * USABLE * q->options->max_drop / 100 / loss_per_noise : 1;
    if (status != WEFT_OK) {
        return status;
    }
    return searched && !sized ? approach(q, noise_max, model) : round_at(q, noise_max, model, &used);
}
