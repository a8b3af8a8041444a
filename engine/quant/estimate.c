#include "quant/estimate.h"

#include <math.h>
#include <stdlib.h>

/* With fewer held-back images than this nothing is concluded from them. */
enum { CHECK_MIN = 16 };
/* Times that a change is enlarged at most. */
#define LEVEL_MAX 2.0
/* Comparisons of two logits at most. */
#define WORK_MAX 4e9

struct estimate {
    const struct weft_images *images;
    int donors, step;     /* donor d is image d * step */
    float *logits, *made; /* [images][outputs], about their means; `made` becomes the change */
    double *loss, *kept;  /* [images][donors]; kept: 1 where the first class stays */
};

struct ranked {
    float logit, made;
};

static int by_logit(const void *a, const void *b)
{
    float x = ((const struct ranked *)a)->logit, y = ((const struct ranked *)b)->logit;
    return (x < y) - (x > y);
}

/* Both outputs of an image as logits about their means, in the order of the exact ones from the top: classes that an
 * image speaks for change more than the others, so a change is lent rank by rank. */
static void take_image(struct estimate *e, int image, int kind, struct ranked *ranked)
{
    int64_t n = e->images->outputs;
    float *logits = e->logits + image * n, *made = e->made + image * n;
    double mean = 0, mean_made = 0;
    for (int64_t c = 0; c < n; c++) {
        double x = weft_logit(e->images->logits[image * n + c], kind), y = weft_logit(made[c], kind);
        ranked[c] = (struct ranked){(float)x, (float)y};
        mean += x / (double)n;
        mean_made += y / (double)n;
    }
    qsort(ranked, (size_t)n, sizeof *ranked, by_logit);
    for (int64_t c = 0; c < n; c++) {
        logits[c] = ranked[c].logit - (float)mean;
        made[c] = ranked[c].made - (float)mean_made;
    }
}

/* A change in proportion to the logits puts no class before another; the rest is what is lent. */
static void take_changes(struct estimate *e)
{
    int64_t count = e->images->count * e->images->outputs;
    double square = 0, product = 0;
    for (int64_t i = 0; i < count; i++) {
        square += (double)e->logits[i] * e->logits[i];
        product += (double)e->logits[i] * e->made[i];
    }
    float scale = square > 0 && product > 0 ? (float)(product / square) : 1;
    for (int64_t i = 0; i < count; i++) {
        e->made[i] = e->made[i] / scale - e->logits[i];
    }
}

static int64_t first_class(const float *y, const float *change, int64_t n)
{
    int64_t best = 0;
    float top = y[0] + change[0];
    for (int64_t c = 1; c < n; c++) {
        float value = y[c] + change[c];
        best = value > top ? c : best;
        top = value > top ? value : top;
    }
    return best;
}

static void meet_donors(const struct estimate *e, int image)
{
    int64_t n = e->images->outputs;
    const float *y = e->logits + image * n;
    double sum = 0;
    for (int64_t c = 0; c < n; c++) {
        sum += exp(y[c] - y[0]);
    }
    for (int d = 0; d < e->donors; d++) {
        int64_t is = first_class(y, e->made + (int64_t)d * e->step * n, n), at = (int64_t)image * e->donors + d;
        e->loss[at] = (1 - exp(y[is] - y[0])) / sum;
        e->kept[at] = is == 0;
    }
}

/* Mean over images and donors. The standard error counts both: both were drawn. */
static double two_way_mean(const double *values, int images, int donors, double *error)
{
    double mean = 0, rows = 0, columns = 0;
    for (int64_t i = 0; i < (int64_t)images * donors; i++) {
        mean += values[i] / ((double)images * donors);
    }
    for (int i = 0; i < images; i++) {
        double row = 0;
        for (int d = 0; d < donors; d++) {
            row += values[(int64_t)i * donors + d] / donors;
        }
        rows += (row - mean) * (row - mean);
    }
    for (int d = 0; d < donors; d++) {
        double column = 0;
        for (int i = 0; i < images; i++) {
            column += values[(int64_t)i * donors + d] / images;
        }
        columns += (column - mean) * (column - mean);
    }
    bool known = images > 1 && donors > 1;
    *error = known ? sqrt(rows / images / (images - 1) + columns / donors / (donors - 1)) : 1;
    return mean;
}

/* Noise of some images over their signal. */
static double noise_of(const struct estimate *e, const int *image, int count)
{
    int64_t n = e->images->outputs;
    double signal = 0, noise = 0;
    for (int i = 0; i < count; i++) {
        for (int64_t c = image[i] * n; c < (image[i] + 1) * n; c++) {
            signal += (double)e->logits[c] * e->logits[c];
            noise += (double)e->made[c] * e->made[c];
        }
    }
    return signal > 0 ? noise / signal : 0;
}

/* Images that weights were fitted to change less than others: their changes are enlarged to those of the held-back
 * ones. The latter alone are too few: one unusual image among them decides. */
static void level_changes(struct estimate *e)
{
    const struct weft_images *images = e->images;
    double fitted = noise_of(e, images->fit, images->fit_count),
           other = noise_of(e, images->check, images->check_count);
    if (images->check_count < CHECK_MIN || !(other > fitted && fitted > 0)) {
        return;
    }
    float factor = (float)fmin(sqrt(other / fitted), LEVEL_MAX);
    for (int i = 0; i < images->fit_count; i++) {
        float *change = e->made + images->fit[i] * images->outputs;
        for (int64_t c = 0; c < images->outputs; c++) {
            change[c] *= factor;
        }
    }
}

static void choose_donors(struct estimate *e)
{
    int most = e->images->count;
    double able = WORK_MAX / ((double)most * (double)e->images->outputs);
    e->donors = able < 1 ? 1 : able < most ? (int)able : most;
    e->step = most / e->donors;
}

weft_status weft_estimate(const struct weft_images *images, float *made, int kind, int threads,
                          const weft_allocator *allocator, struct weft_difference *difference)
{
    struct estimate e = {.images = images, .made = made};
    int64_t n = images->outputs;
    (void)threads; /* not read in a build without OpenMP */
    choose_donors(&e);
    double *cells = weft_block_alloc(allocator, 2 * (size_t)images->count * (size_t)e.donors, sizeof *cells);
    struct ranked *ranked = weft_block_alloc(allocator, (size_t)n, sizeof *ranked);
    e.logits = weft_block_alloc(allocator, (size_t)(images->count * n), sizeof *e.logits);
    weft_status status = e.logits && cells && ranked ? WEFT_OK : WEFT_E_MEMORY;
    if (status == WEFT_OK) {
        double ignored;
        e.loss = cells;
        e.kept = cells + (size_t)images->count * (size_t)e.donors;
        for (int i = 0; i < images->count; i++) {
            take_image(&e, i, kind, ranked);
        }
        take_changes(&e);
        level_changes(&e);
#pragma omp parallel for num_threads(threads)
        for (int i = 0; i < images->count; i++) {
            meet_donors(&e, i);
        }
        difference->loss = two_way_mean(e.loss, images->count, e.donors, &difference->loss_error);
        difference->agreement = two_way_mean(e.kept, images->count, e.donors, &ignored);
    }
    weft_block_free(allocator, cells);
    weft_block_free(allocator, e.logits);
    weft_block_free(allocator, ranked);
    return status;
}
