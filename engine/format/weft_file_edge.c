/* One edge of the graph of a .weft file. */
#include <string.h>

#include "format/reader.h"
#include "format/weft_file_names.h"
#include "graph/check.h"

/* Sixteenths of an octave, as weft_edge_check has them. */
#define FSR_MAX 65536
#define STEP_MAX 1024

static bool read_format(struct weft_reader *r, int object, struct weft_edge *edge)
{
    const char *kind_name;
    if (!weft_reader_string(r, object, "kind", &kind_name)) {
        return false;
    }
    int kind = weft_file_kind_from_name(kind_name);
    if (kind < 0) {
        return weft_reader_damaged(r, "its kind is neither float, log nor linear");
    }
    edge->kind = (enum weft_edge_kind)kind;
    if (edge->kind == WEFT_EDGE_FLOAT) {
        return true;
    }
    if (!weft_reader_bool(r, object, "signed", &edge->is_signed) ||
        !weft_reader_int(r, object, "magnitudes", 1, WEFT_MAGNITUDES_MAX, &edge->magnitudes) ||
        !weft_reader_float(r, object, "scale", &edge->scale)) {
        return false;
    }
    if (edge->kind == WEFT_EDGE_LOG && (!weft_reader_int(r, object, "fsr", -FSR_MAX, FSR_MAX, &edge->fsr) ||
                                        !weft_reader_int(r, object, "step", 1, STEP_MAX, &edge->step))) {
        return false;
    }
    int64_t entries = edge->magnitudes + 1;
    const uint8_t *table;
    float *theta;
    if (!weft_reader_tensor(r, object, "table", WEFT_DTYPE_U8, 1, &entries, &table) ||
        !weft_reader_float_tensor(r, object, "theta", edge->magnitudes, &theta)) {
        return false;
    }
    memcpy(edge->table, table, (size_t)entries);
    memcpy(edge->theta, theta, (size_t)edge->magnitudes * sizeof *theta);
    return true;
}

bool weft_reader_edge(struct weft_reader *r, int object)
{
    const char *name;
    int c, h, w, format;
    if (!weft_reader_name(r, object, "name", &name)) {
        return false;
    }
    weft_reader_enter(r, "edge", name);
    if (!weft_reader_int(r, object, "c", 1, WEFT_EXTENT_MAX, &c) ||
        !weft_reader_int(r, object, "h", 1, WEFT_EXTENT_MAX, &h) ||
        !weft_reader_int(r, object, "w", 1, WEFT_EXTENT_MAX, &w) ||
        !weft_reader_object(r, object, "edge", &format)) {
        return false;
    }
    struct weft_graph *graph = &r->model->graph;
    int index = weft_graph_add_tensor(graph, name, 1, c, h, w);
    if (index < 0) {
        return weft_reader_no_memory(r);
    }
    if (weft_tensor_elements(&graph->tensors[index]) < 0) {
        return weft_reader_damaged(r, "c * h * w is too large");
    }
    return read_format(r, format, &graph->tensors[index].edge);
}
