/* Products of Winograd's points in lanes of 16 bits that begin where the loader says. As of conv_avx2.h's narrow
 * kernel the 32-bit sums stay in memory; but groups are short, so that their length is a constant of each loop: with a
 * loop over the blocks of a group, groups of one block take 1.4 times as long. Of 193 GMAC/s that lanes which are
 * never widened reach on Zen 4, groups of 1, 2 and 4 blocks reach 122, 149 and 166. */
#include <assert.h>

#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

enum { NR = 16, NV = 2, TILES_MAX = 6, BLOCK_BYTES = NR * 8, LINE = 64 };

/* Some tiles of the point. */
struct part {
    const uint8_t *values, *w;
    const int16_t *starts;
    ptrdiff_t tile;
    int k8, group;
    const int32_t *init;
    int32_t *sums;
    int index, parts;
    ptrdiff_t next, ahead; /* what is fetched, from w on */
};
typedef void part_fn(const struct part *part);

/* sums += the lanes of a group. Of the values: few pointers and a stride. */
WEFT_INLINE void sum_group(int tiles, int blocks, const uint8_t *const half[2], ptrdiff_t tile, const uint8_t *w,
                           const int16_t *starts, int32_t *sums)
{
    const __m256i one = _mm256_set1_epi16(1);
    __m256i sum[TILES_MAX * NV];
    WEFT_UNROLL
    for (int k = 0; k < 2 * blocks; k++) { /* halves of blocks */
        __m256i weights[NV];
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            weights[v] = weft_x86_load(w + k * NR * 4 + v * 32);
            WEFT_KEEP(weights[v]);
        }
        WEFT_UNROLL
        for (int i = 0; i < tiles; i++) {
            __m256i x = weft_x86_broadcast4(half[i / 3] + i % 3 * tile + 4 * k), product[NV];
            WEFT_UNROLL
            for (int v = 0; v < NV; v++) {
                product[v] = _mm256_maddubs_epi16(x, weights[v]);
                WEFT_KEEP(product[v]);
            }
            WEFT_UNROLL
            for (int v = 0; v < NV; v++) {
                __m256i before = k ? sum[i * NV + v] : weft_x86_load(starts + v * 16);
                sum[i * NV + v] = _mm256_add_epi16(before, product[v]);
                WEFT_KEEP(sum[i * NV + v]);
            }
        }
    }
    WEFT_UNROLL
    for (int i = 0; i < tiles * NV; i++) {
        __m256i wide = _mm256_madd_epi16(sum[i], one);
        weft_x86_store(sums + i * 8, _mm256_add_epi32(weft_x86_load(sums + i * 8), wide));
    }
}

/* Groups of `length` blocks while there are any, the rest one by one. What is fetched is spread over all parts, one
 * after the other at every group: a loop over shares of lines takes more registers than there are (3 % of the time). */
WEFT_INLINE void sum_tiles(const struct part *part, int tiles, int length)
{
    const ptrdiff_t tile = part->tile;
    const uint8_t *half[2] = {part->values, part->values + (tiles > 3 ? 3 * tile : 0)}, *w = part->w;
    const int16_t *starts = part->starts;
    int left = part->k8, wait = part->index;
    int32_t *sums = part->sums;
    WEFT_UNROLL
    for (int i = 0; i < tiles * NV; i++) {
        weft_x86_store(sums + i * 8, weft_x86_load(part->init + i % NV * 8));
    }
    for (; left >= length; left -= length) {
        if (--wait < 0) {
            wait = part->parts - 1;
            WEFT_UNROLL
            for (int line = 0; line < length * BLOCK_BYTES / LINE; line++) {
                _mm_prefetch((const char *)w + part->next + line * LINE, _MM_HINT_T0);
                _mm_prefetch((const char *)w + part->ahead + line * LINE, _MM_HINT_T1);
            }
        }
        sum_group(tiles, length, half, tile, w, starts, sums);
        w += length * BLOCK_BYTES;
        starts += 2 * NR;
        half[0] += 8 * length;
        half[1] += 8 * length;
    }
    for (; left > 0; left--) {
        sum_group(tiles, 1, half, tile, w, starts, sums);
        w += BLOCK_BYTES;
        starts += 2 * NR;
        half[0] += 8;
        half[1] += 8;
    }
}

#define PART_FN(height, ...)                                                 \
    static __attribute__((noinline)) void lanes_##height(const struct part *part) \
    {                                                                        \
        if (part->group == 1) {                                              \
            sum_tiles(part, height, 1);                                      \
        } else if (part->group == 2) {                                       \
            sum_tiles(part, height, 2);                                      \
        } else {                                                             \
            sum_tiles(part, height, 4);                                      \
        }                                                                    \
    }
#define PART_REF(height, ...) lanes_##height,
WEFT_HEIGHTS_6(PART_FN, )

void weft_wino_lanes_avx2(const struct weft_wino_lanes_args *args)
{
    static part_fn *const heights[] = {WEFT_HEIGHTS_6(PART_REF, )};
    int left = args->tiles, parts = (left + TILES_MAX - 1) / TILES_MAX;
    struct part part = {args->values, args->w, args->starts, args->tile, args->k8, args->group, args->init, args->sums,
                        .index = 0, .parts = parts, .next = args->k8 * BLOCK_BYTES,
                        .ahead = (ptrdiff_t)((uintptr_t)args->ahead - (uintptr_t)args->w)};
    assert(left >= 1 && args->k8 >= 1 && (args->group == 1 || args->group == 2 || args->group == 4));
    assert((uintptr_t)args->w % 64 == 0 && (uintptr_t)args->starts % 64 == 0 && (uintptr_t)args->sums % 32 == 0);
    for (int tiles = 0; parts > 0; parts--, left -= tiles) {
        tiles = (left + parts - 1) / parts; /* of equal size, to within one tile */
        heights[tiles - 1](&part);
        part.values += tiles * args->tile;
        part.sums += tiles * NR;
        part.index++;
    }
}
