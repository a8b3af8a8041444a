/* What the rounding of each layer and of each class of edges alone does to the network's output. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "quant/quantizer.h"

/* Multiply-adds that all single runs together may take: a minute or two on two cores. */
#define RUNS_MACS 4e12

enum { IMAGES_MIN = 8, IMAGES_MAX = 128, BASE_FORM = WEFT_FORM_C4, BASE_EDGE = 1 };

static const int form_levels[WEFT_LAYER_FORMS] = {4, 8, 16, 32, 256};

/* ---- the noise of each form, from the moments of the exact inputs ---- */

static weft_status try_form(const struct weft_layer_job *job, const struct weft_layer_moments *m,
                            const struct weft_layer_form *form, double *noise, struct weft_layer_fit *keep)
{
    struct weft_layer_fit fit;
    weft_status status = weft_layer_fit_make(&fit, job, m, job->node->weights, form);
    if (status == WEFT_OK && job->method.bias) { /* the noise is about the means */
        weft_layer_fit_correct_bias(&fit, job, m);
    }
    *noise = fit.noise;
    if (keep && status == WEFT_OK) {
        *keep = fit;
    } else {
        weft_layer_fit_free(&fit, job->tools->allocator);
    }
    return status;
}

static weft_status probe_layer(void *cookie, int node, const struct weft_layer_job *job,
                               const struct weft_layer_moments *m, struct weft_layer_fit *fit)
{
    struct weft_quantizer *q = cookie;
    struct weft_weight_plan *plan = &q->plans[node];
    int codebook_max = q->choices[node].codebook_max;
    weft_status status = WEFT_OK;
    for (int f = 0; f < WEFT_LAYER_FORMS && status == WEFT_OK; f++) {
        struct weft_layer_form form = {form_levels[f], codebook_max, WEFT_HEADROOM_NONE};
        status = try_form(job, m, &form, &plan->noise[f], f == BASE_FORM ? fit : NULL);
    }
    for (int i = 0; i < 2 && plan->can_headroom && status == WEFT_OK; i++) {
        struct weft_layer_form form = {i ? 32 : 16, codebook_max, WEFT_HEADROOM_TILE};
        status = try_form(job, m, &form, &plan->headroom_noise[i], NULL);
    }
    return status;
}

static weft_status probe(struct weft_quantizer *q)
{
    struct weft_walk walk = {.graph = q->graph, .images = &q->images, .method = q->method, .threads = q->threads,
                             .allocator = q->allocator, .layer = probe_layer, .cookie = q,
                             .progress = q->options->progress, .progress_cookie = q->options->progress_cookie,
                             .stage = "probing layers", .fits = q->fits};
    return weft_walk_run(&walk, q->error);
}

/* ---- single runs ---- */

struct runs {
    struct weft_quantizer *q;
    struct weft_simulation simulation;
    int step, count, done, total;
    double loss, noise; /* sums over all runs */
};

static weft_status run(struct runs *runs, struct weft_difference *difference)
{
    weft_status status = weft_simulation_measure(&runs->simulation, &runs->q->images, runs->step, runs->count,
                                                 difference);
    runs->loss += difference->loss;
    runs->noise += difference->noise;
    runs->done++;
    if (runs->q->options->progress) {
        runs->q->options->progress(runs->q->options->progress_cookie, "measuring sensitivities", runs->done,
                                   runs->total);
    }
    return status;
}

static weft_status run_layer(struct runs *runs, int index)
{
    struct weft_quantizer *q = runs->q;
    struct weft_node *node = &runs->simulation.graph.nodes[index];
    const struct weft_layer_fit *fit = &q->fits[index];
    struct weft_node saved = *node;
    int64_t each = node->weights_count / q->graph->tensors[node->output].c;
    float *weights = weft_block_alloc(q->allocator, (size_t)node->weights_count, sizeof *weights);
    if (!weights) {
        return WEFT_E_MEMORY;
    }
    for (int64_t i = 0; i < node->weights_count; i++) {
        weights[i] = fit->scale[i / each] * (float)fit->q[i];
    }
    node->weights = weights;
    node->bias = fit->bias;
    struct weft_difference difference = {0};
    weft_status status = run(runs, &difference);
    *node = saved;
    weft_block_free(q->allocator, weights);
    double noise = q->plans[index].noise[BASE_FORM];
    q->plans[index].sensitivity = noise > 0 ? difference.noise / noise : 0;
    return status;
}

static weft_status run_class(struct runs *runs, int root)
{
    struct weft_quantizer *q = runs->q;
    struct weft_edge_class *class = &q->classes[root];
    int form = class->forms > BASE_EDGE && !class->is_input ? BASE_EDGE : 0;
    struct weft_rounder rounder;
    if (!weft_rounder_init(&rounder, &class->form[form], &runs->simulation.pool)) {
        return WEFT_E_MEMORY;
    }
    for (int t = 0; t < q->graph->tensors_count; t++) {
        if (q->class_of[t] == root) {
            runs->simulation.rounders[t] = rounder;
        }
    }
    struct weft_difference difference = {0};
    weft_status status = run(runs, &difference);
    for (int t = 0; t < q->graph->tensors_count; t++) {
        if (q->class_of[t] == root) {
            runs->simulation.rounders[t].active = false;
        }
    }
    class->sensitivity = class->noise[form] > 0 ? difference.noise / class->noise[form] : 0;
    return status;
}

static bool is_code_class(const struct weft_quantizer *q, int t)
{
    return q->class_of[t] == t && !q->classes[t].is_float;
}

static weft_status run_all(struct runs *runs)
{
    struct weft_quantizer *q = runs->q;
    weft_status status = WEFT_OK;
    for (int i = 0; i < q->graph->nodes_count && status == WEFT_OK; i++) {
        if (q->graph->nodes[i].op == WEFT_OP_CONV) {
            status = run_layer(runs, i);
        }
    }
    for (int t = 0; t < q->graph->tensors_count && status == WEFT_OK; t++) {
        if (is_code_class(q, t)) {
            status = run_class(runs, t);
        }
    }
    return status;
}

static void count_runs(struct runs *runs)
{
    const struct weft_quantizer *q = runs->q;
    double macs = 1;
    for (int i = 0; i < q->graph->nodes_count; i++) {
        macs += (double)weft_node_macs(q->graph, &q->graph->nodes[i]);
        runs->total += q->graph->nodes[i].op == WEFT_OP_CONV;
    }
    for (int t = 0; t < q->graph->tensors_count; t++) {
        runs->total += is_code_class(q, t);
    }
    double able = RUNS_MACS / macs / (runs->total > 0 ? runs->total : 1);
    runs->count = able < IMAGES_MIN ? IMAGES_MIN : able > IMAGES_MAX ? IMAGES_MAX : (int)able;
    runs->count = runs->count < q->images.count ? runs->count : q->images.count;
    runs->step = q->images.count / runs->count;
}

weft_status weft_measure_sensitivity(struct weft_quantizer *q, double *loss_per_noise)
{
    struct runs runs = {.q = q};
    weft_status status = probe(q);
    if (status == WEFT_OK) {
        count_runs(&runs);
        status = weft_simulation_open(&runs.simulation, q->graph, q->threads, q->allocator, q->error);
        status = status ? status : run_all(&runs);
        weft_simulation_close(&runs.simulation);
    }
    for (int i = 0; i < q->graph->nodes_count; i++) {
        weft_layer_fit_free(&q->fits[i], q->allocator);
    }
    *loss_per_noise = runs.noise > 0 ? runs.loss / runs.noise : 0;
    return status;
}
