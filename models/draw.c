/* Random numbers and weights. */
#include <string.h>

#include "builder.h"

/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016). */
static uint64_t next_random(struct zoo_builder *b)
{
    b->seed ^= b->seed >> 12;
    b->seed ^= b->seed << 25;
    b->seed ^= b->seed >> 27;
    return b->seed * UINT64_C(2685821657736338717);
}

uint32_t zoo_random(struct zoo_builder *b)
{
    return (uint32_t)(next_random(b) >> 32);
}

/* Sum of four random bytes about its mean: -510..510, standard deviation 147.8. */
static int bell(struct zoo_builder *b)
{
    uint32_t r = zoo_random(b);
    return (int)((r & 255) + (r >> 8 & 255) + (r >> 16 & 255) + (r >> 24)) - 510;
}

double zoo_bell(struct zoo_builder *b)
{
    return bell(b) / 147.8;
}

/* Integers up to 31: 16-bit sums can take many steps before they must be widened. */
const struct zoo_distribution zoo_distributions[ZOO_DISTRIBUTIONS] = {
    [ZOO_NORMAL] = {"normal", {0, 8, 12, 15, 18, 21, 24, 31}, {1549, 1070, 519, 337, 240, 177, 127, 77}},
    [ZOO_LAPLACE] = {"Laplace", {0, 5, 8, 11, 14, 17, 22, 31}, {2074, 995, 426, 246, 157, 103, 64, 31}},
};

/* Sums of one output channel on the way. */
struct sums {
    int64_t q, square;
};

static struct sums draw_bytes(struct zoo_builder *b, uint8_t *bins, int64_t count)
{
    struct sums sums = {0, 0};
    for (int64_t i = 0; i < count; i++) {
        int q = bell(b) / 4;
        bins[i] = (uint8_t)(int8_t)q;
        sums.q += q;
        sums.square += q * q;
    }
    return sums;
}

/* Bins by their shares: 13 bits of a random number choose one of the 4096 parts and the sign; four a number. */
struct parts {
    uint8_t bin[4096];
    int8_t q[16];
};

static void make_parts(const struct zoo_distribution *distribution, struct parts *parts)
{
    int at = 0;
    for (int bin = 0; bin < 8; bin++) {
        memset(parts->bin + at, bin, distribution->share[bin]);
        at += distribution->share[bin];
        parts->q[bin] = (int8_t)distribution->q[bin];
        parts->q[8 + bin] = (int8_t)-distribution->q[bin];
    }
}

static struct sums draw_nibbles(struct zoo_builder *b, const struct parts *parts, uint8_t *packed, int64_t first,
                                int64_t count)
{
    struct sums sums = {0, 0};
    uint64_t random = 0;
    for (int64_t i = 0; i < count; i++) {
        random = i % 4 == 0 ? next_random(b) >> 12 : random >> 13;
        uint8_t bin = parts->bin[random & 4095];
        bin |= (uint8_t)(bin ? random >> 9 & 8 : 0);
        int q = parts->q[bin];
        packed[(first + i) / 2] |= (uint8_t)(bin << ((first + i) % 2 * 4));
        sums.q += q;
        sums.square += q * q;
    }
    return sums;
}

void zoo_draw_weights(struct zoo_builder *b, struct weft_node *node, enum zoo_weights weights, int outputs, double *sum,
                      double *square)
{
    /* Trained 1x1 and dense layers have heavier tails than spatial kernels. */
    bool spatial = node->window.kernel_h * node->window.kernel_w > 1 && node->window.kernel_h <= 11;
    const struct zoo_distribution *distribution = &zoo_distributions[spatial ? ZOO_NORMAL : ZOO_LAPLACE];
    struct weft_codebook *codebook = &node->codebook;
    struct parts parts;
    memset(codebook, 0, sizeof *codebook);
    codebook->format = weights == ZOO_C8 ? WEFT_C8 : WEFT_C4;
    codebook->levels = weights == ZOO_C8 ? 255 : 15;
    if (weights == ZOO_C4) {
        codebook->magnitudes = 8;
        memcpy(codebook->q, distribution->q, sizeof distribution->q);
        make_parts(distribution, &parts);
    }
    int64_t per_output = node->weights_count / outputs;
    for (int o = 0; o < outputs; o++) {
        int64_t first = o * per_output;
        struct sums sums = weights == ZOO_C8 ? draw_bytes(b, node->bins + first, per_output)
                                             : draw_nibbles(b, &parts, node->bins, first, per_output);
        sum[o] = (double)sums.q;
        square[o] = (double)sums.square;
    }
}
