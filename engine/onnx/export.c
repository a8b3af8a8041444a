/* weft_onnx_save: a model as a float ONNX file; a quantized one with its rounding written out. */
#include <string.h>

#include <weft/convert.h>

#include "core/error.h"
#include "format/file_io.h"
#include "onnx/export.h"

void weft_onnx_save_options_default(weft_onnx_save_options *options)
{
    *options = (weft_onnx_save_options){.size = sizeof *options};
}

/* The ends keep their names, if they have any of their own. */
static void name_ends(struct weft_onnx_export *out)
{
    const struct weft_graph *graph = out->graph;
    const char *input = graph->tensors[graph->input].name, *output = graph->tensors[graph->output].name;
    out->input = input[0] ? input : "input";
    out->output = output[0] && strcmp(output, out->input) != 0 ? output : "output";
    if (strcmp(out->output, out->input) == 0) {
        out->output = "result";
    }
}

static weft_status write_layers(struct weft_onnx_export *out, weft_error *error)
{
    const struct weft_graph *graph = out->graph;
    name_ends(out);
    out->layer = -1;
    out->values[graph->input] = out->input;
    if (out->codes) {
        out->values[graph->input] = weft_onnx_out_round(out, &graph->tensors[graph->input].edge, out->input, true);
    }
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        out->layer = i;
        const char *y = out->codes ? weft_onnx_out_codes(out, node) : weft_onnx_out_layer(out, node);
        if (!y) {
            return weft_fail(error, WEFT_E_UNSUPPORTED,
                             "%s: layer '%.200s' (%s): ONNX of opset %d has no such operator, or not with this window",
                             graph->name, node->name, weft_op_name(node->op), WEFT_ONNX_EXPORT_OPSET);
        }
        out->values[node->output] = y;
    }
    weft_onnx_out_end(out, weft_onnx_out_real(out, graph->output));
    return WEFT_OK;
}

weft_status weft_onnx_save(const weft_model *model, const char *path, const weft_onnx_save_options *options,
                           weft_error *error)
{
    weft_onnx_save_options defaults;
    weft_onnx_save_options_default(&defaults);
    options = options ? options : &defaults;
    if (!model || !path || options->size < sizeof *options) {
        return weft_fail(error, WEFT_E_ARGUMENT, "no model, no path, or options that were not initialised");
    }
    struct weft_onnx_export out = {.graph = &model->graph,
                                   .codes = model->graph.quantized && !options->float_activations};
    weft_pool_init(&out.pool, &model->pool.allocator);
    out.values = weft_pool_alloc(&out.pool, (size_t)model->graph.tensors_count, sizeof *out.values);
    weft_status status = WEFT_E_MEMORY;
    size_t size = 0;
    if (out.values) {
        status = write_layers(&out, error);
    }
    if (!status) {
        void *data = weft_onnx_out_pack(&out, &size);
        status = data ? weft_file_write(path, data, size, &model->pool.allocator, error) : WEFT_E_MEMORY;
    }
    weft_pool_free(&out.pool);
    if (status == WEFT_E_MEMORY) {
        return size > INT32_MAX
                   ? weft_fail(error, WEFT_E_UNSUPPORTED, "%s: has %zu bytes, an ONNX file at most 2^31", path, size)
                   : weft_fail(error, status, "%s: not enough memory to write it", path);
    }
    return status;
}
