/* weft: packing of canonical bins into the panels that the conv kernels stream, and of depthwise weights (layouts:
 * kernels.h). */
#ifndef WEFT_SIMD_PACK_H
#define WEFT_SIMD_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "kernels.h"

/* How the k axis of one output channel is cut into runs. Canonical order of a layer's weights is
 * [o][c][ky][kx]; position (run r, k) of the packed form takes the canonical index map[r*8*run_k8 + k]
 * within the output channel, or pads where the map holds -1. */
struct weft_pack_geometry {
    int runs, run_k8;
    int per_channel;    /* weights per output channel in canonical order */
    const int32_t *map; /* runs * run_k8 * 8 entries */
};

/* Bytes of one panel of `nr` output channels. */
size_t weft_pack_panel_bytes(enum weft_wfmt fmt, int nr, const struct weft_pack_geometry *g);

/* Packs the panel of output channels o0 .. o0+nr-1 out of `outputs`. `bins` holds one byte per weight in
 * canonical order [outputs][per_channel]:
 *   C4  the bin, 0..15;   C5  magnitude bin in bits 3..0, sign in bit 7;   C8  Q as a signed byte.
 * Padding positions and channels beyond `outputs` take `pad` (same encoding). */
void weft_pack_panel(enum weft_wfmt fmt, int nr, const struct weft_pack_geometry *g, const uint8_t *bins,
                     int outputs, int o0, uint8_t pad, void *out);

/* Weights of `outputs` channels in groups of `size` (kernels.h: grouped), canonical [outputs][size][taps] in any
 * encoding, to rows for the lanes of a panel of 32: lanes[32][weft_pack_grouped_k(size, taps)], 0 where there is no
 * channel, which weft_pack_panel takes as they stand. */
int weft_pack_grouped_k(int size, int taps);
void weft_pack_grouped(int size, int taps, const uint8_t *bins, int outputs, uint8_t *lanes);

/* The blocks of dw3x3 (kernels.h): weights as nine taps, row by row, of `channels` each; init, scale, bias of
 * `channels`. */
size_t weft_pack_dw3x3_blocks(int channels, int pair);
void weft_pack_dw3x3(const int8_t *w, const int32_t *init, const float *scale, const float *bias, int channels,
                     int pair, struct weft_dw3x3_block *out);

#endif
