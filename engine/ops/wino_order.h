/* weft: the order in which a block's tiles stand.
 *
 * The last row of a tile's points serves the last row of its outputs alone, the last column of points the last column
 * of outputs. Tiles that stick out of the image over the lower border do without the former, over the right border
 * without the latter. So that the tiles which need a point stand side by side, a block of a whole band has first those
 * of the last row, then those that lie in the image, then those of the last column:
 *
 *     3 4 5 | 9
 *     6 7 8 | 10
 *     ------+---
 *     0 1 2 | 11
 */
#ifndef WEFT_OPS_WINO_ORDER_H
#define WEFT_OPS_WINO_ORDER_H

#include <stdbool.h>

struct weft_wino_order {
    int first;         /* of the band's tiles, row by row; 0 in a block of the whole band */
    int width, height; /* columns and rows of tiles that lie in the image; or all columns, and all rows */
    int below;         /* tiles of the last row that come first */
    bool beside;       /* whether there is a last column that comes last */
};

/* Tiles of one row that stand side by side. */
struct weft_wino_stretch {
    int y, x, tiles;
};

/* Some of the block's tiles. */
struct weft_wino_range {
    int first, end;
};

/* `count` tiles of a band from `first` on, row by row. */
static inline struct weft_wino_order weft_wino_rows_order(int first, int count, int tiles_w)
{
    return (struct weft_wino_order){first, tiles_w, (first + count + tiles_w - 1) / tiles_w, 0, false};
}

/* All tiles of a band; `below`, `beside`: whether its last row and column stick out. */
static inline struct weft_wino_order weft_wino_band_order(int rows, int tiles_w, bool below, bool beside)
{
    beside = beside && tiles_w > 1;
    int width = tiles_w - beside;
    return (struct weft_wino_order){0, width, rows - below, below ? width : 0, beside};
}

/* The tiles from the `at`th on, before `end`. */
static inline struct weft_wino_stretch weft_wino_stretch_at(const struct weft_wino_order *order, int at, int end)
{
    int inside = order->first + at - order->below, beside = inside - order->width * order->height;
    struct weft_wino_stretch run = {inside / order->width, inside % order->width, 0};
    if (inside < 0) {
        run = (struct weft_wino_stretch){order->height, at, 0};
    } else if (order->beside && beside >= 0) {
        return (struct weft_wino_stretch){beside, order->width, 1};
    }
    run.tiles = order->width - run.x < end - at ? order->width - run.x : end - at;
    return run;
}

/* Where the last tile of row y stands, if there is a last column. */
static inline int weft_wino_beside(const struct weft_wino_order *order, int y)
{
    return order->below + order->width * order->height + y;
}

/* Where the tile before it stands. */
static inline int weft_wino_before(const struct weft_wino_order *order, int y)
{
    return y == order->height ? order->below - 1 : order->below + order->width * (y + 1) - 1;
}

/* Of the tiles in `all`, those that need a point of the last row, or not only such; likewise the last column. */
static inline struct weft_wino_range weft_wino_need(const struct weft_wino_order *order, struct weft_wino_range all,
                                                    bool last_row, bool last_column)
{
    int corner = weft_wino_beside(order, order->height), column = weft_wino_beside(order, 0);
    if (last_row && order->below > 0) {
        all.first = all.first > order->below ? all.first : order->below;
        all.end = order->beside && all.end > corner ? corner : all.end;
    }
    if (last_column && order->beside) {
        all.end = all.end < column ? all.end : column;
    }
    return all;
}

#endif
