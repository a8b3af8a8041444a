/* weft_onnx_load: the file, the messages in it, the graph, the model. */
#include <stdio.h>
#include <string.h>

#include <weft/convert.h>

#include "core/error.h"
#include "format/file_io.h"
#include "onnx/importer.h"
#include "onnx/load.h"
#include "onnx/wire.h"

/* protobuf's own limit. */
#define ONNX_SIZE_MAX ((size_t)INT32_MAX)

static weft_status unpack(struct weft_onnx *import, const void *data, size_t size)
{
    size_t where, messages;
    const char *problem = weft_onnx_wire_problem(&weft_onnx__model_proto__descriptor, data, size, &where, &messages);
    if (problem) {
        return weft_onnx_fail(import, WEFT_E_FORMAT, "no ONNX file, or damaged: %s, at byte %zu", problem, where);
    }
    import->memory.limit += messages * WEFT_ONNX_MEMORY_MESSAGE; /* fewer than bytes: no overflow */
    ProtobufCAllocator allocator = weft_onnx_memory_protobuf(&import->memory);
    size_t before = import->memory.refused;
    import->proto = weft_onnx__model_proto__unpack(&allocator, size, data);
    if (!import->proto && import->memory.refused > before) {
        return weft_onnx_no_memory(import);
    }
    if (!import->proto || !import->proto->graph) {
        return weft_onnx_fail(import, WEFT_E_FORMAT, "no ONNX file, or damaged: %s",
                              import->proto ? "it holds no graph" : "its messages cannot be unpacked");
    }
    return WEFT_OK;
}

static weft_status find_opset(struct weft_onnx *import)
{
    int64_t version = 0;
    for (size_t i = 0; i < import->proto->n_opset_import; i++) {
        const WeftOnnx__OperatorSetIdProto *opset = import->proto->opset_import[i];
        if (!opset->domain || !opset->domain[0] || strcmp(opset->domain, "ai.onnx") == 0) {
            version = opset->version;
        }
    }
    if (version < WEFT_ONNX_OPSET_MIN || version > WEFT_ONNX_OPSET_MAX) {
        return weft_onnx_fail(import, WEFT_E_UNSUPPORTED, "is of opset %lld: weft reads %d to %d", (long long)version,
                              WEFT_ONNX_OPSET_MIN, WEFT_ONNX_OPSET_MAX);
    }
    import->opset = (int)version;
    return WEFT_OK;
}

/* The network gets the file's name without folder and ending, and a line about where it comes from. */
static weft_status name_model(struct weft_onnx *import)
{
    struct weft_pool *pool = &import->model->pool;
    const char *slash = strrchr(import->file, '/'), *base = slash ? slash + 1 : import->file;
    char name[256], producer[128], version[64], provenance[512];
    weft_onnx_printable(base, name, sizeof name);
    snprintf(provenance, sizeof provenance, "%s: opset %d, made by %s %s", name, import->opset,
             weft_onnx_printable(import->proto->producer_name ? import->proto->producer_name : "", producer,
                                 sizeof producer),
             weft_onnx_printable(import->proto->producer_version ? import->proto->producer_version : "", version,
                                 sizeof version));
    char *dot = strrchr(name, '.');
    if (dot && dot > name) {
        *dot = '\0';
    }
    import->graph->name = weft_pool_strdup(pool, name);
    import->graph->provenance = weft_pool_strdup(pool, provenance);
    return import->graph->name && import->graph->provenance ? WEFT_OK : weft_onnx_no_memory(import);
}

static void release(struct weft_onnx *import)
{
    ProtobufCAllocator allocator = weft_onnx_memory_protobuf(&import->memory);
    if (import->proto) {
        weft_onnx__model_proto__free_unpacked(import->proto, &allocator);
        import->proto = NULL;
    }
    weft_pool_free(&import->pool);
}

/* Frees `block`, which holds the data, as soon as they are unpacked. */
static weft_status import_model(struct weft_onnx *import, const void *data, size_t size, void *block)
{
    import->memory.limit = size * WEFT_ONNX_MEMORY_TIMES + WEFT_ONNX_MEMORY_SLACK;
    weft_status status = unpack(import, data, size);
    weft_block_free(&import->pool.allocator, block);
    status = status ? status : find_opset(import);
    if (status) {
        return status;
    }
    weft_allocator kept = weft_onnx_memory_kept(&import->memory);
    import->model = weft_model_new(&kept);
    if (!import->model) {
        return weft_onnx_no_memory(import);
    }
    import->graph = &import->model->graph;
    status = name_model(import);
    status = status ? status : weft_onnx_import_graph(import);
    release(import);
    if (!status) {
        status = weft_graph_simplify(import->graph, import->error);
        /* Factors that are finite may overflow where they are folded. */
        status = status ? status : weft_graph_check(import->graph, import->file, import->error);
        status = status == WEFT_E_MEMORY ? weft_onnx_no_memory(import) : status;
    }
    return status;
}

static void begin(struct weft_onnx *import, const char *file, const weft_allocator *allocator, weft_error *error)
{
    *import = (struct weft_onnx){.file = file, .error = error};
    weft_onnx_memory_init(&import->memory, allocator);
    weft_allocator scratch = weft_onnx_memory_scratch(&import->memory);
    weft_pool_init(&import->pool, &scratch);
}

static weft_status end(struct weft_onnx *import, weft_status status, weft_model **model)
{
    release(import);
    if (import->model) {
        import->model->pool.allocator = import->memory.base;
    }
    if (status) {
        weft_model_free(&import->model);
    }
    *model = import->model;
    return status;
}

weft_status weft_onnx_load_memory(const void *data, size_t size, const char *name, const weft_allocator *allocator,
                                  weft_model **model, weft_error *error)
{
    struct weft_onnx import;
    begin(&import, name, allocator, error);
    return end(&import, import_model(&import, data, size, NULL), model);
}

weft_status weft_onnx_load(const char *path, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    struct weft_onnx import;
    void *data;
    size_t size;
    begin(&import, path, allocator, error);
    weft_status status = weft_file_read(path, ONNX_SIZE_MAX, &import.pool.allocator, &data, &size, error);
    return end(&import, status ? status : import_model(&import, data, size, data), model);
}
