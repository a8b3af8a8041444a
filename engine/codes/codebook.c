#include "codes/codebook.h"

#include <string.h>

int weft_codebook_format(int levels)
{
    if (levels < 2 || levels > 256) {
        return 0;
    }
    return levels <= 4 ? WEFT_C2 : levels <= 8 ? WEFT_C3 : levels <= 16 ? WEFT_C4 : levels <= 32 ? WEFT_C5 : WEFT_C8;
}

const char *weft_codebook_check(const struct weft_codebook *codebook)
{
    if (codebook->format == WEFT_C8) {
        return codebook->levels > 32 && codebook->levels <= 256 ? NULL : "c8 weights have 33..256 levels";
    }
    if (codebook->levels > 32 || weft_codebook_format(codebook->levels) == 0 ||
        codebook->levels > 1 << codebook->format) {
        return "the number of levels does not fit the format";
    }
    switch (codebook->format) {
    case WEFT_C2: case WEFT_C3: case WEFT_C4: case WEFT_C5:
        break;
    default:
        return "the weight format is unknown";
    }
    if (codebook->magnitudes != (codebook->levels + 1) / 2) {
        return "the number of magnitudes is not (levels + 1) / 2";
    }
    if (codebook->levels % 2 && codebook->q[0] != 0) {
        return "an odd number of levels needs 0 as its first magnitude";
    }
    for (int b = 0; b < codebook->magnitudes; b++) {
        if (codebook->q[b] > 127 || (b > 0 && codebook->q[b] < codebook->q[b - 1])) {
            return "the magnitudes do not ascend from 0 to at most 127";
        }
    }
    return NULL;
}

int weft_codebook_integer(const struct weft_codebook *codebook, uint8_t bin)
{
    if (codebook->format == WEFT_C8) {
        return (int8_t)bin;
    }
    int sign = 1 << (codebook->format - 1), q = codebook->q[bin & (sign - 1)];
    return bin & sign ? -q : q;
}

int weft_codebook_max(const struct weft_codebook *codebook)
{
    return codebook->format == WEFT_C8 ? 127 : codebook->q[codebook->magnitudes - 1];
}

bool weft_codebook_has_zero(const struct weft_codebook *codebook)
{
    return codebook->format == WEFT_C8 || codebook->q[0] == 0;
}

size_t weft_bins_bytes(int64_t count, int bits)
{
    return (size_t)((count * bits + 7) / 8);
}

void weft_bins_pack(const uint8_t *bins, int64_t count, int bits, uint8_t *packed)
{
    memset(packed, 0, weft_bins_bytes(count, bits));
    for (int64_t i = 0; i < count; i++) {
        int64_t at = i * bits;
        unsigned value = (unsigned)(bins[i] & ((1 << bits) - 1)) << (at & 7);
        packed[at >> 3] |= (uint8_t)value;
        if (value >> 8) {
            packed[(at >> 3) + 1] |= (uint8_t)(value >> 8);
        }
    }
}

static uint8_t unpack_one(const uint8_t *packed, int64_t index, int bits)
{
    int64_t at = index * bits;
    unsigned value = packed[at >> 3];
    if ((at & 7) + bits > 8) {
        value |= (unsigned)packed[(at >> 3) + 1] << 8;
    }
    return (uint8_t)(value >> (at & 7) & ((1u << bits) - 1));
}

/* Nibbles of four bytes, the low one of each first. */
static void unpack_eight(const uint8_t pairs[4], uint8_t bins[8])
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint32_t four;
    memcpy(&four, pairs, sizeof four);
    uint64_t spread = four;
    spread = (spread | spread << 16) & UINT64_C(0x0000ffff0000ffff);
    spread = (spread | spread << 8) & UINT64_C(0x00ff00ff00ff00ff);
    spread = (spread | spread << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    memcpy(bins, &spread, sizeof spread);
#else
    for (int i = 0; i < 4; i++) {
        bins[2 * i] = pairs[i] & 15;
        bins[2 * i + 1] = pairs[i] >> 4;
    }
#endif
}

void weft_bins_unpack(const uint8_t *packed, int64_t first, int64_t count, int bits, uint8_t *bins)
{
    int64_t i = 0;
    if (bits == 8) {
        memcpy(bins, packed + first, (size_t)count);
        return;
    }
    if (bits == 4 && count > 1) {
        if (first % 2) {
            bins[i++] = unpack_one(packed, first, bits);
        }
        const uint8_t *pairs = packed + (first + i) / 2;
        for (; i + 8 <= count; i += 8, pairs += 4) {
            unpack_eight(pairs, bins + i);
        }
    }
    for (; i < count; i++) {
        bins[i] = unpack_one(packed, first + i, bits);
    }
}

int64_t weft_bins_check(const uint8_t *packed, int64_t count, const struct weft_codebook *codebook)
{
    enum { CHUNK = 4096 };
    uint8_t bins[CHUNK];
    bool legal[256] = {false};
    int bits = codebook->format, sign = 1 << (bits - 1);
    for (int bin = 0; bin < 1 << bits; bin++) {
        int m = bin & (sign - 1);
        legal[bin] = bits == 8 ? bin != 128
                               : m < codebook->magnitudes && !(codebook->levels % 2 && m == 0 && (bin & sign));
    }
    for (int64_t from = 0; from < count; from += CHUNK) {
        int n = count - from < CHUNK ? (int)(count - from) : CHUNK;
        weft_bins_unpack(packed, from, n, bits, bins);
        for (int i = 0; i < n; i++) {
            if (!legal[bins[i]]) {
                return from + i;
            }
        }
    }
    return -1;
}

enum weft_wfmt weft_codebook_wfmt(const struct weft_codebook *codebook)
{
    return codebook->format == WEFT_C8 ? WEFT_WFMT_C8 : codebook->format == WEFT_C5 ? WEFT_WFMT_C5 : WEFT_WFMT_C4;
}

void weft_codebook_lut(const struct weft_codebook *codebook, int8_t lut[16])
{
    memset(lut, 0, 16);
    for (int b = 0; codebook->format != WEFT_C8 && b < codebook->magnitudes; b++) {
        lut[b] = (int8_t)codebook->q[b];
        if (codebook->format != WEFT_C5) {
            lut[8 + b] = (int8_t)-codebook->q[b];
        }
    }
}

uint8_t weft_codebook_kernel_bin(const struct weft_codebook *codebook, uint8_t bin)
{
    if (codebook->format == WEFT_C8) {
        return bin;
    }
    int sign = 1 << (codebook->format - 1);
    int negative = codebook->format == WEFT_C5 ? 128 : 8;
    return (uint8_t)((bin & (sign - 1)) | (bin & sign ? negative : 0));
}
