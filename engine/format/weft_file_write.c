#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "format/index_sort.h"
#include "format/utf8.h"
#include "format/weft_file.h"
#include "format/writer.h"

/* The data begin at a multiple of this. */
#define DATA_ALIGN 64

static int compare_names(const void *context, uint32_t a, uint32_t b)
{
    const struct weft_node *nodes = context;
    return strcmp(nodes[a].name, nodes[b].name);
}

/* A layer's name heads its tensors' names if it is a line of text, is not made like the substitute, and is
 * the only one of its kind. */
static bool find_own_names(struct weft_writer *w)
{
    const struct weft_graph *graph = &w->model->graph;
    const weft_allocator *allocator = &w->model->pool.allocator;
    size_t count = (size_t)graph->nodes_count;
    uint32_t *order = weft_block_alloc(allocator, count, sizeof *order);
    if (!order) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        const char *name = graph->nodes[i].name;
        order[i] = i;
        w->own_name[i] =
            name[0] && name[0] != '#' && strlen(name) < WEFT_FILE_NAME_MAX - 16 && weft_utf8_is_line(name);
    }
    weft_index_sort(order, count, compare_names, graph->nodes);
    for (size_t k = 1; k < count; k++) {
        if (compare_names(graph->nodes, order[k - 1], order[k]) == 0) {
            w->own_name[order[k - 1]] = w->own_name[order[k]] = false;
        }
    }
    weft_block_free(allocator, order);
    return true;
}

void weft_item_name(const struct weft_item *item, char name[WEFT_ITEM_NAME_SIZE])
{
    if (item->owner.index < 0) {
        snprintf(name, WEFT_ITEM_NAME_SIZE, "%s.%s", item->owner.stem, item->role);
    } else {
        snprintf(name, WEFT_ITEM_NAME_SIZE, "%s%d.%s", item->owner.stem, item->owner.index, item->role);
    }
}

static const char *dtype_name(enum weft_dtype dtype)
{
    return dtype == WEFT_DTYPE_F32 ? "F32" : dtype == WEFT_DTYPE_I8 ? "I8" : "U8";
}

static size_t item_bytes(const struct weft_item *item)
{
    return item->elements * (item->dtype == WEFT_DTYPE_F32 ? 4 : 1);
}

/* Floats come first, so that they lie on multiples of 4. */
static bool in_part(const struct weft_item *item, int part)
{
    return (item->dtype == WEFT_DTYPE_F32) == (part == 0);
}

static void write_entry(struct weft_json_writer *json, const struct weft_item *item, size_t begin)
{
    char name[WEFT_ITEM_NAME_SIZE];
    weft_item_name(item, name);
    weft_json_write_key(json, name);
    weft_json_write_open(json, '{');
    weft_json_write_key(json, "dtype");
    weft_json_write_string(json, dtype_name(item->dtype));
    weft_json_write_key(json, "shape");
    weft_json_write_open(json, '[');
    for (int i = 0; i < item->rank; i++) {
        weft_json_write_int(json, item->extents[i]);
    }
    weft_json_write_close(json, ']');
    weft_json_write_key(json, "data_offsets");
    weft_json_write_open(json, '[');
    weft_json_write_int(json, (int64_t)begin);
    weft_json_write_int(json, (int64_t)(begin + item_bytes(item)));
    weft_json_write_close(json, ']');
    weft_json_write_close(json, '}');
}

/* The header; returns the bytes of the data that it describes. */
static size_t write_header(const struct weft_writer *w, struct weft_json_writer *json)
{
    char version[16];
    snprintf(version, sizeof version, "%d", WEFT_FILE_VERSION);
    weft_json_write_open(json, '{');
    weft_json_write_key(json, "__metadata__");
    weft_json_write_open(json, '{');
    weft_json_write_key(json, "format");
    weft_json_write_string(json, WEFT_FILE_FORMAT);
    weft_json_write_key(json, "format_version");
    weft_json_write_string(json, version);
    weft_json_write_key(json, "graph");
    weft_json_write_text(json, w->json.data, w->json.size);
    weft_json_write_close(json, '}');
    size_t at = 0;
    for (int part = 0; part < 2; part++) {
        for (int i = 0; i < w->items_count; i++) {
            if (in_part(&w->items[i], part)) {
                write_entry(json, &w->items[i], at);
                at += item_bytes(&w->items[i]);
            }
        }
    }
    weft_json_write_close(json, '}');
    while ((json->size + 8) % DATA_ALIGN != 0 && !json->failed) {
        weft_json_write_raw(json, " ", 1);
    }
    return at;
}

static uint8_t *put_item(uint8_t *out, const struct weft_item *item)
{
    if (item->dtype != WEFT_DTYPE_F32) {
        memcpy(out, item->data, item->elements);
        return out + item->elements;
    }
    const float *values = item->data;
    for (size_t i = 0; i < item->elements; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (int byte = 0; byte < 4; byte++) {
            *out++ = (uint8_t)(bits >> (8 * byte));
        }
    }
    return out;
}

static weft_status assemble(const struct weft_writer *w, void **data, size_t *size, weft_error *error)
{
    const char *name = w->model->graph.name;
    const weft_allocator *allocator = &w->model->pool.allocator;
    struct weft_json_writer header;
    weft_json_write_init(&header, allocator);
    size_t bytes = write_header(w, &header);
    size_t total = 8 + header.size + bytes;
    weft_status status = WEFT_OK;
    uint8_t *out = NULL;
    if (!header.failed && (header.size > WEFT_HEADER_MAX || w->json.size > WEFT_JSON_TEXT_MAX)) {
        status = weft_fail(error, WEFT_E_RANGE, "%.200s: its graph makes a header of more than %zu bytes",
                           name, WEFT_HEADER_MAX);
    } else if (header.failed || !(out = weft_block_alloc(allocator, total, 1))) {
        status = weft_fail(error, WEFT_E_MEMORY, "%.200s: not enough memory to write it", name);
    } else {
        *data = out;
        *size = total;
        for (int byte = 0; byte < 8; byte++) {
            *out++ = (uint8_t)((uint64_t)header.size >> (8 * byte));
        }
        memcpy(out, header.data, header.size);
        out += header.size;
        for (int part = 0; part < 2; part++) {
            for (int i = 0; i < w->items_count; i++) {
                out = in_part(&w->items[i], part) ? put_item(out, &w->items[i]) : out;
            }
        }
    }
    weft_json_write_free(&header);
    return status;
}

weft_status weft_file_serialise(const struct weft_model *model, void **data, size_t *size, weft_error *error)
{
    *data = NULL;
    *size = 0;
    const struct weft_graph *graph = &model->graph;
    if (!graph->quantized) {
        return weft_fail(error, WEFT_E_ARGUMENT, "%.200s: a float model; quantize it before saving it",
                         graph->name);
    }
    /* What would be refused on loading is not written. */
    weft_status status = weft_graph_check(graph, graph->name, error);
    if (status != WEFT_OK) {
        return status;
    }
    const weft_allocator *allocator = &model->pool.allocator;
    size_t nodes = (size_t)graph->nodes_count;
    size_t items = nodes * WEFT_ITEMS_PER_NODE + (size_t)graph->tensors_count * WEFT_ITEMS_PER_EDGE;
    struct weft_writer w = {.model = model};
    weft_json_write_init(&w.json, allocator);
    w.items = weft_block_alloc(allocator, items, sizeof *w.items);
    w.own_name = weft_block_alloc(allocator, nodes, sizeof *w.own_name);
    bool ready = w.items && w.own_name && find_own_names(&w);
    if (ready) {
        weft_writer_graph(&w);
    }
    status = ready && !w.json.failed
                 ? assemble(&w, data, size, error)
                 : weft_fail(error, WEFT_E_MEMORY, "%.200s: not enough memory to write it", graph->name);
    weft_json_write_free(&w.json);
    weft_block_free(allocator, w.own_name);
    weft_block_free(allocator, w.items);
    return status;
}
