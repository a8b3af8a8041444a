/* weft: writing a .weft file. The walk over the model (writer_graph.c) makes the graph's JSON text and,
 * beside it, the list of the tensors that it refers to; weft_file_write.c puts header and tensors together.
 */
#ifndef WEFT_FORMAT_WRITER_H
#define WEFT_FORMAT_WRITER_H

#include "format/container.h"
#include "format/json_write.h"
#include "format/weft_file_names.h"

/* bins, scale, bias, codebook, slope, map; table and theta of an edge */
#define WEFT_ITEMS_PER_NODE 6
#define WEFT_ITEMS_PER_EDGE 2

/* What the names of a layer's or an edge's tensors begin with: "conv1", or "#7", "edge3" where index >= 0. */
struct weft_item_owner {
    const char *stem;
    int index;
};

/* One tensor, called "OWNER.ROLE". */
struct weft_item {
    struct weft_item_owner owner;
    const char *role;
    enum weft_dtype dtype; /* F32, I8 or U8 */
    int rank;
    int64_t extents[4];
    const void *data; /* the model's */
    size_t elements;
};

struct weft_writer {
    const struct weft_model *model;
    struct weft_json_writer json; /* the graph */
    struct weft_item *items;      /* room for all that the graph can have */
    int items_count;
    bool *own_name; /* of each node: may its tensors be called after it? */
};

#define WEFT_ITEM_NAME_SIZE (WEFT_FILE_NAME_MAX + 1)
void weft_item_name(const struct weft_item *item, char name[WEFT_ITEM_NAME_SIZE]);

/* Fills json and items. */
void weft_writer_graph(struct weft_writer *w);

#endif
