#include "session/session.h"

#include <string.h>

#include "core/error.h"
#include "session/plan.h"

enum { THREADS_MAX = 256 };

void weft_session_options_default(weft_session_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* The level of options->isa as a mask of all that it implies, 0 after an error. */
static unsigned choose_isa(const weft_session_options *options, const char **name, weft_error *error)
{
    unsigned here = weft_isa_available();
    unsigned top = options->isa ? weft_isa_from_name(options->isa) : weft_isa_top(here);
    char list[160] = "";
    for (int i = 0; weft_isa_name(i); i++) {
        if (here & weft_isa_from_name(weft_isa_name(i))) {
            strncat(list, list[0] ? ", " : "", sizeof list - strlen(list) - 1);
            strncat(list, weft_isa_name(i), sizeof list - strlen(list) - 1);
        }
    }
    if (top == 0) {
        weft_fail(error, WEFT_E_ARGUMENT, "there is no ISA called '%s'; this machine has %s", options->isa, list);
        return 0;
    }
    if (!(here & top)) {
        weft_fail(error, WEFT_E_ISA, "this machine or this build has no %s; it has %s", options->isa, list);
        return 0;
    }
    *name = weft_isa_bit_name(top);
    return weft_isa_mask_from_name(*name);
}

/* Memory for the accumulators of every convolution. */
static bool make_trace(struct weft_session *session, const struct weft_graph *graph)
{
    session->ops.trace = weft_pool_alloc(&session->pool, (size_t)graph->nodes_count + 1, sizeof(int32_t *));
    for (int i = 0; session->ops.trace && i < graph->nodes_count; i++) {
        if (graph->nodes[i].op == WEFT_OP_CONV) {
            int64_t count = weft_tensor_elements(&graph->tensors[graph->nodes[i].output]);
            session->ops.trace[i] = weft_pool_alloc(&session->pool, (size_t)count, sizeof(int32_t));
            if (!session->ops.trace[i]) {
                return false;
            }
        }
    }
    return session->ops.trace != NULL;
}

static weft_status prepare_layers(struct weft_session *session, const char *file, weft_error *error)
{
    const struct weft_graph *graph = session->ops.graph;
    struct weft_ops *ops = &session->ops;
    ops->scratch_bytes = weft_io_scratch(graph);
    for (int i = 0; i < graph->nodes_count; i++) {
        session->layers[i].node = &graph->nodes[i];
        weft_status status = weft_layer_prepare(ops, &session->layers[i], file, error);
        if (status != WEFT_OK) {
            return status;
        }
        size_t scratch = session->layers[i].scratch_bytes;
        ops->scratch_bytes = scratch > ops->scratch_bytes ? scratch : ops->scratch_bytes;
        session->packed_bytes += (size_t)session->layers[i].packed_bytes;
    }
    ops->scratch_bytes = (ops->scratch_bytes + 127) & ~(size_t)63;
    return WEFT_OK;
}

static weft_status make_team(struct weft_session *session, weft_error *error)
{
    const struct weft_graph *graph = session->ops.graph;
    struct weft_team *team = &session->team;
    weft_status status = weft_team_open(team, session->ops.threads, graph->nodes_count + 2, &session->pool);
    if (status != WEFT_OK) {
        return weft_fail(error, status, "%s: memory is short, or the system starts no more threads: %d were asked for",
                         graph->name, session->ops.threads);
    }
    team->pieces[0] = weft_io_pieces(&graph->tensors[graph->input]);
    for (int i = 0; i < graph->nodes_count; i++) {
        team->pieces[i + 1] = session->layers[i].pieces;
    }
    team->pieces[graph->nodes_count + 1] = weft_io_pieces(&graph->tensors[graph->output]);
    return WEFT_OK;
}

static weft_status plan_session(struct weft_session *session, unsigned isa, int threads,
                                const weft_session_options *options, weft_error *error)
{
    struct weft_ops *ops = &session->ops;
    const struct weft_graph *graph = &session->model->graph;
    const struct weft_tensor *input = &graph->tensors[graph->input];
    const char *file = graph->name;
    struct weft_plan plan;
    ops->graph = graph;
    ops->threads = threads;
    ops->pool = &session->pool;
    ops->winograd = options->winograd;
    ops->layer_winograd = options->layer_winograd;
    weft_kernels_init(&ops->kernels, isa);
    session->layers = weft_pool_alloc(&session->pool, (size_t)graph->nodes_count + 1, sizeof *session->layers);
    ops->edges = weft_pool_alloc(&session->pool, (size_t)graph->tensors_count, sizeof *ops->edges);
    ops->as_residual = weft_pool_alloc(&session->pool, (size_t)graph->tensors_count, sizeof *ops->as_residual);
    session->encodes_input = input->edge.kind != WEFT_EDGE_FLOAT;
    if (!session->layers || !ops->edges || !ops->as_residual ||
        !weft_plan_make(&plan, graph, session->traced, &session->pool) ||
        (session->encodes_input && !weft_encoder_init(&session->input_encoder, &input->edge, &session->pool)) ||
        (session->traced && !make_trace(session, graph))) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: memory is short", file);
    }
    ops->views = plan.views;
    for (int t = 0; t < graph->tensors_count; t++) {
        ops->edges[t] = &graph->tensors[t].edge;
    }
    weft_status status = prepare_layers(session, file, error);
    ops->layer_winograd = NULL; /* the caller's */
    if (status != WEFT_OK) {
        return status;
    }
    ops->arena = weft_pool_alloc(&session->pool, plan.bytes + 64, 1);
    ops->scratch = weft_pool_alloc(&session->pool, (size_t)threads, ops->scratch_bytes);
    if (!ops->arena || !ops->scratch) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: memory is short: the arena takes %zu bytes", file,
                         plan.bytes + (size_t)threads * ops->scratch_bytes);
    }
    session->arena_bytes = plan.bytes + (size_t)threads * ops->scratch_bytes;
    return make_team(session, error);
}

static weft_status check_winograd(const weft_model *model, const weft_session_options *options, weft_error *error)
{
    if ((unsigned)options->winograd > WEFT_WINOGRAD_STRASSEN) {
        return weft_fail(error, WEFT_E_ARGUMENT, "session options: %d is no choice of winograd",
                         (int)options->winograd);
    }
    if (options->layer_winograd && options->layer_winograd_count != model->graph.nodes_count) {
        return weft_fail(error, WEFT_E_ARGUMENT, "session options: %d choices of winograd for %d layers",
                         options->layer_winograd_count, model->graph.nodes_count);
    }
    for (int i = 0; options->layer_winograd && i < options->layer_winograd_count; i++) {
        if ((unsigned)options->layer_winograd[i] > WEFT_WINOGRAD_STRASSEN) {
            return weft_fail(error, WEFT_E_ARGUMENT, "session options: layer '%s': %d is no choice of winograd",
                             model->graph.nodes[i].name, (int)options->layer_winograd[i]);
        }
    }
    return WEFT_OK;
}

static weft_status create(const weft_model *model, const weft_session_options *options, bool traced,
                          weft_session **session, weft_error *error)
{
    *session = NULL;
    if (options->size != sizeof *options) {
        return weft_fail(error, WEFT_E_ARGUMENT, "session options: call weft_session_options_default first");
    }
    int threads = options->threads == 0 ? weft_physical_cores() : options->threads;
    if (threads < 1 || threads > THREADS_MAX) {
        return weft_fail(error, WEFT_E_ARGUMENT, "%d threads: the number must be 1..%d", options->threads, THREADS_MAX);
    }
    weft_status checked = check_winograd(model, options, error);
    if (checked != WEFT_OK) {
        return checked;
    }
    const weft_allocator *allocator = options->allocator ? options->allocator : &model->pool.allocator;
    const char *name = NULL;
    unsigned isa = choose_isa(options, &name, error);
    if (isa == 0) {
        return weft_isa_from_name(options->isa) ? WEFT_E_ISA : WEFT_E_ARGUMENT;
    }
    struct weft_session *s = weft_block_alloc(allocator, 1, sizeof *s);
    if (!s) {
        return weft_fail(error, WEFT_E_MEMORY, "session: memory is short");
    }
    memset(s, 0, sizeof *s);
    weft_pool_init(&s->pool, allocator);
    weft_pool_use_slabs(&s->pool);
    s->model = model;
    s->traced = traced;
    s->isa = model->graph.quantized ? name : "float";
    weft_status status = model->graph.quantized
                             ? plan_session(s, isa, threads, options, error)
                             : weft_float_create(&model->graph, threads, allocator, &s->float_path, error);
    s->ops.threads = threads;
    *session = s;
    if (status != WEFT_OK) {
        weft_session_free(session);
    }
    return status;
}

weft_status weft_session_create(const weft_model *model, const weft_session_options *options, weft_session **session,
                                weft_error *error)
{
    return create(model, options, false, session, error);
}

weft_status weft_session_create_traced(const weft_model *model, const weft_session_options *options,
                                       weft_session **session, weft_error *error)
{
    return create(model, options, true, session, error);
}

void weft_session_free(weft_session **session)
{
    if (!session || !*session) {
        return;
    }
    weft_allocator allocator = (*session)->pool.allocator;
    weft_team_close(&(*session)->team);
    weft_float_free(&(*session)->float_path);
    weft_pool_free(&(*session)->pool);
    weft_block_free(&allocator, *session);
    *session = NULL;
}

struct inference {
    struct weft_session *session;
    const float *input;
    float *output;
    weft_team_over *over;
    void *cookie;
};

static void do_piece(void *cookie, int step, int piece, int thread)
{
    const struct inference *inference = cookie;
    const struct weft_session *session = inference->session;
    const struct weft_ops *ops = &session->ops;
    uint8_t *scratch = ops->scratch + (size_t)thread * ops->scratch_bytes;
    if (step == 0) {
        weft_io_input(ops, session->encodes_input ? &session->input_encoder : NULL, inference->input, piece, scratch);
    } else if (step <= ops->graph->nodes_count) {
        weft_layer_run(ops, &session->layers[step - 1], piece, scratch);
    } else {
        weft_io_output(ops, inference->output, piece);
    }
}

static void step_over(void *cookie, int step)
{
    const struct inference *inference = cookie;
    inference->over(inference->cookie, step);
}

void weft_session_infer(struct weft_session *session, const float *input, float *output, weft_team_over *over,
                        void *cookie)
{
    struct inference inference = {session, input, output, over, cookie};
    weft_team_run(&session->team, do_piece, over ? step_over : NULL, &inference);
}

weft_status weft_session_run(weft_session *session, const float *input, float *output)
{
    if (!session || !input || !output) {
        return WEFT_E_ARGUMENT;
    }
    if (session->float_path) {
        return weft_float_run(session->float_path, input, output, NULL, NULL);
    }
    weft_session_infer(session, input, output, NULL, NULL);
    return WEFT_OK;
}

void weft_session_describe(const weft_session *session, weft_session_info *info)
{
    *info = (weft_session_info){session->isa, session->ops.threads, session->arena_bytes, session->packed_bytes};
}
