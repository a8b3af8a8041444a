#include <string.h>

#include "codes/edge.h"

/* The fast encoder of simd/kernels.h. A positive float's bits ascend with its value, so the bits above `shift`
 * cut the line into buckets; `shift` is the largest for which no bucket holds two thresholds. */

#define NO_THRESHOLD 0xffffffu
#define SHIFT_MAX 23
#define SHIFT_MIN 8
#define ENTRIES_MAX 65536u
#define WORDS 64
#define SHIFT_HALVES 7 /* a bucket's halves differ in their lower bytes alone */
#define BUCKET_MOST 8  /* rows of `lasts` */

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

/* The forms by upper halves. Buckets are 1 << shift of them wide; entry i of a table belongs to the buckets i modulo
 * 64. */
static uint32_t half_of(const struct weft_edge *edge, int m)
{
    return bits_of(edge->theta[m]) >> 16;
}

/* The most thresholds in a bucket, or BUCKET_MOST + 1 where there are too many buckets, or more bits to a threshold. */
static int most_in_bucket(const struct weft_edge *edge, int shift)
{
    uint32_t first = half_of(edge, 0) - 1, last = half_of(edge, edge->magnitudes - 1);
    int most = 0, here = 0;
    for (int m = 0; m < edge->magnitudes; m++) {
        here = m > 0 && half_of(edge, m) >> shift == half_of(edge, m - 1) >> shift ? here + 1 : 1;
        most = here > most ? here : most;
        if (bits_of(edge->theta[m]) & 0xffff) {
            return BUCKET_MOST + 1;
        }
    }
    return (last >> shift) - (first >> shift) < WORDS ? most : BUCKET_MOST + 1;
}

/* With one threshold in a bucket at most. */
static void fill_words(const struct weft_edge *edge, int shift, uint16_t *words)
{
    uint32_t first = half_of(edge, 0) - 1, last = half_of(edge, edge->magnitudes - 1);
    int m = 0;
    for (uint32_t bucket = first >> shift; bucket <= last >> shift; bucket++) {
        /* Upper half p of the bucket counts m thresholds, one more from `from` on:
         * m = (p + (m + 1 << shift) - from) >> shift. */
        uint32_t from = 1u << shift, base = (uint32_t)(m + 1) << shift;
        if (m < edge->magnitudes && half_of(edge, m) >> shift == bucket) {
            from = half_of(edge, m++) & ((1u << shift) - 1);
        }
        words[bucket % WORDS] = (uint16_t)(base - from - (bucket << shift));
    }
}

/* The last half below a threshold; one at the very start of a bucket counts from there. Beyond the thresholds: none is
 * above. */
static void fill_bytes(const struct weft_edge *edge, int shift, uint8_t *counts, uint8_t *lasts, int rows)
{
    uint32_t first = half_of(edge, 0) - 1, last = half_of(edge, edge->magnitudes - 1);
    int m = 0;
    memset(lasts, 255, (size_t)rows * WORDS);
    for (uint32_t bucket = first >> shift; bucket <= last >> shift; bucket++) {
        uint8_t *row = &lasts[bucket % WORDS];
        if (m < edge->magnitudes && half_of(edge, m) == bucket << shift) {
            m++;
        }
        counts[bucket % WORDS] = (uint8_t)m;
        for (; m < edge->magnitudes && half_of(edge, m) >> shift == bucket; row += WORDS) {
            *row = (uint8_t)((half_of(edge, m++) & 255) - 1);
        }
    }
}

/* The widest buckets of one threshold, for words; else the narrowest that are few enough; 0: there are none. */
static int find_buckets(const struct weft_edge *edge, int *rows)
{
    *rows = 1;
    for (int shift = SHIFT_HALVES; shift > 0; shift--) {
        if (most_in_bucket(edge, shift) == 1) {
            return shift;
        }
    }
    for (int shift = 1; shift <= SHIFT_HALVES; shift++) {
        *rows = most_in_bucket(edge, shift);
        if (*rows <= BUCKET_MOST) {
            return shift;
        }
    }
    return 0;
}

static bool make_halves(struct weft_encoder *encoder, const struct weft_edge *edge, struct weft_pool *pool)
{
    int rows, shift = find_buckets(edge, &rows);
    if (shift == 0) {
        return true;
    }
    uint16_t *words = rows == 1 ? weft_pool_alloc(pool, WORDS, sizeof *words) : NULL;
    uint8_t *bytes = weft_pool_alloc(pool, (size_t)rows + 1, WORDS);
    if ((rows == 1 && !words) || !bytes) {
        return false;
    }
    if (words) {
        fill_words(edge, shift, words);
    }
    fill_bytes(edge, shift, bytes, bytes + WORDS, rows);
    encoder->words = words;
    encoder->rows = rows;
    encoder->counts = bytes;
    encoder->lasts = bytes + WORDS;
    encoder->word_shift = shift;
    encoder->word_low = (int32_t)half_of(edge, 0) - 1;
    encoder->word_high = (int32_t)half_of(edge, edge->magnitudes - 1);
    return true;
}

/* The distance of a LINEAR edge's thresholds, if they are its very products, and its reciprocal far from the ends of
 * the floats' range. */
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
    return make_halves(encoder, edge, pool);
}
