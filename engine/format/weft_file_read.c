#include <inttypes.h>
#include <string.h>

#include "core/error.h"
#include "format/reader.h"
#include "format/utf8.h"
#include "format/weft_file.h"
#include "format/weft_file_names.h"
#include "graph/check.h"

#define LABELS_MAX (1 << 20)
#define PIXELS_MAX 65536
/* Entries for which room is made at once; longer lists grow as they prove to be real. */
#define TRUSTED_COUNT 1024

/* The metadata say what the file is before anything of the graph is looked at. */
static weft_status check_version(const struct weft_container *c, weft_error *error)
{
    const char *format = weft_container_metadata(c, "format");
    const char *version = weft_container_metadata(c, "format_version");
    if (!format || strcmp(format, WEFT_FILE_FORMAT) != 0 || !version) {
        return weft_fail(error, WEFT_E_FORMAT,
                         "%s: a safetensors file, but no model of weft; make one with 'weft "
                         "quantize'",
                         c->file);
    }
    int64_t number = 0;
    for (const char *s = version; *s; s++) {
        if (*s < '0' || *s > '9' || number > 1000000) {
            number = 0;
            break;
        }
        number = number * 10 + (*s - '0');
    }
    if (number < 1) {
        return weft_fail(error, WEFT_E_FORMAT,
                         "%s: its format_version is no number; the file is damaged: copy it "
                         "again or make it anew",
                         c->file);
    }
    if (number > WEFT_FILE_VERSION) {
        return weft_fail(error, WEFT_E_VERSION,
                         "%s: it is of format version %" PRId64 ", this weft reads up to %d; "
                         "use a newer weft",
                         c->file, number, WEFT_FILE_VERSION);
    }
    return WEFT_OK;
}

static bool read_prep(struct weft_reader *r)
{
    int prep = weft_json_member(&r->json, 0, "prep");
    if (prep < 0) {
        return true;
    }
    weft_prep p = {0};
    bool bgr;
    if (!weft_reader_object(r, 0, "prep", &prep) ||
        !weft_reader_int(r, prep, "width", 1, PIXELS_MAX, &p.width) ||
        !weft_reader_int(r, prep, "height", 1, PIXELS_MAX, &p.height) ||
        !weft_reader_int(r, prep, "channels", 1, 3, &p.channels) ||
        !weft_reader_int(r, prep, "resize", 0, PIXELS_MAX, &p.resize) ||
        !weft_reader_bool(r, prep, "bgr", &bgr) || !weft_reader_floats(r, prep, "mean", 3, p.mean) ||
        !weft_reader_floats(r, prep, "scale", 3, p.scale)) {
        return false;
    }
    p.bgr = bgr;
    return weft_model_set_prep(r->model, &p) == WEFT_OK ||
           weft_reader_damaged(r, "'prep' holds impossible numbers");
}

/* All labels in one block: a list of very short ones must not cost many times its text. */
static bool read_labels(struct weft_reader *r)
{
    int array = weft_json_member(&r->json, 0, "labels");
    if (array < 0) {
        return true;
    }
    if (!weft_reader_array(r, 0, "labels", &array)) {
        return false;
    }
    int count = weft_json_count(&r->json, array);
    if (count > LABELS_MAX) {
        return weft_reader_damaged(r, "there are %d labels, at most %d are read", count, LABELS_MAX);
    }
    size_t bytes = (size_t)count * sizeof(char *);
    for (int i = 0, at = weft_json_first(array); i < count; i++, at = weft_json_next(&r->json, at)) {
        const char *label = weft_json_string(&r->json, at);
        if (!label || !weft_utf8_is_line(label)) {
            return weft_reader_damaged(r, "label %d is no line of text", i);
        }
        bytes += strlen(label) + 1;
    }
    char **labels = weft_pool_alloc(&r->model->pool, bytes, 1);
    if (!labels) {
        return weft_reader_no_memory(r);
    }
    char *text = (char *)(labels + count);
    for (int i = 0, at = weft_json_first(array); i < count; i++, at = weft_json_next(&r->json, at)) {
        const char *label = weft_json_string(&r->json, at);
        size_t size = strlen(label) + 1;
        labels[i] = memcpy(text, label, size);
        text += size;
    }
    r->model->labels = count ? labels : NULL;
    r->model->labels_count = count;
    return true;
}

static bool read_strings(struct weft_reader *r)
{
    const char *name, *provenance;
    if (!weft_reader_name(r, 0, "name", &name) || !weft_reader_string(r, 0, "provenance", &provenance)) {
        return false;
    }
    struct weft_graph *graph = &r->model->graph;
    graph->name = weft_pool_strdup(graph->pool, name);
    graph->provenance = weft_pool_strdup(graph->pool, provenance);
    return (graph->name && graph->provenance) || weft_reader_no_memory(r);
}

/* Room for a list before its elements are read. */
static bool reserve(struct weft_reader *r, int count, size_t size, void **array, int *capacity)
{
    if (count > WEFT_TENSORS_MAX) {
        return weft_reader_damaged(r, "the graph lists %d things, at most %d are read", count, WEFT_TENSORS_MAX);
    }
    *capacity = count < TRUSTED_COUNT ? count : TRUSTED_COUNT;
    *array = weft_pool_alloc(&r->model->pool, (size_t)*capacity, size);
    return *array || weft_reader_no_memory(r);
}

static bool read_list(struct weft_reader *r, int array, bool (*read)(struct weft_reader *r, int object))
{
    int count = weft_json_count(&r->json, array);
    for (int i = 0, at = weft_json_first(array); i < count; i++, at = weft_json_next(&r->json, at)) {
        r->where[0] = '\0';
        if (weft_json_type_of(&r->json, at) != WEFT_JSON_OBJECT) {
            return weft_reader_damaged(r, "a layer or an edge of the graph is no object");
        }
        if (!read(r, at)) {
            return false;
        }
    }
    r->where[0] = '\0';
    return true;
}

static bool read_graph(struct weft_reader *r)
{
    struct weft_graph *graph = &r->model->graph;
    int edges, layers;
    if (weft_json_type_of(&r->json, 0) != WEFT_JSON_OBJECT) {
        return weft_reader_damaged(r, "the graph is no object");
    }
    if (!read_strings(r) || !read_prep(r) || !read_labels(r) || !weft_reader_array(r, 0, "tensors", &edges) ||
        !weft_reader_array(r, 0, "nodes", &layers)) {
        return false;
    }
    void *tensors, *nodes;
    if (!reserve(r, weft_json_count(&r->json, edges), sizeof *graph->tensors, &tensors,
                 &graph->tensors_capacity) ||
        !reserve(r, weft_json_count(&r->json, layers), sizeof *graph->nodes, &nodes,
                 &graph->nodes_capacity)) {
        return false;
    }
    graph->tensors = tensors;
    graph->nodes = nodes;
    graph->quantized = true;
    return read_list(r, edges, weft_reader_edge) && read_list(r, layers, weft_reader_node) &&
           weft_reader_int(r, 0, "input", 0, graph->tensors_count - 1, &graph->input) &&
           weft_reader_int(r, 0, "output", 0, graph->tensors_count - 1, &graph->output);
}

/* The graph's JSON text is a value of the metadata: already decoded in place, and now parsed in place. */
static weft_status parse_graph(struct weft_reader *r)
{
    const struct weft_container *c = r->container;
    int value = weft_json_member(&c->json, c->metadata, "graph");
    if (value < 0) {
        weft_reader_damaged(r, "the metadata lack the graph");
        return r->status;
    }
    const struct weft_json_token *token = &c->json.tokens[value];
    weft_status status = weft_json_parse(&r->json, c->json.text + token->start, token->size, c->allocator);
    if (status == WEFT_E_MEMORY) {
        weft_reader_no_memory(r);
        return r->status;
    }
    if (status != WEFT_OK) {
        weft_reader_damaged(r, "the graph is broken at byte %zu of its text: %s", r->json.position,
                            r->json.problem);
        return r->status;
    }
    r->model = weft_model_new(c->allocator);
    if (!r->model) {
        weft_reader_no_memory(r);
    } else if (read_graph(r)) {
        r->status = weft_graph_check(&r->model->graph, r->file, r->error);
    }
    weft_json_free(&r->json);
    if (r->status != WEFT_OK) {
        weft_model_free(&r->model);
    }
    return r->status;
}

weft_status weft_file_parse(const void *data, size_t size, const char *name, const weft_allocator *allocator,
                            struct weft_model **model, weft_error *error)
{
    *model = NULL;
    struct weft_container container;
    weft_status status = weft_container_open(&container, data, size, name, allocator, error);
    if (status != WEFT_OK) {
        return status;
    }
    status = check_version(&container, error);
    if (status == WEFT_OK) {
        struct weft_reader reader = {
            .file = name, .container = &container, .status = WEFT_OK, .error = error};
        status = parse_graph(&reader);
        *model = reader.model;
    }
    weft_container_close(&container);
    return status;
}
