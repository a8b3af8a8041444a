/* The float path: where the tensors lie, and the walk over the nodes. */
#include "session/float_session.h"

#include <string.h>

#include "core/error.h"
#include "session/float_ops.h"

#define THREADS_MAX 256
#define FLOATS_PER_LINE 16 /* of a cache line */

struct weft_float_session {
    struct weft_pool pool;
    struct weft_float_context context;
};

/* Planning: tensors that live at the same time get disjoint stretches of one arena. */
struct plan {
    int64_t *offset, *size; /* floats, per tensor */
    int *last;              /* the node that reads it last, per tensor */
    int *active;            /* tensors alive now, by offset */
    int active_count;
    int64_t peak;
};

static void place(struct plan *plan, int t, int now)
{
    int kept = 0;
    for (int i = 0; i < plan->active_count; i++) {
        if (plan->last[plan->active[i]] >= now) {
            plan->active[kept++] = plan->active[i];
        }
    }
    int64_t offset = 0;
    int at = 0;
    while (at < kept && plan->offset[plan->active[at]] - offset < plan->size[t]) {
        offset = plan->offset[plan->active[at]] + plan->size[plan->active[at]];
        at++;
    }
    memmove(plan->active + at + 1, plan->active + at, (size_t)(kept - at) * sizeof *plan->active);
    plan->active[at] = t;
    plan->active_count = kept + 1;
    plan->offset[t] = offset;
    plan->peak = offset + plan->size[t] > plan->peak ? offset + plan->size[t] : plan->peak;
}

static void plan_arena(const struct weft_graph *graph, struct plan *plan)
{
    for (int t = 0; t < graph->tensors_count; t++) {
        int64_t elements = weft_tensor_elements(&graph->tensors[t]);
        plan->size[t] = (elements + FLOATS_PER_LINE - 1) / FLOATS_PER_LINE * FLOATS_PER_LINE;
        plan->last[t] = graph->tensors[t].producer;
    }
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        for (int k = 0; k < node->inputs_count; k++) {
            plan->last[node->inputs[k]] = i;
        }
        if (node->residual >= 0) {
            plan->last[node->residual] = i;
        }
    }
    plan->last[graph->output] = graph->nodes_count;
    place(plan, graph->input, 0);
    for (int i = 0; i < graph->nodes_count; i++) {
        place(plan, graph->nodes[i].output, i);
    }
}

/* The arena and the pointer of each tensor; false if memory is short. */
static bool make_values(struct weft_float_session *session)
{
    const struct weft_graph *graph = session->context.graph;
    struct weft_pool *pool = &session->pool;
    size_t count = (size_t)graph->tensors_count;
    struct plan plan = {.offset = weft_pool_alloc(pool, count, sizeof *plan.offset),
                        .size = weft_pool_alloc(pool, count, sizeof *plan.size),
                        .last = weft_pool_alloc(pool, count, sizeof *plan.last),
                        .active = weft_pool_alloc(pool, count, sizeof *plan.active)};
    session->context.values = weft_pool_alloc(pool, count, sizeof *session->context.values);
    if (!plan.offset || !plan.size || !plan.last || !plan.active || !session->context.values) {
        return false;
    }
    plan_arena(graph, &plan);
    float *arena = weft_pool_alloc(pool, (size_t)plan.peak, sizeof *arena);
    if (!arena) {
        return false;
    }
    for (int t = 0; t < graph->tensors_count; t++) {
        session->context.values[t] = arena + plan.offset[t];
    }
    return true;
}

static bool make_scratch(struct weft_float_session *session)
{
    const struct weft_graph *graph = session->context.graph;
    int64_t columns = 0;
    for (int i = 0; i < graph->nodes_count; i++) {
        if (graph->nodes[i].op == WEFT_OP_CONV) {
            int64_t floats = weft_float_conv_columns(graph, &graph->nodes[i]);
            columns = floats > columns ? floats : columns;
        }
    }
    size_t packs = session->context.blas.sgemm ? 0 : (size_t)session->context.threads * weft_blas_scratch();
    session->context.columns_floats = columns;
    session->context.columns =
        weft_pool_alloc(&session->pool, (size_t)columns * (size_t)session->context.threads, sizeof(float));
    session->context.packs = weft_pool_alloc(&session->pool, packs, sizeof(float));
    return session->context.columns && session->context.packs;
}

weft_status weft_float_create(const struct weft_graph *graph, int threads, const weft_allocator *allocator,
                              struct weft_float_session **session, weft_error *error)
{
    *session = NULL;
    if (threads < 1 || threads > THREADS_MAX || graph->quantized) {
        return weft_fail(error, WEFT_E_ARGUMENT, "%s: the float path takes a float model and 1..%d threads",
                         graph->name, THREADS_MAX);
    }
    struct weft_float_session *made = weft_block_alloc(allocator, 1, sizeof *made);
    if (made) {
        memset(made, 0, sizeof *made);
        weft_pool_init(&made->pool, allocator);
        made->context.graph = graph;
        made->context.threads = threads;
        weft_blas_open(&made->context.blas);
        if (!make_values(made) || !make_scratch(made)) {
            weft_float_free(&made);
        }
    }
    if (!made) {
        return weft_fail(error, WEFT_E_MEMORY,
                         "%s: not enough memory for the float path: use a smaller batch", graph->name);
    }
    *session = made;
    return WEFT_OK;
}

void weft_float_free(struct weft_float_session **session)
{
    if (!session || !*session) {
        return;
    }
    weft_allocator allocator = (*session)->pool.allocator;
    weft_blas_close(&(*session)->context.blas);
    weft_pool_free(&(*session)->pool);
    weft_block_free(&allocator, *session);
    *session = NULL;
}

void weft_float_node(const struct weft_float_context *context, const struct weft_node *node)
{
    if (node->op == WEFT_OP_CONV) {
        weft_float_conv(context, node);
    } else if (node->op == WEFT_OP_MAXPOOL || node->op == WEFT_OP_AVGPOOL) {
        weft_float_pool(context, node);
    } else {
        weft_float_other(context, node);
    }
}

weft_status weft_float_run(struct weft_float_session *session, const float *input, float *output,
                           weft_observe_fn *observe, void *cookie)
{
    const struct weft_float_context *context = &session->context;
    const struct weft_graph *graph = context->graph;
    int64_t in_count = weft_tensor_elements(&graph->tensors[graph->input]);
    int64_t out_count = weft_tensor_elements(&graph->tensors[graph->output]);
    memcpy(context->values[graph->input], input, (size_t)in_count * sizeof *input);
    if (observe) {
        observe(cookie, graph->input, context->values[graph->input], in_count);
    }
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        weft_float_node(context, node);
        if (observe) {
            observe(cookie, node->output, context->values[node->output],
                    weft_tensor_elements(&graph->tensors[node->output]));
        }
    }
    memcpy(output, context->values[graph->output], (size_t)out_count * sizeof *output);
    return WEFT_OK;
}
