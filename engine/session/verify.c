/* Every ISA and thread count against the scalar reference, layer by layer, bit for bit. */
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "session/session.h"

void weft_verify_options_default(weft_verify_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

struct verification {
    const weft_model *model;
    const weft_verify_options *options;
    weft_session *reference, *contender;
    void *ours, *theirs;     /* a layer's values, room for the largest */
    float *input, *output;
    weft_error *error;
};

static uint64_t fold(uint64_t hash, uint64_t value)
{
    for (int i = 0; i < 8; i++) {
        hash = (hash ^ (value >> (8 * i) & 255)) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Where two arrays of `count` elements first differ, and both values. */
static weft_status tell_difference(struct verification *v, int layer, const char *what, size_t size, size_t count,
                                   const char *isa, int threads)
{
    const struct weft_graph *graph = &v->model->graph;
    const struct weft_node *node = &graph->nodes[layer];
    const struct weft_tensor *out = &graph->tensors[node->output];
    const uint8_t *a = v->ours, *b = v->theirs;
    size_t at = 0;
    while (at < count && memcmp(a + at * size, b + at * size, size) == 0) {
        at++;
    }
    char values[64];
    if (size == 1) {
        snprintf(values, sizeof values, "%d, the scalar reference %d", b[at], a[at]);
    } else {
        int32_t x, y;
        memcpy(&x, a + at * size, sizeof x);
        memcpy(&y, b + at * size, sizeof y);
        snprintf(values, sizeof values, "%d, the scalar reference %d", y, x);
    }
    size_t pixel = at / (size_t)out->c;
    return weft_fail(v->error, WEFT_E_MISMATCH,
                     "layer %d '%s' (%s): %s at y %zu, x %zu, channel %zu: %s with %d threads gives %s", layer,
                     node->name, weft_op_name(node->op), what, pixel / (size_t)out->w, pixel % (size_t)out->w,
                     at % (size_t)out->c, isa, threads, values);
}

static weft_status compare_layer(struct verification *v, int layer, const char *isa, int threads)
{
    size_t count = 0, size = 0, room = SIZE_MAX;
    weft_session_layer_accumulators(v->reference, layer, v->ours, room, &count);
    weft_session_layer_accumulators(v->contender, layer, v->theirs, room, &count);
    if (count > 0 && memcmp(v->ours, v->theirs, count * sizeof(int32_t)) != 0) {
        return tell_difference(v, layer, "accumulators differ", sizeof(int32_t), count, isa, threads);
    }
    weft_session_layer_output(v->reference, layer, v->ours, room, &count, &size);
    weft_session_layer_output(v->contender, layer, v->theirs, room, &count, &size);
    if (memcmp(v->ours, v->theirs, count * size) != 0) {
        return tell_difference(v, layer, size == 1 ? "codes differ" : "floats (shown as bits) differ", size, count, isa,
                               threads);
    }
    return WEFT_OK;
}

/* The input of image `index`; without inputs a seeded one that reaches over the whole input edge. */
static void make_input(const struct verification *v, int index, float *input)
{
    const struct weft_graph *graph = &v->model->graph;
    const struct weft_tensor *in = &graph->tensors[graph->input];
    size_t count = (size_t)weft_tensor_elements(in);
    if (v->options->input) {
        memcpy(input, v->options->input + (size_t)index * count, count * sizeof *input);
        return;
    }
    uint32_t seed = 0x1234567u;
    float top = in->edge.kind == WEFT_EDGE_FLOAT ? 1 : weft_edge_decode(&in->edge, (uint8_t)in->edge.magnitudes);
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        int draw = (int)(seed >> 16 & 0xffff) - (in->edge.is_signed || in->edge.kind == WEFT_EDGE_FLOAT ? 32768 : 0);
        input[i] = top * (float)draw / 32768;
    }
}

/* What is run in earnest keeps less than what is traced: its output against the traced one's. */
static weft_status compare_ordinary(struct verification *v, const weft_session_options *options, int threads)
{
    const struct weft_graph *graph = &v->model->graph;
    const int64_t count = weft_tensor_elements(&graph->tensors[graph->output]);
    float *output = (float *)(void *)v->theirs;
    weft_session *session;
    weft_status status = weft_session_create(v->model, options, &session, v->error);
    if (status == WEFT_OK) {
        status = weft_session_run(session, v->input, output);
    }
    for (int64_t i = 0; status == WEFT_OK && i < count; i++) {
        if (memcmp(output + i, v->output + i, sizeof *output) != 0) {
            status = weft_fail(v->error, WEFT_E_MISMATCH,
                               "%s: value %lld of the output differs: %s with %d threads gives %.9g in an ordinary "
                               "run, %.9g in a traced one", graph->name, (long long)i, options->isa, threads,
                               (double)output[i], (double)v->output[i]);
        }
    }
    weft_session_free(&session);
    return status;
}

static weft_status run_contender(struct verification *v, const char *isa, int threads)
{
    weft_session_options options;
    weft_session_options_default(&options);
    options.isa = isa;
    options.threads = threads;
    weft_status status = weft_session_create_traced(v->model, &options, &v->contender, v->error);
    if (status == WEFT_OK) {
        status = weft_session_run(v->contender, v->input, v->output);
    }
    for (int i = 0; status == WEFT_OK && i < v->model->graph.nodes_count; i++) {
        status = compare_layer(v, i, isa, threads);
    }
    weft_session_free(&v->contender);
    if (status == WEFT_OK) {
        status = compare_ordinary(v, &options, threads);
    }
    if (v->options->verdict && (status == WEFT_OK || status == WEFT_E_MISMATCH)) {
        v->options->verdict(v->options->cookie, isa, threads, status == WEFT_OK);
    }
    return status;
}

static weft_status verify_image(struct verification *v, int image, uint64_t *digest)
{
    static const int one_thread[] = {1};
    const weft_verify_options *o = v->options;
    const int *threads = o->threads_count > 0 ? o->threads : one_thread;
    int threads_count = o->threads_count > 0 ? o->threads_count : 1;
    unsigned mask = o->isa_mask ? o->isa_mask : weft_isa_available();
    make_input(v, image, v->input);
    weft_status status = weft_session_run(v->reference, v->input, v->output);
    for (int i = 0; status == WEFT_OK && i < v->model->graph.nodes_count; i++) {
        uint64_t layer = 0;
        weft_session_layer_digest(v->reference, i, &layer);
        *digest = fold(*digest, layer);
        if (o->layer) {
            o->layer(o->cookie, i, v->model->graph.nodes[i].name, layer);
        }
    }
    for (int i = 0; status == WEFT_OK && weft_isa_name(i); i++) {
        for (int t = 0; status == WEFT_OK && (mask & weft_isa_from_name(weft_isa_name(i))) && t < threads_count; t++) {
            status = run_contender(v, weft_isa_name(i), threads[t]);
        }
    }
    return status;
}

static size_t largest_layer(const struct weft_graph *graph)
{
    size_t most = 1;
    for (int i = 0; i < graph->nodes_count; i++) {
        size_t count = (size_t)weft_tensor_elements(&graph->tensors[graph->nodes[i].output]);
        most = count > most ? count : most;
    }
    size_t output = (size_t)weft_tensor_elements(&graph->tensors[graph->output]); /* which may be the input */
    most = output > most ? output : most;
    return most * sizeof(int32_t);
}

weft_status weft_verify(const weft_model *model, const weft_verify_options *options, uint64_t *digest,
                        weft_error *error)
{
    *digest = UINT64_C(0xcbf29ce484222325);
    if (options->size != sizeof *options) {
        return weft_fail(error, WEFT_E_ARGUMENT, "verify options: call weft_verify_options_default first");
    }
    if (!model->graph.quantized) {
        return weft_fail(error, WEFT_E_ARGUMENT, "a float model has nothing to verify; quantize it first");
    }
    const struct weft_graph *graph = &model->graph;
    const weft_allocator *allocator = &model->pool.allocator;
    struct verification v = {.model = model, .options = options, .error = error};
    v.ours = weft_block_alloc(allocator, largest_layer(graph), 1);
    v.theirs = weft_block_alloc(allocator, largest_layer(graph), 1);
    v.input = weft_block_alloc(allocator, (size_t)weft_tensor_elements(&graph->tensors[graph->input]), sizeof(float));
    v.output = weft_block_alloc(allocator, (size_t)weft_tensor_elements(&graph->tensors[graph->output]), sizeof(float));
    weft_status status = WEFT_E_MEMORY;
    if (v.ours && v.theirs && v.input && v.output) {
        weft_session_options scalar;
        weft_session_options_default(&scalar);
        scalar.isa = "scalar";
        scalar.threads = 1;
        scalar.winograd = WEFT_WINOGRAD_OFF;
        status = weft_session_create_traced(model, &scalar, &v.reference, error);
    } else {
        weft_fail(error, status, "verify: memory is short");
    }
    int images = options->input ? options->images : 1;
    for (int i = 0; status == WEFT_OK && i < images; i++) {
        status = verify_image(&v, i, digest);
    }
    weft_session_free(&v.reference);
    weft_block_free(allocator, v.ours);
    weft_block_free(allocator, v.theirs);
    weft_block_free(allocator, v.input);
    weft_block_free(allocator, v.output);
    return status;
}
