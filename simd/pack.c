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

/* Puts the bins v of channel o (in the panel) into a block; channels come in order. */
static void put(enum weft_wfmt fmt, int nr, uint8_t *block, int o, const uint8_t v[BLOCK])
{
    if (fmt == WEFT_WFMT_C8) {
        memcpy(block + o * 4, v, 4);
        memcpy(block + nr * 4 + o * 4, v + 4, 4);
        return;
    }
    for (int j = 0; j < 4; j++) {
        block[o * 4 + j] = (uint8_t)((v[j] & 15) | v[4 + j] << 4);
    }
    for (int half = 0; fmt == WEFT_WFMT_C5 && half < 2; half++) {
        uint8_t *signs = block + nr * 4 + half * (nr / 2) + o / 2; /* four bits a channel */
        int bits = 0;
        for (int j = 0; j < 4; j++) {
            bits |= v[4 * half + j] >> 7 << j;
        }
        *signs = (uint8_t)(o % 2 ? *signs | bits << 4 : bits);
    }
}

void weft_pack_panel(enum weft_wfmt fmt, int nr, const struct weft_pack_geometry *g, const uint8_t *bins,
                     int outputs, int o0, uint8_t pad, void *out)
{
    size_t step = block_bytes(fmt, nr);
    int blocks = g->runs * g->run_k8;
    assert(nr % 2 == 0 && g->runs >= 1 && g->run_k8 >= 1 && o0 >= 0);
    for (int o = 0; o < nr; o++) {
        const uint8_t *row = o0 + o < outputs ? bins + (size_t)(o0 + o) * (size_t)g->per_channel : NULL;
        uint8_t *block = out;
        for (int b = 0; b < blocks; b++) {
            uint8_t v[BLOCK];
            for (int k = 0; k < BLOCK; k++) {
                int32_t index = g->map[b * BLOCK + k];
                assert(index < g->per_channel);
                v[k] = row && index >= 0 ? row[index] : pad;
            }
            put(fmt, nr, block, o, v);
            block += step;
        }
    }
}

size_t weft_pack_dw3x3_blocks(int channels, int pair)
{
    return ((size_t)channels * (pair ? 2 : 1) + 63) / 64;
}

void weft_pack_dw3x3(const int8_t *w, const int32_t *init, const float *scale, const float *bias, int channels, int pair,
                     struct weft_dw3x3_block *out)
{
    memset(out, 0, weft_pack_dw3x3_blocks(channels, pair) * sizeof *out);
    for (int at = 0; at < (pair ? 2 : 1) * channels; at++) {
        struct weft_dw3x3_block *block = &out[at / 64];
        int c = at % channels, v = at / 4 % 4, lane = at % 64 / 16 * 4 + at % 4;
        for (int tap = 0; tap < 9; tap++) {
            block->w[tap % 3][v][4 * lane + tap / 3] = w[(ptrdiff_t)tap * channels + c];
        }
        block->init[v][lane] = init[c];
        block->scale[v][lane] = scale[c];
        block->bias[v][lane] = bias[c];
    }
}
