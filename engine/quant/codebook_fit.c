#include "quant/codebook_fit.h"

#include <math.h>
#include <string.h>

#include "quant/weight_search.h"

/* SEARCHED_MAX: weights from which the start codebook is searched where the sweeps refine it. PARTS: rows are cut into
 * so many parts whatever the threads, so that the sums are always taken in the same order. */
enum { SWEEPS = 12, INTEGER_SWEEPS = 3, INTEGER_TRIES = 48, SHRINKS = 12, SEARCHED_MAX = 65536, PARTS = 16,
       CELLS = 1024 };

#define TINY 1e-30f

static void nearest_init(struct weft_nearest *nearest, const struct weft_codebook *codebook, int codebook_max)
{
    int best = 0;
    for (int i = 0; i < 512; i++) {
        /* Entry i takes [i - 256, i - 255) / 2; its middle has a single nearest integer. */
        double middle = (i - 255.5) / 2, distance = INFINITY;
        if (codebook->format == WEFT_C8) {
            long rounded = lround(middle);
            best = (int)(rounded < -codebook_max ? -codebook_max : rounded > codebook_max ? codebook_max : rounded);
        }
        for (int b = 0; codebook->format != WEFT_C8 && b < codebook->magnitudes; b++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                double d = fabs(middle - sign * codebook->q[b]);
                if (d < distance) {
                    distance = d;
                    best = sign * codebook->q[b];
                }
            }
        }
        nearest->table[i] = (int8_t)best;
    }
}

/* The same by the cuts between the bins, in integers. */
static void cuts_init(struct weft_nearest *nearest, const struct weft_codebook *codebook, const double *cut,
                      double unit)
{
    for (int i = 0; i < 512; i++) {
        double middle = (i - 255.5) / 2;
        int b = 0;
        while (b + 1 < codebook->magnitudes && fabs(middle) >= cut[b + 1] * unit) {
            b++;
        }
        nearest->table[i] = (int8_t)(middle < 0 ? -codebook->q[b] : codebook->q[b]);
    }
}

uint8_t weft_codebook_bin(const struct weft_codebook *codebook, int integer)
{
    if (codebook->format == WEFT_C8) {
        return (uint8_t)(int8_t)integer;
    }
    int magnitude = integer < 0 ? -integer : integer, b = 0;
    while (b + 1 < codebook->magnitudes && codebook->q[b] != magnitude) {
        b++;
    }
    bool zero = codebook->levels % 2 && b == 0;
    return (uint8_t)(b | (integer < 0 && !zero ? 1 << (codebook->format - 1) : 0));
}

static const float *importance_of(const struct weft_codebook_data *d, int row)
{
    return d->importance + (int64_t)(row / d->rows_per_group) * d->k;
}

/* Root mean square of each row, or of all. */
static void first_scales(const struct weft_codebook_data *d, bool per_channel, float *scale)
{
    double all = 0;
    for (int o = 0; o < d->n; o++) {
        double sum = 0;
        for (int i = 0; i < d->k; i++) {
            double w = d->w[(int64_t)o * d->k + i];
            sum += w * w;
        }
        all += sum;
        scale[o] = fmaxf((float)sqrt(sum / d->k), TINY);
    }
    for (int o = 0; !per_channel && o < d->n; o++) {
        scale[o] = fmaxf((float)sqrt(all / d->k / d->n), TINY);
    }
}

/* Finds the bin of a magnitude: a table of the bins at the start of equal cells, then the next boundaries. */
struct finder {
    float boundary[WEFT_MAGNITUDE_BINS_MAX + 1];
    float cells_per_unit;
    uint8_t start[CELLS];
};

/* Between representatives, or where `cut` says. */
static void finder_init(struct finder *finder, const double *rep, const double *cut, int bins)
{
    finder->boundary[0] = 0;
    for (int b = 1; b < bins; b++) {
        finder->boundary[b] = (float)(cut ? cut[b] : (rep[b - 1] + rep[b]) / 2);
    }
    finder->boundary[bins] = INFINITY;
    float top = finder->boundary[bins - 1];
    finder->cells_per_unit = top > 0 ? (CELLS - 1) / top : 0;
    for (int c = 0, b = 0; c < CELLS; c++) {
        /* A little early: the product that finds the cell is rounded. */
        while (b + 1 < bins && (float)c - 0.01f >= finder->boundary[b + 1] * finder->cells_per_unit) {
            b++;
        }
        finder->start[c] = (uint8_t)b;
    }
}

static inline int find_bin(const struct finder *finder, float magnitude)
{
    float at = magnitude * finder->cells_per_unit;
    int b = finder->start[at < CELLS - 1 ? (int)at : CELLS - 1];
    while (magnitude >= finder->boundary[b + 1]) {
        b++;
    }
    return b;
}

/* Sums over the weights of each bin, in units of the scales. */
struct bin_sums {
    double weight[WEFT_MAGNITUDE_BINS_MAX], sum[WEFT_MAGNITUDE_BINS_MAX];
};

/* One row: its sums by bin; its new scale where asked. */
static void sweep_row(const struct weft_codebook_data *d, const struct finder *finder, const float *rep, bool fit_scale,
                      int row, float *scale, struct bin_sums *sums)
{
    const float *w = d->w + (int64_t)row * d->k, *importance = importance_of(d, row);
    float weight[WEFT_MAGNITUDE_BINS_MAX] = {0}, sum[WEFT_MAGNITUDE_BINS_MAX] = {0}, s = *scale;
    for (int i = 0; i < d->k; i++) {
        float u = fabsf(w[i]) / s;
        int b = find_bin(finder, u);
        weight[b] += importance[i];
        sum[b] += importance[i] * u;
    }
    double product = 0, square = 0;
    for (int b = 0; b < WEFT_MAGNITUDE_BINS_MAX; b++) {
        sums->weight[b] += (double)s * s * weight[b];
        sums->sum[b] += (double)s * s * sum[b];
        product += (double)sum[b] * rep[b];
        square += (double)weight[b] * rep[b] * rep[b];
    }
    if (fit_scale && square > 0 && product > 0) {
        *scale = fmaxf((float)((double)s * product / square), TINY);
    }
}

/* One sweep: nearest representatives (or bins by `cut`); new scales of the rows where asked; the sums for new
 * representatives. */
static void sweep(const struct weft_codebook_data *d, const double *rep, const double *cut, int bins, bool fit_scales,
                  float *scale, struct bin_sums *sums)
{
    struct finder finder;
    struct bin_sums parts[PARTS];
    float values[WEFT_MAGNITUDE_BINS_MAX] = {0};
    finder_init(&finder, rep, cut, bins);
    memset(parts, 0, sizeof parts);
    memset(sums, 0, sizeof *sums);
    for (int b = 0; b < bins; b++) {
        values[b] = (float)rep[b];
    }
#pragma omp parallel for num_threads(d->threads) schedule(dynamic)
    for (int p = 0; p < PARTS; p++) {
        int end = (int)((int64_t)d->n * (p + 1) / PARTS);
        for (int o = (int)((int64_t)d->n * p / PARTS); o < end; o++) {
            sweep_row(d, &finder, values, fit_scales, o, &scale[o], &parts[p]);
        }
    }
    for (int p = 0; p < PARTS; p++) {
        for (int b = 0; b < bins; b++) {
            sums->weight[b] += parts[p].weight[b];
            sums->sum[b] += parts[p].sum[b];
        }
    }
}

/* `cut`: NULL, or the cuts to keep. */
static void refine(const struct weft_codebook_data *d, const struct weft_codebook_wish *wish, const double *cut,
                   struct weft_weight_bins *found, float *scale)
{
    struct bin_sums sums;
    for (int i = 0; i < (wish->lloyd ? SWEEPS : 1); i++) {
        sweep(d, found->rep, cut, found->bins, wish->channel_scale, scale, &sums);
        for (int b = wish->levels % 2; wish->lloyd && b < found->bins; b++) {
            found->rep[b] = sums.weight[b] > 0 ? sums.sum[b] / sums.weight[b] : found->rep[b];
        }
        /* Means of neighbouring bins ascend; an empty bin may have been overtaken. */
        for (int b = 1; b < found->bins; b++) {
            found->rep[b] = fmax(found->rep[b], found->rep[b - 1]);
        }
    }
    sweep(d, found->rep, cut, found->bins, false, scale, &sums);
    for (int b = 0; b < found->bins; b++) {
        found->boundary[b] = sums.weight[b]; /* from here on: how much a bin matters */
    }
}

/* Whole numbers near rep * unit, the largest at most codebook_max; the unit with the least error. */
static double choose_integers(const struct weft_weight_bins *found, int codebook_max, struct weft_codebook *codebook)
{
    double largest = found->rep[found->bins - 1], best = INFINITY, best_unit = 1;
    codebook->levels = found->levels;
    codebook->magnitudes = found->bins;
    codebook->format = (enum weft_weight_format)weft_codebook_format(found->levels);
    for (int i = 0; largest > 0 && i < INTEGER_TRIES; i++) {
        double unit = (codebook_max + 0.49 - (codebook_max * 0.45 * i) / INTEGER_TRIES) / largest, error = 0;
        uint8_t q[WEFT_MAGNITUDE_BINS_MAX];
        for (int b = 0; b < found->bins; b++) {
            q[b] = (uint8_t)lrint(fmin(found->rep[b] * unit, codebook_max));
            double e = q[b] / unit - found->rep[b];
            error += found->boundary[b] * e * e;
        }
        if (error < best) {
            best = error;
            best_unit = unit;
            memcpy(codebook->q, q, sizeof q);
        }
    }
    return best_unit;
}

/* Scales by least squares for the integers nearest to the weights. */
static void fit_scales(const struct weft_codebook_data *d, const struct weft_nearest *nearest, float *scale)
{
#pragma omp parallel for num_threads(d->threads) schedule(static)
    for (int o = 0; o < d->n; o++) {
        const float *w = d->w + (int64_t)o * d->k, *importance = importance_of(d, o);
        for (int i = 0; i < INTEGER_SWEEPS; i++) {
            double product = 0, square = 0;
            for (int j = 0; j < d->k; j++) {
                double q = weft_nearest_integer(nearest, w[j] / scale[o]);
                product += (double)importance[j] * w[j] * q;
                square += (double)importance[j] * q * q;
            }
            if (!(square > 0) || !(product > 0)) {
                break;
            }
            scale[o] = fmaxf((float)(product / square), TINY);
        }
    }
}

/* c8: each row linearly, its top shrunk as far as that lessens the error. */
static void fit_linear(const struct weft_codebook_data *d, int codebook_max, const struct weft_nearest *nearest,
                       float *scale)
{
#pragma omp parallel for num_threads(d->threads) schedule(static)
    for (int o = 0; o < d->n; o++) {
        const float *w = d->w + (int64_t)o * d->k, *importance = importance_of(d, o);
        float top = 0;
        double best = INFINITY;
        for (int j = 0; j < d->k; j++) {
            top = fmaxf(top, fabsf(w[j]));
        }
        scale[o] = TINY;
        for (int i = 0; top > 0 && i < SHRINKS; i++) {
            float s = fmaxf(top * (1 - 0.04f * (float)i) / (float)codebook_max, TINY);
            double error = 0;
            for (int j = 0; j < d->k; j++) {
                double e = (double)w[j] - (double)s * weft_nearest_integer(nearest, w[j] / s);
                error += (double)importance[j] * e * e;
            }
            if (error < best) {
                best = error;
                scale[o] = s;
            }
        }
    }
}

bool weft_codebook_fit(const struct weft_codebook_data *data, const struct weft_codebook_wish *wish,
                       const weft_allocator *allocator, struct weft_codebook *codebook, struct weft_nearest *nearest,
                       float *scale)
{
    memset(codebook, 0, sizeof *codebook);
    if (wish->levels > 32) {
        codebook->format = WEFT_C8;
        codebook->levels = 255;
        nearest_init(nearest, codebook, wish->codebook_max);
        fit_linear(data, wish->codebook_max, nearest, scale);
        return true;
    }
    int64_t count = (int64_t)data->n * data->k;
    int64_t searched = wish->lloyd && count > SEARCHED_MAX ? SEARCHED_MAX : count;
    struct weft_weight_bins found;
    double *u = weft_block_alloc(allocator, (size_t)searched, sizeof *u);
    if (!u) {
        return false;
    }
    first_scales(data, wish->channel_scale, scale);
    for (int64_t i = 0; i < searched; i++) {
        int64_t at = (int64_t)((double)i * ((double)count / (double)searched));
        u[i] = (double)data->w[at] / (double)scale[at / data->k];
    }
    bool fine = weft_weight_search(u, searched, wish->levels, allocator, &found, NULL);
    weft_block_free(allocator, u);
    if (!fine) {
        return false;
    }
    double cut[WEFT_MAGNITUDE_BINS_MAX];
    memcpy(cut, found.boundary, sizeof cut);
    refine(data, wish, wish->nearest ? NULL : cut, &found, scale);
    double unit = choose_integers(&found, wish->codebook_max, codebook);
    for (int o = 0; o < data->n; o++) {
        scale[o] = fmaxf((float)(scale[o] / unit), TINY);
    }
    if (wish->nearest) {
        nearest_init(nearest, codebook, wish->codebook_max);
    } else {
        cuts_init(nearest, codebook, cut, unit);
    }
    fit_scales(data, nearest, scale);
    return true;
}
