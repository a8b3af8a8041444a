#include "simd/pack.h"

#include <assert.h>
#include <string.h>

#define BLOCK 8 /* k's of a block */
#define GROUPED_LANES 32

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

/* Nibbles of eight bins. */
static void put_c4(uint8_t *to, const uint8_t v[BLOCK])
{
    uint32_t low, high;
    memcpy(&low, v, 4);
    memcpy(&high, v + 4, 4);
    low = (low & 0x0f0f0f0f) | (high << 4 & 0xf0f0f0f0);
    memcpy(to, &low, 4);
}

/* Puts the bins v of channel o (in the panel) into a block; channels come in order. */
static void put(enum weft_wfmt fmt, int nr, uint8_t *block, int o, const uint8_t v[BLOCK])
{
    if (fmt == WEFT_WFMT_C8) {
        memcpy(block + o * 4, v, 4);
        memcpy(block + nr * 4 + o * 4, v + 4, 4);
        return;
    }
    put_c4(block + o * 4, v);
    for (int half = 0; fmt == WEFT_WFMT_C5 && half < 2; half++) {
        uint8_t *signs = block + nr * 4 + half * (nr / 2) + o / 2; /* four bits a channel */
        int bits = 0;
        for (int j = 0; j < 4; j++) {
            bits |= v[4 * half + j] >> 7 << j;
        }
        *signs = (uint8_t)(o % 2 ? *signs | bits << 4 : bits);
    }
}

/* How far apart the bins of a block stand, 0 if not equally far or if one is not there. */
static ptrdiff_t bin_step(const int32_t map[BLOCK])
{
    const int32_t step = map[1] - map[0];
    for (int k = 0; k < BLOCK; k++) {
        if (map[k] < 0 || map[k] != map[0] + k * step) {
            return 0;
        }
    }
    return step;
}

/* A block of channels that are there, all of whose bins stand equally far apart. */
static void put_regular(enum weft_wfmt fmt, int nr, uint8_t *block, int channels, const uint8_t *row, ptrdiff_t pitch,
                        ptrdiff_t step)
{
    if (step == 1 && fmt == WEFT_WFMT_C4) { /* most of what there is */
        for (int o = 0; o < channels; o++, row += pitch) {
            put_c4(block + o * 4, row);
        }
        return;
    }
    for (int o = 0; o < channels; o++, row += pitch) {
        const uint8_t v[BLOCK] = {row[0],        row[step],     row[2 * step], row[3 * step],
                                  row[4 * step], row[5 * step], row[6 * step], row[7 * step]};
        put(fmt, nr, block, o, v);
    }
}

/* Block by block, all channels of each: what is written lies together. */
void weft_pack_panel(enum weft_wfmt fmt, int nr, const struct weft_pack_geometry *g, const uint8_t *bins,
                     int outputs, int o0, uint8_t pad, void *out)
{
    size_t step = block_bytes(fmt, nr);
    int blocks = g->runs * g->run_k8, there = outputs - o0 < nr ? outputs - o0 : nr;
    uint8_t *block = out;
    assert(nr % 2 == 0 && g->runs >= 1 && g->run_k8 >= 1 && o0 >= 0);
    for (int b = 0; b < blocks; b++, block += step) {
        const int32_t *map = g->map + b * BLOCK;
        const uint8_t *row = bins + (ptrdiff_t)o0 * g->per_channel;
        ptrdiff_t apart = there > 0 ? bin_step(map) : 0;
        int o = apart ? there : 0;
        if (apart) {
            put_regular(fmt, nr, block, there, row + map[0], g->per_channel, apart);
        }
        for (; o < nr; o++) {
            uint8_t v[BLOCK];
            for (int k = 0; k < BLOCK; k++) {
                assert(map[k] < g->per_channel);
                v[k] = o < there && map[k] >= 0 ? row[(ptrdiff_t)o * g->per_channel + map[k]] : pad;
            }
            put(fmt, nr, block, o, v);
        }
    }
}

int weft_pack_grouped_k(int size, int taps)
{
    return (size * taps + BLOCK - 1) / BLOCK * BLOCK;
}

/* A tap's vectors of 16 lanes by 4 inputs, of which two share the k's of a half block: with groups of 4 those of either
 * half of the channels; with groups of 16 too, 4 inputs after the other; with groups of 8 for either half of the
 * channels those of the outputs below 4 and the others. */
void weft_pack_grouped(int size, int taps, const uint8_t *bins, int outputs, uint8_t *lanes)
{
    const int row = weft_pack_grouped_k(size, taps);
    memset(lanes, 0, (size_t)GROUPED_LANES * (size_t)row);
    assert((size == 4 || size == 8 || size == 16) && outputs <= GROUPED_LANES);
    for (int i = 0; i < outputs * size; i++) {
        int o = i / size, c = i % size, lane = o, k = c;
        if (size < 16) {
            /* Lane 4*l + q has output l of the group of the unit's inputs 4*q .. 4*q + 3. */
            int unit = o / 16, q = o % 16 / size * (size / 4) + c / 4, l = o % 4 * 4 + q;
            lane = (size == 4 ? unit : o % 8 / 4) * 16 + l;
            k = (size == 4 ? 0 : unit * 4) + c % 4;
        }
        for (int t = 0; t < taps; t++) {
            lanes[lane * row + t * size + k] = bins[i * taps + t];
        }
    }
}

size_t weft_pack_dw3x3_blocks(int channels, int pair)
{
    return ((size_t)channels * (pair ? 2 : 1) + 63) / 64;
}

void weft_pack_dw3x3(const int8_t *w, const int32_t *init, const float *scale, const float *bias, int channels,
                     int pair, struct weft_dw3x3_block *out)
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
