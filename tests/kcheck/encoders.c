/* kcheck: encoders of several kinds of edges. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kcheck.h"

struct kind {
    const char *name;
    bool is_signed, linear;
    int magnitudes, step;
};

static const struct kind kinds[] = {
    {"log 31", false, false, 31, 4},      {"log 15 octaves", false, false, 15, 16},
    {"log 7 signed", true, false, 7, 16}, {"log 63", false, false, 63, 2},
    {"log 1", false, false, 1, 32},       {"log 127 signed", true, false, 127, 1},
    {"linear 127", false, true, 127, 0},  {"linear 15 signed", true, true, 15, 0},
};
#define KINDS ((int)(sizeof kinds / sizeof *kinds))

static uint32_t bits_of(float y)
{
    uint32_t bits;
    memcpy(&bits, &y, sizeof bits);
    return bits;
}

static void build(struct weft_encoder *e)
{
    int n = e->magnitudes;
    uint32_t *lut;
    e->shift = 23;
    for (int t = 1; t < n; t++) {
        while (bits_of(e->theta[t]) >> e->shift == bits_of(e->theta[t - 1]) >> e->shift) {
            e->shift--;
        }
    }
    e->base = (int32_t)(bits_of(e->theta[0]) >> e->shift) - 1;
    e->entries = (int32_t)(bits_of(e->theta[n - 1]) >> e->shift) - e->base + 2;
    lut = malloc((size_t)e->entries * sizeof *lut);
    for (int i = 0, t = 0; i < e->entries; i++) {
        uint32_t low = 0xffffff, count = (uint32_t)t;
        if (t < n && bits_of(e->theta[t]) >> e->shift == (uint32_t)(e->base + i)) {
            low = bits_of(e->theta[t++]) & ((1u << e->shift) - 1);
        }
        lut[i] = count << 24 | low;
    }
    e->lut = lut;
}

const struct weft_encoder *kc_encoder(int index, const char **name)
{
    static struct weft_encoder encoders[KINDS];
    static float theta[KINDS][127];
    if (index >= KINDS) {
        return NULL;
    }
    const struct kind *kind = &kinds[index];
    struct weft_encoder *e = &encoders[index];
    *name = kind->name;
    if (!e->lut) {
        for (int t = 0; t < kind->magnitudes; t++) {
            theta[index][t] = kind->linear ? ((float)t + 0.5f) * 0.047f
                                           : powf(2, (float)(-40 + (t - 0.5) * kind->step) / 16);
        }
        *e = (struct weft_encoder){
            .theta = theta[index], .magnitudes = kind->magnitudes, .is_signed = kind->is_signed};
        build(e);
    }
    return e;
}
