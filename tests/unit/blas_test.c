#include "graphs.h"

#include "session/blas.h"

Test(blas, products_equal_the_definition)
{
    float *scratch = weft_block_alloc(NULL, weft_blas_scratch(), sizeof *scratch);
    struct weft_blas blas;
    weft_blas_open(&blas);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint64_t state = seed;
        /* Around the edges of tiles and of blocks. */
        int m = graphs_between(&state, 1, 70), n = graphs_between(&state, 1, seed % 8 ? 40 : 530);
        int k = graphs_between(&state, 1, seed % 5 ? 40 : 530), pad = graphs_between(&state, 0, 3);
        struct weft_model *model = graphs_new(1, 1, 1, 1);
        float *a = graphs_floats(model, &state, (int64_t)m * (k + pad));
        float *b = graphs_floats(model, &state, (int64_t)k * (n + pad));
        float *c = graphs_floats(model, &state, (int64_t)m * (n + pad));
        float *d = weft_pool_copy(&model->pool, c, (size_t)(m * (n + pad)), sizeof *c);
        float *expected = weft_pool_copy(&model->pool, c, (size_t)(m * (n + pad)), sizeof *c);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = expected[i * (n + pad) + j];
                for (int l = 0; l < k; l++) {
                    sum += (double)a[i * (k + pad) + l] * b[l * (n + pad) + j];
                }
                expected[i * (n + pad) + j] = (float)sum;
            }
        }
        struct weft_product product = {m, n, k, a, b, k + pad, n + pad, c, n + pad};
        weft_blas_multiply_plain(&product, scratch);
        product.c = d;
        weft_blas_multiply(&blas, &product, scratch);
        cr_expect_leq(graphs_distance(expected, c, (int64_t)m * (n + pad)), 1e-6 * k + 1e-6, "seed %d",
                      (int)seed);
        cr_expect_leq(graphs_distance(expected, d, (int64_t)m * (n + pad)), 1e-6 * k + 1e-6, "seed %d",
                      (int)seed);
        weft_model_free(&model);
    }
    weft_blas_close(&blas);
    weft_block_free(NULL, scratch);
}

Test(blas, dot_products_take_any_length)
{
    uint64_t state = 1;
    float a[100], b[100];
    graphs_fill(&state, a, 100);
    graphs_fill(&state, b, 100);
    for (int n = 0; n <= 100; n++) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += (double)a[i] * b[i];
        }
        cr_expect_float_eq(weft_blas_dot(a, b, n), sum, 1e-5);
    }
}
