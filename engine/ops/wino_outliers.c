/* Weights that the products do not take as they are. */
#include "ops/wino_outliers.h"

/* A signed byte, flipped, is 128 more. */
static inline uint32_t product(int delta, uint8_t value, int flip)
{
    return (uint32_t)(delta * ((value ^ flip) - flip));
}

static inline void add(int32_t *to, uint32_t what)
{
    *to = (int32_t)((uint32_t)*to + what);
}

/* delta times the value of each tile: four products before their sums, which might overlap the values for all that the
 * compiler knows. */
static inline void add_outlier(const uint8_t *value, ptrdiff_t stride, int delta, int flip, int tiles, int32_t *to,
                               ptrdiff_t nr)
{
    for (; tiles >= 4; tiles -= 4, value += 4 * stride, to += 4 * nr) {
        const uint32_t a = product(delta, value[0], flip), b = product(delta, value[stride], flip);
        const uint32_t c = product(delta, value[2 * stride], flip), d = product(delta, value[3 * stride], flip);
        add(to, a);
        add(to + nr, b);
        add(to + 2 * nr, c);
        add(to + 3 * nr, d);
    }
    for (; tiles > 0; tiles--, value += stride, to += nr) {
        add(to, product(delta, *value, flip));
    }
}

void weft_wino_outliers_add(const struct weft_wino *wino, int panel, int p, const uint8_t *values, int tiles,
                            int is_signed, int32_t *sums)
{
    const int list = panel * wino->points + p;
    for (int i = wino->outliers_first[list]; i < wino->outliers_first[list + 1]; i++) {
        const struct weft_wino_outlier *outlier = &wino->outliers[i];
        const uint8_t *value = values + wino->point[p].value + outlier->value;
        if (is_signed) {
            add_outlier(value, wino->strip.stride, outlier->delta, 128, tiles, sums + outlier->o, wino->nr);
        } else {
            add_outlier(value, wino->strip.stride, outlier->delta, 0, tiles, sums + outlier->o, wino->nr);
        }
    }
}

void weft_wino_outliers_fit(const struct weft_wino *wino, int panel, int p, uint8_t *weights)
{
    const int list = panel * wino->points + p;
    for (int i = wino->outliers_first[list]; i < wino->outliers_first[list + 1]; i++) {
        const struct weft_wino_outlier *outlier = &wino->outliers[i];
        uint8_t *weight = weights + (outlier->value / 4 * wino->nr + outlier->o) * 4 + outlier->value % 4;
        *weight = (uint8_t)(*weight - outlier->delta);
    }
}
