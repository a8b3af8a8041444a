/* Fuzz target: the JSON reader. What it takes must be what the writer makes of it, read again. */
#include <stdlib.h>
#include <string.h>

#include "format/json.h"
#include "format/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_value(const struct weft_json *json, int token, struct weft_json_writer *writer)
{
    int count = weft_json_count(json, token);
    int64_t whole;
    float number;
    switch (weft_json_type_of(json, token)) {
    case WEFT_JSON_OBJECT:
        weft_json_write_open(writer, '{');
        for (int i = 0, key = weft_json_first(token); i < count; i++, key = weft_json_next(json, key)) {
            weft_json_write_key(writer, weft_json_string(json, key));
            write_value(json, key + 1, writer);
        }
        weft_json_write_close(writer, '}');
        break;
    case WEFT_JSON_ARRAY:
        weft_json_write_open(writer, '[');
        for (int i = 0, at = weft_json_first(token); i < count; i++, at = weft_json_next(json, at)) {
            write_value(json, at, writer);
        }
        weft_json_write_close(writer, ']');
        break;
    case WEFT_JSON_STRING:
        weft_json_write_text(writer, weft_json_string(json, token), json->tokens[token].size);
        break;
    case WEFT_JSON_NUMBER:
        /* Zero as a float, which may be minus zero. */
        if (weft_json_int64(json, token, &whole) && whole != 0) {
            weft_json_write_int(writer, whole);
        } else if (weft_json_float(json, token, &number)) {
            weft_json_write_float(writer, number);
        } else {
            weft_json_write_bool(writer, false);
        }
        break;
    default:
        weft_json_write_bool(writer, weft_json_type_of(json, token) == WEFT_JSON_TRUE);
        break;
    }
}

/* Written out; the caller frees. Leaves an empty writer if the text is no JSON. */
static struct weft_json_writer rewrite(const char *text, size_t size)
{
    struct weft_json_writer writer;
    weft_json_write_init(&writer, NULL);
    char *copy = malloc(size ? size : 1);
    struct weft_json json;
    if (copy) {
        memcpy(copy, text, size);
        if (weft_json_parse(&json, copy, size, NULL) == WEFT_OK) {
            write_value(&json, 0, &writer);
            weft_json_free(&json);
        }
    }
    free(copy);
    return writer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weft_json_writer first = rewrite(size ? (const char *)data : "", size);
    if (first.size > 0) {
        struct weft_json_writer second = rewrite(first.data, first.size);
        if (first.size != second.size || memcmp(first.data, second.data, first.size) != 0) {
            abort();
        }
        weft_json_write_free(&second);
    }
    weft_json_write_free(&first);
    return 0;
}
