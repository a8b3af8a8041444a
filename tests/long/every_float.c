/* Every float there is through every encoder: each level's kernel and the table form that kernels.h states, against
 * the definition, a count of thresholds.
 *
 *   every_float [N]    N: only every Nth stretch of 65536 floats, and those with a threshold (emulators)
 *
 * The count is a step function of |y| that rises at the thresholds only, so that the definition is asked on both sides
 * of each step and its answer holds for the floats between. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kcheck.h"
#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

#define STRETCH 65536u
#define STRETCHES 65536
#define INFINITE 0x7f800000u

static uint32_t bits_of(float y)
{
    uint32_t bits;
    memcpy(&bits, &y, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float y;
    memcpy(&y, &bits, sizeof y);
    return y;
}

static uint8_t by_table(const struct weft_encoder *enc, float y)
{
    uint32_t b = bits_of(y) & 0x7fffffff;
    int32_t i = (int32_t)(b >> enc->shift) - enc->base;
    i = i < 0 ? 0 : i >= enc->entries ? enc->entries - 1 : i;
    uint32_t e = enc->lut[i];
    uint32_t m = (e >> 24) + ((b & ((1u << enc->shift) - 1)) >= (e & 0xffffff));
    bool negative = bits_of(y) >> 31;
    if (b > INFINITE || (negative && !enc->is_signed)) {
        return 0;
    }
    return (uint8_t)(m | (negative && m > 0 ? 0x80u : 0));
}

static void table_form(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = by_table(enc, in[i]);
    }
}

/* First bits above `bits` (of a positive float) where the definition may change. */
static uint32_t next_step(const struct weft_encoder *enc, uint32_t bits)
{
    if (bits > INFINITE) {
        return 0x80000000u; /* NaN to the end */
    }
    for (int t = 0; t < enc->magnitudes; t++) {
        if (bits_of(enc->theta[t]) > bits) {
            return bits_of(enc->theta[t]);
        }
    }
    return INFINITE + 1;
}

/* Codes of a stretch by the definition; the number of steps in it. */
static int define(const struct weft_encoder *enc, uint32_t first, uint8_t *codes)
{
    int steps = 0;
    for (uint32_t done = 0; done < STRETCH; steps++) {
        uint32_t bits = first + done, left = STRETCH - done;
        uint32_t n = next_step(enc, bits & 0x7fffffff) - (bits & 0x7fffffff);
        n = n < left ? n : left;
        memset(codes + done, weft_encode_one_scalar(float_of(bits), enc), n);
        done += n;
    }
    return steps - 1;
}

/* Floats that differ; *seen counts those looked at. */
static long long check_stretch(weft_encode_fn *fn, const struct weft_encoder *enc, int stretch, int every,
                               long long *seen)
{
    static _Thread_local float in[STRETCH];
    static _Thread_local uint8_t want[STRETCH], got[STRETCH];
    uint32_t first = (uint32_t)stretch * STRETCH;
    long long wrong = 0;
    if (define(enc, first, want) == 0 && stretch % every != 0) {
        return 0;
    }
    for (uint32_t i = 0; i < STRETCH; i++) {
        in[i] = float_of(first + i);
    }
    fn(in, STRETCH, enc, got);
    for (uint32_t i = 0; memcmp(got, want, STRETCH) != 0 && i < STRETCH; i++) {
        wrong += got[i] != want[i];
    }
    *seen += STRETCH;
    return wrong;
}

static bool check_encoder(const char *name, weft_encode_fn *fn, int index, int every)
{
    const char *edge;
    const struct weft_encoder *enc = kc_encoder(index, &edge);
    long long wrong = 0, seen = 0;
    if (!enc) {
        printf("FAIL %s: encoder %d cannot be built\n", name, index);
        return false;
    }
#pragma omp parallel for schedule(dynamic, 64) reduction(+ : wrong, seen)
    for (int s = 0; s < STRETCHES; s++) {
        wrong += check_stretch(fn, enc, s, every, &seen);
    }
    printf("%-4s %-24s %-16s %lld floats, %lld wrong\n", wrong ? "FAIL" : "ok", name, edge, seen, wrong);
    fflush(stdout);
    return wrong == 0;
}

int main(int argc, char **argv)
{
    int every = argc > 1 ? atoi(argv[1]) : 1;
    int passed = 0, failed = 0;
    const char *last = "";
    if (every < 1 || argc > 2) {
        fputs("usage: every_float [N]\n", stderr);
        return 2;
    }
    for (int level = 0; level <= WEFT_ISA_COUNT; level++) {
        unsigned bit = 1u << level;
        struct weft_kernels k = {.encode = table_form, .encode_name = "table form"};
        if (level < WEFT_ISA_COUNT) {
            if (level == 0 || !(weft_isa_detect() & weft_isa_compiled() & bit)) {
                continue; /* scalar is the definition */
            }
            weft_kernels_init(&k, weft_isa_mask_from_name(weft_isa_bit_name(bit)));
        }
        if (!strcmp(k.encode_name, last)) {
            continue; /* a level that takes the encoder of the one below */
        }
        last = k.encode_name;
        for (int e = 0; e < KC_ENCODERS; e++) {
            bool fine = check_encoder(k.encode_name, k.encode, e, every);
            passed += fine;
            failed += !fine;
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
