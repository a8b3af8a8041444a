/* weft: the container of a model file: safetensors. 8 bytes header length (little-endian), a JSON header, raw
 * tensors. Reading only; weft_file_write.c makes it. */
#ifndef WEFT_FORMAT_CONTAINER_H
#define WEFT_FORMAT_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/weft.h>

#include "format/json.h"

/* Longest header that is read, as in the safetensors library. */
#define WEFT_HEADER_MAX ((size_t)100 << 20)

/* Element types that weft uses. Files may hold tensors of the others; they are passed over. */
enum weft_dtype { WEFT_DTYPE_U8, WEFT_DTYPE_I8, WEFT_DTYPE_F32, WEFT_DTYPE_OTHER };

struct weft_entry {
    const char *name;    /* in the header */
    uint64_t begin, end; /* bytes, from the start of the data */
    int shape;           /* token: array of extents, each >= 0 */
    enum weft_dtype dtype;
    bool taken;
};

struct weft_container {
    const char *file; /* for errors */
    const weft_allocator *allocator;
    char *header; /* decoded in place by `json` */
    struct weft_json json;
    const uint8_t *data; /* in the caller's bytes */
    size_t data_size;
    int metadata; /* token of the __metadata__ object, or -1 */
    struct weft_entry *entries;
    uint32_t *by_name; /* entries in the order of their names */
    int entries_count;
};

/* Checks the container completely: length, JSON, every entry's dtype, shape and offsets, no hole, no overlap,
 * no byte left over. `data` is not copied and must live as long as the container. On failure nothing is kept.
 */
weft_status weft_container_open(struct weft_container *container, const void *data, size_t size,
                                const char *file, const weft_allocator *allocator, weft_error *error);
void weft_container_close(struct weft_container *container);

/* A value of __metadata__, or NULL. */
const char *weft_container_metadata(const struct weft_container *container, const char *key);
/* The entry of that name, or NULL. */
struct weft_entry *weft_container_find(const struct weft_container *container, const char *name);

#endif
