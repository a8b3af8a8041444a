/* Which form, Winograd's, Strassen's or direct, each layer should take, by measurement: one session for each form, run
 * in turns as whole networks, so that caches hold what they hold in earnest. */
#include <string.h>

#include "core/clock.h"
#include "core/error.h"
#include "ops/conv.h"
#include "ops/wino.h"
#include "session/session.h"

enum { FORMS = 5, ROUNDS_MIN = 3 };

static const weft_winograd forms[FORMS] = {WEFT_WINOGRAD_OFF, WEFT_WINOGRAD_1D, WEFT_WINOGRAD_2D, WEFT_WINOGRAD_4X4,
                                           WEFT_WINOGRAD_STRASSEN};

struct tuner {
    const weft_model *model;
    const weft_session_options *options;
    weft_session *sessions[FORMS];
    float *input, *output;
    double *steps; /* of one run */
    weft_layer_tuning *layers;
    int count;
};

static weft_winograd form_of(const weft_session *session, int layer)
{
    const struct weft_layer *l = &session->layers[layer];
    const bool direct =
        !l->wino && l->node->op == WEFT_OP_CONV && !weft_node_is_depthwise(&session->model->graph, l->node);
    return direct && l->data.conv->strassen ? WEFT_WINOGRAD_STRASSEN
                                            : weft_wino_shapes[l->wino ? l->wino->form : WEFT_WINO_NONE].name;
}

static weft_status open_form(const struct tuner *tuner, weft_winograd form, weft_session **session, weft_error *error)
{
    weft_session_options options = *tuner->options;
    options.winograd = form;
    options.layer_winograd = NULL;
    return weft_session_create(tuner->model, &options, session, error);
}

/* What the rule takes; the session that says so is not kept. */
static weft_status ask_rule(const struct tuner *tuner, weft_error *error)
{
    weft_session *session;
    weft_status status = open_form(tuner, WEFT_WINOGRAD_AUTO, &session, error);
    for (int i = 0; status == WEFT_OK && i < tuner->count; i++) {
        tuner->layers[i].rule = tuner->layers[i].choice = form_of(session, i);
    }
    weft_session_free(&session);
    return status;
}

static weft_status open_all(struct tuner *tuner, weft_error *error)
{
    const struct weft_graph *graph = &tuner->model->graph;
    const weft_allocator *allocator = &tuner->model->pool.allocator;
    size_t in = (size_t)weft_tensor_elements(&graph->tensors[graph->input]);
    tuner->input = weft_block_alloc(allocator, in, sizeof(float));
    tuner->output = weft_block_alloc(allocator, (size_t)weft_tensor_elements(&graph->tensors[graph->output]),
                                     sizeof(float));
    tuner->steps = weft_block_alloc(allocator, (size_t)tuner->count + 2, sizeof(double));
    if (!tuner->input || !tuner->output || !tuner->steps) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: memory is short", graph->name);
    }
    memset(tuner->input, 0, in * sizeof(float)); /* no kernel's time depends on values */
    weft_status status = ask_rule(tuner, error);
    for (int f = 0; status == WEFT_OK && f < FORMS; f++) {
        status = open_form(tuner, forms[f], &tuner->sessions[f], error);
    }
    return status;
}

static double *seconds_of(weft_layer_tuning *layer, weft_winograd form)
{
    switch (form) {
    case WEFT_WINOGRAD_1D: return &layer->seconds_1d;
    case WEFT_WINOGRAD_2D: return &layer->seconds_2d;
    case WEFT_WINOGRAD_4X4: return &layer->seconds_4x4;
    case WEFT_WINOGRAD_STRASSEN: return &layer->seconds_strassen;
    default: return &layer->direct_seconds;
    }
}

/* One run of each form; the least time of every layer is kept. */
static void run_round(struct tuner *tuner)
{
    for (int f = 0; f < FORMS; f++) {
        weft_session_profile(tuner->sessions[f], tuner->input, tuner->output, tuner->steps, tuner->count + 2);
        for (int i = 0; i < tuner->count; i++) {
            double *least = seconds_of(&tuner->layers[i], forms[f]), seconds = tuner->steps[i + 1];
            if (form_of(tuner->sessions[f], i) == forms[f] && (*least == 0 || seconds < *least)) {
                *least = seconds;
            }
        }
    }
}

static void choose(weft_layer_tuning *layer)
{
    const double margin = 0.98;
    double best = *seconds_of(layer, layer->rule) * margin;
    for (int f = 0; f < FORMS; f++) {
        double seconds = *seconds_of(layer, forms[f]);
        if (seconds > 0 && seconds < best) {
            best = seconds;
            layer->choice = forms[f];
        }
    }
}

weft_status weft_session_tune(const weft_model *model, const weft_session_options *options, double seconds,
                              weft_layer_tuning *layers, int count, weft_error *error)
{
    if (!model->graph.quantized || count != model->graph.nodes_count) {
        return weft_fail(error, WEFT_E_ARGUMENT, "tuning takes a quantized model and a place for each of its %d layers",
                         model->graph.nodes_count);
    }
    struct tuner tuner = {.model = model, .options = options, .layers = layers, .count = count};
    memset(layers, 0, (size_t)count * sizeof *layers);
    int64_t begin = weft_clock_now();
    weft_status status = open_all(&tuner, error);
    for (int round = 0; status == WEFT_OK; round++) {
        if (round >= ROUNDS_MIN && 1e-9 * (double)(weft_clock_now() - begin) >= seconds) {
            break;
        }
        run_round(&tuner);
    }
    for (int i = 0; status == WEFT_OK && i < count; i++) {
        bool forms_more = false;
        for (int f = 1; f < FORMS; f++) {
            forms_more = forms_more || *seconds_of(&layers[i], forms[f]) > 0;
        }
        if (forms_more) {
            choose(&layers[i]);
        } else {
            layers[i].direct_seconds = 0; /* there is no choice */
        }
    }
    for (int f = 0; f < FORMS; f++) {
        weft_session_free(&tuner.sessions[f]);
    }
    weft_block_free(&model->pool.allocator, tuner.steps);
    weft_block_free(&model->pool.allocator, tuner.output);
    weft_block_free(&model->pool.allocator, tuner.input);
    return status;
}
