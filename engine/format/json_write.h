/* weft: an appending JSON writer. Commas are its business; that opens and closes match is the caller's. After
 * a failed allocation every call does nothing; weft_json_writer.failed says so at the end. */
#ifndef WEFT_FORMAT_JSON_WRITE_H
#define WEFT_FORMAT_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/weft.h>

struct weft_json_writer {
    const weft_allocator *allocator;
    char *data; /* not ended by a zero byte */
    size_t size, capacity;
    bool follows; /* the next value needs a comma */
    bool failed;  /* memory was short */
};

/* Starts empty; `allocator` may be NULL and must live as long as the writer. Cannot fail. */
void weft_json_write_init(struct weft_json_writer *writer, const weft_allocator *allocator);
void weft_json_write_free(struct weft_json_writer *writer);

/* '{' or '[', and '}' or ']'. */
void weft_json_write_open(struct weft_json_writer *writer, char bracket);
void weft_json_write_close(struct weft_json_writer *writer, char bracket);
void weft_json_write_key(struct weft_json_writer *writer, const char *key);
/* Bytes that are no UTF-8 become U+FFFD. */
void weft_json_write_text(struct weft_json_writer *writer, const char *text, size_t size);
void weft_json_write_string(struct weft_json_writer *writer, const char *text);
void weft_json_write_int(struct weft_json_writer *writer, int64_t value);
void weft_json_write_bool(struct weft_json_writer *writer, bool value);
/* The fewest digits (at most 9) that read back as the same float. `value` is finite. Minus zero keeps its
 * sign. */
void weft_json_write_float(struct weft_json_writer *writer, float value);
/* Bytes as they are, outside of the structure (a line break, padding). */
void weft_json_write_raw(struct weft_json_writer *writer, const char *bytes, size_t size);

#endif
