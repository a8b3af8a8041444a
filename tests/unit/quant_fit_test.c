#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "quant/allocate.h"
#include "quant/compensate.h"
#include "quant/layer_fit.h"

static unsigned seed = 1;

static float draw(void)
{
    float sum = 0;
    for (int k = 0; k < 4; k++) {
        seed = seed * 1664525u + 1013904223u;
        sum += (float)(seed >> 8) / 16777216 - 0.5f;
    }
    return sum;
}

/* Moments of correlated inputs. */
static float *make_moments(int k)
{
    int rows = 3 * k;
    float *u = malloc(sizeof *u * (size_t)rows * (size_t)k),
          *h = weft_block_alloc(NULL, (size_t)k * (size_t)k, sizeof *h);
    for (int r = 0; r < rows; r++) {
        float common = draw();
        for (int i = 0; i < k; i++) {
            u[r * k + i] = common + draw() * (float)(1 + i % 5);
        }
    }
    for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
            double sum = i == j ? 0.01 : 0;
            for (int r = 0; r < rows; r++) {
                sum += (double)u[r * k + i] * (double)u[r * k + j] / rows;
            }
            h[i * k + j] = (float)sum;
        }
    }
    free(u);
    return h;
}

Test(quant_fit, the_cholesky_factor_gives_the_matrix_back_for_sizes_about_its_blocks)
{
    static const int sizes[] = {1, 2, 63, 64, 65, 127, 130, 200};
    struct weft_matrix_tools tools;
    cr_assert(weft_matrix_open(&tools, 2, NULL));
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int k = sizes[s];
        bool short_of_memory;
        float *h = make_moments(k), *a = malloc(sizeof *a * (size_t)k * (size_t)k);
        memcpy(a, h, sizeof *a * (size_t)k * (size_t)k);
        cr_assert(weft_matrix_cholesky(&tools, a, k, &short_of_memory));
        for (int i = 0; i < k; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int l = 0; l <= j; l++) {
                    sum += (double)a[i * k + l] * (double)a[j * k + l];
                }
                cr_assert(fabs(sum - (double)h[i * k + j]) < 1e-4 * k, "size %d at %d, %d", k, i, j);
            }
        }
        weft_block_free(NULL, h);
        free(a);
    }
    weft_matrix_close(&tools);
}

Test(quant_fit, a_matrix_that_is_not_positive_definite_is_told)
{
    struct weft_matrix_tools tools;
    bool short_of_memory;
    float a[4] = {1, 2, 2, 1};
    cr_assert(weft_matrix_open(&tools, 1, NULL));
    cr_assert_not(weft_matrix_cholesky(&tools, a, 2, &short_of_memory));
    cr_assert_not(short_of_memory);
    weft_matrix_close(&tools);
}

static double compensated(int threads, int levels, double *nearest_error, int8_t *q, int n, int k)
{
    struct weft_matrix_tools tools;
    struct weft_moments moments;
    struct weft_codebook codebook;
    struct weft_nearest nearest;
    seed = 11;
    cr_assert(weft_matrix_open(&tools, threads, NULL));
    cr_assert_eq(weft_moments_init(&moments, &tools, make_moments(k), k), WEFT_OK);
    float *w = malloc(sizeof *w * (size_t)n * (size_t)k), *ones = malloc(sizeof *ones * (size_t)k);
    float *scale = malloc(sizeof *scale * (size_t)n);
    for (int i = 0; i < n * k; i++) {
        w[i] = draw() * (float)(1 + i / k);
    }
    for (int i = 0; i < k; i++) {
        ones[i] = 1;
    }
    struct weft_codebook_data data = {w, ones, n, k, n, threads};
    cr_assert(weft_codebook_fit(&data, &(struct weft_codebook_wish){levels, 127, true, true, true}, NULL, &codebook,
                                &nearest, scale));
    cr_assert_null(weft_codebook_check(&codebook), "%s", weft_codebook_check(&codebook));
    struct weft_compensation job = {n, k, w, &moments, &nearest, scale, q};
    weft_round_nearest(&job);
    cr_assert_eq(weft_compensation_error(&tools, &job, nearest_error), WEFT_OK);
    cr_assert_eq(weft_compensate(&tools, &job), WEFT_OK);
    double error;
    cr_assert_eq(weft_compensation_error(&tools, &job, &error), WEFT_OK);
    for (int i = 0; i < n * k; i++) {
        cr_assert_eq(weft_codebook_integer(&codebook, weft_codebook_bin(&codebook, q[i])), q[i]);
    }
    weft_moments_free(&moments, NULL);
    weft_matrix_close(&tools);
    free(w);
    free(ones);
    free(scale);
    return error;
}

Test(quant_fit, compensation_beats_the_nearest_value_and_does_not_depend_on_threads)
{
    enum { N = 20, K = 90 };
    static const int levels[] = {3, 4, 8, 15, 16, 32, 256};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        int8_t one[N * K], three[N * K];
        double nearest, error = compensated(1, levels[i], &nearest, one, N, K);
        cr_assert_lt(error, 0.8 * nearest, "%d levels: %g, nearest %g", levels[i], error, nearest);
        cr_assert_eq(compensated(3, levels[i], &nearest, three, N, K), error);
        cr_assert_eq(memcmp(one, three, sizeof one), 0);
    }
}

Test(quant_fit, weights_with_few_distinct_values_are_exact)
{
    static const float values[] = {0, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1, 0};
    float zeros[12] = {0}, same[12], ones[12], scale[3];
    for (int i = 0; i < 12; i++) {
        same[i] = 0.3f;
        ones[i] = 1;
    }
    const float *const cases[] = {values, zeros, same};
    for (int c = 0; c < 3; c++) {
        for (int levels = 3; levels <= 31; levels = levels * 2 + 1) {
            struct weft_codebook codebook;
            struct weft_nearest nearest;
            struct weft_codebook_data data = {cases[c], ones, 3, 4, 3, 1};
            cr_assert(weft_codebook_fit(&data, &(struct weft_codebook_wish){levels, 127, true, true, true}, NULL,
                                        &codebook, &nearest, scale));
            cr_assert_null(weft_codebook_check(&codebook), "%s", weft_codebook_check(&codebook));
            for (int i = 0; i < 12; i++) {
                float made = scale[i / 4] * (float)weft_nearest_integer(&nearest, cases[c][i] / scale[i / 4]);
                cr_assert(fabsf(made - cases[c][i]) < 1e-5f, "case %d, %d levels: %g for %g", c, levels, (double)made,
                          (double)cases[c][i]);
            }
        }
    }
}

/* The definition: all sums of F(2x2,3x3) are G g G^T with the rows (1,0,0), (1,1,1), (1,-1,1), (0,0,1). */
Test(quant_fit, the_sums_of_winograd_are_those_of_the_definition)
{
    static const int g[4][3] = {{1, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 1}};
    seed = 5;
    for (int t = 0; t < 200; t++) {
        int8_t q[9];
        int rows = 0, tiles = 0;
        for (int i = 0; i < 9; i++) {
            seed = seed * 1664525u + 1013904223u;
            q[i] = (int8_t)((int)(seed >> 24) % 255 - 127);
        }
        for (int a = 0; a < 4; a++) {
            for (int b = 0; b < 4; b++) {
                int sum = 0;
                for (int y = 0; y < 3; y++) {
                    int row = 0;
                    for (int x = 0; x < 3; x++) {
                        row += q[y * 3 + x] * g[b][x];
                    }
                    sum += row * g[a][y];
                    rows = abs(row) > rows ? abs(row) : rows;
                }
                tiles = abs(sum) > tiles ? abs(sum) : tiles;
            }
        }
        cr_assert_eq(weft_headroom_sum(WEFT_HEADROOM_ROW, q, 1), rows);
        cr_assert_eq(weft_headroom_sum(WEFT_HEADROOM_TILE, q, 1), tiles);
        cr_assert_eq(weft_headroom_sum(WEFT_HEADROOM_NONE, q, 1), 0);
    }
}

Test(quant_fit, allocation_meets_either_budget_and_spends_where_it_counts)
{
    struct weft_part parts[3] = {
        {3, {2, 4, 8}, {100, 10, 1}, 0}, {3, {2, 4, 8}, {10, 1, 0.1}, 0}, {3, {20, 40, 80}, {8, 2, 1}, 0}};
    cr_assert(weft_allocate(parts, 3, 20, INFINITY));
    cr_assert_leq(weft_parts_noise(parts, 3), 20);
    cr_assert_gt(parts[0].chosen, 0, "the part that counts most");
    cr_assert_eq(parts[2].chosen, 0, "the part that costs most");
    cr_assert_not(weft_allocate(parts, 3, 0, 30));
    cr_assert_leq(weft_parts_cost(parts, 3), 30);
    cr_assert_not(weft_allocate(parts, 3, 1, INFINITY));
    cr_assert_eq(parts[0].chosen + parts[1].chosen + parts[2].chosen, 6, "everything at its best");
}
