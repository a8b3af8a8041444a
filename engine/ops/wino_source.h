/* weft: the weights of one output channel at a time, from bins in canonical order to Winograd's points. */
#ifndef WEFT_OPS_WINO_SOURCE_H
#define WEFT_OPS_WINO_SOURCE_H

#include "ops/wino.h"

enum { WEFT_WINO_TAPS = 9, WEFT_WINO_LANES = 8 };

struct weft_wino_source {
    const struct weft_node *node;
    enum weft_wino_form form;
    int channels, stride, outputs, nr;
    int points, runs;        /* of all points */
    int16_t integer[256];    /* of a bin */
};

/* Rooms for one output channel: its integers tap by tap, rows transformed, all transformed. */
struct weft_wino_room {
    int16_t *taps, *across; /* WEFT_WINO_TAPS and 12 times stride */
    int16_t *points;        /* [point][run][c]; channels are padded as in panels, with bin 0, which may be no zero */
};

void weft_wino_source_init(struct weft_wino_source *s, const struct weft_ops *ops, const struct weft_node *node,
                           enum weft_wino_form form);
bool weft_wino_room_open(struct weft_wino_room *room, const struct weft_wino_source *s,
                         const weft_allocator *allocator);
void weft_wino_room_close(struct weft_wino_room *room, const weft_allocator *allocator);
/* The weights of an output channel transformed, in room->points. `bin`: canonical. */
void weft_wino_transform(const struct weft_wino_source *s, const uint8_t *bin, struct weft_wino_room *room);
/* What the points' zeros add up to with an output channel's weights, of which these are the sums over input
 * channels. */
void weft_wino_zero_sums(const struct weft_wino *wino, const int32_t tap[WEFT_WINO_TAPS],
                         int32_t sum[WEFT_WINO_POINTS_MAX]);

#endif
