#include "format/reader.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "format/utf8.h"
#include "format/weft_file_names.h"

bool weft_reader_damaged(struct weft_reader *r, const char *what, ...)
{
    char text[512];
    va_list list;
    va_start(list, what);
    vsnprintf(text, sizeof text, what, list);
    va_end(list);
    r->status =
        weft_fail(r->error, WEFT_E_FORMAT, "%s: %s%s; the file is damaged: copy it again or make it anew",
                  r->file, r->where, text);
    return false;
}

bool weft_reader_no_memory(struct weft_reader *r)
{
    r->status = weft_fail(r->error, WEFT_E_MEMORY, "%s: %snot enough memory to load it", r->file, r->where);
    return false;
}

void weft_reader_enter(struct weft_reader *r, const char *kind, const char *name)
{
    snprintf(r->where, sizeof r->where, "%s '%.80s': ", kind, name);
}

static bool member_of_type(struct weft_reader *r, int object, const char *key, enum weft_json_type type,
                           int *member)
{
    *member = weft_json_member(&r->json, object, key);
    if (*member < 0) {
        return weft_reader_damaged(r, "'%s' is missing", key);
    }
    return weft_json_type_of(&r->json, *member) == type ||
           weft_reader_damaged(r, "'%s' is of the wrong type", key);
}

bool weft_reader_object(struct weft_reader *r, int object, const char *key, int *member)
{
    return member_of_type(r, object, key, WEFT_JSON_OBJECT, member);
}

bool weft_reader_array(struct weft_reader *r, int object, const char *key, int *member)
{
    return member_of_type(r, object, key, WEFT_JSON_ARRAY, member);
}

static bool int_token(struct weft_reader *r, int token, const char *key, int low, int high, int *value)
{
    int64_t wide;
    if (!weft_json_int64(&r->json, token, &wide)) {
        return weft_reader_damaged(r, "'%s' is no integer", key);
    }
    if (wide < low || wide > high) {
        return weft_reader_damaged(r, "'%s' is %" PRId64 ", it must be %d to %d", key, wide, low, high);
    }
    *value = (int)wide;
    return true;
}

static bool float_token(struct weft_reader *r, int token, const char *key, float *value)
{
    return weft_json_float(&r->json, token, value) ||
           weft_reader_damaged(r, "'%s' is no number that fits single precision", key);
}

bool weft_reader_int(struct weft_reader *r, int object, const char *key, int low, int high, int *value)
{
    int token = weft_json_member(&r->json, object, key);
    return token < 0 ? weft_reader_damaged(r, "'%s' is missing", key)
                     : int_token(r, token, key, low, high, value);
}

/* The first element of an array of exactly `count`; false if the member is none. */
static bool elements(struct weft_reader *r, int object, const char *key, int count, int *first)
{
    int array;
    if (!weft_reader_array(r, object, key, &array)) {
        return false;
    }
    *first = weft_json_first(array);
    return weft_json_count(&r->json, array) == count ||
           weft_reader_damaged(r, "'%s' must have %d elements", key, count);
}

bool weft_reader_ints(struct weft_reader *r, int object, const char *key, int count, int low, int high,
                      int *values)
{
    int at;
    bool good = elements(r, object, key, count, &at);
    for (int i = 0; i < count && good; i++, at = weft_json_next(&r->json, at)) {
        good = int_token(r, at, key, low, high, &values[i]);
    }
    return good;
}

bool weft_reader_floats(struct weft_reader *r, int object, const char *key, int count, float *values)
{
    int at;
    bool good = elements(r, object, key, count, &at);
    for (int i = 0; i < count && good; i++, at = weft_json_next(&r->json, at)) {
        good = float_token(r, at, key, &values[i]);
    }
    return good;
}

bool weft_reader_bool(struct weft_reader *r, int object, const char *key, bool *value)
{
    int token = weft_json_member(&r->json, object, key);
    if (token < 0) {
        return weft_reader_damaged(r, "'%s' is missing", key);
    }
    enum weft_json_type type = weft_json_type_of(&r->json, token);
    if (type != WEFT_JSON_TRUE && type != WEFT_JSON_FALSE) {
        return weft_reader_damaged(r, "'%s' must be true or false", key);
    }
    *value = type == WEFT_JSON_TRUE;
    return true;
}

bool weft_reader_optional_float(struct weft_reader *r, int object, const char *key, float *value)
{
    int token = weft_json_member(&r->json, object, key);
    return token < 0 || float_token(r, token, key, value);
}

bool weft_reader_float(struct weft_reader *r, int object, const char *key, float *value)
{
    int token = weft_json_member(&r->json, object, key);
    return token < 0 ? weft_reader_damaged(r, "'%s' is missing", key) : float_token(r, token, key, value);
}

bool weft_reader_string(struct weft_reader *r, int object, const char *key, const char **value)
{
    int token;
    if (!member_of_type(r, object, key, WEFT_JSON_STRING, &token)) {
        return false;
    }
    *value = weft_json_string(&r->json, token);
    return true;
}

bool weft_reader_name(struct weft_reader *r, int object, const char *key, const char **value)
{
    if (!weft_reader_string(r, object, key, value)) {
        return false;
    }
    if (!weft_utf8_is_line(*value)) {
        return weft_reader_damaged(r, "'%s' holds control characters", key);
    }
    return strlen(*value) <= WEFT_FILE_NAME_MAX ||
           weft_reader_damaged(r, "'%s' has more than %d bytes", key, WEFT_FILE_NAME_MAX);
}

static bool shape_is(const struct weft_json *header, int shape, int rank, const int64_t *extents)
{
    bool same = weft_json_count(header, shape) == rank;
    for (int i = 0, at = weft_json_first(shape); i < rank && same; i++, at = weft_json_next(header, at)) {
        int64_t extent;
        same = weft_json_int64(header, at, &extent) && extent == extents[i];
    }
    return same;
}

bool weft_reader_tensor(struct weft_reader *r, int object, const char *key, enum weft_dtype dtype, int rank,
                        const int64_t *extents, const uint8_t **bytes)
{
    const char *name;
    if (!weft_reader_name(r, object, key, &name)) {
        return false;
    }
    struct weft_entry *entry = weft_container_find(r->container, name);
    if (!entry) {
        return weft_reader_damaged(r, "the tensor '%.80s' is missing", name);
    }
    if (entry->taken) {
        return weft_reader_damaged(r, "the tensor '%.80s' is used twice", name);
    }
    if (entry->dtype != dtype) {
        return weft_reader_damaged(r, "the tensor '%.80s' is of the wrong dtype", name);
    }
    if (!shape_is(&r->container->json, entry->shape, rank, extents)) {
        return weft_reader_damaged(r, "the shape of the tensor '%.80s' does not fit the layer", name);
    }
    entry->taken = true;
    *bytes = r->container->data + entry->begin;
    return true;
}

bool weft_reader_float_tensor(struct weft_reader *r, int object, const char *key, int64_t count,
                              float **values)
{
    const uint8_t *bytes;
    if (!weft_reader_tensor(r, object, key, WEFT_DTYPE_F32, 1, &count, &bytes)) {
        return false;
    }
    *values = weft_pool_alloc(&r->model->pool, (size_t)count, sizeof **values);
    if (!*values) {
        return weft_reader_no_memory(r);
    }
    for (int64_t i = 0; i < count; i++, bytes += 4) {
        uint32_t bits = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                        (uint32_t)bytes[3] << 24;
        memcpy(&(*values)[i], &bits, 4);
        if (!isfinite((*values)[i])) {
            return weft_reader_damaged(r, "number %" PRId64 " of '%s' is infinite or no number", i, key);
        }
    }
    return true;
}
