#include "format/container.h"

#include <inttypes.h>
#include <string.h>

#include "core/error.h"
#include "core/pool.h"
#include "format/index_sort.h"
#include "format/utf8.h"

#define DAMAGED "the file is damaged: copy it again or make it anew"

static const struct {
    const char *name;
    int bytes;
    enum weft_dtype dtype;
} dtypes[] = {
    {"U8", 1, WEFT_DTYPE_U8},      {"I8", 1, WEFT_DTYPE_I8},      {"F32", 4, WEFT_DTYPE_F32},
    {"BOOL", 1, WEFT_DTYPE_OTHER}, {"I16", 2, WEFT_DTYPE_OTHER},  {"U16", 2, WEFT_DTYPE_OTHER},
    {"F16", 2, WEFT_DTYPE_OTHER},  {"BF16", 2, WEFT_DTYPE_OTHER}, {"I32", 4, WEFT_DTYPE_OTHER},
    {"U32", 4, WEFT_DTYPE_OTHER},  {"I64", 8, WEFT_DTYPE_OTHER},  {"U64", 8, WEFT_DTYPE_OTHER},
    {"F64", 8, WEFT_DTYPE_OTHER},
};

static weft_status damaged(const struct weft_container *c, weft_error *error, const char *tensor,
                           const char *what)
{
    return weft_fail(error, WEFT_E_FORMAT, "%s: tensor '%.80s': %s; " DAMAGED, c->file, tensor, what);
}

/* Bytes of a shape; false on a bad extent or overflow. */
static bool shape_bytes(const struct weft_json *json, int shape, int element, uint64_t *bytes)
{
    uint64_t product = (uint64_t)element;
    int rank = weft_json_count(json, shape);
    for (int i = 0, at = weft_json_first(shape); i < rank; i++, at = weft_json_next(json, at)) {
        int64_t extent;
        if (!weft_json_int64(json, at, &extent) || extent < 0) {
            return false;
        }
        if (extent > 0 && product > UINT64_MAX / (uint64_t)extent) {
            return false;
        }
        product *= (uint64_t)extent;
    }
    *bytes = product;
    return true;
}

static weft_status read_entry(const struct weft_container *c, const char *name, int token,
                              struct weft_entry *entry, weft_error *error)
{
    const struct weft_json *json = &c->json;
    int dtype = weft_json_member(json, token, "dtype");
    int shape = weft_json_member(json, token, "shape");
    int offsets = weft_json_member(json, token, "data_offsets");
    if (dtype < 0 || !weft_json_string(json, dtype) || shape < 0 ||
        weft_json_type_of(json, shape) != WEFT_JSON_ARRAY || offsets < 0 ||
        weft_json_type_of(json, offsets) != WEFT_JSON_ARRAY || weft_json_count(json, offsets) != 2) {
        return damaged(c, error, name, "dtype, shape or data_offsets are missing or no such things");
    }
    size_t kind = 0;
    while (kind < sizeof dtypes / sizeof *dtypes &&
           strcmp(dtypes[kind].name, weft_json_string(json, dtype)) != 0) {
        kind++;
    }
    if (kind == sizeof dtypes / sizeof *dtypes) {
        return damaged(c, error, name, "its dtype is unknown");
    }
    int64_t begin, end;
    int first = weft_json_first(offsets);
    if (!weft_json_int64(json, first, &begin) || !weft_json_int64(json, weft_json_next(json, first), &end) ||
        begin < 0 || end < begin || (uint64_t)end > c->data_size) {
        return damaged(c, error, name, "its data_offsets lie outside of the file");
    }
    uint64_t bytes;
    if (!shape_bytes(json, shape, dtypes[kind].bytes, &bytes)) {
        return damaged(c, error, name, "its shape holds an impossible extent");
    }
    if (bytes != (uint64_t)(end - begin)) {
        return damaged(c, error, name, "its shape and its data_offsets disagree");
    }
    *entry = (struct weft_entry){.name = name,
                                 .begin = (uint64_t)begin,
                                 .end = (uint64_t)end,
                                 .shape = shape,
                                 .dtype = dtypes[kind].dtype};
    return WEFT_OK;
}

static weft_status read_metadata(struct weft_container *c, int token, weft_error *error)
{
    const struct weft_json *json = &c->json;
    c->metadata = token;
    if (weft_json_type_of(json, token) != WEFT_JSON_OBJECT) {
        return weft_fail(error, WEFT_E_FORMAT, "%s: __metadata__ is no object; " DAMAGED, c->file);
    }
    int count = weft_json_count(json, token);
    for (int i = 0, key = weft_json_first(token); i < count; i++, key = weft_json_next(json, key)) {
        if (!weft_json_string(json, key + 1)) {
            return weft_fail(error, WEFT_E_FORMAT, "%s: a value of __metadata__ is no string; " DAMAGED,
                             c->file);
        }
    }
    return WEFT_OK;
}

static int compare_places(const void *context, uint32_t a, uint32_t b)
{
    const struct weft_entry *x = (const struct weft_entry *)context + a,
                            *y = (const struct weft_entry *)context + b;
    if (x->begin != y->begin) {
        return x->begin < y->begin ? -1 : 1;
    }
    return x->end < y->end ? -1 : x->end > y->end;
}

static int compare_names(const void *context, uint32_t a, uint32_t b)
{
    const struct weft_entry *entries = context;
    return strcmp(entries[a].name, entries[b].name);
}

/* Each tensor begins where the one before it ends, and the last ends with the file. */
static weft_status check_places(struct weft_container *c, weft_error *error)
{
    uint32_t *order = c->by_name; /* not yet needed for the names */
    weft_index_sort(order, (size_t)c->entries_count, compare_places, c->entries);
    uint64_t at = 0;
    for (int i = 0; i < c->entries_count; i++) {
        const struct weft_entry *entry = &c->entries[order[i]];
        if (entry->begin != at) {
            return damaged(c, error, entry->name,
                           entry->begin < at ? "its data overlap another tensor's"
                                             : "there is a hole before its data");
        }
        at = entry->end;
    }
    if (at != c->data_size) {
        return weft_fail(error, WEFT_E_FORMAT,
                         "%s: %" PRIu64 " bytes at the end belong to no tensor; " DAMAGED, c->file,
                         (uint64_t)c->data_size - at);
    }
    return WEFT_OK;
}

static weft_status read_entries(struct weft_container *c, weft_error *error)
{
    const struct weft_json *json = &c->json;
    int members = weft_json_count(json, 0);
    c->entries = weft_block_alloc(c->allocator, (size_t)members, sizeof *c->entries);
    c->by_name = weft_block_alloc(c->allocator, (size_t)members, sizeof *c->by_name);
    if (!c->entries || !c->by_name) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: not enough memory for its header", c->file);
    }
    for (int i = 0, key = weft_json_first(0); i < members; i++, key = weft_json_next(json, key)) {
        const char *name = weft_json_string(json, key);
        if (!weft_utf8_is_line(name)) {
            return weft_fail(error, WEFT_E_FORMAT, "%s: a tensor's name holds control characters; " DAMAGED,
                             c->file);
        }
        bool is_metadata = strcmp(name, "__metadata__") == 0;
        weft_status status = is_metadata ? read_metadata(c, key + 1, error)
                                         : read_entry(c, name, key + 1, &c->entries[c->entries_count], error);
        if (status != WEFT_OK) {
            return status;
        }
        if (!is_metadata) {
            c->by_name[c->entries_count] = (uint32_t)c->entries_count;
            c->entries_count++;
        }
    }
    weft_status status = check_places(c, error);
    if (status == WEFT_OK) {
        weft_index_sort(c->by_name, (size_t)c->entries_count, compare_names, c->entries);
    }
    return status;
}

static weft_status read_header(struct weft_container *c, const uint8_t *bytes, size_t length,
                               weft_error *error)
{
    c->header = weft_block_alloc(c->allocator, length, 1);
    if (!c->header) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: not enough memory for its header", c->file);
    }
    memcpy(c->header, bytes, length);
    weft_status status = weft_json_parse(&c->json, c->header, length, c->allocator);
    if (status == WEFT_E_MEMORY) {
        return weft_fail(error, status, "%s: not enough memory for its header", c->file);
    }
    if (status != WEFT_OK) {
        return weft_fail(error, status, "%s: the header is broken at byte %zu: %s; " DAMAGED, c->file,
                         c->json.position + 8, c->json.problem);
    }
    return WEFT_OK;
}

weft_status weft_container_open(struct weft_container *container, const void *data, size_t size,
                                const char *file, const weft_allocator *allocator, weft_error *error)
{
    *container = (struct weft_container){.file = file, .allocator = allocator, .metadata = -1};
    const uint8_t *bytes = data;
    uint64_t length = 0;
    for (int i = 0; i < 8 && size >= 8; i++) {
        length |= (uint64_t)bytes[i] << (8 * i);
    }
    if (size < 10 || bytes[8] != '{') {
        return weft_fail(error, WEFT_E_FORMAT, "%s: this is no .weft file; make one with 'weft quantize'",
                         file);
    }
    if (length > size - 8 || length < 2) {
        return weft_fail(error, WEFT_E_FORMAT,
                         "%s: the header should have %" PRIu64 " bytes, the file has %zu in all; " DAMAGED,
                         file, length, size);
    }
    if (length > WEFT_HEADER_MAX) {
        return weft_fail(error, WEFT_E_FORMAT,
                         "%s: the header has %" PRIu64 " bytes, at most %zu are read; " DAMAGED, file, length,
                         WEFT_HEADER_MAX);
    }
    container->data = bytes + 8 + length;
    container->data_size = size - 8 - (size_t)length;
    weft_status status = read_header(container, bytes + 8, (size_t)length, error);
    if (status == WEFT_OK) {
        status = read_entries(container, error);
    }
    if (status != WEFT_OK) {
        weft_container_close(container);
    }
    return status;
}

void weft_container_close(struct weft_container *container)
{
    weft_block_free(container->allocator, container->by_name);
    weft_block_free(container->allocator, container->entries);
    weft_json_free(&container->json);
    weft_block_free(container->allocator, container->header);
    *container = (struct weft_container){.metadata = -1};
}

const char *weft_container_metadata(const struct weft_container *container, const char *key)
{
    int value = container->metadata < 0 ? -1 : weft_json_member(&container->json, container->metadata, key);
    return value < 0 ? NULL : weft_json_string(&container->json, value);
}

struct weft_entry *weft_container_find(const struct weft_container *container, const char *name)
{
    int low = 0, high = container->entries_count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        struct weft_entry *entry = &container->entries[container->by_name[middle]];
        int order = strcmp(name, entry->name);
        if (order == 0) {
            return entry;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}
