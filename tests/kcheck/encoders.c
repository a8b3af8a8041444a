/* kcheck: encoders of several kinds of edges. */
#include <stdbool.h>
#include <stddef.h>

#include "codes/edge.h"
#include "core/pool.h"
#include "kcheck.h"

struct kind {
    const char *name;
    bool is_signed;
    int magnitudes;
    int fsr, step; /* step 0: a linear edge */
    float shift;   /* factor of the thresholds, which a quantizer may move */
};

static const struct kind kinds[] = {
    {"log 31", false, 31, -40, 4, 1},           {"log 31 shifted", false, 31, -40, 4, 1.03f},
    {"log 15 octaves", false, 15, -100, 16, 1}, {"log 7 signed", true, 7, -60, 16, 1.03f},
    {"log 63", false, 63, -70, 2, 1},           {"log 1", false, 1, 0, 32, 1},
    {"log 127 signed", true, 127, -90, 1, 1},   {"linear 127", false, 127, 0, 0, 1},
    {"linear 15 signed", true, 15, 0, 0, 1},
};
_Static_assert(sizeof kinds / sizeof *kinds == KC_ENCODERS, "one encoder per kind");

static bool build(const struct kind *kind, struct weft_edge *edge, struct weft_encoder *encoder,
                  struct weft_pool *pool)
{
    int top = kind->is_signed ? WEFT_TABLE_MAX_SIGNED : WEFT_TABLE_MAX_UNSIGNED;
    if (kind->step == 0) {
        weft_edge_init_linear(edge, kind->is_signed, kind->magnitudes, 6);
    } else {
        weft_edge_init_log(edge, kind->is_signed, kind->magnitudes, kind->fsr, kind->step, top);
    }
    for (int t = 0; t < kind->magnitudes; t++) {
        edge->theta[t] *= kind->shift;
    }
    return weft_encoder_init(encoder, edge, pool);
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
