#include <string.h>

#include "codes/edge.h"

/* The fast encoder of simd/kernels.h. A positive float's bits ascend with its value, so the bits above `shift`
 * cut the line into buckets; `shift` is the largest for which no bucket holds two thresholds. */

#define NO_THRESHOLD 0xffffffu
#define SHIFT_MAX 23
#define SHIFT_MIN 8
#define ENTRIES_MAX 65536u

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static bool buckets_hold_one_each(const struct weft_edge *edge, uint32_t shift)
{
    for (int m = 1; m < edge->magnitudes; m++) {
        if (bits_of(edge->theta[m]) >> shift == bits_of(edge->theta[m - 1]) >> shift) {
            return false;
        }
    }
    return true;
}

/* One bucket without a threshold at either end takes everything beyond. */
static uint32_t count_entries(const struct weft_edge *edge, uint32_t shift)
{
    return (bits_of(edge->theta[edge->magnitudes - 1]) >> shift) - (bits_of(edge->theta[0]) >> shift) + 3;
}

uint32_t weft_encoder_shift(const struct weft_edge *edge)
{
    for (uint32_t shift = SHIFT_MAX; shift >= SHIFT_MIN; shift--) {
        if (buckets_hold_one_each(edge, shift)) {
            return count_entries(edge, shift) <= ENTRIES_MAX ? shift : 0;
        }
    }
    return 0;
}

bool weft_encoder_init(struct weft_encoder *encoder, const struct weft_edge *edge, struct weft_pool *pool)
{
    int magnitudes = edge->magnitudes;
    uint32_t shift = weft_encoder_shift(edge);
    if (shift == 0) {
        return false;
    }
    uint32_t first = bits_of(edge->theta[0]) >> shift, entries = count_entries(edge, shift);
    float *theta = weft_pool_copy(pool, edge->theta, (size_t)magnitudes, sizeof *theta);
    uint32_t *lut = weft_pool_alloc(pool, entries, sizeof *lut);
    if (!theta || !lut) {
        return false;
    }
    uint32_t m = 0;
    for (uint32_t i = 0; i < entries; i++) {
        uint32_t bucket = first - 1 + i;
        lut[i] = m << 24 | NO_THRESHOLD;
        if (m < (uint32_t)magnitudes && bits_of(theta[m]) >> shift == bucket) {
            lut[i] = m << 24 | (bits_of(theta[m]) & ((1u << shift) - 1));
            m++;
        }
    }
    *encoder = (struct weft_encoder){theta, magnitudes, edge->is_signed, lut, (int32_t)entries, (int32_t)first - 1, shift};
    return true;
}
