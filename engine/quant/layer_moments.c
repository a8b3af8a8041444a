/* What a convolution's inputs and outputs look like on the calibration images: moments, means, the target weights. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "quant/layer_fit.h"

/* MOMENTS_MAX: inputs of an output for which all pairs are kept (256 MiB); beyond it only the squares are, and the
 * layer goes without compensation. */
enum { CHUNK = 2048, MOMENTS_MAX = 8192, LIFTS = 7 };

/* A hundredth of the mean moment on the diagonal: directions that the samples hardly show stay as they are. */
#define DAMPING 0.01

struct gathering {
    const struct weft_layer_job *job;
    struct weft_layer_moments *m;
    int group, threads;
    float *rounded, *exact, *turned, *y; /* [CHUNK][k] twice, [k][n], [CHUNK][n] */
    float *moments, *cross;              /* [k][k] ([k] if only the squares are kept), [n][k] */
    bool squares_only;
};

/* y = exact output before the activation, minus the residual that the quantized network will add. */
static void make_outputs(struct gathering *g, int64_t first, int64_t count)
{
    const struct weft_layer_job *job = g->job;
    int n = g->m->n, k = g->m->k;
    int64_t plane = (int64_t)job->fit.out->h * job->fit.out->w;
    for (int64_t r = 0; r < count; r++) {
        struct weft_spot spot = weft_samples_spot(&job->fit, first + r);
        for (int o = 0; o < n; o++) {
            int64_t channel = (int64_t)g->group * n + o, at = channel * plane + spot.pixel;
            float y = job->node->bias[channel];
            if (job->residual) {
                y += job->residual->exact[spot.image * job->residual->count + at] -
                     weft_value_rounded(job->residual, spot.image, at);
            }
            g->y[r * n + o] = y;
        }
    }
    weft_matrix_multiply(job->tools, &(struct weft_matrix_block){g->exact, g->turned, g->y, count, k, n, k, n, n});
}

static void add_means(const float *rows, int64_t count, int width, double *sums)
{
    for (int64_t r = 0; r < count; r++) {
        for (int i = 0; i < width; i++) {
            sums[i] += (double)rows[r * width + i];
        }
    }
}

static void add_squares(const float *rows, int64_t count, int k, float *sums)
{
    for (int64_t r = 0; r < count; r++) {
        for (int i = 0; i < k; i++) {
            sums[i] += rows[r * k + i] * rows[r * k + i];
        }
    }
}

static void gather_group(struct gathering *g)
{
    const struct weft_layer_job *job = g->job;
    int n = g->m->n, k = g->m->k;
    const float *w = job->node->weights + (int64_t)g->group * n * k;
    for (int o = 0; o < n && !job->exact; o++) {
        for (int i = 0; i < k; i++) {
            g->turned[(int64_t)i * n + o] = w[(int64_t)o * k + i];
        }
    }
    for (int64_t r = 0; r < job->fit.rows; r += CHUNK) {
        int64_t count = job->fit.rows - r < CHUNK ? job->fit.rows - r : CHUNK;
        weft_samples_gather(&job->fit, job->in, false, g->group, r, count, g->threads, g->rounded);
        add_means(g->rounded, count, k, g->m->mean_in + (int64_t)g->group * k);
        if (g->squares_only) {
            add_squares(g->rounded, count, k, g->moments);
        } else {
            weft_matrix_add_products(job->tools, g->rounded, k, g->rounded, k, count, true, g->moments);
        }
        if (!job->exact) {
            weft_samples_gather(&job->fit, job->in, true, g->group, r, count, g->threads, g->exact);
            make_outputs(g, r, count);
            add_means(g->y, count, n, g->m->mean_target + (int64_t)g->group * n);
            if (!g->squares_only) {
                weft_matrix_add_products(job->tools, g->y, n, g->rounded, k, count, false, g->cross);
            }
        }
    }
    if (!g->squares_only) {
        weft_matrix_mirror(g->moments, k);
    }
}

static void make_means(struct gathering *g)
{
    int n = g->m->n, k = g->m->k;
    double rows = (double)g->job->fit.rows;
    for (int i = 0; i < k; i++) {
        g->m->mean_in[(int64_t)g->group * k + i] /= rows;
    }
    for (int o = 0; o < n; o++) {
        g->m->mean_target[(int64_t)g->group * n + o] /= rows;
    }
}

/* From sums to means; about the means where a bias will take them up. Returns the mean of the diagonal. */
static double centre(struct gathering *g)
{
    int n = g->m->n, k = g->m->k;
    double rows = (double)g->job->fit.rows, trace = 0;
    const double *mean_in = g->m->mean_in + (int64_t)g->group * k;
    const double *mean_target = g->m->mean_target + (int64_t)g->group * n;
    double about = g->job->method.bias ? 1 : 0;
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
            float *at = &g->moments[(int64_t)i * k + j];
            *at = (float)((double)*at / rows - about * mean_in[i] * mean_in[j]);
        }
        trace += (double)g->moments[(int64_t)i * k + i];
    }
    for (int o = 0; o < n && !g->job->exact; o++) {
        for (int i = 0; i < k; i++) {
            float *at = &g->cross[(int64_t)o * k + i];
            double other = about > 0 ? mean_target[o] : (double)g->job->node->bias[(int64_t)g->group * n + o];
            *at = (float)((double)*at / rows - other * mean_in[i]);
        }
    }
    return trace / k;
}

/* Where only the squares are kept: they are how much each weight matters, and the target stays. */
static void finish_squares(struct gathering *g, const float *w, float *target, float *diagonal)
{
    int n = g->m->n, k = g->m->k;
    double mean = 0;
    for (int i = 0; i < k; i++) {
        mean += (double)g->moments[i] / k;
    }
    for (int i = 0; i < k; i++) {
        diagonal[i] = (float)(((double)g->moments[i] + DAMPING * mean) / fmax(mean, 1e-30));
    }
    memcpy(target, w, (size_t)n * (size_t)k * sizeof *target);
}

/* Of the inputs, whatever their means. */
static double mean_square(const struct gathering *g, double about_mean)
{
    const double *mean_in = g->m->mean_in + (int64_t)g->group * g->m->k;
    double sum = about_mean * g->m->k;
    for (int i = 0; i < g->m->k; i++) {
        sum += mean_in[i] * mean_in[i];
    }
    return sum / g->m->k;
}

static void lift_diagonal(const struct weft_moments *made, double by, float *diagonal)
{
    double sum = 0;
    for (int i = 0; i < made->k; i++) {
        float *at = &made->moments[(int64_t)i * made->k + i];
        *at = (float)((double)*at + by);
        sum += (double)*at;
    }
    for (int i = 0; i < made->k; i++) {
        diagonal[i] = (float)((double)made->moments[(int64_t)i * made->k + i] * made->k / sum);
    }
}

static weft_status finish_group(struct gathering *g)
{
    const struct weft_layer_job *job = g->job;
    int n = g->m->n, k = g->m->k;
    const float *w = job->node->weights + (int64_t)g->group * n * k;
    float *target = g->m->target + (int64_t)g->group * n * k, *diagonal = g->m->diagonal + (int64_t)g->group * k;
    make_means(g);
    if (g->squares_only) {
        finish_squares(g, w, target, diagonal);
        return WEFT_OK;
    }
    double mean = centre(g), damping = fmax(DAMPING * mean, 1e-30);
    for (int i = 0; i < k; i++) {
        float *at = &g->moments[(int64_t)i * k + i];
        *at = (float)(fmax((double)*at, 0) + damping);
        diagonal[i] = (float)((double)*at / fmax(mean + damping, 1e-30));
    }
    struct weft_moments *made = &g->m->group[g->group];
    float *moments = g->moments;
    g->moments = NULL;
    weft_status status = weft_moments_init(made, job->tools, moments, k);
    /* Inputs that hardly vary (a layer of zeros before this one leaves constants): what their sums are rounded by is
     * more than what is left about the means. */
    double rounding = mean_square(g, mean) * FLT_EPSILON;
    for (int i = 0; i < LIFTS && status == WEFT_E_RANGE && isfinite(rounding); i++, rounding *= 8) {
        lift_diagonal(made, rounding, diagonal);
        damping += rounding;
        status = weft_moments_factor(made, job->tools);
    }
    if (status != WEFT_OK || job->exact) {
        memcpy(target, w, (size_t)n * (size_t)k * sizeof *target);
        return status;
    }
    for (int64_t i = 0; i < (int64_t)n * k; i++) {
        target[i] = g->cross[i] + (float)damping * w[i];
    }
    return weft_moments_solve(made, job->tools, target, n) ? WEFT_OK : WEFT_E_MEMORY;
}

static weft_status make_group(const struct weft_layer_job *job, struct weft_layer_moments *m, int group, int threads)
{
    const weft_allocator *allocator = job->tools->allocator;
    size_t n = (size_t)m->n, k = (size_t)m->k, others = job->exact ? 0 : 1, rows = k > MOMENTS_MAX ? 1 : k;
    struct gathering g = {job, m, group, threads,
                          weft_block_alloc(allocator, CHUNK * k, sizeof(float)),
                          weft_block_alloc(allocator, others * CHUNK * k, sizeof(float)),
                          weft_block_alloc(allocator, others * n * k, sizeof(float)),
                          weft_block_alloc(allocator, others * CHUNK * n, sizeof(float)),
                          weft_block_alloc(allocator, rows * k, sizeof(float)),
                          weft_block_alloc(allocator, others * n * k, sizeof(float)), k > MOMENTS_MAX};
    weft_status status = WEFT_E_MEMORY;
    if (g.rounded && g.moments && (job->exact || (g.exact && g.turned && g.y && g.cross))) {
        memset(g.moments, 0, rows * k * sizeof(float));
        if (!job->exact) {
            memset(g.cross, 0, n * k * sizeof(float));
        }
        gather_group(&g);
        status = finish_group(&g);
    }
    weft_block_free(allocator, g.rounded);
    weft_block_free(allocator, g.exact);
    weft_block_free(allocator, g.turned);
    weft_block_free(allocator, g.y);
    weft_block_free(allocator, g.moments);
    weft_block_free(allocator, g.cross);
    return status;
}

static bool take_memory(struct weft_layer_moments *m, const weft_allocator *allocator)
{
    size_t groups = (size_t)m->groups, n = (size_t)m->n, k = (size_t)m->k;
    m->group = weft_block_alloc(allocator, groups, sizeof *m->group);
    m->diagonal = weft_block_alloc(allocator, groups * k, sizeof *m->diagonal);
    m->target = weft_block_alloc(allocator, groups * n * k, sizeof *m->target);
    m->mean_in = weft_block_alloc(allocator, groups * k, sizeof *m->mean_in);
    m->mean_target = weft_block_alloc(allocator, groups * n, sizeof *m->mean_target);
    if (m->group) {
        memset(m->group, 0, groups * sizeof *m->group);
    }
    if (!m->group || !m->diagonal || !m->target || !m->mean_in || !m->mean_target) {
        return false;
    }
    memset(m->mean_in, 0, groups * k * sizeof *m->mean_in);
    memset(m->mean_target, 0, groups * n * sizeof *m->mean_target);
    return true;
}

weft_status weft_layer_moments_init(struct weft_layer_moments *m, const struct weft_layer_job *job)
{
    const struct weft_node *node = job->node;
    int outputs = job->fit.out->c, threads = job->tools->threads, failed = WEFT_OK;
    *m = (struct weft_layer_moments){.groups = node->groups, .n = outputs / node->groups,
                                     .k = (int)(node->weights_count / outputs)};
    if (!take_memory(m, job->tools->allocator)) {
        return WEFT_E_MEMORY;
    }
    /* Many groups are small ones: a thread takes whole groups. The loops inside then run on that thread alone. */
    for (int g = 0; node->groups < WEFT_MANY_GROUPS && g < node->groups && failed == WEFT_OK; g++) {
        failed = (int)make_group(job, m, g, threads);
    }
    if (node->groups < WEFT_MANY_GROUPS) {
        return (weft_status)failed;
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (int g = 0; g < node->groups; g++) {
        weft_status status = make_group(job, m, g, 1);
        if (status != WEFT_OK) {
#pragma omp atomic write
            failed = (int)status;
        }
    }
    return (weft_status)failed;
}

void weft_layer_moments_free(struct weft_layer_moments *m, const weft_allocator *allocator)
{
    for (int g = 0; m->group && g < m->groups; g++) {
        weft_moments_free(&m->group[g], allocator);
    }
    weft_block_free(allocator, m->group);
    weft_block_free(allocator, m->diagonal);
    weft_block_free(allocator, m->target);
    weft_block_free(allocator, m->mean_in);
    weft_block_free(allocator, m->mean_target);
    *m = (struct weft_layer_moments){0};
}
