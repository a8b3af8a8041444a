/* weft: reading the graph of a .weft file: typed questions to its JSON text and its tensors. Each writes the
 * error line itself and returns false; a reader that has failed stays failed. */
#ifndef WEFT_FORMAT_READER_H
#define WEFT_FORMAT_READER_H

#include "format/container.h"
#include "format/json.h"
#include "graph/graph.h"

struct weft_reader {
    const char *file;
    struct weft_container *container;
    struct weft_json json; /* the graph text */
    struct weft_model *model;
    char where[128]; /* "layer 'conv1': ", or "" */
    weft_status status;
    weft_error *error;
};

/* Sets the status and "FILE: WHERE: WHAT; MEND". */
bool weft_reader_damaged(struct weft_reader *r, const char *what, ...) __attribute__((format(printf, 2, 3)));
bool weft_reader_no_memory(struct weft_reader *r);
/* Names the thing that is being read: "layer", "conv1". */
void weft_reader_enter(struct weft_reader *r, const char *kind, const char *name);

/* Members of the object token. `low` and `high` are inclusive. */
bool weft_reader_object(struct weft_reader *r, int object, const char *key, int *member);
bool weft_reader_array(struct weft_reader *r, int object, const char *key, int *member);
bool weft_reader_int(struct weft_reader *r, int object, const char *key, int low, int high, int *value);
bool weft_reader_ints(struct weft_reader *r, int object, const char *key, int count, int low, int high,
                      int *values);
bool weft_reader_bool(struct weft_reader *r, int object, const char *key, bool *value);
bool weft_reader_float(struct weft_reader *r, int object, const char *key, float *value);
/* Leaves the value as it is where there is no such key. */
bool weft_reader_optional_float(struct weft_reader *r, int object, const char *key, float *value);
bool weft_reader_floats(struct weft_reader *r, int object, const char *key, int count, float *values);
bool weft_reader_string(struct weft_reader *r, int object, const char *key, const char **value);
/* A string of one line of at most WEFT_FILE_NAME_MAX bytes. */
bool weft_reader_name(struct weft_reader *r, int object, const char *key, const char **value);

/* The bytes of the tensor whose name is the member `key`; each tensor may be taken once, so that a small file
 * cannot ask for much memory. The shape must be exactly `rank` extents. */
bool weft_reader_tensor(struct weft_reader *r, int object, const char *key, enum weft_dtype dtype, int rank,
                        const int64_t *extents, const uint8_t **bytes);
/* One F32 tensor of `count` finite floats, copied into the model. */
bool weft_reader_float_tensor(struct weft_reader *r, int object, const char *key, int64_t count,
                              float **values);

/* weft_file_edge.c, weft_file_node.c: element `index` of the graph's "tensors" and "nodes". */
bool weft_reader_edge(struct weft_reader *r, int object);
bool weft_reader_node(struct weft_reader *r, int object);

#endif
