/* The order of a block's tiles: each stands once, where the functions say, and among those that need its points. */
#include <criterion/criterion.h>

#include <string.h>

#include "ops/wino_order.h"

enum { ROWS_MAX = 6, COLUMNS_MAX = 7 };

/* A band of tiles, of which a block has `count`. */
struct band {
    int rows, columns, count;
    bool below, beside; /* the last row and column stick out */
    int places[ROWS_MAX][COLUMNS_MAX]; /* -1: not in the block */
};

/* Walks over places first .. end-1 and notes what stands there, or compares it with what was noted. */
static void walk(const struct weft_wino_order *order, struct band *band, int first, int end, bool note)
{
    for (int at = first, tiles = 0; at < end; at += tiles) {
        struct weft_wino_stretch run = weft_wino_stretch_at(order, at, end);
        tiles = run.tiles;
        cr_assert(tiles >= 1 && tiles <= end - at, "%d tiles at %d, before %d", tiles, at, end);
        cr_assert(run.y >= 0 && run.y < band->rows && run.x >= 0 && run.x + tiles <= band->columns,
                  "%d tiles at row %d, column %d of %dx%d", tiles, run.y, run.x, band->rows, band->columns);
        for (int i = 0; i < tiles; i++) {
            int *place = &band->places[run.y][run.x + i];
            cr_assert(!note || *place < 0, "a tile stands at %d and at %d", *place, at + i);
            *place = note ? at + i : *place;
            cr_assert_eq(*place, at + i);
        }
    }
}

/* Of a group of tiles, exactly those that need a point are in its range. */
static void check_need(const struct weft_wino_order *order, const struct band *band, struct weft_wino_range group,
                       bool last_row, bool last_column)
{
    struct weft_wino_range need = weft_wino_need(order, group, last_row, last_column);
    cr_assert(need.first >= group.first && need.end <= group.end);
    for (int y = 0; y < band->rows; y++) {
        for (int x = 0; x < band->columns; x++) {
            int place = band->places[y][x];
            bool needed = !(last_row && band->below && y == band->rows - 1) &&
                          !(last_column && band->beside && x == band->columns - 1);
            bool there = place >= group.first && place < group.end;
            bool in = place >= need.first && place < need.end;
            cr_assert(!there || in == needed, "%dx%d, below %d, beside %d: row %d, column %d, point %d, %d: %s",
                      band->rows, band->columns, band->below, band->beside, y, x, last_row, last_column,
                      in ? "not needed" : "left out");
        }
    }
}

/* All groups of a block. */
static void check_block(const struct weft_wino_order *order, struct band *band)
{
    memset(band->places, -1, sizeof band->places);
    walk(order, band, 0, band->count, true);
    for (int first = 0; first < band->count; first++) {
        for (int end = first + 1; end <= band->count; end++) {
            struct weft_wino_range group = {first, end};
            walk(order, band, first, end, false);
            check_need(order, band, group, false, false);
            check_need(order, band, group, true, false);
            check_need(order, band, group, false, true);
            check_need(order, band, group, true, true);
        }
    }
}

Test(wino_order, tiles_of_a_whole_band)
{
    for (int i = 0; i < ROWS_MAX * COLUMNS_MAX * 4; i++) {
        int rows = i / 4 % ROWS_MAX + 1, columns = i / 4 / ROWS_MAX + 1;
        struct band band = {rows, columns, rows * columns, i & 1, i & 2, {{0}}};
        struct weft_wino_order order = weft_wino_band_order(rows, columns, band.below, band.beside);
        cr_assert_eq(order.beside, band.beside && columns > 1);
        band.beside = order.beside; /* a single column is never left out */
        check_block(&order, &band);
        for (int y = 0; order.beside && y < rows; y++) {
            cr_expect_eq(weft_wino_beside(&order, y), band.places[y][columns - 1]);
            cr_expect_eq(weft_wino_before(&order, y), band.places[y][columns - 2]);
        }
    }
}

Test(wino_order, tiles_of_a_part_of_a_band)
{
    for (int i = 0; i < ROWS_MAX * COLUMNS_MAX; i++) {
        int rows = i % ROWS_MAX + 1, columns = i / ROWS_MAX + 1;
        for (int first = 0; first < rows * columns; first++) {
            for (int count = 1; first + count <= rows * columns; count++) {
                struct band band = {rows, columns, count, false, false, {{0}}};
                struct weft_wino_order order = weft_wino_rows_order(first, count, columns);
                check_block(&order, &band);
                cr_assert_eq(band.places[first / columns][first % columns], 0);
                int last = first + count - 1;
                cr_assert_eq(band.places[last / columns][last % columns], count - 1);
            }
        }
    }
}
