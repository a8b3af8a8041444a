/* Where the time of a run goes, and what each layer's plan is. A run that nobody profiles pays nothing for it. */
#include "core/clock.h"
#include "ops/conv.h"
#include "ops/tapwise.h"
#include "ops/wino.h"
#include "session/session.h"

static const struct weft_graph *graph_of(const struct weft_session *session)
{
    return &session->model->graph;
}

/* Stamps the end of each step. */
struct stopwatch {
    int64_t before; /* nanoseconds */
    double *next;
};

static void stamp(struct stopwatch *watch)
{
    int64_t after = weft_clock_now();
    *watch->next++ = 1e-9 * (double)(after - watch->before);
    watch->before = after;
}

static void stamp_tensor(void *cookie, int tensor, float *values, int64_t count)
{
    (void)tensor;
    (void)values;
    (void)count;
    stamp(cookie);
}

static void stamp_step(void *cookie, int step)
{
    (void)step;
    stamp(cookie);
}

weft_status weft_session_profile(weft_session *session, const float *input, float *output, double *seconds, int count)
{
    if (!session || !input || !output || !seconds || count != graph_of(session)->nodes_count + 2) {
        return WEFT_E_ARGUMENT;
    }
    struct stopwatch watch = {weft_clock_now(), seconds};
    if (session->float_path) {
        weft_status status = weft_float_run(session->float_path, input, output, stamp_tensor, &watch);
        stamp(&watch);
        return status;
    }
    weft_session_infer(session, input, output, stamp_step, &watch);
    return WEFT_OK;
}

static int64_t tensor_bytes(const struct weft_graph *graph, int t)
{
    const struct weft_tensor *tensor = &graph->tensors[t];
    return weft_tensor_elements(tensor) * (tensor->edge.kind == WEFT_EDGE_FLOAT ? (int64_t)sizeof(float) : 1);
}

static void describe_conv(const struct weft_graph *graph, const struct weft_kernels *kernels,
                          const struct weft_conv *conv, const struct weft_node *node, weft_layer_plan *plan)
{
    const struct weft_tensor *out = &graph->tensors[node->output];
    bool one_pixel = out->h * out->w == 1;
    bool pointwise = node->window.kernel_h * node->window.kernel_w == 1;
    if (conv->strassen) {
        plan->algorithm = "strassen";
        plan->kernel = kernels->strassen_name;
        return;
    }
    if (conv->fused && conv->outputs >= conv->kernel->nr) {
        plan->algorithm = pointwise ? "pointwise, fused" : "direct, fused";
        plan->kernel = kernels->fused_name;
        return;
    }
    if (conv->expand) {
        plan->algorithm = pointwise ? "pointwise, looked up" : "direct, looked up";
    } else {
        plan->algorithm = one_pixel ? "dense" : pointwise ? "pointwise" : "direct";
    }
    plan->kernel = conv->grouped   ? kernels->grouped_name
                   : one_pixel     ? conv->kernel->one_name
                   : conv->stretch ? kernels->stretch_name
                                   : conv->kernel->tile_name;
}

/* Most points of the transform take the same kernel; the last stands for them. */
static void describe_winograd(const struct weft_kernels *kernels, const struct weft_wino *wino, weft_layer_plan *plan)
{
    bool words = wino->form == WEFT_WINO_44;
    plan->algorithm = weft_wino_shapes[wino->form].algorithm;
    plan->kernel = words               ? kernels->wino44_sum_name
                   : wino->bins        ? kernels->wino22s2_sum_name
                   : kernels->wino_sum ? kernels->wino_sum_name
                   : wino->point[wino->points - 1].lanes ? kernels->wino_lanes_name
                                       : wino->point[wino->points - 1].kernel->tile_name;
}

static const char *tapwise_kernel(const struct weft_kernels *kernels, const struct weft_tapwise *tapwise)
{
    return tapwise->blocks ? kernels->dw3x3_name : tapwise->affine ? kernels->affine_name : kernels->dw_name;
}

static void describe_quantized(const struct weft_session *session, int index, weft_layer_plan *plan)
{
    const struct weft_layer *layer = &session->layers[index];
    const struct weft_graph *graph = graph_of(session);
    switch (layer->node->op) {
    case WEFT_OP_CONV:
        if (layer->wino) {
            describe_winograd(&session->ops.kernels, layer->wino, plan);
            break;
        }
        if (!weft_node_is_depthwise(graph, layer->node)) {
            describe_conv(graph, &session->ops.kernels, layer->data.conv, layer->node, plan);
            break;
        }
        plan->algorithm = "depthwise";
        plan->kernel = tapwise_kernel(&session->ops.kernels, layer->data.tapwise);
        break;
    case WEFT_OP_AVGPOOL: case WEFT_OP_ADD: case WEFT_OP_AFFINE: case WEFT_OP_GATE:
        plan->algorithm = "tapwise";
        plan->kernel = tapwise_kernel(&session->ops.kernels, layer->data.tapwise);
        break;
    case WEFT_OP_MAXPOOL:
        plan->algorithm = "codes";
        plan->kernel = session->ops.kernels.maxpool_name;
        break;
    case WEFT_OP_ACT:
        plan->algorithm = "table";
        plan->kernel = session->ops.kernels.lookup_name;
        break;
    case WEFT_OP_CONCAT: case WEFT_OP_PAD: case WEFT_OP_RESHAPE: case WEFT_OP_SELECT:
        plan->algorithm = "copy";
        break;
    case WEFT_OP_LRN: case WEFT_OP_SOFTMAX: case WEFT_OP_COUNT:
        plan->algorithm = "float";
        break;
    }
}

weft_status weft_session_layer_plan(const weft_session *session, int index, weft_layer_plan *plan)
{
    if (!session || index < 0 || index >= graph_of(session)->nodes_count) {
        return WEFT_E_ARGUMENT;
    }
    const struct weft_graph *graph = graph_of(session);
    const struct weft_node *node = &graph->nodes[index];
    *plan = (weft_layer_plan){.algorithm = "float", .kernel = ""};
    for (int i = 0; i < node->inputs_count; i++) {
        plan->input_bytes += tensor_bytes(graph, node->inputs[i]);
    }
    plan->input_bytes += node->residual >= 0 ? tensor_bytes(graph, node->residual) : 0;
    plan->output_bytes = tensor_bytes(graph, node->output);
    if (session->float_path) {
        plan->weight_bytes = node->weights_count * (int64_t)sizeof(float);
        return WEFT_OK;
    }
    plan->weight_bytes = session->layers[index].packed_bytes;
    describe_quantized(session, index, plan);
    return WEFT_OK;
}
