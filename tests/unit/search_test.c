#include <criterion/criterion.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "quant/act_search.h"
#include "quant/weight_search.h"

/* ---- the numbers that the source document prints for its forward functions ---- */

Test(search, weights_fall_into_the_bins_that_the_source_prints)
{
    static const double w[] = {0.3, 1.4, 2.7, -3.1, 0.8, -1.1, 2.3, 0.0, 4.1};
    static const int expected[] = {0, 0, 2, -2, 0, 0, 1, 0, 2};
    struct weft_weight_bins bins = {.levels = 5, .bins = 3, .rep = {0, 1.5968719422671314, 2.6832815729997472},
                                    .boundary = {0, 1.8248287590894656, 2.6832815729997472}};
    for (int i = 0; i < 9; i++) {
        int bin = weft_weight_bin(&bins, w[i]);
        cr_assert_eq(w[i] < 0 ? -bin : bin, expected[i], "weight %d", i);
    }
}

Test(search, activations_round_to_the_exponents_that_the_source_prints)
{
    /* The source keeps floor((offset + k * step) / 16) as its code, k = -1 and below being zero, and one code more. */
    static const double x[] = {0.3, 1.4, 2.7, 3.1, 0.8, 14.1, 2.3, 0.1, 14.1};
    static const int exponents[] = {-1, 0, 2, 2, 0, 4, 2, -2, 4};
    static const double values[] = {0, 1, 4, 4, 1, 16, 4, 0, 16};
    struct weft_log_scale scale = {3, 32, 0};
    for (int i = 0; i < 9; i++) {
        int code = weft_act_code(&scale, 5, x[i]);
        double value = code ? exp2(floor((scale.fsr + (code - 1) * scale.step) / 16.0)) : 0;
        cr_assert_eq(value, values[i], "value %d", i);
        cr_assert(code == 0 ? exponents[i] < 0 : exp2(exponents[i]) == value, "exponent %d", i);
    }
}

/* ---- the histogram ---- */

Test(search, the_histogram_is_the_floor_of_sixteen_logarithms)
{
    unsigned seed = 1;
    for (int i = 0; i < 200000; i++) {
        seed = seed * 1664525u + 1013904223u;
        float x = ldexpf(1 + (float)(seed >> 9) / 8388608, (int)(seed % 40) - 20);
        struct weft_histogram one = {{0}};
        float both[2] = {x, -x};
        weft_histogram_add(&one, both, 2);
        int at = (int)floor(log2((double)x) * 16) - WEFT_HISTOGRAM_FIRST;
        cr_assert_eq(one.count[at], 2, "%a", (double)x);
    }
}

Test(search, the_histogram_leaves_out_zeros_and_nan_and_keeps_extremes_at_its_ends)
{
    struct weft_histogram h = {{0}};
    float odd[] = {0.0f, -0.0f, NAN, INFINITY, -INFINITY, 1e-45f, 1e-38f};
    weft_histogram_add(&h, odd, 7);
    cr_assert(h.count[0] == 2 && h.count[WEFT_HISTOGRAM_BINS - 1] == 2);
}

/* ---- degenerate input ---- */

Test(search, constant_weights_and_zeros_give_finite_bins)
{
    double same[100], zero[100] = {0}, few[3] = {1, -2, 2};
    for (int i = 0; i < 100; i++) {
        same[i] = i % 2 ? 0.5 : -0.5;
    }
    for (int levels = 2; levels <= 32; levels++) {
        struct weft_weight_bins bins;
        const double *sets[] = {same, zero, few};
        for (int s = 0; s < 3; s++) {
            cr_assert(weft_weight_search(sets[s], s == 2 ? 3 : 100, levels, NULL, &bins, NULL));
            for (int b = 0; b < bins.bins; b++) {
                cr_assert(isfinite(bins.rep[b]) && isfinite(bins.boundary[b]));
                cr_assert(b == 0 || (bins.rep[b] >= bins.rep[b - 1] && bins.boundary[b] >= bins.boundary[b - 1]));
            }
        }
    }
}

Test(search, an_empty_histogram_and_a_single_value_give_a_usable_scale)
{
    struct weft_histogram h = {{0}};
    struct weft_log_scale scale;
    weft_act_search(&h, 32, &scale);
    cr_assert(scale.step == 2 && scale.fsr + 30 * scale.step == 0);
    float one = 4;
    weft_histogram_add(&h, &one, 1);
    weft_act_search(&h, 32, &scale);
    cr_assert(scale.step == 2 && scale.fsr + 30 * scale.step == 32);
}

/* ---- the oracle: independent searches in plain double arithmetic ---- */

static cJSON *read_oracle(void)
{
    char path[1024];
    const char *data = getenv("WEFT_DATA");
    snprintf(path, sizeof path, "%s/golden/search.json", data ? data : WEFT_SOURCE_DIR "/../shared/data");
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NULL;
    }
    static char text[4 << 20];
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    return cJSON_Parse(text);
}

static double number(const cJSON *item, const char *key)
{
    return cJSON_GetObjectItem(item, key)->valuedouble;
}

static void expect_close(double got, double expected, const char *what, int set, int levels)
{
    cr_assert(fabs(got - expected) <= 1e-9 * fabs(expected), "%s of set %d, %d levels: %.17g, not %.17g", what, set,
              levels, got, expected);
}

static void check_weight_case(const double *w, int n, const cJSON *expected, int set)
{
    struct weft_weight_bins bins;
    double entropies[WEFT_SWEEPS_MAX];
    int levels = (int)number(expected, "levels");
    cr_assert(weft_weight_search(w, n, levels, NULL, &bins, entropies));
    const cJSON *entropy = cJSON_GetObjectItem(expected, "entropy"), *slice = cJSON_GetObjectItem(expected, "slice");
    expect_close(bins.entropy, cJSON_GetArrayItem(entropy, cJSON_GetArraySize(entropy) - 1)->valuedouble, "entropy",
                 set, levels);
    for (int b = 0; b < bins.bins; b++) {
        if (bins.slice[b] != (int64_t)cJSON_GetArrayItem(slice, b)->valuedouble) {
            return; /* a tie, broken the other way */
        }
    }
    for (int b = 0; b < bins.bins; b++) {
        expect_close(bins.rep[b], cJSON_GetArrayItem(cJSON_GetObjectItem(expected, "rep"), b)->valuedouble, "rep", set,
                     levels);
        expect_close(bins.boundary[b], cJSON_GetArrayItem(cJSON_GetObjectItem(expected, "bdr"), b)->valuedouble,
                     "boundary", set, levels);
    }
    const cJSON *bin = cJSON_GetObjectItem(expected, "bins")->child;
    for (int i = 0; i < n; i++, bin = bin->next) {
        cr_assert_eq(weft_weight_bin(&bins, w[i]), abs((int)bin->valuedouble), "bin %d of set %d, %d levels", i, set,
                     levels);
    }
}

Test(search, weight_searches_match_the_oracle)
{
    cJSON *oracle = read_oracle();
    if (!oracle) {
        cr_skip_test("skipped: ../shared/data is not here");
    }
    const cJSON *set, *item;
    int index = 0, cases = 0;
    cJSON_ArrayForEach(set, cJSON_GetObjectItem(oracle, "weights"))
    {
        const cJSON *list = cJSON_GetObjectItem(set, "w");
        int n = cJSON_GetArraySize(list), i = 0;
        double *w = malloc((size_t)n * sizeof *w);
        cJSON_ArrayForEach(item, list)
        {
            w[i++] = item->valuedouble;
        }
        cJSON_ArrayForEach(item, cJSON_GetObjectItem(set, "cases"))
        {
            check_weight_case(w, n, item, index);
            cases++;
        }
        free(w);
        index++;
    }
    cJSON_Delete(oracle);
    cr_log_info("%d cases", cases);
    cr_assert(cases > 0);
}

Test(search, activation_searches_match_the_oracle)
{
    cJSON *oracle = read_oracle();
    if (!oracle) {
        cr_skip_test("skipped: ../shared/data is not here");
    }
    const cJSON *set, *item, *expected;
    int index = 0, cases = 0;
    cJSON_ArrayForEach(set, cJSON_GetObjectItem(oracle, "activations"))
    {
        const cJSON *list = cJSON_GetObjectItem(set, "x");
        struct weft_histogram h = {{0}};
        cJSON_ArrayForEach(item, list)
        {
            float x = (float)item->valuedouble;
            weft_histogram_add(&h, &x, 1);
        }
        cJSON_ArrayForEach(expected, cJSON_GetObjectItem(set, "cases"))
        {
            struct weft_log_scale scale;
            int levels = (int)number(expected, "levels"), i = 0;
            weft_act_search(&h, levels, &scale);
            cr_assert_eq(scale.fsr, (int)number(expected, "offset"), "offset of set %d, %d levels", index, levels);
            cr_assert_eq(scale.step, (int)number(expected, "step"), "step of set %d, %d levels", index, levels);
            expect_close(scale.entropy, number(expected, "entropy"), "entropy", index, levels);
            const cJSON *code = cJSON_GetObjectItem(expected, "codes")->child;
            for (item = list->child; code; item = item->next, code = code->next, i++) {
                cr_assert_eq(weft_act_code(&scale, levels, item->valuedouble), (int)code->valuedouble,
                             "code %d of set %d, %d levels", i, index, levels);
            }
            cases++;
        }
        index++;
    }
    cJSON_Delete(oracle);
    cr_assert(cases > 0);
}
