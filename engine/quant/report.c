/* What was chosen and what it costs, for people. */
#include <math.h>
#include <string.h>

#include "core/error.h"
#include "quant/quantizer.h"

static double decibels(double signal, double noise)
{
    return signal > 0 && noise > 0 ? 10 * log10(signal / noise) : (double)(signal > 0 ? INFINITY : NAN);
}

/* Weighted entropy of what was chosen: importance w^2, bins by magnitude (docs/formats.md section 1). */
static double weighted_entropy(const struct weft_node *from, const struct weft_node *node)
{
    double importance[128] = {0}, count[128] = {0}, n = (double)node->weights_count, sum = 0;
    for (int64_t i = 0; i < node->weights_count; i++) {
        uint8_t bin;
        weft_bins_unpack(node->bins, i, 1, node->codebook.format, &bin);
        int q = weft_codebook_integer(&node->codebook, bin), at = q < 0 ? -q : q;
        importance[at] += (double)from->weights[i] * (double)from->weights[i];
        count[at]++;
    }
    for (int b = 0; b < 128; b++) {
        sum -= count[b] > 0 && b > 0 ? importance[b] / n * log(count[b] / n / 2) : 0;
    }
    return sum;
}

static void describe_weights(const struct weft_node *from, const struct weft_node *node, int outputs, float input_scale,
                             weft_report_layer *layer)
{
    int64_t each = node->weights_count / outputs, zeros = 0;
    double signal = 0, noise = 0;
    int most = 0;
    for (int pass = 0; pass < 2; pass++) {
        layer->histogram_top = 1.25f * (float)(most > 0 ? most : 1);
        for (int64_t i = 0; i < node->weights_count; i++) {
            uint8_t bin;
            weft_bins_unpack(node->bins, i, 1, node->codebook.format, &bin);
            int q = weft_codebook_integer(&node->codebook, bin);
            float scale = node->scale[i / each] / input_scale, w = from->weights[i];
            most = q > most ? q : -q > most ? -q : most;
            if (pass == 0) {
                double e = (double)w - (double)scale * q;
                signal += (double)w * w;
                noise += e * e;
                zeros += q == 0;
            } else {
                float at = (w / scale / layer->histogram_top + 1) / 2 * WEFT_REPORT_BINS;
                layer->histogram[at > 0 ? at < WEFT_REPORT_BINS - 1 ? (int)at : WEFT_REPORT_BINS - 1 : 0]++;
            }
        }
    }
    layer->sqnr_weights = decibels(signal, noise);
    layer->zeros = (double)zeros / (double)node->weights_count;
    layer->entropy = weighted_entropy(from, node);
}

static void describe_layer(const struct weft_quantizer *q, const struct weft_graph *graph, int index,
                           weft_report_layer *layer)
{
    const struct weft_node *node = &graph->nodes[index];
    const struct weft_weight_plan *plan = &q->plans[index];
    layer->layer = index;
    layer->bits = node->codebook.format;
    layer->levels = node->codebook.levels;
    layer->codebook_max = weft_codebook_max(&node->codebook);
    layer->headroom = (int)plan->form.headroom;
    layer->weights = node->weights_count;
    layer->sensitivity = plan->sensitivity > 0 ? plan->sensitivity : (double)NAN;
    layer->sensitivity_noise = plan->noise[WEFT_FORM_C4];
    layer->sqnr_output = decibels(q->noise[index].signal, q->noise[index].noise);
    layer->bias_corrected = q->fits[index].bias_corrected;
    describe_weights(&q->graph->nodes[index], node, graph->tensors[node->output].c,
                     graph->tensors[node->inputs[0]].edge.scale, layer);
}

static void describe_histogram(const struct weft_fine *fine, weft_report_edge *edge)
{
    enum { PER_BIN = 16, BINS = WEFT_FINE_BUCKETS / PER_BIN };
    int top = 0;
    for (int i = 0; i < WEFT_FINE_BUCKETS; i++) {
        top = fine->count[i] > 0 ? i / PER_BIN + 1 : top;
    }
    edge->histogram_top = (float)(top - 40 * 8) / 8;
    int64_t most = fine->zeros;
    for (int i = 0; i < WEFT_FINE_BUCKETS; i++) {
        most += fine->count[i];
    }
    double unit = most > UINT32_MAX ? (double)UINT32_MAX / (double)most : 1;
    double sums[WEFT_REPORT_BINS] = {(double)fine->zeros};
    for (int i = 0; i < top * PER_BIN; i++) {
        int at = WEFT_REPORT_BINS - top + i / PER_BIN;
        sums[at > 0 ? at : 0] += (double)fine->count[i];
    }
    for (int i = 0; i < WEFT_REPORT_BINS; i++) {
        edge->histogram[i] = (uint32_t)(sums[i] * unit);
    }
}

static double class_noise(const struct weft_edge_class *class, const struct weft_edge *edge)
{
    for (int f = 0; f < class->forms; f++) {
        if (weft_edge_equal(&class->form[f], edge)) {
            return class->noise[f];
        }
    }
    for (int i = 0; i < 2; i++) {
        if (weft_edge_equal(&class->narrow[i], edge)) {
            return class->narrow_noise[i];
        }
    }
    return NAN;
}

static void describe_edge(const struct weft_quantizer *q, const struct weft_graph *graph, int t, weft_report_edge *edge)
{
    const struct weft_edge *from = &graph->tensors[t].edge;
    const struct weft_edge_class *class = &q->classes[q->class_of[t]];
    int producer = graph->tensors[t].producer;
    edge->name = graph->tensors[t].name;
    edge->layer = producer;
    edge->format = from->kind == WEFT_EDGE_LOG ? "log" : from->kind == WEFT_EDGE_LINEAR ? "linear" : "float";
    edge->sensitivity = class->sensitivity > 0 ? class->sensitivity : (double)NAN;
    edge->sensitivity_noise = class->noise[class->forms > 1 && !class->is_input ? 1 : 0];
    edge->sqnr = edge->zeros = edge->saturated = NAN;
    describe_histogram(&q->stats[q->class_of[t]].fine, edge);
    if (from->kind == WEFT_EDGE_FLOAT) {
        return;
    }
    edge->is_signed = from->is_signed;
    edge->magnitudes = from->magnitudes;
    edge->step = from->step;
    edge->table_max = from->table[from->magnitudes];
    edge->scale = from->scale;
    edge->sqnr = decibels(class->signal, class_noise(class, from));
    for (int m = 0; m <= from->magnitudes; m++) {
        edge->values[m] = (float)from->table[m] * from->scale;
    }
    const struct weft_node_noise *noise = producer >= 0 ? &q->noise[producer] : NULL;
    if (noise && noise->values > 0) {
        edge->zeros = (double)noise->zeros / (double)noise->values;
        edge->saturated = (double)noise->saturated / (double)noise->values;
    }
}

static void describe_totals(const struct weft_quantizer *q, weft_quantize_report *report)
{
    for (int i = 0; i < report->layers_count; i++) {
        const weft_report_layer *layer = &report->layers[i];
        report->weights += layer->weights;
        report->weight_bytes += (layer->weights * layer->bits + 7) / 8;
    }
    report->average_bits = report->weights ? 8.0 * (double)report->weight_bytes / (double)report->weights : 0;
    report->images = q->options->images;
    report->images_kept = q->images.count;
    report->rounds = q->rounds;
    report->agreement = q->reached.agreement;
    report->drop = 100 * q->reached.loss;
    report->drop_error = 100 * q->reached.loss_error;
    report->sqnr = decibels(1, q->reached.noise);
    report->within_budget = q->promised;
}

weft_status weft_report_make(const struct weft_quantizer *q, const weft_model *model, weft_quantize_report *report)
{
    const struct weft_graph *graph = &model->graph;
    memset(report, 0, sizeof *report);
    report->size = sizeof *report;
    struct weft_pool *pool = weft_block_alloc(q->allocator, 1, sizeof *pool);
    if (pool) {
        weft_pool_init(pool, q->allocator);
        report->memory = pool;
        report->layers = weft_pool_alloc(pool, (size_t)graph->nodes_count, sizeof *report->layers);
        report->edges = weft_pool_alloc(pool, (size_t)graph->tensors_count, sizeof *report->edges);
    }
    if (!pool || !report->layers || !report->edges) {
        weft_quantize_report_free(report);
        return weft_fail(q->error, WEFT_E_MEMORY, "%s: memory is short", graph->name);
    }
    for (int i = 0; i < graph->nodes_count; i++) {
        if (graph->nodes[i].op == WEFT_OP_CONV) {
            describe_layer(q, graph, i, &report->layers[report->layers_count++]);
        }
    }
    for (int t = 0; t < graph->tensors_count; t++) {
        describe_edge(q, graph, t, &report->edges[report->edges_count++]);
    }
    describe_totals(q, report);
    return WEFT_OK;
}

void weft_quantize_report_free(weft_quantize_report *report)
{
    if (report && report->memory) {
        struct weft_pool *pool = report->memory;
        weft_allocator allocator = pool->allocator;
        weft_pool_free(pool);
        weft_block_free(&allocator, pool);
    }
    if (report) {
        memset(report, 0, sizeof *report);
    }
}
