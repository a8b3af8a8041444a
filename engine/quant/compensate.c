#include "quant/compensate.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 64, SWEEPS = 4 };

#define TINY 1e-30f

struct work {
    const struct weft_compensation *job;
    struct weft_matrix_tools *tools;
    float *errors; /* [n][k] w - s q, in the order of the factor */
    float *spread; /* [n][BLOCK] */
    float *wh, *qh; /* [n][k] w and q times the moments, in the layer's order */
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
        weft_matrix_multiply(work->tools,
                             &(struct weft_matrix_block){work->errors + j1, job->moments->factor + (int64_t)j1 * k + j0,
                                                                       work->spread, n, k - j1, width, k, k, BLOCK});
#pragma omp parallel for num_threads(work->tools->threads) schedule(static)
        for (int row = 0; row < n; row++) {
            take_block(work, row, j0, j1, work->spread + (int64_t)row * BLOCK);
        }
    }
}

/* product[n][k] = x[n][k] times the moments. */
static void times_moments(struct weft_matrix_tools *tools, const struct weft_compensation *job, const float *x,
                          float *product)
{
    memset(product, 0, (size_t)job->n * (size_t)job->k * sizeof *product);
    weft_matrix_multiply(tools,
                         &(struct weft_matrix_block){x, job->moments->moments, product, job->n, job->k, job->k, job->k,
                                                            job->k, job->k});
}

/* The scale of a row by least squares: w H q / (q H q). */
static void refit_scale(const struct work *work, int row)
{
    const struct weft_compensation *job = work->job;
    int64_t first = (int64_t)row * job->k;
    double product = 0, square = 0;
    for (int64_t i = first; i < first + job->k; i++) {
        product += (double)work->wh[i] * job->q[i];
        square += (double)work->qh[i] * job->q[i];
    }
    if (square > 0 && product / square > (double)TINY) {
        job->scale[row] = (float)(product / square);
    }
}

/* Changes single weights of a row while that lessens the error (the gradient is wh - s qh); how many. */
static int descend(const struct work *work, int row)
{
    const struct weft_compensation *job = work->job;
    int k = job->k, changes = 0;
    int8_t *q = job->q + (int64_t)row * k;
    const float *wh = work->wh + (int64_t)row * k;
    float *qh = work->qh + (int64_t)row * k, s = job->scale[row];
    for (int place = k - 1; place >= 0; place--) {
        int i = job->moments->order[place];
        const float *moments = job->moments->moments + (int64_t)i * k;
        int best = weft_nearest_integer(job->nearest, (float)q[i] + (wh[i] - s * qh[i]) / (moments[i] * s));
        if (best == q[i]) {
            continue;
        }
        float change = (float)(best - q[i]);
        q[i] = (int8_t)best;
        changes++;
        for (int j = 0; j < k; j++) {
            qh[j] += change * moments[j];
        }
    }
    return changes;
}

static void polish(struct work *work)
{
    const struct weft_compensation *job = work->job;
    for (int64_t i = 0; i < (int64_t)job->n * job->k; i++) {
        work->errors[i] = job->q[i];
    }
    times_moments(work->tools, job, job->w, work->wh);
    times_moments(work->tools, job, work->errors, work->qh);
#pragma omp parallel for num_threads(work->tools->threads) schedule(dynamic)
    for (int row = 0; row < job->n; row++) {
        refit_scale(work, row);
        for (int i = 0; i < SWEEPS && descend(work, row) > 0; i++) {
            refit_scale(work, row);
        }
    }
}

weft_status weft_compensate(struct weft_matrix_tools *tools, const struct weft_compensation *job)
{
    const weft_allocator *allocator = tools->allocator;
    size_t n = (size_t)job->n, k = (size_t)job->k;
    struct work work = {job, tools, weft_block_alloc(allocator, n * k, sizeof *work.errors),
                        weft_block_alloc(allocator, n * BLOCK, sizeof *work.spread),
                        weft_block_alloc(allocator, n * k, sizeof *work.wh),
                        weft_block_alloc(allocator, n * k, sizeof *work.qh)};
    bool fine = work.errors && work.spread && work.wh && work.qh;
    if (fine) {
        take_all(&work);
        polish(&work);
    }
    weft_block_free(allocator, work.errors);
    weft_block_free(allocator, work.spread);
    weft_block_free(allocator, work.wh);
    weft_block_free(allocator, work.qh);
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

weft_status weft_compensation_error(struct weft_matrix_tools *tools, const struct weft_compensation *job, double *error)
{
    size_t count = (size_t)job->n * (size_t)job->k;
    float *errors = weft_block_alloc(tools->allocator, count, sizeof *errors);
    float *gradient = weft_block_alloc(tools->allocator, count, sizeof *gradient);
    bool fine = errors && gradient;
    double sum = 0;
    if (fine) {
        for (size_t i = 0; i < count; i++) {
            errors[i] = job->w[i] - job->scale[i / (size_t)job->k] * (float)job->q[i];
        }
        times_moments(tools, job, errors, gradient);
        for (size_t i = 0; i < count; i++) {
            sum += (double)errors[i] * gradient[i];
        }
    }
    weft_block_free(tools->allocator, errors);
    weft_block_free(tools->allocator, gradient);
    *error = sum;
    return !fine ? WEFT_E_MEMORY : isfinite(sum) ? WEFT_OK : WEFT_E_RANGE;
}
