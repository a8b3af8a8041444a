/* weft: edges, the activation format (docs/formats.md section 2). The definitions in plain C. */
#ifndef WEFT_CODES_EDGE_H
#define WEFT_CODES_EDGE_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include "core/pool.h"
#include "simd/kernels.h"

enum weft_edge_kind { WEFT_EDGE_FLOAT, WEFT_EDGE_LOG, WEFT_EDGE_LINEAR };

#define WEFT_MAGNITUDES_MAX 255
#define WEFT_MAGNITUDES_MAX_SIGNED 127
#define WEFT_TABLE_MAX_UNSIGNED 255
#define WEFT_TABLE_MAX_SIGNED 127

/* Code: the magnitude m; signed edges: bit 7 sign, bits 6..0 magnitude. Real value = +-table[m] * scale. */
struct weft_edge {
    enum weft_edge_kind kind; /* FLOAT: none of the rest counts */
    bool is_signed;
    int magnitudes;           /* M: 1..255, signed 1..127 */
    int fsr, step;            /* LOG: value of m is 2^((fsr + (m-1)*step)/16) before rounding to the table */
    float scale;              /* s_x > 0, finite */
    uint8_t table[WEFT_MAGNITUDES_MAX + 1]; /* T[0] = 0, not descending (LINEAR: ascending), 1 <= T[M] <= 255,
                                               signed 127 */
    float theta[WEFT_MAGNITUDES_MAX];       /* thresholds 1..M at [0..M-1], ascending, positive, finite */
};

/* Fills table (T[m] = round(G * 2^((m-1)*step/16)), T[M] = table_max), scale and geometric thresholds
 * of a LOG edge from is_signed, magnitudes, fsr, step. The scale follows from fsr as published. */
void weft_edge_init_log(struct weft_edge *edge, bool is_signed, int magnitudes, int fsr, int step, int table_max);

/* A LINEAR edge: T[m] = m, thresholds (m - 0.5) * scale, top value = `top` (> 0). */
void weft_edge_init_linear(struct weft_edge *edge, bool is_signed, int magnitudes, float top);

/* NULL if the edge keeps every bound above, else a short English reason. */
const char *weft_edge_check(const struct weft_edge *edge);

/* The magnitude of a code; whether an encoder of the edge can make it (never the zero with a sign). */
int weft_edge_magnitude(const struct weft_edge *edge, uint8_t code);
bool weft_edge_has_code(const struct weft_edge *edge, uint8_t code);

/* The definitions: code of a float, and signed integer and float of a code. */
uint8_t weft_edge_encode(const struct weft_edge *edge, float y);
int weft_edge_integer(const struct weft_edge *edge, uint8_t code);
float weft_edge_decode(const struct weft_edge *edge, uint8_t code);
bool weft_edge_equal(const struct weft_edge *a, const struct weft_edge *b);

/* Unsigned, and every code is its own integer, as on linear edges. */
bool weft_edge_is_integers(const struct weft_edge *edge);

/* table256[code] = (+-T[m] + zero) & 255: what the kernels' lookup needs. Codes beyond M give `zero`. */
void weft_edge_lookup_table(const struct weft_edge *edge, int zero, uint8_t table256[256]);

/* The shift of the fast encoder (simd/kernels.h), 0 if the thresholds are too close together (256 units in the last
 * place) or too far apart for it; weft_edge_check refuses such edges. */
uint32_t weft_encoder_shift(const struct weft_edge *edge);

/* Builds the fast encoder in the pool, for an edge that passed weft_edge_check; false if memory is short. */
bool weft_encoder_init(struct weft_encoder *encoder, const struct weft_edge *edge, struct weft_pool *pool);

#endif
