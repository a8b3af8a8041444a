/* kcheck: packing and the scalar tile against a direct sum over the canonical weights. */
#include <stdio.h>

#include "kcheck.h"
#include "simd/pack.h"
#include "simd/scalar/scalar.h"

#define OUTPUTS 11
#define CHANNEL 37 /* weights of an output */
#define RUNS_MAX 5

struct shape {
    int runs, run_k8;
};

static int canonical_value(enum weft_wfmt fmt, uint8_t bin, const int8_t lut[16])
{
    int value = fmt == WEFT_WFMT_C8 ? (int8_t)bin : lut[bin & 15];
    return fmt == WEFT_WFMT_C5 && bin & 0x80 ? -value : value;
}

static void check_pack(struct kc *k, enum weft_wfmt fmt, int nr, struct shape shape, int o0)
{
    uint8_t bins[OUTPUTS * CHANNEL], a[128];
    int32_t map[128], run_off[RUNS_MAX], init[64] = {0};
    _Alignas(64) int32_t acc[64];
    int8_t lut[16];
    const uint8_t *row = a;
    int depth = shape.runs * shape.run_k8 * 8;
    struct weft_pack_geometry g = {shape.runs, shape.run_k8, CHANNEL, map};
    uint8_t pad = fmt == WEFT_WFMT_C8 ? 0xfb : 0x83 & (fmt == WEFT_WFMT_C5 ? 0xff : 15);
    snprintf(k->what, sizeof k->what, "format %d, nr %d, runs %d of %d x 8, from output %d", (int)fmt, nr,
             shape.runs, shape.run_k8, o0);
    kc_fill(k, bins, sizeof bins, KC_RANDOM, 0, 255);
    for (size_t i = 0; i < sizeof bins && fmt != WEFT_WFMT_C8; i++) {
        bins[i] &= fmt == WEFT_WFMT_C5 ? 0x8f : 0x0f;
    }
    kc_fill(k, (uint8_t *)lut, sizeof lut, KC_RANDOM, fmt == WEFT_WFMT_C5 ? 0 : -127, 127);
    kc_fill(k, a, sizeof a, KC_RANDOM, 0, 255);
    for (int i = 0; i < depth; i++) {
        map[i] = kc_range(k, -1, CHANNEL - 1);
    }
    for (int r = 0; r < shape.runs; r++) {
        run_off[r] = (shape.runs - 1 - r) * shape.run_k8 * 8;
    }
    size_t bytes = weft_pack_panel_bytes(fmt, nr, &g);
    void *w = kc_input(k, KC_W, bytes, 64, KC_END);
    weft_pack_panel(fmt, nr, &g, bins, OUTPUTS, o0, pad, w);
    weft_conv_scalar(&(struct weft_conv_args){&row, 1, run_off, shape.runs, shape.run_k8, w, lut, init, acc, 0},
                     fmt, 1, nr, 0);
    for (int o = 0; o < nr; o++) {
        int sum = 0;
        for (int i = 0; i < depth; i++) {
            int r = i / (shape.run_k8 * 8), at = run_off[r] + i % (shape.run_k8 * 8);
            int real = o0 + o < OUTPUTS && map[i] >= 0;
            uint8_t bin = real ? bins[(o0 + o) * CHANNEL + map[i]] : pad;
            sum += canonical_value(fmt, bin, lut) * a[at];
        }
        if (sum != acc[o]) {
            kc_fail(k, "output %d is %d, directly %d", o, (int)acc[o], sum);
        }
    }
}

void kc_pack(struct kc *k)
{
    static const struct shape small[] = {{1, 1}, {1, 2}, {3, 1}, {2, 3}, {5, 2}};
    if (!kc_begin(k, "weft_pack_panel")) {
        return;
    }
    for (int f = 0; f < WEFT_WFMT_COUNT; f++) {
        for (int nr = 4; nr <= 64; nr *= 2) {
            for (size_t s = 0; s < sizeof small / sizeof *small; s++) {
                check_pack(k, (enum weft_wfmt)f, nr, small[s], 0);
                check_pack(k, (enum weft_wfmt)f, nr, small[s], 8);
            }
        }
    }
    kc_end(k, "scalar");
}
