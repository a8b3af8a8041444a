/* weft: codes of an edge on arrays of floats, as fast as plain C does it. */
#ifndef WEFT_QUANT_ROUNDER_H
#define WEFT_QUANT_ROUNDER_H

#include <string.h>

#include "codes/edge.h"

struct weft_rounder {
    bool active; /* false: a float edge, values stay */
    struct weft_encoder encoder;
    float decode[256];
};

/* False if memory is short. The tables are the pool's. */
bool weft_rounder_init(struct weft_rounder *rounder, const struct weft_edge *edge, struct weft_pool *pool);

/* As weft_edge_encode, by the fast form of simd/kernels.h. */
static inline uint8_t weft_rounder_code(const struct weft_rounder *rounder, float y)
{
    const struct weft_encoder *e = &rounder->encoder;
    uint32_t bits;
    memcpy(&bits, &y, sizeof bits);
    uint32_t negative = bits >> 31, b = bits & 0x7fffffffu;
    int32_t i = (int32_t)(b >> e->shift) - e->base;
    i = i < 0 ? 0 : i < e->entries ? i : e->entries - 1;
    uint32_t entry = e->lut[i], m = (entry >> 24) + ((b & ((1u << e->shift) - 1)) >= (entry & 0xffffffu));
    if (b > 0x7f800000u || (negative && !e->is_signed)) {
        return 0;
    }
    return (uint8_t)(m | (m ? negative << 7 : 0));
}

void weft_rounder_round(const struct weft_rounder *rounder, float *values, int64_t n);
void weft_rounder_encode(const struct weft_rounder *rounder, const float *values, int64_t n, uint8_t *codes);

#endif
