#include "quant/compensate.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 64, ROWS = 16, SWEEPS = 4 };

#define TINY 1e-30f

struct work {
    const struct weft_compensation *job;
    struct weft_matrix_tools *tools;
    float *errors;   /* [n][k] w - s q, in the order of the factor */
    float *spread;   /* [n][BLOCK] */
    float *gradient; /* [n][k] (w - s q) times moments, in the layer's order */
};

/* Places j1-1 down to j0 of one row. `spread` has what the places from j1 on add. */
static void take_block(const struct work *work, int row, int j0, int j1, float *spread)
{
    const struct weft_compensation *job = work->job;
    int k = job->k;
    float *errors = work->errors + (int64_t)row * k, s = job->scale[row];
    for (int j = j1 - 1; j >= j0; j--) {
        int column = job->moments->order[j];
        const float *factor = job->moments->factor + (int64_t)j * k;
        float w = job->w[(int64_t)row * k + column];
        int q = weft_nearest_integer(job->nearest, (w + spread[j - j0] / factor[j]) / s);
        float error = w - s * (float)q;
        job->q[(int64_t)row * k + column] = (int8_t)q;
        errors[j] = error;
        for (int l = j0; l < j; l++) {
            spread[l - j0] += error * factor[l];
        }
    }
}

static void take_all(struct work *work)
{
    const struct weft_compensation *job = work->job;
    int n = job->n, k = job->k;
    for (int j1 = k; j1 > 0; j1 -= BLOCK) {
        int j0 = j1 > BLOCK ? j1 - BLOCK : 0, width = j1 - j0;
        memset(work->spread, 0, (size_t)n * BLOCK * sizeof *work->spread);
        weft_matrix_multiply(work->tools, &(struct weft_matrix_block){work->errors + j1, job->moments->factor + (int64_t)j1 * k + j0,
                                                                       work->spread, n, k - j1, width, k, k, BLOCK});
#pragma omp parallel for num_threads(work->tools->threads) schedule(static)
        for (int row = 0; row < n; row++) {
            take_block(work, row, j0, j1, work->spread + (int64_t)row * BLOCK);
        }
    }
}

static void make_errors(const struct weft_compensation *job, float *errors)
{
    for (int row = 0; row < job->n; row++) {
        for (int64_t i = (int64_t)row * job->k; i < (int64_t)(row + 1) * job->k; i++) {
            errors[i] = job->w[i] - job->scale[row] * (float)job->q[i];
        }
    }
}

static void make_gradient(struct weft_matrix_tools *tools, const struct weft_compensation *job, const float *errors,
                          float *gradient)
{
    memset(gradient, 0, (size_t)job->n * (size_t)job->k * sizeof *gradient);
    weft_matrix_multiply(tools, &(struct weft_matrix_block){errors, job->moments->moments, gradient, job->n, job->k, job->k, job->k,
                                                            job->k, job->k});
}

/* The scale of a row by least squares; the row's errors and gradient follow. With g = (w - s q) H:
 * the best change of s is g q / (q H q), and q H q = ((w H - g) q) / s. */
static void refit_scale(const struct work *work, int row, float *hq)
{
    const struct weft_compensation *job = work->job;
    int k = job->k;
    const int8_t *q = job->q + (int64_t)row * k;
    float *gradient = work->gradient + (int64_t)row * k;
    memset(hq, 0, (size_t)k * sizeof *hq);
    for (int i = 0; i < k; i++) {
        const float *moments = job->moments->moments + (int64_t)i * k;
        float x = q[i];
        for (int j = 0; q[i] && j < k; j++) {
            hq[j] += x * moments[j];
        }
    }
    double product = 0, square = 0;
    for (int i = 0; i < k; i++) {
        product += (double)gradient[i] * q[i];
        square += (double)hq[i] * q[i];
    }
    float change = square > 0 ? (float)(product / square) : 0;
    if (job->scale[row] + change > TINY) {
        job->scale[row] += change;
        for (int i = 0; i < k; i++) {
            gradient[i] -= change * hq[i];
        }
    }
}

/* Changes single weights of a row while that lessens the error; how many. */
static int descend(const struct work *work, int row)
{
    const struct weft_compensation *job = work->job;
    int k = job->k, changes = 0;
    int8_t *q = job->q + (int64_t)row * k;
    float *gradient = work->gradient + (int64_t)row * k, s = job->scale[row];
    for (int place = k - 1; place >= 0; place--) {
        int i = job->moments->order[place];
        const float *moments = job->moments->moments + (int64_t)i * k;
        int best = weft_nearest_integer(job->nearest, (float)q[i] + gradient[i] / (moments[i] * s));
        if (best == q[i]) {
            continue;
        }
        float change = s * (float)(best - q[i]);
        q[i] = (int8_t)best;
        changes++;
        for (int j = 0; j < k; j++) {
            gradient[j] -= change * moments[j];
        }
    }
    return changes;
}

static bool polish(struct work *work)
{
    const struct weft_compensation *job = work->job;
    bool fine = true;
    make_errors(job, work->errors);
    make_gradient(work->tools, job, work->errors, work->gradient);
#pragma omp parallel for num_threads(work->tools->threads) schedule(dynamic, ROWS)
    for (int row = 0; row < job->n; row++) {
        float *hq = weft_block_alloc(work->tools->allocator, (size_t)job->k, sizeof *hq);
        for (int i = 0; hq && i < SWEEPS; i++) {
            refit_scale(work, row, hq);
            if (descend(work, row) == 0) {
                break;
            }
        }
        if (hq) {
            refit_scale(work, row, hq);
        } else {
#pragma omp atomic write
            fine = false;
        }
        weft_block_free(work->tools->allocator, hq);
    }
    return fine;
}

weft_status weft_compensate(struct weft_matrix_tools *tools, const struct weft_compensation *job)
{
    const weft_allocator *allocator = tools->allocator;
    size_t n = (size_t)job->n, k = (size_t)job->k;
    struct work work = {job, tools, weft_block_alloc(allocator, n * k, sizeof *work.errors),
                        weft_block_alloc(allocator, n * BLOCK, sizeof *work.spread),
                        weft_block_alloc(allocator, n * k, sizeof *work.gradient)};
    bool fine = work.errors && work.spread && work.gradient;
    if (fine) {
        take_all(&work);
        fine = polish(&work);
    }
    weft_block_free(allocator, work.errors);
    weft_block_free(allocator, work.spread);
    weft_block_free(allocator, work.gradient);
    return fine ? WEFT_OK : WEFT_E_MEMORY;
}

void weft_round_nearest(const struct weft_compensation *job)
{
    for (int row = 0; row < job->n; row++) {
        for (int64_t i = (int64_t)row * job->k; i < (int64_t)(row + 1) * job->k; i++) {
            job->q[i] = (int8_t)weft_nearest_integer(job->nearest, job->w[i] / job->scale[row]);
        }
    }
}

double weft_compensation_error(struct weft_matrix_tools *tools, const struct weft_compensation *job)
{
    size_t count = (size_t)job->n * (size_t)job->k;
    float *errors = weft_block_alloc(tools->allocator, count, sizeof *errors);
    float *gradient = weft_block_alloc(tools->allocator, count, sizeof *gradient);
    double sum = NAN;
    if (errors && gradient) {
        make_errors(job, errors);
        make_gradient(tools, job, errors, gradient);
        sum = 0;
        for (size_t i = 0; i < count; i++) {
            sum += (double)errors[i] * gradient[i];
        }
    }
    weft_block_free(tools->allocator, errors);
    weft_block_free(tools->allocator, gradient);
    return sum;
}
