#include "quant/fine.h"

#include <string.h>

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x7fffffffu;
}

void weft_fine_add(struct weft_fine *fine, const float *values, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits = bits_of(values[i]);
        int at = (int)(bits >> 16) - WEFT_FINE_FIRST;
        if (at < 0) {
            fine->zeros++;
        } else if (bits <= 0x7f800000u) {
            uint32_t low = at < WEFT_FINE_BUCKETS ? bits & 0xffffu : 0xffffu;
            at = at < WEFT_FINE_BUCKETS ? at : WEFT_FINE_BUCKETS - 1;
            fine->count[at]++;
            fine->low[at] += low;
        }
    }
}

void weft_fine_merge(struct weft_fine *a, const struct weft_fine *b)
{
    a->zeros += b->zeros;
    for (int i = 0; i < WEFT_FINE_BUCKETS; i++) {
        a->count[i] += b->count[i];
        a->low[i] += b->low[i];
    }
}

/* Start of bucket i, and the value of its last 16 bits. */
static double start_of(int i)
{
    return (double)float_of((uint32_t)(i + WEFT_FINE_FIRST) << 16);
}

static double width_of(int i)
{
    return (start_of(i + 1) - start_of(i)) / 65536;
}

void weft_fine_sum(struct weft_fine_sums *sums, const struct weft_fine *fine)
{
    sums->count[0] = (double)fine->zeros;
    sums->sum[0] = sums->square[0] = 0;
    sums->most = 0;
    for (int i = 0; i < WEFT_FINE_BUCKETS; i++) {
        double n = (double)fine->count[i];
        double sum = n * start_of(i) + (double)fine->low[i] * width_of(i);
        sums->count[i + 1] = sums->count[i] + n;
        sums->sum[i + 1] = sums->sum[i] + sum;
        sums->square[i + 1] = sums->square[i] + (n > 0 ? sum * sum / n : 0);
        sums->most = n > 0 ? (float)start_of(i + 1) : sums->most;
    }
}

struct weft_fine_part weft_fine_below(const struct weft_fine_sums *sums, float limit)
{
    uint32_t bits = bits_of(limit);
    int at = (int)(bits >> 16) - WEFT_FINE_FIRST;
    if (at < 0) {
        return (struct weft_fine_part){sums->count[0], 0};
    }
    if (at >= WEFT_FINE_BUCKETS) {
        return (struct weft_fine_part){sums->count[WEFT_FINE_BUCKETS], sums->sum[WEFT_FINE_BUCKETS]};
    }
    double share = (double)(bits & 0xffffu) / 65536;
    return (struct weft_fine_part){sums->count[at] + share * (sums->count[at + 1] - sums->count[at]),
                                   sums->sum[at] + share * (sums->sum[at + 1] - sums->sum[at])};
}
