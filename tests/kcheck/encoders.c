/* kcheck: encoders of several kinds of edges. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "codes/edge.h"
#include "core/pool.h"
#include "kcheck.h"

struct kind {
    const char *name;
    bool is_signed;
    int magnitudes;
    int fsr, step; /* step 0: a linear edge */
    float shift;   /* factor of the thresholds, which a quantizer may move; of a linear edge the top */
    bool rounded;  /* thresholds rounded to 16 bits, so that the encoder has rows */
};

static const struct kind kinds[] = {
    {"log 31", false, 31, -40, 4, 1, false},
    {"log 31 shifted", false, 31, -40, 4, 1.03f, false},
    {"log 15 octaves", false, 15, -100, 16, 1, false},
    {"log 7 signed", true, 7, -60, 16, 1.03f, false},
    {"log 63", false, 63, -70, 2, 1, false},
    {"log 1", false, 1, 0, 32, 1, false},
    {"log 127 signed", true, 127, -90, 1, 1, false},
    {"linear 127", false, 127, 0, 0, 6, false},
    {"linear 15 signed", true, 15, 0, 0, 6, false},
    {"log 31 in words", false, 31, -40, 4, 1.03f, true},
    {"log 31 signed in words", true, 31, -45, 3, 1.01f, true},
    {"log 15 octaves in words", false, 15, -100, 16, 1.1f, true},
    {"log 1 signed in words", true, 1, 0, 32, 1, true},
    {"linear 7 signed in words", true, 7, 0, 0, 6, true},
    {"linear 255", false, 255, 0, 0, 6, false},
    {"log 255", false, 255, -240, 1, 1.02f, false},
    {"linear 127 signed", true, 127, 0, 0, 6.1f, false},
    {"linear 255, tiny", false, 255, 0, 0, 3e-28f, false},
    {"linear 127 signed, huge", true, 127, 0, 0, 1e32f, false},
    {"log 79 in rows", false, 79, -75, 1, 1.02f, true},
    {"log 62 signed in rows", true, 62, -50, 1, 1, true},
    {"log 47 in rows", false, 47, -60, 2, 1.05f, true},
    {"log 140 in rows", false, 140, -110, 1, 1, true},
    {"linear 63, too small for a product", false, 63, 0, 0, 1e-36f, false},
};
_Static_assert(sizeof kinds / sizeof *kinds == KC_ENCODERS, "one encoder per kind");

static bool build(const struct kind *kind, struct weft_edge *edge, struct weft_encoder *encoder,
                  struct weft_pool *pool)
{
    int top = kind->is_signed ? WEFT_TABLE_MAX_SIGNED : WEFT_TABLE_MAX_UNSIGNED;
    if (kind->step == 0) {
        weft_edge_init_linear(edge, kind->is_signed, kind->magnitudes, kind->shift);
    } else {
        weft_edge_init_log(edge, kind->is_signed, kind->magnitudes, kind->fsr, kind->step, top);
    }
    for (int t = 0; t < kind->magnitudes; t++) {
        edge->theta[t] *= kind->step == 0 ? 1 : kind->shift;
        if (kind->rounded) {
            uint32_t bits;
            memcpy(&bits, &edge->theta[t], sizeof bits);
            bits = (bits + 0x8000) & 0xffff0000u;
            memcpy(&edge->theta[t], &bits, sizeof bits);
        }
    }
    return weft_encoder_init(encoder, edge, pool) && (!kind->rounded || encoder->rows > 0);
}

const struct weft_encoder *kc_encoder(int index, const char **name)
{
    static struct weft_edge edges[KC_ENCODERS];
    static struct weft_encoder encoders[KC_ENCODERS];
    static struct weft_pool pool;
    static int built;
    if (built == 0) {
        weft_pool_init(&pool, NULL);
    }
    for (; built < KC_ENCODERS; built++) {
        if (!build(&kinds[built], &edges[built], &encoders[built], &pool)) {
            return NULL;
        }
    }
    *name = kinds[index].name;
    return &encoders[index];
}
