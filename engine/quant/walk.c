#include "quant/walk.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "core/error.h"
#include "quant/rounder.h"
#include "session/float_ops.h"

/* Samples of a layer: enough for the moments of k inputs, and no more. */
enum { ROWS_PER_INPUT = 32, ROWS_MIN = 4096, ROWS_MAX = 65536, CHECK_ROWS_MAX = 4096 };

/* What one thread works with. */
struct worker {
    struct weft_float_context context;
    float **inputs; /* buffers of the rounded inputs of a node, as many as any node has */
};

struct state {
    const struct weft_walk *walk;
    struct weft_pool pool;
    struct weft_matrix_tools tools;
    struct weft_value *values; /* per tensor */
    int *last;                 /* node that reads it last */
    struct worker *workers;
    struct weft_rounder rounder; /* of the node at hand */
    int64_t largest;             /* floats of the largest tensor */
};

static int inputs_of(const struct weft_node *node)
{
    return node->inputs_count + (node->residual >= 0);
}

static int input_of(const struct weft_node *node, int i)
{
    return i < node->inputs_count ? node->inputs[i] : node->residual;
}

static void find_last(const struct weft_graph *graph, int *last)
{
    for (int t = 0; t < graph->tensors_count; t++) {
        last[t] = graph->tensors[t].producer;
    }
    for (int i = 0; i < graph->nodes_count; i++) {
        for (int k = 0; k < inputs_of(&graph->nodes[i]); k++) {
            last[input_of(&graph->nodes[i], k)] = i;
        }
    }
}

int64_t weft_walk_bytes(const struct weft_graph *graph)
{
    int64_t most = 0;
    for (int i = 0; i < graph->nodes_count; i++) {
        int64_t sum = 0;
        for (int t = 0; t < graph->tensors_count; t++) {
            int last = graph->tensors[t].producer;
            for (int j = i; j < graph->nodes_count; j++) {
                for (int k = 0; k < inputs_of(&graph->nodes[j]); k++) {
                    last = input_of(&graph->nodes[j], k) == t ? j : last;
                }
            }
            bool alive = graph->tensors[t].producer <= i && last >= i;
            sum += alive ? weft_tensor_elements(&graph->tensors[t]) * (int64_t)(sizeof(float) + 1) : 0;
        }
        most = sum > most ? sum : most;
    }
    return most;
}

/* ---- memory ---- */

static bool make_worker(struct state *s, struct worker *worker, int64_t columns, int inputs, bool packs)
{
    const struct weft_graph *graph = s->walk->graph;
    worker->context = (struct weft_float_context){.graph = graph, .threads = 1, .blas = s->tools.blas,
                                                  .columns_floats = columns};
    worker->context.values = weft_pool_alloc(&s->pool, (size_t)graph->tensors_count, sizeof(float *));
    worker->context.columns = weft_pool_alloc(&s->pool, (size_t)columns, sizeof(float));
    worker->context.packs = weft_pool_alloc(&s->pool, packs ? weft_blas_scratch() : 0, sizeof(float));
    worker->inputs = weft_pool_alloc(&s->pool, (size_t)inputs + 1, sizeof(float *));
    bool fine = worker->context.values && worker->context.columns && worker->context.packs && worker->inputs;
    for (int i = 0; fine && i <= inputs; i++) {
        worker->inputs[i] = weft_pool_alloc(&s->pool, (size_t)s->largest, sizeof(float));
        fine = worker->inputs[i] != NULL;
    }
    return fine;
}

static bool open_state(struct state *s, const struct weft_walk *walk)
{
    const struct weft_graph *graph = walk->graph;
    size_t tensors = (size_t)graph->tensors_count;
    *s = (struct state){.walk = walk};
    weft_pool_init(&s->pool, walk->allocator);
    bool fine = weft_matrix_open(&s->tools, walk->threads, walk->allocator);
    s->values = weft_pool_alloc(&s->pool, tensors, sizeof *s->values);
    s->last = weft_pool_alloc(&s->pool, tensors, sizeof *s->last);
    s->workers = weft_pool_alloc(&s->pool, (size_t)walk->threads, sizeof *s->workers);
    if (!fine || !s->values || !s->last || !s->workers) {
        return false;
    }
    find_last(graph, s->last);
    int64_t columns = 0;
    int inputs = 1;
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        int64_t floats = node->op == WEFT_OP_CONV ? weft_float_conv_columns(graph, node) : 0;
        columns = floats > columns ? floats : columns;
        inputs = inputs_of(node) > inputs ? inputs_of(node) : inputs;
    }
    for (int t = 0; t < graph->tensors_count; t++) {
        int64_t count = weft_tensor_elements(&graph->tensors[t]);
        s->values[t].count = count;
        s->largest = count > s->largest ? count : s->largest;
    }
    for (int i = 0; i < walk->threads && fine; i++) {
        fine = make_worker(s, &s->workers[i], columns, inputs, s->tools.blas.sgemm == NULL);
    }
    return fine;
}

static bool take_value(struct state *s, int t)
{
    struct weft_value *v = &s->values[t];
    const struct weft_walk *walk = s->walk;
    size_t count = (size_t)v->count * (size_t)walk->images->count;
    v->exact = weft_block_alloc(walk->allocator, count, sizeof *v->exact);
    v->rounded = v->exact;
    if (!v->exact || !walk->edges) {
        return v->exact != NULL;
    }
    if (walk->edges[t].kind == WEFT_EDGE_FLOAT) {
        v->rounded = weft_block_alloc(walk->allocator, count, sizeof *v->rounded);
    } else {
        v->rounded = NULL;
        v->codes = weft_block_alloc(walk->allocator, count, 1);
        memcpy(v->decode, s->rounder.decode, sizeof v->decode);
    }
    return v->rounded || v->codes;
}

static void drop_value(struct state *s, int t)
{
    struct weft_value *v = &s->values[t];
    if (v->rounded != v->exact) {
        weft_block_free(s->walk->allocator, v->rounded);
    }
    weft_block_free(s->walk->allocator, v->exact);
    weft_block_free(s->walk->allocator, v->codes);
    v->exact = v->rounded = NULL;
    v->codes = NULL;
}

static void close_state(struct state *s)
{
    for (int t = 0; s->values && t < s->walk->graph->tensors_count; t++) {
        drop_value(s, t);
    }
    weft_matrix_close(&s->tools);
    weft_pool_free(&s->pool);
}

/* ---- one node on one image ---- */

static void run_exact(struct state *s, struct worker *worker, const struct weft_node *node, int image)
{
    for (int k = 0; k < inputs_of(node); k++) {
        const struct weft_value *v = &s->values[input_of(node, k)];
        worker->context.values[input_of(node, k)] = v->exact + image * v->count;
    }
    const struct weft_value *out = &s->values[node->output];
    worker->context.values[node->output] = out->exact + image * out->count;
    weft_float_node(&worker->context, node);
}

static void add_noise(const struct state *s, const struct weft_value *out, int image, struct weft_node_noise *noise)
{
    const float *exact = out->exact + image * out->count;
    int top = out->codes ? s->rounder.encoder.magnitudes : -1, magnitude = s->rounder.encoder.is_signed ? 127 : 255;
    *noise = (struct weft_node_noise){.values = out->count};
    for (int64_t i = 0; i < out->count; i++) {
        double e = exact[i], d = (double)weft_value_rounded(out, image, i) - e;
        noise->signal += e * e;
        noise->noise += d * d;
        int code = out->codes ? out->codes[image * out->count + i] : -2;
        noise->zeros += code == 0;
        noise->saturated += (code & magnitude) == top;
    }
}

static void run_rounded(struct state *s, struct worker *worker, const struct weft_node *node, int image,
                        struct weft_node_noise *noise)
{
    struct weft_value *out = &s->values[node->output];
    for (int k = 0; k < inputs_of(node); k++) {
        const struct weft_value *v = &s->values[input_of(node, k)];
        for (int64_t i = 0; i < v->count; i++) {
            worker->inputs[k][i] = weft_value_rounded(v, image, i);
        }
        worker->context.values[input_of(node, k)] = worker->inputs[k];
    }
    float *made = worker->inputs[inputs_of(node)];
    worker->context.values[node->output] = made;
    weft_float_node(&worker->context, node);
    if (out->codes) {
        weft_rounder_encode(&s->rounder, made, out->count, out->codes + image * out->count);
    } else {
        memcpy(out->rounded + image * out->count, made, (size_t)out->count * sizeof *made);
    }
    add_noise(s, out, image, noise);
}

/* The node with the fitted weights in place of its own; `weights` is freed by the caller. */
static bool fitted_node(const struct state *s, const struct weft_node *node, const struct weft_layer_fit *fit,
                        struct weft_node *fitted, float **weights)
{
    *fitted = *node;
    *weights = NULL;
    if (node->op != WEFT_OP_CONV || !fit->q) {
        return true;
    }
    int64_t each = node->weights_count / s->walk->graph->tensors[node->output].c;
    *weights = weft_block_alloc(s->walk->allocator, (size_t)node->weights_count, sizeof **weights);
    for (int64_t i = 0; *weights && i < node->weights_count; i++) {
        (*weights)[i] = fit->scale[i / each] * (float)fit->q[i];
    }
    fitted->weights = *weights;
    fitted->bias = fit->bias;
    return *weights != NULL;
}

static weft_status run_images(struct state *s, int index)
{
    const struct weft_walk *walk = s->walk;
    const struct weft_node *node = &walk->graph->nodes[index];
    int images = walk->images->count;
    struct weft_node fitted;
    float *weights;
    struct weft_node_noise *noise = weft_block_alloc(walk->allocator, (size_t)images, sizeof *noise);
    if (!noise || !fitted_node(s, node, &walk->fits[index], &fitted, &weights)) {
        weft_block_free(walk->allocator, noise);
        return WEFT_E_MEMORY;
    }
#pragma omp parallel for num_threads(walk->threads) schedule(dynamic)
    for (int i = 0; i < images; i++) {
        struct worker *worker = &s->workers[omp_get_thread_num()];
        run_exact(s, worker, node, i);
        if (walk->edges) {
            run_rounded(s, worker, &fitted, i, &noise[i]);
        }
    }
    for (int i = 0; i < images && walk->noise && walk->edges; i++) {
        struct weft_node_noise *sum = &walk->noise[index];
        sum->signal += noise[i].signal;
        sum->noise += noise[i].noise;
        sum->zeros += noise[i].zeros;
        sum->saturated += noise[i].saturated;
        sum->values += noise[i].values;
    }
    weft_block_free(walk->allocator, noise);
    weft_block_free(walk->allocator, weights);
    return WEFT_OK;
}

/* ---- the walk ---- */

static int64_t rows_of(int64_t pixels, int64_t most)
{
    return pixels < most ? pixels : most;
}

static weft_status fit_layer(struct state *s, int index)
{
    const struct weft_walk *walk = s->walk;
    const struct weft_graph *graph = walk->graph;
    const struct weft_node *node = &graph->nodes[index];
    const struct weft_tensor *in = &graph->tensors[node->inputs[0]], *out = &graph->tensors[node->output];
    int64_t k = node->weights_count / out->c, pixels = (int64_t)out->h * out->w;
    int64_t most = k * ROWS_PER_INPUT < ROWS_MIN   ? ROWS_MIN
                   : k * ROWS_PER_INPUT > ROWS_MAX ? ROWS_MAX
                                                   : k * ROWS_PER_INPUT;
    const struct weft_images *images = walk->images;
    struct weft_layer_job job = {
        .tools = &s->tools, .graph = graph, .node = node, .in = &s->values[node->inputs[0]],
        .residual = node->residual >= 0 ? &s->values[node->residual] : NULL,
        .fit = {node, in, out, images->fit, images->fit_count, rows_of(pixels * images->fit_count, most)},
        .check = {node, in, out, images->check, images->check_count,
                  rows_of(pixels * images->check_count, CHECK_ROWS_MAX)},
        .method = walk->method, .exact = walk->edges == NULL};
    struct weft_layer_moments moments;
    weft_status status = weft_layer_moments_init(&moments, &job);
    if (status == WEFT_OK) {
        status = walk->layer(walk->cookie, index, &job, &moments, &walk->fits[index]);
    }
    weft_layer_moments_free(&moments, walk->allocator);
    return status;
}

static weft_status walk_node(struct state *s, int index)
{
    const struct weft_walk *walk = s->walk;
    const struct weft_graph *graph = walk->graph;
    const struct weft_node *node = &graph->nodes[index];
    weft_status status = node->op == WEFT_OP_CONV ? fit_layer(s, index) : WEFT_OK;
    if (status != WEFT_OK) {
        return status;
    }
    bool fine = !walk->edges || weft_rounder_init(&s->rounder, &walk->edges[node->output], &s->pool);
    if (!fine || !take_value(s, node->output)) {
        return WEFT_E_MEMORY;
    }
    status = run_images(s, index);
    for (int t = 0; t < graph->tensors_count; t++) {
        if (s->last[t] <= index && s->values[t].exact) {
            drop_value(s, t);
        }
    }
    return status;
}

static bool take_input(struct state *s)
{
    const struct weft_walk *walk = s->walk;
    int t = walk->graph->input;
    if ((walk->edges && !weft_rounder_init(&s->rounder, &walk->edges[t], &s->pool)) || !take_value(s, t)) {
        return false;
    }
    int64_t count = walk->images->count * walk->images->each;
    memcpy(s->values[t].exact, walk->images->inputs, (size_t)count * sizeof(float));
    if (s->values[t].codes) {
        weft_rounder_encode(&s->rounder, s->values[t].exact, count, s->values[t].codes);
    }
    return true;
}

weft_status weft_walk_run(const struct weft_walk *walk, weft_error *error)
{
    struct state s;
    weft_status status = open_state(&s, walk) && take_input(&s) ? WEFT_OK : WEFT_E_MEMORY;
    int i = 0;
    for (; i < walk->graph->nodes_count && status == WEFT_OK; i++) {
        status = walk_node(&s, i);
        if (walk->progress) {
            walk->progress(walk->progress_cookie, walk->stage, i + 1, walk->graph->nodes_count);
        }
    }
    close_state(&s);
    if (status == WEFT_OK) {
        return status;
    }
    const char *layer = i > 0 ? walk->graph->nodes[i - 1].name : "input";
    return status == WEFT_E_MEMORY
               ? weft_fail(error, status, "%s: layer '%s': memory is short: give fewer calibration inputs",
                           walk->graph->name, layer)
               : weft_fail(error, status,
                           "%s: layer '%s': the squares of its inputs or weights are too large for floats; "
                           "scale the network down", walk->graph->name, layer);
}
