#include "quant/weights.h"

#include <math.h>

#include "core/error.h"
#include "quant/weight_search.h"

/* Scale of one output channel by least squares: minimises sum (w - s Q)^2. Channels that are all zero get a scale that
 * does no harm. */
static float fit_scale(const float *w, const int8_t *q, int64_t n)
{
    double product = 0, square = 0;
    for (int64_t i = 0; i < n; i++) {
        product += (double)w[i] * q[i];
        square += (double)q[i] * q[i];
    }
    double scale = square > 0 ? product / square : 0;
    return scale > 1e-30 ? (float)scale : 1e-30f;
}

/* Eight bits: each output channel linearly, up to its largest weight. */
static void quantize_linear(const float *w, int outputs, int64_t per_output, int codebook_max, int8_t *q)
{
    for (int o = 0; o < outputs; o++) {
        float top = 0;
        for (int64_t i = 0; i < per_output; i++) {
            top = fmaxf(top, fabsf(w[o * per_output + i]));
        }
        for (int64_t i = 0; i < per_output; i++) {
            q[o * per_output + i] = top > 0 ? (int8_t)lrintf(w[o * per_output + i] / top * (float)codebook_max) : 0;
        }
    }
}

/* The codebook's integers: the representatives scaled so that the largest is `top`. */
static void make_codebook(const struct weft_weight_bins *bins, int top, struct weft_codebook *codebook)
{
    double largest = bins->rep[bins->bins - 1];
    codebook->levels = bins->levels;
    codebook->magnitudes = bins->bins;
    codebook->format = (enum weft_weight_format)weft_codebook_format(bins->levels);
    for (int b = 0; b < bins->bins; b++) {
        codebook->q[b] = (uint8_t)(largest > 0 ? lrint(bins->rep[b] / largest * top) : 0);
    }
}

/* Published rounding: bin by boundary. Returns Q in `q` and the packed form's bins in place. */
static void assign_bins(const struct weft_weight_bins *found, const struct weft_codebook *codebook, const float *w,
                        int64_t n, int8_t *q, uint8_t *bins)
{
    int sign = 1 << (codebook->format - 1);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i++) {
        int bin = weft_weight_bin(found, w[i]);
        bool negative = w[i] < 0 && !(codebook->levels % 2 && bin == 0);
        bins[i] = (uint8_t)(bin | (negative ? sign : 0));
        q[i] = (int8_t)weft_codebook_integer(codebook, bins[i]);
    }
}

static bool find_bins(const struct weft_node *from, int levels, const weft_allocator *allocator,
                      struct weft_weight_bins *found)
{
    double *w = weft_block_alloc(allocator, (size_t)from->weights_count, sizeof *w);
    for (int64_t i = 0; w && i < from->weights_count; i++) {
        w[i] = from->weights[i];
    }
    bool fine = w && weft_weight_search(w, from->weights_count, levels, allocator, found, NULL);
    weft_block_free(allocator, w);
    return fine;
}

weft_status weft_quantize_weights(struct weft_graph *graph, struct weft_node *node, const struct weft_node *from,
                                  int outputs, float input_scale, const struct weft_layer_choice *choice,
                                  weft_error *error)
{
    const weft_allocator *allocator = &graph->pool->allocator;
    int64_t n = from->weights_count, per_output = n / outputs;
    struct weft_weight_bins found;
    int8_t *q = weft_block_alloc(allocator, (size_t)n, sizeof *q);
    uint8_t *bins = weft_block_alloc(allocator, (size_t)n, sizeof *bins);
    bool linear = choice->weight_levels > 32;
    bool fine = q && bins && (linear || find_bins(from, choice->weight_levels, allocator, &found));
    node->codebook = (struct weft_codebook){.format = WEFT_C8, .levels = 255};
    if (fine && linear) {
        quantize_linear(from->weights, outputs, per_output, choice->codebook_max, q);
        for (int64_t i = 0; i < n; i++) {
            bins[i] = (uint8_t)q[i];
        }
    } else if (fine) {
        make_codebook(&found, choice->codebook_max, &node->codebook);
        assign_bins(&found, &node->codebook, from->weights, n, q, bins);
    }
    node->bins = weft_pool_alloc(graph->pool, weft_bins_bytes(n, node->codebook.format), 1);
    node->scale = weft_pool_alloc(graph->pool, (size_t)outputs, sizeof *node->scale);
    fine = fine && node->bins && node->scale;
    if (fine) {
        weft_bins_pack(bins, n, node->codebook.format, node->bins);
        for (int o = 0; o < outputs; o++) {
            node->scale[o] = fit_scale(from->weights + o * per_output, q + o * per_output, per_output) * input_scale;
        }
    }
    weft_block_free(allocator, q);
    weft_block_free(allocator, bins);
    return fine ? WEFT_OK : weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", graph->name, node->name);
}
