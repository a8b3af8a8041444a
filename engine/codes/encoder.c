#include <string.h>

#include "codes/edge.h"

/* The fast encoder of simd/kernels.h. A positive float's bits ascend with its value, so the bits above `shift`
 * cut the line into buckets; `shift` is the largest for which no bucket holds two thresholds. */

#define NO_THRESHOLD 0xffffffu
#define SHIFT_MAX 23
#define SHIFT_MIN 8
#define ENTRIES_MAX 65536u
#define WORDS 64

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

/* The word form. Word buckets are 1 << shift upper halves wide; entry i of `words` belongs to the buckets i modulo
 * 64. */
static bool words_hold(const struct weft_edge *edge, int shift)
{
    uint32_t first = (bits_of(edge->theta[0]) >> 16) - 1, last = bits_of(edge->theta[edge->magnitudes - 1]) >> 16;
    for (int m = 0; m < edge->magnitudes; m++) {
        uint32_t bits = bits_of(edge->theta[m]);
        bool shares = m > 0 && bits >> (16 + shift) == bits_of(edge->theta[m - 1]) >> (16 + shift);
        if (bits & 0xffff || shares) {
            return false;
        }
    }
    return (last >> shift) - (first >> shift) < WORDS;
}

static void fill_words(const struct weft_edge *edge, int shift, uint16_t *words, uint8_t *counts, uint8_t *lasts)
{
    uint32_t first = (bits_of(edge->theta[0]) >> 16) - 1, last = bits_of(edge->theta[edge->magnitudes - 1]) >> 16;
    int m = 0;
    for (uint32_t bucket = first >> shift; bucket <= last >> shift; bucket++) {
        /* Upper half p of the bucket counts m thresholds, one more from `from` on:
         * m = (p + (m + 1 << shift) - from) >> shift. */
        uint32_t from = 1u << shift, base = (uint32_t)(m + 1) << shift;
        if (m < edge->magnitudes && bits_of(edge->theta[m]) >> (16 + shift) == bucket) {
            from = bits_of(edge->theta[m++]) >> 16 & ((1u << shift) - 1);
        }
        words[bucket % WORDS] = (uint16_t)(base - from - (bucket << shift));
        /* The last half below the threshold, or of the bucket; a threshold at the very start lies behind all of
         * them. */
        counts[bucket % WORDS] = (uint8_t)((base - from) >> shift);
        lasts[bucket % WORDS] = (uint8_t)(from == 0 ? 255 : (bucket << shift) + from - 1);
    }
}

static bool make_words(struct weft_encoder *encoder, const struct weft_edge *edge, struct weft_pool *pool)
{
    int shift = 7;
    while (shift > 0 && !words_hold(edge, shift)) {
        shift--;
    }
    if (shift == 0) {
        return true;
    }
    uint16_t *words = weft_pool_alloc(pool, WORDS, sizeof *words);
    uint8_t *bytes = weft_pool_alloc(pool, 2, WORDS);
    if (!words || !bytes) {
        return false;
    }
    fill_words(edge, shift, words, bytes, bytes + WORDS);
    encoder->words = words;
    encoder->counts = bytes;
    encoder->lasts = bytes + WORDS;
    encoder->word_shift = shift;
    encoder->word_low = (int32_t)(bits_of(edge->theta[0]) >> 16) - 1;
    encoder->word_high = (int32_t)(bits_of(edge->theta[edge->magnitudes - 1]) >> 16);
    return true;
}

/* The distance of a LINEAR edge's thresholds, if they are its very products, and its reciprocal far from the ends of the
 * floats' range. */
static float linear_distance(const struct weft_edge *edge)
{
    if (!(edge->scale > 1e-30f && edge->scale < 1e30f)) {
        return 0;
    }
    for (int m = 1; m <= edge->magnitudes; m++) {
        if (edge->theta[m - 1] != ((float)m - 0.5f) * edge->scale) {
            return 0;
        }
    }
    return edge->scale;
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
    *encoder = (struct weft_encoder){.theta = theta, .magnitudes = magnitudes, .is_signed = edge->is_signed, .lut = lut,
                                     .entries = (int32_t)entries, .base = (int32_t)first - 1, .shift = shift,
                                     .linear = linear_distance(edge)};
    return make_words(encoder, edge, pool);
}
