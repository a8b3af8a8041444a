#include "simd/pack.h"

#include <assert.h>
#include <string.h>

#define BLOCK 8 /* k's of a block */

static size_t block_bytes(enum weft_wfmt fmt, int nr)
{
    switch (fmt) {
    case WEFT_WFMT_C4:
        return (size_t)nr * 4;
    case WEFT_WFMT_C5:
        return (size_t)nr * 5;
    case WEFT_WFMT_C8:
    case WEFT_WFMT_COUNT:
        break;
    }
    return (size_t)nr * 8;
}

size_t weft_pack_panel_bytes(enum weft_wfmt fmt, int nr, const struct weft_pack_geometry *g)
{
    return block_bytes(fmt, nr) * (size_t)g->runs * (size_t)g->run_k8;
}

/* Puts the bin of channel o (in the panel) and k (in the block) into a zeroed block. */
static void put(enum weft_wfmt fmt, int nr, uint8_t *block, int o, int k, uint8_t bin)
{
    int half = k >> 2, j = k & 3;
    if (fmt == WEFT_WFMT_C8) {
        block[half * nr * 4 + o * 4 + j] = bin;
        return;
    }
    block[o * 4 + j] |= (uint8_t)((bin & 15) << (4 * half));
    if (fmt == WEFT_WFMT_C5 && bin & 0x80) {
        int bit = o * 4 + j;
        block[nr * 4 + half * (nr / 2) + (bit >> 3)] |= (uint8_t)(1u << (bit & 7));
    }
}

void weft_pack_panel(enum weft_wfmt fmt, int nr, const struct weft_pack_geometry *g, const uint8_t *bins,
                     int outputs, int o0, uint8_t pad, void *out)
{
    size_t step = block_bytes(fmt, nr);
    int blocks = g->runs * g->run_k8;
    assert(nr % 2 == 0 && g->runs >= 1 && g->run_k8 >= 1 && o0 >= 0);
    memset(out, 0, step * (size_t)blocks);
    for (int o = 0; o < nr; o++) {
        const uint8_t *row = o0 + o < outputs ? bins + (size_t)(o0 + o) * (size_t)g->per_channel : NULL;
        uint8_t *block = out;
        for (int b = 0; b < blocks; b++) {
            for (int k = 0; k < BLOCK; k++) {
                int32_t index = g->map[b * BLOCK + k];
                assert(index < g->per_channel);
                put(fmt, nr, block, o, k, row && index >= 0 ? row[index] : pad);
            }
            block += step;
        }
    }
}
