#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quant/edge_fit.h"
#include "quant/rounder.h"

static float *make_values(int n, float limit, bool is_signed)
{
    float *x = malloc((size_t)n * sizeof *x);
    unsigned seed = 7;
    for (int i = 0; i < n; i++) {
        float sum = 0;
        for (int k = 0; k < 6; k++) {
            seed = seed * 1664525u + 1013904223u;
            sum += (float)(seed >> 8) / 16777216 - 0.5f;
        }
        x[i] = 3 * sum;
        x[i] = is_signed ? x[i] : x[i] < 0 ? 0 : x[i] > limit ? limit : x[i];
    }
    return x;
}

static double real_error(const struct weft_edge *edge, const float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double e = (double)x[i] - (double)weft_edge_decode(edge, weft_edge_encode(edge, x[i]));
        sum += e * e;
    }
    return sum;
}

static struct weft_fine_sums *sums_of(const float *x, int n)
{
    static struct weft_fine fine;
    struct weft_fine_sums *sums = malloc(sizeof *sums);
    memset(&fine, 0, sizeof fine);
    weft_fine_add(&fine, x, n);
    weft_fine_sum(sums, &fine);
    return sums;
}

Test(quant_edge, the_error_of_a_logarithmic_edge_is_the_error_on_the_values_themselves)
{
    enum { N = 20000 };
    float *x = make_values(N, INFINITY, true);
    struct weft_fine_sums *sums = sums_of(x, N);
    for (int m = 3; m <= 127; m = m * 2 + 1) {
        struct weft_edge edge;
        struct weft_edge_wish wish = {WEFT_EDGE_LOG, true, m, 127, 0};
        double told = weft_edge_fit(sums, &wish, &edge), real = real_error(&edge, x, N);
        cr_assert_null(weft_edge_check(&edge), "%d magnitudes: %s", m, weft_edge_check(&edge));
        /* Inside a bucket of 1/128 of an octave the told error takes the mean for all values. */
        cr_assert(fabs(told - real) < 0.02 * real + N * 1e-5, "%d magnitudes: told %g, real %g", m, told, real);
    }
    free(x);
    free(sums);
}

Test(quant_edge, more_magnitudes_and_linear_codes_err_less)
{
    enum { N = 20000 };
    float *x = make_values(N, INFINITY, false);
    struct weft_fine_sums *sums = sums_of(x, N);
    struct weft_edge edge;
    double before = INFINITY;
    for (int m = 3; m <= 63; m = m * 2 + 1) {
        double error = weft_edge_fit(sums, &(struct weft_edge_wish){WEFT_EDGE_LOG, false, m, 255, 0}, &edge);
        cr_assert_lt(error, before, "%d magnitudes", m);
        before = error;
    }
    double linear = weft_edge_fit(sums, &(struct weft_edge_wish){WEFT_EDGE_LINEAR, false, 127, 255, 0}, &edge);
    cr_assert_null(weft_edge_check(&edge));
    cr_assert_lt(linear, real_error(&edge, x, N) * 1.05);
    cr_assert_lt(linear, before);
    free(x);
    free(sums);
}

Test(quant_edge, a_value_that_the_network_saturates_at_is_a_code_exactly)
{
    enum { N = 5000 };
    float *x = make_values(N, 1.1f, false);
    struct weft_fine_sums *sums = sums_of(x, N);
    static const float limits[] = {6, 1, 1.1f, 5.9f, 20};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        for (int table_max = 31; table_max <= 255; table_max = table_max * 2 + 1) {
            struct weft_edge edge;
            weft_edge_fit(sums, &(struct weft_edge_wish){WEFT_EDGE_LOG, false, 31, table_max, limits[i]}, &edge);
            cr_assert_null(weft_edge_check(&edge));
            float top = weft_edge_decode(&edge, weft_edge_encode(&edge, limits[i]));
            cr_assert(fabsf(top - limits[i]) <= limits[i] * 0x1p-23f, "%a instead of %a", (double)top,
                      (double)limits[i]);
        }
    }
    free(x);
    free(sums);
}

Test(quant_edge, thresholds_of_logarithmic_edges_keep_to_the_upper_half_of_a_float)
{
    enum { N = 5000 };
    float *x = make_values(N, INFINITY, true);
    struct weft_fine_sums *sums = sums_of(x, N);
    struct weft_edge edge;
    weft_edge_fit(sums, &(struct weft_edge_wish){WEFT_EDGE_LOG, true, 31, 127, 0}, &edge);
    for (int m = 0; m < edge.magnitudes; m++) {
        uint32_t bits;
        memcpy(&bits, &edge.theta[m], sizeof bits);
        cr_assert_eq(bits & 0xffffu, 0, "threshold %d", m);
    }
    free(x);
    free(sums);
}

Test(quant_edge, values_that_are_all_zero_or_all_equal_get_an_edge_that_holds)
{
    float zeros[4] = {0}, same[4] = {2.5f, 2.5f, 2.5f, 2.5f}, tiny[2] = {1e-30f, 1e-38f};
    const struct {
        const float *x;
        int n;
    } cases[] = {{zeros, 4}, {same, 4}, {tiny, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct weft_fine_sums *sums = sums_of(cases[i].x, cases[i].n);
        for (int kind = WEFT_EDGE_LOG; kind <= WEFT_EDGE_LINEAR; kind++) {
            struct weft_edge edge;
            struct weft_edge_wish wish = {(enum weft_edge_kind)kind, false, 31, 255, 0};
            weft_edge_fit(sums, &wish, &edge);
            cr_assert_null(weft_edge_check(&edge), "case %zu: %s", i, weft_edge_check(&edge));
            cr_assert_lt(real_error(&edge, cases[i].x, cases[i].n), 1e-3);
        }
        free(sums);
    }
}

Test(quant_edge, the_fast_rounder_equals_the_definition)
{
    struct weft_pool pool;
    struct weft_edge edge;
    struct weft_rounder rounder;
    weft_pool_init(&pool, NULL);
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        weft_edge_init_log(&edge, is_signed, 31, -60, 5, 127);
        cr_assert(weft_rounder_init(&rounder, &edge, &pool));
        unsigned seed = 3;
        for (int i = 0; i < 200000; i++) {
            float y;
            seed = seed * 1664525u + 1013904223u;
            memcpy(&y, &seed, sizeof y);
            cr_assert_eq(weft_rounder_code(&rounder, y), isnan(y) ? 0 : weft_edge_encode(&edge, y), "%a", (double)y);
        }
    }
    weft_pool_free(&pool);
}
