/* The estimate of what rounding costs: changes that are known, on logits that are known. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/pool.h"
#include "quant/estimate.h"

enum { IMAGES = 200, CLASSES = 10 };

static uint32_t state;

static float draw(void)
{
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 16777216.0f - 0.5f;
}

static struct weft_images make_images(float *made)
{
    struct weft_images images;
    state = 7;
    cr_assert(weft_images_take(&images, IMAGES, 1, CLASSES, NULL));
    for (int i = 0; i < IMAGES * CLASSES; i++) {
        images.logits[i] = 6 * (draw() + draw());
        made[i] = images.logits[i];
    }
    return images;
}

Test(estimate, no_change_costs_nothing)
{
    static float made[IMAGES * CLASSES];
    struct weft_images images = make_images(made);
    struct weft_difference d = {0};
    cr_assert_eq(weft_estimate(&images, made, 0, 2, NULL, &d), WEFT_OK);
    cr_assert_eq(d.loss, 0);
    cr_assert_float_eq(d.agreement, 1, 1e-9);
    weft_images_free(&images, NULL);
}

/* What moves all logits alike, or scales them, puts none before another. */
Test(estimate, scale_and_shift_cost_nothing)
{
    static float made[IMAGES * CLASSES];
    struct weft_images images = make_images(made);
    for (int i = 0; i < IMAGES * CLASSES; i++) {
        made[i] = 0.5f * made[i] + 3;
    }
    struct weft_difference d = {0};
    cr_assert_eq(weft_estimate(&images, made, 0, 1, NULL, &d), WEFT_OK);
    cr_assert(d.loss < 1e-4 && d.agreement > 0.999, "%g, %g", d.loss, d.agreement);
    weft_images_free(&images, NULL);
}

/* Independent noise: the estimate equals a count over many more draws of the same noise, whatever the threads. */
Test(estimate, independent_noise_costs_what_a_count_says)
{
    static float made[IMAGES * CLASSES], again[IMAGES * CLASSES];
    struct weft_images images = make_images(made);
    double loss = 0, kept = 0;
    enum { DRAWS = 400 };
    for (int i = 0; i < IMAGES * CLASSES; i++) {
        made[i] += 2 * draw();
    }
    memcpy(again, made, sizeof made);
    for (int i = 0; i < IMAGES * DRAWS; i++) {
        const float *y = images.logits + i % IMAGES * CLASSES;
        int was = 0, is = 0;
        float top = -INFINITY;
        double sum = 0;
        for (int c = 0; c < CLASSES; c++) {
            float value = y[c] + 2 * draw();
            was = y[c] > y[was] ? c : was;
            is = value > top ? c : is;
            top = fmaxf(top, value);
            sum += exp(y[c]);
        }
        loss += (exp(y[was]) - exp(y[is])) / sum / (IMAGES * DRAWS);
        kept += (double)(was == is) / (IMAGES * DRAWS);
    }
    struct weft_difference d = {0}, e = {0};
    cr_assert_eq(weft_estimate(&images, made, 0, 1, NULL, &d), WEFT_OK);
    cr_assert_eq(weft_estimate(&images, again, 0, 3, NULL, &e), WEFT_OK);
    cr_assert(kept < 0.97, "the noise must matter: %g", kept);
    cr_assert(fabs(d.loss - loss) < 0.2 * loss, "%g, counted %g", d.loss, loss);
    cr_assert(fabs(d.agreement - kept) < 0.05, "%g, counted %g", d.agreement, kept);
    cr_assert(d.loss_error > 0 && d.loss_error < 0.5 * d.loss);
    cr_assert_eq(d.loss, e.loss);
    weft_images_free(&images, NULL);
}
