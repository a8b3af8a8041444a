/* weft: transformed weights for wino_lanes, which sums products of bytes in lanes of 16 bits.
 *
 * A lane's total lies between what the weights below zero and those above make of the largest byte. Where a lane
 * begins in the middle of that, its weights may add up to 65533 / largest byte, signs not minded; the pairs that the
 * multiplication adds have 32767 / largest byte, as long as both have one sign. Weights that exceed this, or a byte,
 * are made smaller until they do not, and what is missing is added one by one (struct weft_wino_outlier). */
#ifndef WEFT_OPS_WINO_LANES_H
#define WEFT_OPS_WINO_LANES_H

#include "ops/wino.h"

/* Lengths of groups that are tried, in blocks of 8; 0: no lanes, bytes modulo 256. */
enum { WEFT_WINO_LENGTHS = 4 };
extern const int weft_wino_lengths[WEFT_WINO_LENGTHS];

struct weft_wino_limits {
    int high; /* largest byte */
    int pair, lane;
};
/* Of the values of point p. */
struct weft_wino_limits weft_wino_limits(enum weft_wino_form form, const struct weft_edge *edge, int p);

/* An output channel's weights of a point, k8 times 8: adds to count[i] how many do not fit in groups of
 * weft_wino_lengths[i] blocks; it stays where it exceeds `most`. */
void weft_wino_lanes_count(const struct weft_wino_limits *limits, const int16_t *u, int k8, int32_t most,
                           int32_t count[WEFT_WINO_LENGTHS]);
/* The bytes that fit. */
void weft_wino_lanes_fit(const struct weft_wino_limits *limits, int group, const int16_t *u, int k8, int8_t *q);
/* Puts those of channel o into a panel, as conv has it. */
void weft_wino_lanes_put(const int8_t *q, int k8, int nr, int o, uint8_t *panel);
/* Puts where its lanes start in groups of `group` blocks, as wino_lanes has it. Returns the sum of these. */
int32_t weft_wino_lanes_start(const struct weft_wino_limits *limits, int group, const int8_t *q, int k8, int nr, int o,
                              int16_t *starts);
/* Words that a point's starts take: none where group is 0. And where the points' are in a panel, behind `weights` bytes
 * of it; returns the bytes of the panel. */
size_t weft_wino_lanes_starts(int group, int k8, int nr);
size_t weft_wino_lanes_place(struct weft_wino *wino, size_t weights);

#endif
