#include "quant/layer_fit.h"

#include <math.h>
#include <string.h>

enum { CHECK_CHUNK = 1024, HEADROOM_TRIES = 6, SUM_MAX = 127 };

static bool take_memory(struct weft_layer_fit *fit, const struct weft_layer_moments *m, const weft_allocator *allocator)
{
    size_t outputs = (size_t)m->groups * (size_t)m->n;
    memset(fit, 0, sizeof *fit);
    fit->scale = weft_block_alloc(allocator, outputs, sizeof *fit->scale);
    fit->bias = weft_block_alloc(allocator, outputs, sizeof *fit->bias);
    fit->q = weft_block_alloc(allocator, outputs * (size_t)m->k, 1);
    return fit->scale && fit->bias && fit->q;
}

void weft_layer_fit_free(struct weft_layer_fit *fit, const weft_allocator *allocator)
{
    weft_block_free(allocator, fit->scale);
    weft_block_free(allocator, fit->bias);
    weft_block_free(allocator, fit->q);
    fit->scale = fit->bias = NULL;
    fit->q = NULL;
}

/* Error of weights rounded to the nearest, by importance. */
static double nearest_error(const struct weft_codebook_data *d, const struct weft_nearest *nearest, const float *scale)
{
    double sum = 0;
    for (int o = 0; o < d->n; o++) {
        const float *importance = d->importance + (int64_t)(o / d->rows_per_group) * d->k;
        for (int i = 0; i < d->k; i++) {
            float w = d->w[(int64_t)o * d->k + i],
                  e = w - scale[o] * (float)weft_nearest_integer(nearest, w / scale[o]);
            sum += (double)importance[i] * (double)e * (double)e;
        }
    }
    return sum;
}

/* The codebook for the form's levels, or for one fewer where that is nearer; nearest and scale belong to it. */
static bool fit_codebook(struct weft_layer_fit *fit, const struct weft_layer_job *job,
                         const struct weft_codebook_data *data,
                         int levels, int codebook_max, struct weft_nearest *nearest)
{
    const weft_allocator *allocator = job->tools->allocator;
    struct weft_codebook_wish wish = {levels, codebook_max, job->method.nearest, job->method.lloyd,
                                      job->method.channel_scale};
    if (!weft_codebook_fit(data, &wish, allocator, &fit->codebook, nearest, fit->scale)) {
        return false;
    }
    if (levels > 32 || levels < 3) {
        return true;
    }
    struct weft_codebook other;
    struct weft_nearest other_nearest;
    float *scale = weft_block_alloc(allocator, (size_t)data->n, sizeof *scale);
    wish.levels = levels - 1;
    bool fine = scale && weft_codebook_fit(data, &wish, allocator, &other, &other_nearest, scale);
    if (fine) {
        if (nearest_error(data, &other_nearest, scale) < nearest_error(data, nearest, fit->scale)) {
            fit->codebook = other;
            *nearest = other_nearest;
            memcpy(fit->scale, scale, (size_t)data->n * sizeof *scale);
        }
    }
    weft_block_free(allocator, scale);
    return fine;
}

/* The integers of one group; adds its share to fit->noise. */
static weft_status fit_group(struct weft_layer_fit *fit, const struct weft_layer_job *job,
                             const struct weft_layer_moments *m,
                             const float *target, const struct weft_nearest *nearest, int g, double *noise)
{
    int64_t first = (int64_t)g * m->n;
    struct weft_compensation group = {m->n, m->k, target + first * m->k, &m->group[g], nearest, fit->scale + first,
                                      fit->q + first * m->k};
    weft_status status = WEFT_OK;
    weft_round_nearest(&group);
    if (m->group[g].moments) {
        if (job->method.compensate) {
            status = weft_compensate(job->tools, &group);
        }
        return status ? status : weft_compensation_error(job->tools, &group, noise);
    }
    struct weft_codebook_data data = {group.w, m->diagonal + (int64_t)g * m->k, m->n, m->k, m->n, job->tools->threads};
    *noise = nearest_error(&data, nearest, group.scale);
    return status;
}

static weft_status fit_groups(struct weft_layer_fit *fit, const struct weft_layer_job *job,
                              const struct weft_layer_moments *m, const float *target,
                              const struct weft_nearest *nearest)
{
    int failed = WEFT_OK;
    double *noise = weft_block_alloc(job->tools->allocator, (size_t)m->groups, sizeof *noise);
    if (!noise) {
        return WEFT_E_MEMORY;
    }
    for (int g = 0; m->groups < WEFT_MANY_GROUPS && g < m->groups && failed == WEFT_OK; g++) {
        failed = (int)fit_group(fit, job, m, target, nearest, g, &noise[g]);
    }
    int shared = m->groups < WEFT_MANY_GROUPS ? 0 : m->groups;
#pragma omp parallel for num_threads(job->tools->threads) schedule(dynamic)
    for (int g = 0; g < shared; g++) {
        weft_status status = fit_group(fit, job, m, target, nearest, g, &noise[g]);
        if (status != WEFT_OK) {
#pragma omp atomic write
            failed = (int)status;
        }
    }
    fit->noise = 0;
    for (int g = 0; g < m->groups; g++) {
        fit->noise += noise[g];
    }
    weft_block_free(job->tools->allocator, noise);
    return (weft_status)failed;
}

weft_status weft_layer_fit_make(struct weft_layer_fit *fit, const struct weft_layer_job *job,
                                const struct weft_layer_moments *m, const float *target,
                                const struct weft_layer_form *form)
{
    struct weft_codebook_data data = {target, m->diagonal, m->groups * m->n, m->k, m->n, job->tools->threads};
    struct weft_nearest nearest;
    weft_status status = take_memory(fit, m, job->tools->allocator) ? WEFT_OK : WEFT_E_MEMORY;
    int codebook_max = form->codebook_max;
    for (int i = 0; i < HEADROOM_TRIES && status == WEFT_OK; i++) {
        status = fit_codebook(fit, job, &data, form->levels, codebook_max, &nearest) ? WEFT_OK : WEFT_E_MEMORY;
        status = status ? status : fit_groups(fit, job, m, target, &nearest);
        int sum = status == WEFT_OK ? weft_headroom_sum(form->headroom, fit->q, (int64_t)data.n * data.k / 9) : 0;
        if (sum <= SUM_MAX) {
            break;
        }
        int shrunk = codebook_max * SUM_MAX / sum;
        /* The last try divides so far that no sum of nine can be too large. */
        codebook_max = i == HEADROOM_TRIES - 2 ? SUM_MAX / 9 : shrunk < 1 ? 1 : shrunk;
    }
    memcpy(fit->bias, job->node->bias, (size_t)data.n * sizeof *fit->bias);
    fit->check = NAN;
    return status;
}

void weft_layer_fit_correct_bias(struct weft_layer_fit *fit, const struct weft_layer_job *job,
                                 const struct weft_layer_moments *m)
{
    for (int o = 0; o < m->groups * m->n; o++) {
        const double *mean_in = m->mean_in + (int64_t)(o / m->n) * m->k;
        const float *w = job->node->weights + (int64_t)o * m->k;
        const int8_t *q = fit->q + (int64_t)o * m->k;
        double rounded = 0, exact = job->node->bias[o];
        for (int i = 0; i < m->k; i++) {
            rounded += (double)fit->scale[o] * q[i] * mean_in[i];
            exact += (double)w[i] * mean_in[i];
        }
        fit->bias[o] = (float)((job->exact ? exact : m->mean_target[o]) - rounded);
    }
}

/* ---- the choice on held-back images ---- */

enum { VARIANTS = 4 }; /* bit 0: bias corrected, bit 1: the moments' target */

struct judgement {
    const struct weft_layer_job *job;
    const struct weft_layer_moments *m;
    struct weft_layer_fit *fits;  /* one without and one with the new target, biases corrected */
    int fits_count;
    double error[VARIANTS];
    float *rounded, *exact, *turned, *y, *made; /* as in layer_moments.c; `made`: what the fit gives, without its
                                                   bias */
};

static void turn(const float *scale, const int8_t *q, const float *w, int n, int k, float *turned)
{
    for (int o = 0; o < n; o++) {
        for (int i = 0; i < k; i++) {
            int64_t at = (int64_t)o * k + i;
            turned[(int64_t)i * n + o] = w ? w[at] : scale[o] * (float)q[at];
        }
    }
}

/* y = exact outputs before the activation, without the bias, minus the residual's own error. */
static void make_exact(struct judgement *j, int g, int64_t first, int64_t count)
{
    const struct weft_layer_job *job = j->job;
    int n = j->m->n, k = j->m->k;
    int64_t plane = (int64_t)job->check.out->h * job->check.out->w;
    memset(j->y, 0, (size_t)count * (size_t)n * sizeof *j->y);
    for (int64_t r = 0; job->residual && r < count; r++) {
        struct weft_spot spot = weft_samples_spot(&job->check, first + r);
        for (int o = 0; o < n; o++) {
            int64_t at = ((int64_t)g * n + o) * plane + spot.pixel;
            j->y[r * n + o] = job->residual->exact[spot.image * job->residual->count + at] -
                              weft_value_rounded(job->residual, spot.image, at);
        }
    }
    weft_samples_gather(&job->check, job->in, true, g, first, count, job->tools->threads, j->exact);
    turn(NULL, NULL, job->node->weights + (int64_t)g * n * k, n, k, j->turned);
    weft_matrix_multiply(job->tools, &(struct weft_matrix_block){j->exact, j->turned, j->y, count, k, n, k, n, n});
}

static void judge_chunk(struct judgement *j, int g, int64_t first, int64_t count)
{
    const struct weft_layer_job *job = j->job;
    int n = j->m->n, k = j->m->k;
    int64_t channel = (int64_t)g * n;
    make_exact(j, g, first, count);
    weft_samples_gather(&job->check, job->in, false, g, first, count, job->tools->threads, j->rounded);
    for (int f = 0; f < j->fits_count; f++) {
        const struct weft_layer_fit *fit = &j->fits[f];
        turn(fit->scale + channel, fit->q + channel * k, NULL, n, k, j->turned);
        memset(j->made, 0, (size_t)count * (size_t)n * sizeof *j->made);
        weft_matrix_multiply(job->tools,
                             &(struct weft_matrix_block){j->rounded, j->turned, j->made, count, k, n, k, n, n});
        for (int64_t i = 0; i < count * n; i++) {
            double plain = (double)j->y[i] - (double)j->made[i];
            double moved = plain + (double)job->node->bias[channel + i % n] - (double)fit->bias[channel + i % n];
            j->error[2 * f] += plain * plain;
            j->error[2 * f + 1] += moved * moved;
        }
    }
}

static weft_status judge(struct judgement *j)
{
    const weft_allocator *allocator = j->job->tools->allocator;
    size_t n = (size_t)j->m->n, k = (size_t)j->m->k;
    j->rounded = weft_block_alloc(allocator, CHECK_CHUNK * k, sizeof(float));
    j->exact = weft_block_alloc(allocator, CHECK_CHUNK * k, sizeof(float));
    j->turned = weft_block_alloc(allocator, n * k, sizeof(float));
    j->y = weft_block_alloc(allocator, CHECK_CHUNK * n, sizeof(float));
    j->made = weft_block_alloc(allocator, CHECK_CHUNK * n, sizeof(float));
    bool fine = j->rounded && j->exact && j->turned && j->y && j->made;
    int64_t rows = j->job->check.rows;
    for (int g = 0; fine && g < j->m->groups; g++) {
        for (int64_t r = 0; r < rows; r += CHECK_CHUNK) {
            judge_chunk(j, g, r, rows - r < CHECK_CHUNK ? rows - r : CHECK_CHUNK);
        }
    }
    for (int v = 0; rows > 0 && v < VARIANTS; v++) {
        j->error[v] /= (double)rows;
    }
    weft_block_free(allocator, j->rounded);
    weft_block_free(allocator, j->exact);
    weft_block_free(allocator, j->turned);
    weft_block_free(allocator, j->y);
    weft_block_free(allocator, j->made);
    return fine ? WEFT_OK : WEFT_E_MEMORY;
}

/* Takes the best variant: a correction must win on images that it has not seen. */
static void choose(struct judgement *j, struct weft_layer_fit *fit)
{
    int best = 0;
    for (int v = 1; v < 2 * j->fits_count; v++) {
        bool allowed = j->job->method.bias || !(v & 1);
        best = allowed && j->error[v] < j->error[best] ? v : best;
    }
    int taken = best / 2, other = 1 - taken;
    if (!(best & 1)) {
        memcpy(j->fits[taken].bias, j->job->node->bias, (size_t)j->m->groups * (size_t)j->m->n * sizeof(float));
    }
    *fit = j->fits[taken];
    fit->check = j->error[best];
    fit->bias_corrected = best & 1;
    fit->retargeted = taken == 1;
    if (j->fits_count == 2) {
        weft_layer_fit_free(&j->fits[other], j->job->tools->allocator);
    }
}

weft_status weft_layer_fit_best(struct weft_layer_fit *fit, const struct weft_layer_job *job,
                                const struct weft_layer_moments *m, const struct weft_layer_form *form)
{
    struct weft_layer_fit fits[2];
    memset(fits, 0, sizeof fits);
    memset(fit, 0, sizeof *fit);
    /* Without held-back images nothing that could do harm is tried. */
    int count = job->exact || !job->method.compensate || job->check.rows == 0 ? 1 : 2;
    weft_status status = WEFT_OK;
    for (int f = 0; f < count && status == WEFT_OK; f++) {
        status = weft_layer_fit_make(&fits[f], job, m, f ? m->target : job->node->weights, form);
        if (status == WEFT_OK && job->check.rows > 0) {
            weft_layer_fit_correct_bias(&fits[f], job, m);
        }
    }
    struct judgement j = {.job = job, .m = m, .fits = fits, .fits_count = count};
    if (status == WEFT_OK && job->check.rows > 0) {
        status = judge(&j);
    }
    if (status != WEFT_OK) {
        weft_layer_fit_free(&fits[0], job->tools->allocator);
        weft_layer_fit_free(&fits[1], job->tools->allocator);
        return status;
    }
    choose(&j, fit);
    fit->check = job->check.rows > 0 ? fit->check : NAN;
    return WEFT_OK;
}
