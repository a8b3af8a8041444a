/* The walk over the ONNX graph. */
#include <string.h>

#include "format/utf8.h"
#include "graph/check.h"
#include "onnx/importer.h"

/* Marks what the output depends on. Nodes stand in an order that can be run, or the walk will find out. */
static void mark_needed(struct weft_onnx *import, struct weft_onnx_value *output)
{
    const WeftOnnx__GraphProto *graph = import->proto->graph;
    output->needed = true;
    for (size_t i = graph->n_node; i-- > 0;) {
        const WeftOnnx__NodeProto *node = graph->node[i];
        bool needed = false;
        for (size_t k = 0; k < node->n_output && !needed; k++) {
            const struct weft_onnx_value *value = weft_onnx_find(import, node->output[k]);
            needed = value && value->needed;
        }
        for (size_t k = 0; k < node->n_input && needed; k++) {
            struct weft_onnx_value *value = weft_onnx_find(import, node->input[k]);
            if (value) {
                value->needed = true;
            }
        }
    }
}

static bool is_float_type(int type)
{
    return type == WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT || type == WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
           type == WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ||
           type == WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
}

/* The graph's input: its batch may be open (then it is one), the rest may not. */
static weft_status make_input(struct weft_onnx *import, const WeftOnnx__ValueInfoProto *info,
                              struct weft_onnx_value *value)
{
    char name[128];
    weft_onnx_printable(value->name, name, sizeof name);
    int dim = 0;
    const char *unknown = weft_onnx_stated_dims(info, &value->rank, value->dims, &dim);
    if (unknown) {
        return weft_onnx_fail(import, WEFT_E_UNSUPPORTED, "input '%s': %s (%d): export with a fixed input size", name,
                              unknown, dim);
    }
    if (!is_float_type(info->type->tensor_type->elem_type)) {
        return weft_onnx_fail(import, WEFT_E_UNSUPPORTED, "input '%s' is not of floats", name);
    }
    WeftOnnx__NodeProto nobody = WEFT_ONNX__NODE_PROTO__INIT;
    nobody.op_type = (char *)"input";
    struct weft_onnx_node node = {.import = import, .proto = &nobody, .name = value->name};
    struct weft_onnx_shape extents;
    weft_status status = weft_onnx_shape_of(&node, value->rank, value->dims, &extents);
    if (status) {
        return status;
    }
    struct weft_graph *graph = import->graph;
    value->kind = WEFT_ONNX_TENSOR;
    value->tensor = weft_graph_add_tensor(graph, value->name, extents.n, extents.c, extents.h, extents.w);
    graph->input = value->tensor;
    return value->tensor < 0 ? weft_onnx_no_memory(import) : WEFT_OK;
}

/* The one input that the output depends on. */
static weft_status find_input(struct weft_onnx *import)
{
    const WeftOnnx__GraphProto *graph = import->proto->graph;
    const WeftOnnx__ValueInfoProto *found = NULL;
    struct weft_onnx_value *input = NULL;
    for (size_t i = 0; i < graph->n_input; i++) {
        struct weft_onnx_value *value = weft_onnx_find(import, graph->input[i]->name ? graph->input[i]->name : "");
        if (!value || !value->needed || value->kind == WEFT_ONNX_CONSTANT || value->node >= 0) {
            continue;
        }
        if (input) {
            char first[128], second[128];
            return weft_onnx_fail(import, WEFT_E_UNSUPPORTED,
                                  "has several inputs ('%s', '%s', ...): weft takes networks with one",
                                  weft_onnx_printable(input->name, first, sizeof first),
                                  weft_onnx_printable(value->name, second, sizeof second));
        }
        found = graph->input[i];
        input = value;
    }
    if (!input) {
        return weft_onnx_fail(import, WEFT_E_UNSUPPORTED, "its output depends on no input");
    }
    return make_input(import, found, input);
}

/* Fills in the inputs. False: an input of the node is broken, or was reported. */
static bool bind(struct weft_onnx_node *node, weft_status *status)
{
    struct weft_onnx *import = node->import;
    bool sound = true;
    *status = WEFT_OK;
    for (int k = 0; k < node->inputs_count; k++) {
        const char *name = node->proto->input[k];
        struct weft_onnx_value *value = name[0] ? weft_onnx_find(import, name) : NULL;
        node->inputs[k] = value;
        char printable[128];
        if (name[0] && (!value || value->kind == WEFT_ONNX_UNMADE)) {
            *status = weft_onnx_damage(node, value ? "reads '%s' before it is made" : "reads '%s', which nothing makes",
                                       weft_onnx_printable(name, printable, sizeof printable));
            return false;
        }
        if (value && value->kind == WEFT_ONNX_CONSTANT && value->proto && value->rank < 0) {
            *status = weft_onnx_constant_from_proto(import, value, value->proto);
        }
        sound = sound && (!value || value->kind != WEFT_ONNX_BROKEN);
    }
    return sound;
}

static bool all_constant(const struct weft_onnx_node *node)
{
    for (int k = 0; k < node->inputs_count; k++) {
        if (node->inputs[k] && node->inputs[k]->kind != WEFT_ONNX_CONSTANT) {
            return false;
        }
    }
    return true;
}

static weft_status convert(struct weft_onnx_node *node)
{
    const char *domain = node->proto->domain ? node->proto->domain : "";
    const struct weft_onnx_operator *operator =
        weft_onnx_operator_find(node->proto->op_type ? node->proto->op_type : "");
    if ((domain[0] && strcmp(domain, "ai.onnx") != 0) || !operator) {
        return weft_onnx_refuse(node, "weft does not have this operator");
    }
    weft_status status;
    if (!bind(node, &status)) {
        return status ? status : WEFT_E_UNSUPPORTED;
    }
    if (node->inputs_count < operator->inputs_min || node->inputs_count > operator->inputs_max) {
        return weft_onnx_damage(node, "%d inputs where it takes %d to %d", node->inputs_count, operator->inputs_min,
                                operator->inputs_max);
    }
    for (int k = 0; k < operator->inputs_min; k++) {
        if (!node->inputs[k]) {
            return weft_onnx_damage(node, "its input %d is left out", k);
        }
    }
    for (int k = 1; k < node->outputs_count && operator->outputs_max < INT32_MAX; k++) {
        if (node->outputs[k] && node->outputs[k]->needed) {
            return weft_onnx_refuse(node, "its output %d is used: weft's layers have one output", k);
        }
    }
    status = weft_onnx_check_attributes(node, operator->attributes);
    if (status) {
        return status;
    }
    if (all_constant(node)) {
        return operator->fold ? operator->fold(node)
                              : weft_onnx_refuse(node, "weft computes this operator on tensors only");
    }
    return operator->convert ? operator->convert(node)
                             : weft_onnx_refuse(node, "weft computes this operator on constants only");
}

static bool is_needed(const struct weft_onnx *import, const WeftOnnx__NodeProto *proto)
{
    for (size_t k = 0; k < proto->n_output; k++) {
        const struct weft_onnx_value *value = weft_onnx_find(import, proto->output[k]);
        if (value && value->needed) {
            return true;
        }
    }
    return false;
}

/* What a node that failed would have made, by what the file says about it: so that the report goes on to the nodes
 * behind it. The graph is not used any more. */
static void stand_in(struct weft_onnx *import, struct weft_onnx_value *value)
{
    int dim;
    value->kind = WEFT_ONNX_BROKEN;
    if (!value->info || weft_onnx_stated_dims(value->info, &value->rank, value->dims, &dim)) {
        return;
    }
    struct weft_onnx_shape shape;
    if (!weft_onnx_extents(value->rank, value->dims, &shape)) {
        value->tensor = weft_graph_add_tensor(import->graph, value->name, shape.n, shape.c, shape.h, shape.w);
        value->kind = value->tensor < 0 ? WEFT_ONNX_BROKEN : WEFT_ONNX_TENSOR;
    }
}

/* WEFT_E_MEMORY ends the walk; whatever else happens is in the report. */
static weft_status import_node(struct weft_onnx *import, const WeftOnnx__NodeProto *proto)
{
    struct weft_onnx_node node = {.import = import, .proto = proto};
    node.name = proto->name && proto->name[0] ? proto->name : proto->output[0];
    if (proto->n_input > WEFT_NODES_MAX || proto->n_output > WEFT_NODES_MAX) {
        weft_onnx_damage(&node, "more than %d inputs or outputs", WEFT_NODES_MAX);
        return WEFT_OK;
    }
    node.inputs_count = (int)proto->n_input;
    node.outputs_count = (int)proto->n_output;
    node.inputs = weft_pool_alloc(&import->pool, proto->n_input, sizeof *node.inputs);
    node.outputs = weft_pool_alloc(&import->pool, proto->n_output, sizeof *node.outputs);
    if (!node.inputs || !node.outputs) {
        return WEFT_E_MEMORY;
    }
    /* Also those of a node that is refused: what reads them is not to blame. */
    for (int k = 0; k < node.outputs_count; k++) {
        node.outputs[k] = weft_onnx_find(import, proto->output[k]);
    }
    int problems = import->problems;
    weft_status status = convert(&node);
    if (status == WEFT_E_MEMORY && import->problems == problems) {
        return status;
    }
    for (int k = 0; k < node.outputs_count; k++) {
        if (node.outputs[k] && (status || node.outputs[k]->kind == WEFT_ONNX_UNMADE)) {
            stand_in(import, node.outputs[k]);
        }
    }
    return WEFT_OK;
}

/* The graph's output in the layout of its dimensions; where those mix the batch with the rest, as it is: the same
 * elements in the same order. */
static weft_status make_output(struct weft_onnx *import, const struct weft_onnx_value *value)
{
    WeftOnnx__NodeProto nobody = WEFT_ONNX__NODE_PROTO__INIT;
    nobody.op_type = (char *)"output";
    struct weft_onnx_node node = {.import = import, .proto = &nobody, .name = value->name};
    if (value->kind != WEFT_ONNX_TENSOR) {
        return weft_onnx_refuse(&node, "it does not depend on the input");
    }
    struct weft_onnx_shape shape;
    weft_status status = weft_onnx_shape_of(&node, value->rank, value->dims, &shape);
    import->graph->output = value->tensor;
    if (!status && shape.n == import->graph->tensors[value->tensor].n) {
        status = weft_onnx_view(&node, value, shape, &import->graph->output);
    }
    /* The edge gets the name that the file's users know. */
    if (!status && import->graph->output != import->graph->input && weft_utf8_is_line(value->name)) {
        char *name = weft_pool_strdup(import->graph->pool, value->name);
        import->graph->tensors[import->graph->output].name = name;
        status = name ? WEFT_OK : WEFT_E_MEMORY;
    }
    return status == WEFT_E_MEMORY ? weft_onnx_no_memory(import) : status;
}

static weft_status find_output(struct weft_onnx *import, struct weft_onnx_value **output)
{
    const WeftOnnx__GraphProto *graph = import->proto->graph;
    if (graph->n_output != 1) {
        return weft_onnx_fail(import, WEFT_E_UNSUPPORTED, "has %zu outputs: weft takes networks with one",
                              graph->n_output);
    }
    const char *name = graph->output[0]->name ? graph->output[0]->name : "";
    *output = weft_onnx_find(import, name);
    if (!*output) {
        char printable[128];
        return weft_onnx_fail(import, WEFT_E_FORMAT, "nothing makes its output '%s'",
                              weft_onnx_printable(name, printable, sizeof printable));
    }
    return WEFT_OK;
}

weft_status weft_onnx_import_graph(struct weft_onnx *import)
{
    const WeftOnnx__GraphProto *graph = import->proto->graph;
    struct weft_onnx_value *output;
    weft_status status = weft_onnx_collect_values(import);
    if (!status) {
        status = find_output(import, &output);
    }
    if (status) {
        return status;
    }
    mark_needed(import, output);
    status = find_input(import);
    for (size_t i = 0; i < graph->n_node && !status; i++) {
        if (is_needed(import, graph->node[i]) && import_node(import, graph->node[i]) == WEFT_E_MEMORY) {
            status = weft_onnx_no_memory(import);
        }
    }
    if (!status && import->problems == 0) {
        status = make_output(import, output);
    }
    return import->problems > 0 ? weft_onnx_close_report(import) : status;
}
