#include "graph/graph.h"

#include <math.h>
#include <string.h>

#include "core/error.h"

struct weft_model *weft_model_new(const weft_allocator *allocator)
{
    struct weft_model *model = weft_block_alloc(allocator, 1, sizeof *model);
    if (!model) {
        return NULL;
    }
    memset(model, 0, sizeof *model);
    weft_pool_init(&model->pool, allocator);
    struct weft_graph *graph = &model->graph;
    graph->pool = &model->pool;
    graph->input = graph->output = -1;
    graph->name = weft_pool_strdup(&model->pool, "");
    graph->provenance = weft_pool_strdup(&model->pool, "");
    if (!graph->name || !graph->provenance) {
        weft_model_free(&model);
    }
    return model;
}

void weft_model_free(weft_model **model)
{
    if (!model || !*model) {
        return;
    }
    weft_allocator allocator = (*model)->pool.allocator;
    weft_pool_free(&(*model)->pool);
    weft_block_free(&allocator, *model);
    *model = NULL;
}

static int64_t weight_bytes(const struct weft_graph *graph, const struct weft_node *node)
{
    if (graph->quantized) {
        return (node->weights_count * node->codebook.format + 7) / 8;
    }
    return node->weights_count * (int64_t)sizeof(float);
}

void weft_model_describe(const weft_model *model, weft_model_info *info)
{
    const struct weft_graph *graph = &model->graph;
    const struct weft_tensor *in = &graph->tensors[graph->input];
    const struct weft_tensor *out = &graph->tensors[graph->output];
    *info = (weft_model_info){
        .name = graph->name,
        .provenance = graph->provenance,
        .quantized = graph->quantized,
        .layers = graph->nodes_count,
        .edges = graph->tensors_count,
        .input_c = in->c,
        .input_h = in->h,
        .input_w = in->w,
        .output_c = out->c,
        .output_h = out->h,
        .output_w = out->w,
        .labels = model->labels_count,
        .prep = model->prep,
    };
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        info->macs += weft_node_macs(graph, node);
        if (node->op == WEFT_OP_CONV) {
            info->parameters += node->weights_count + graph->tensors[node->output].c;
            info->weight_bytes += weight_bytes(graph, node);
        } else if (node->op == WEFT_OP_AFFINE) {
            info->parameters += 2 * (int64_t)graph->tensors[node->output].c;
        }
    }
}

const char *weft_model_label(const weft_model *model, int index)
{
    return index >= 0 && index < model->labels_count ? model->labels[index] : NULL;
}

weft_status weft_model_set_labels(weft_model *model, const char *const *labels, int count)
{
    if (count < 0 || (count > 0 && !labels)) {
        return WEFT_E_ARGUMENT;
    }
    char **copies = weft_pool_alloc(&model->pool, (size_t)count, sizeof *copies);
    if (!copies) {
        return WEFT_E_MEMORY;
    }
    for (int i = 0; i < count; i++) {
        if (!labels[i]) {
            return WEFT_E_ARGUMENT;
        }
        copies[i] = weft_pool_strdup(&model->pool, labels[i]);
        if (!copies[i]) {
            return WEFT_E_MEMORY;
        }
    }
    model->labels = count ? copies : NULL;
    model->labels_count = count;
    return WEFT_OK;
}

weft_status weft_model_set_prep(weft_model *model, const weft_prep *prep)
{
    if (!prep || prep->width < 0 || prep->height < 0 || prep->resize < 0 || prep->width > 65536 ||
        prep->height > 65536 || prep->resize > 65536) {
        return WEFT_E_ARGUMENT;
    }
    if (prep->width > 0 && (prep->height == 0 || prep->channels < 1 || prep->channels > 3)) {
        return WEFT_E_ARGUMENT;
    }
    for (int c = 0; c < 3; c++) {
        if (!isfinite(prep->mean[c]) || !isfinite(prep->scale[c])) {
            return WEFT_E_ARGUMENT;
        }
    }
    model->prep = *prep;
    return WEFT_OK;
}

/* A dense layer is a convolution that sees its whole input at one position. */
static bool is_dense(const struct weft_graph *graph, const struct weft_node *node)
{
    const struct weft_tensor *in = &graph->tensors[node->inputs[0]];
    const struct weft_tensor *out = &graph->tensors[node->output];
    return node->op == WEFT_OP_CONV && node->groups == 1 && out->h == 1 && out->w == 1 &&
           node->window.kernel_h == in->h && node->window.kernel_w == in->w;
}

static const char *layer_kind(const struct weft_graph *graph, const struct weft_node *node)
{
    if (is_dense(graph, node)) {
        return "dense";
    }
    if (weft_node_is_depthwise(graph, node)) {
        return "depthwise";
    }
    return weft_op_name(node->op);
}

static const char *format_name(enum weft_weight_format format)
{
    switch (format) {
    case WEFT_C2:
        return "c2";
    case WEFT_C3:
        return "c3";
    case WEFT_C4:
        return "c4";
    case WEFT_C5:
        return "c5";
    case WEFT_C8:
        return "c8";
    }
    return "";
}

static void describe_weights(const struct weft_graph *graph, const struct weft_node *node,
                             weft_layer_info *info)
{
    info->weight_format = "f32";
    info->weights = node->weights_count;
    if (!graph->quantized) {
        return;
    }
    info->weight_format = format_name(node->codebook.format);
    info->weight_levels = node->codebook.levels;
    info->codebook_max = weft_codebook_max(&node->codebook);
    if (node->codebook.format == WEFT_C8) {
        return;
    }
    int magnitudes = 1 << (node->codebook.format - 1);
    info->codebook_size = 2 * magnitudes;
    for (int bin = 0; bin < info->codebook_size; bin++) {
        if (bin % magnitudes < node->codebook.magnitudes) {
            info->codebook[bin] = (int16_t)weft_codebook_integer(&node->codebook, (uint8_t)bin);
        }
    }
}

static void describe_edge(const struct weft_edge *edge, weft_layer_info *info)
{
    static const char *const kinds[] = {
        [WEFT_EDGE_FLOAT] = "float", [WEFT_EDGE_LOG] = "log", [WEFT_EDGE_LINEAR] = "linear"};
    info->edge_format = kinds[edge->kind];
    if (edge->kind == WEFT_EDGE_FLOAT) {
        return;
    }
    info->edge_signed = edge->is_signed;
    info->edge_magnitudes = edge->magnitudes;
    info->edge_fsr = edge->fsr;
    info->edge_step = edge->step;
    info->edge_table_max = edge->table[edge->magnitudes];
    info->edge_scale = edge->scale;
}

weft_status weft_model_layer(const weft_model *model, int index, weft_layer_info *info)
{
    const struct weft_graph *graph = &model->graph;
    if (index < 0 || index >= graph->nodes_count) {
        return WEFT_E_ARGUMENT;
    }
    const struct weft_node *node = &graph->nodes[index];
    const struct weft_tensor *in = &graph->tensors[node->inputs[0]];
    const struct weft_tensor *out = &graph->tensors[node->output];
    *info = (weft_layer_info){
        .name = node->name,
        .op = layer_kind(graph, node),
        .weight_format = "",
        .kernel_h = node->window.kernel_h,
        .kernel_w = node->window.kernel_w,
        .stride_h = node->window.stride_h,
        .stride_w = node->window.stride_w,
        .groups = node->groups,
        .in_c = in->c,
        .out_c = out->c,
        .out_h = out->h,
        .out_w = out->w,
        .macs = weft_node_macs(graph, node),
        .act = weft_func_name(node->act.func),
        .has_residual = node->residual >= 0,
    };
    if (node->op == WEFT_OP_CONV) {
        describe_weights(graph, node, info);
    }
    describe_edge(&out->edge, info);
    return WEFT_OK;
}
