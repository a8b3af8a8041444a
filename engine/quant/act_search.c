#include "quant/act_search.h"

#include <math.h>
#include <string.h>

enum { HALF_STEP_MAX = 16, FSR_FIRST = 40 };

/* Mantissa bits of 2^(k/16), k = 1..15, rounded up: a mantissa reaches the value exactly when its bits do. */
static void make_boundaries(uint32_t boundary[16])
{
    boundary[0] = 0;
    for (int k = 1; k < 16; k++) {
        boundary[k] = (uint32_t)ceil((exp2(k / 16.0) - 1) * 0x1p23);
    }
}

void weft_histogram_add(struct weft_histogram *histogram, const float *values, int64_t n)
{
    uint32_t boundary[16];
    uint8_t guess[256]; /* sixteenth of the octave at the start of each 1/256 of it */
    make_boundaries(boundary);
    for (int i = 0, k = 0; i < 256; i++) {
        while (k < 15 && boundary[k + 1] <= (uint32_t)i << 15) {
            k++;
        }
        guess[i] = (uint8_t)k;
    }
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bits &= 0x7fffffffu;
        if (bits == 0 || bits > 0x7f800000u) {
            continue;
        }
        uint32_t mantissa = bits & 0x7fffffu;
        int k = guess[mantissa >> 15];
        k += k < 15 && mantissa >= boundary[k + 1];
        /* Subnormal values lie far below the first bin and count there whatever their mantissa. */
        int at = ((int)(bits >> 23) - 127) * 16 + k - WEFT_HISTOGRAM_FIRST;
        at = at < 0 ? 0 : at >= WEFT_HISTOGRAM_BINS ? WEFT_HISTOGRAM_BINS - 1 : at;
        histogram->count[at]++;
    }
}

struct search {
    const int64_t *scan; /* cumulative counts from the last empty bin on */
    int64_t total;
    int levels, offset;
};

/* -sum of w_i p_i ln p_i over the codes i >= 1; code i takes the bins about its value, the top one all above. */
static double weighted_entropy(const struct search *s, int fsr, int half)
{
    double entropy = 0;
    for (int i = 1; i < s->levels; i++) {
        int begin = fsr + half * (2 * i - 3);
        int64_t upper = i == s->levels - 1 ? s->total : s->scan[begin + 2 * half - 1];
        double share = (double)(upper - s->scan[begin - 1]) / (double)s->total;
        if (share > 0) {
            entropy -= exp2((fsr + (i - 1) * 2 * half + s->offset) / 16.0) * share * log(share);
        }
    }
    return entropy;
}

void weft_act_search(const struct weft_histogram *histogram, int levels, struct weft_log_scale *scale)
{
    int64_t scan[WEFT_HISTOGRAM_BINS], sum = 0;
    int first = 0, last = -1;
    for (int i = 0; i < WEFT_HISTOGRAM_BINS; i++) {
        sum += histogram->count[i];
        scan[i] = sum;
        first = sum == 0 ? i : first;
        last = histogram->count[i] ? i : last;
    }
    int top = last < 0 ? 0 : last + WEFT_HISTOGRAM_FIRST;
    *scale = (struct weft_log_scale){top - 2 * (levels - 2), 2, 0};
    if (last < 0) {
        return;
    }
    struct search s = {scan + first, sum, levels, WEFT_HISTOGRAM_FIRST + first};
    int length = last - first + 1;
    for (int half = 1; half <= HALF_STEP_MAX; half++) {
        int end = length - half * (2 * levels - 5);
        for (int fsr = FSR_FIRST; fsr < end; fsr++) {
            double entropy = weighted_entropy(&s, fsr, half);
            if (entropy > scale->entropy) {
                *scale = (struct weft_log_scale){fsr + s.offset, 2 * half, entropy};
            }
        }
    }
}

int weft_act_code(const struct weft_log_scale *scale, int levels, double magnitude)
{
    if (!(magnitude > 0)) {
        return 0;
    }
    double k = nearbyint((log2(magnitude) * 16 - scale->fsr) / scale->step);
    return k < 0 ? 0 : k > levels - 2 ? levels - 1 : (int)k + 1;
}
