/* weft: how many products the 16-bit lanes of a narrow convolution kernel take. */
#ifndef WEFT_OPS_LANES_H
#define WEFT_OPS_LANES_H

#include <stdatomic.h>

#include "ops/ops.h"
#include "simd/pack.h"

/* A layer's narrow kernel adds with wrap-around, so that only what is left at the end of a group counts: for each
 * output channel, lane and group the largest and the least total that any bytes can make of the weights that are really
 * there. Groups are tried in lengths of 1, 2, 3, 4, 6, 8, 12 ... blocks of 8, cut as kernels.h says. */
struct weft_lanes {
    int least, most;  /* bytes that there are */
    bool pairs;       /* unsigned bytes: pairs of products make a lane, and must not saturate by themselves */
    int lengths;      /* how many there are to try: up to a whole run, at most 65,536 blocks */
    atomic_uint fits; /* a bit for each of them */
};

void weft_lanes_init(struct weft_lanes *lanes, const struct weft_kernels *kernels, const struct weft_edge *edge,
                     int run_k8);
/* Of a thread's scratch, for panels of nr channels. */
size_t weft_lanes_scratch(const struct weft_pack_geometry *geometry, int nr);
/* Looks at the first `outputs` channels of a panel in the c8 packing. Panels may be tried from several threads. */
void weft_lanes_try(struct weft_lanes *lanes, const struct weft_pack_geometry *geometry, int nr, int outputs,
                    const int8_t *panel, int32_t *scratch);
/* Steps of the longest group that fits all channels that were tried; 0: not even a block does. */
int weft_lanes_group(const struct weft_lanes *lanes, int run_k8);

#endif
