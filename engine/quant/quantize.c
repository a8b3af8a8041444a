/* A quantized model from a float one: calibrate, choose formats, fit weights, build. */
#include <string.h>

#include "core/error.h"
#include "quant/quantizer.h"

/* Bytes for the kept images' values during the walk, and how many are kept at most. */
#define WALK_BYTES ((int64_t)3 << 29)
enum { KEPT_MAX = 512 };

static bool is_headroom_layer(const struct weft_graph *graph, const struct weft_node *node)
{
    const struct weft_window *w = &node->window;
    return node->op == WEFT_OP_CONV && node->groups == 1 && graph->tensors[node->output].h > 1 && w->kernel_h == 3 &&
           w->kernel_w == 3 && w->stride_h == 1 && w->stride_w == 1 && w->dilation_h == 1 && w->dilation_w == 1;
}

static bool take_memory(struct weft_quantizer *q, struct weft_pool *pool)
{
    size_t nodes = (size_t)q->graph->nodes_count, tensors = (size_t)q->graph->tensors_count;
    q->choices = weft_pool_alloc(pool, nodes, sizeof *q->choices);
    q->stats = weft_pool_alloc(pool, tensors, sizeof *q->stats);
    q->class_of = weft_pool_alloc(pool, tensors, sizeof *q->class_of);
    q->classes = weft_pool_alloc(pool, tensors, sizeof *q->classes);
    q->edges = weft_pool_alloc(pool, tensors, sizeof *q->edges);
    q->plans = weft_pool_alloc(pool, nodes, sizeof *q->plans);
    q->fits = weft_pool_alloc(pool, nodes, sizeof *q->fits);
    q->noise = weft_pool_alloc(pool, nodes, sizeof *q->noise);
    return q->choices && q->stats && q->class_of && q->classes && q->edges && q->plans && q->fits && q->noise;
}

/* How many inputs stay in memory: all, unless their values would take too much. */
static int count_kept(const struct weft_quantizer *q)
{
    int64_t bytes = weft_walk_bytes(q->graph);
    int64_t able = WALK_BYTES / (bytes > 0 ? bytes : 1), images = q->options->images;
    able = able > KEPT_MAX ? KEPT_MAX : able < 1 ? 1 : able;
    int64_t step = (images + able - 1) / able;
    return (int)((images + step - 1) / step);
}

static weft_status calibrate(struct weft_quantizer *q)
{
    const struct weft_graph *graph = q->graph;
    int kept = count_kept(q), step = (q->options->images + kept - 1) / kept;
    if (!weft_images_take(&q->images, kept, weft_tensor_elements(&graph->tensors[graph->input]),
                          weft_tensor_elements(&graph->tensors[graph->output]), q->allocator)) {
        return weft_fail(q->error, WEFT_E_MEMORY, "%s: memory is short: give fewer calibration inputs", graph->name);
    }
    q->method.bias = q->method.bias && q->images.check_count > 0;
    return weft_calibrate(graph, q->options, q->stats, &q->images, step, q->error);
}

static weft_status quantize(struct weft_quantizer *q, weft_model **quantized)
{
    weft_status status = weft_choose_layers(q->graph, q->options, q->choices, q->error);
    for (int i = 0; status == WEFT_OK && i < q->graph->nodes_count; i++) {
        q->plans[i].fixed_levels = q->choices[i].weight_levels;
        q->plans[i].can_headroom = is_headroom_layer(q->graph, &q->graph->nodes[i]);
    }
    status = status ? status : calibrate(q);
    status = status ? status : weft_classes_make(q);
    if (status == WEFT_OK && q->options->acts == WEFT_ACTS_ENTROPY) {
        status = weft_classes_publish(q);
    }
    return status ? status : weft_search(q, quantized);
}

static weft_status check_arguments(const weft_model *model, const weft_quantize_options *o, weft_error *error)
{
    const struct weft_graph *graph = &model->graph;
    if (o->size != sizeof *o || !o->source || o->images < 1) {
        return weft_fail(error, WEFT_E_ARGUMENT,
                         "quantize: call weft_quantize_options_default first, then give a source of at "
                         "least one image");
    }
    if (graph->quantized || graph->tensors[graph->input].n != 1) {
        return weft_fail(error, WEFT_E_ARGUMENT, "%s: quantize takes a float model with a batch of 1", graph->name);
    }
    if (!(o->max_drop >= 0 && o->max_drop <= 100) || o->max_size < 0) {
        return weft_fail(error, WEFT_E_ARGUMENT,
                         "quantize: the largest drop must be 0..100 points, the largest size positive");
    }
    if (o->threads < 0 || o->threads > 256) {
        return weft_fail(error, WEFT_E_ARGUMENT, "quantize: threads must be 1..256, or 0 for all cores");
    }
    return WEFT_OK;
}

weft_status weft_quantize(const weft_model *model, const weft_quantize_options *options, weft_model **quantized,
                          weft_error *error)
{
    *quantized = NULL;
    weft_status status = check_arguments(model, options, error);
    if (status != WEFT_OK) {
        return status;
    }
    struct weft_pool pool;
    weft_pool_init(&pool, &model->pool.allocator);
    struct weft_quantizer q = {
        .model = model, .graph = &model->graph, .options = options, .allocator = &model->pool.allocator, .error = error,
        .threads = options->threads ? options->threads : weft_physical_cores(),
        .method = {options->nearest, options->lloyd, options->channel_scale, options->compensate,
                   options->bias_correction}};
    status = take_memory(&q, &pool) ? quantize(&q, quantized)
                                    : weft_fail(error, WEFT_E_MEMORY, "%s: memory is short", model->graph.name);
    if (status == WEFT_OK && options->report) {
        status = weft_report_make(&q, *quantized, options->report);
    }
    for (int i = 0; q.fits && i < model->graph.nodes_count; i++) {
        weft_layer_fit_free(&q.fits[i], q.allocator);
    }
    weft_images_free(&q.images, q.allocator);
    weft_pool_free(&pool);
    if (status != WEFT_OK) {
        weft_model_free(quantized);
    }
    return status;
}
