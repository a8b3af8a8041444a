#include "quant/rounder.h"

bool weft_rounder_init(struct weft_rounder *rounder, const struct weft_edge *edge, struct weft_pool *pool)
{
    memset(rounder, 0, sizeof *rounder);
    rounder->active = edge->kind != WEFT_EDGE_FLOAT;
    for (int code = 0; rounder->active && code < 256; code++) {
        rounder->decode[code] = weft_edge_decode(edge, (uint8_t)code);
    }
    return !rounder->active || weft_encoder_init(&rounder->encoder, edge, pool);
}

void weft_rounder_round(const struct weft_rounder *rounder, float *values, int64_t n)
{
    for (int64_t i = 0; rounder->active && i < n; i++) {
        values[i] = rounder->decode[weft_rounder_code(rounder, values[i])];
    }
}

void weft_rounder_encode(const struct weft_rounder *rounder, const float *values, int64_t n, uint8_t *codes)
{
    for (int64_t i = 0; i < n; i++) {
        codes[i] = weft_rounder_code(rounder, values[i]);
    }
}
