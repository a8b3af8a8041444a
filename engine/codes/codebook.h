/* weft: codebooks, the weight format (docs/formats.md section 1). The definitions in plain C. */
#ifndef WEFT_CODES_CODEBOOK_H
#define WEFT_CODES_CODEBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simd/kernels.h"

/* Formats on disk; the number is the bits of one bin. */
enum weft_weight_format { WEFT_C2 = 2, WEFT_C3 = 3, WEFT_C4 = 4, WEFT_C5 = 5, WEFT_C8 = 8 };

/* A bin is sign (its highest bit) + magnitude bin. levels odd: magnitude bin 0 is the value zero, stored
 * with sign +. C8: the bin is Q itself as a signed byte, -127..127, and magnitudes is 0. */
struct weft_codebook {
    enum weft_weight_format format;
    int levels;       /* 2..32, or 255 / 256 for C8 */
    int magnitudes;   /* H = (levels + 1) / 2 */
    uint8_t q[16];    /* Q_b of each magnitude bin, 0..127, ascending */
};

/* Smallest format that holds `levels` (2..32 or > 32 for C8); 0 if there is none. */
int weft_codebook_format(int levels);
/* NULL if the codebook keeps its bounds, else a short English reason. */
const char *weft_codebook_check(const struct weft_codebook *codebook);
/* Signed integer Q of a canonical bin (0 .. 2^bits - 1). Bins beyond the magnitudes are refused by
 * weft_bins_check, not here. */
int weft_codebook_integer(const struct weft_codebook *codebook, uint8_t bin);
int weft_codebook_max(const struct weft_codebook *codebook);
bool weft_codebook_has_zero(const struct weft_codebook *codebook);

/* Bit-packed bins, canonical order, least significant bit first, `bits` each. */
size_t weft_bins_bytes(int64_t count, int bits);
void weft_bins_pack(const uint8_t *bins, int64_t count, int bits, uint8_t *packed);
void weft_bins_unpack(const uint8_t *packed, int64_t first, int64_t count, int bits, uint8_t *bins);
/* Index of the first bin that names no codebook entry (or a negative zero), or -1. */
int64_t weft_bins_check(const uint8_t *packed, int64_t count, const struct weft_codebook *codebook);

/* What the kernels want: weft_wfmt, the 16-entry table, and one canonical bin in their encoding
 * (simd/pack.h). */
enum weft_wfmt weft_codebook_wfmt(const struct weft_codebook *codebook);
void weft_codebook_lut(const struct weft_codebook *codebook, int8_t lut[16]);
uint8_t weft_codebook_kernel_bin(const struct weft_codebook *codebook, uint8_t bin);

#endif
