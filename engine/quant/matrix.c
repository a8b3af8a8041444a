#include "quant/matrix.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum {
    TILE = 192,        /* of a product of two tall matrices */
    DEPTH = 512,       /* rows of them that are transposed at a time */
    STRIDE = 528,      /* of the transposed: not a power of two, whose rows would share a few sets of the cache */
    ACROSS = 16,       /* columns that are transposed at a time: a cache line of each row */
    ROW_BLOCK = 64,    /* rows of a plain product that one thread takes */
    FACTOR_BLOCK = 64, /* columns of a Cholesky step */
};

static size_t scratch_floats(void)
{
    return weft_blas_scratch() + (size_t)TILE * STRIDE;
}

bool weft_matrix_open(struct weft_matrix_tools *tools, int threads, const weft_allocator *allocator)
{
    weft_blas_open(&tools->blas);
    tools->threads = threads;
    tools->level = omp_get_level();
    tools->allocator = allocator;
    tools->scratch = weft_block_alloc(allocator, (size_t)threads * scratch_floats(), sizeof(float));
    return tools->scratch != NULL;
}

void weft_matrix_close(struct weft_matrix_tools *tools)
{
    weft_block_free(tools->allocator, tools->scratch);
    weft_blas_close(&tools->blas);
}

/* Of the calling thread: a transposed tile, then what the product needs. */
static float *own_scratch(const struct weft_matrix_tools *tools)
{
    int thread = omp_get_level() > tools->level ? omp_get_ancestor_thread_num(tools->level + 1) : 0;
    return tools->scratch + (size_t)thread * scratch_floats();
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* turned[i * STRIDE + l] = a[l * m + i] */
static void transpose(const float *a, int m, int depth, int height, float *turned)
{
    for (int i0 = 0; i0 < height; i0 += ACROSS) {
        int i1 = (int)smaller(i0 + ACROSS, height);
        for (int l = 0; l < depth; l++) {
            for (int i = i0; i < i1; i++) {
                turned[i * STRIDE + l] = a[(int64_t)l * m + i];
            }
        }
    }
}

static void multiply_tile(struct weft_matrix_tools *tools, const float *a, int m, const float *b, int n, int64_t rows,
                          int i0, int j0, float *c)
{
    float *turned = own_scratch(tools), *scratch = turned + (size_t)TILE * STRIDE;
    int height = (int)smaller(TILE, m - i0), width = (int)smaller(TILE, n - j0);
    for (int64_t r = 0; r < rows; r += DEPTH) {
        int depth = (int)smaller(DEPTH, rows - r);
        transpose(a + r * m + i0, m, depth, height, turned);
        struct weft_product product = {.m = height, .n = width, .k = depth, .a = turned, .lda = STRIDE,
                                       .b = b + r * n + j0, .ldb = n, .c = c + (int64_t)i0 * n + j0, .ldc = n};
        weft_blas_multiply(&tools->blas, &product, scratch);
    }
}

void weft_matrix_add_products(struct weft_matrix_tools *tools, const float *a, int m, const float *b, int n,
                              int64_t rows, bool symmetric, float *c)
{
    int across = (n + TILE - 1) / TILE, down = (m + TILE - 1) / TILE;
#pragma omp parallel for num_threads(tools->threads) schedule(dynamic)
    for (int t = 0; t < across * down; t++) {
        int i = t / across, j = t % across;
        if (!symmetric || j >= i) {
            multiply_tile(tools, a, m, b, n, rows, i * TILE, j * TILE, c);
        }
    }
}

void weft_matrix_mirror(float *c, int n)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++) {
            c[(int64_t)i * n + j] = c[(int64_t)j * n + i];
        }
    }
}

void weft_matrix_multiply(struct weft_matrix_tools *tools, const struct weft_matrix_block *block)
{
    int64_t parts = (block->rows + ROW_BLOCK - 1) / ROW_BLOCK;
#pragma omp parallel for num_threads(tools->threads) schedule(dynamic)
    for (int64_t p = 0; p < parts; p++) {
        int64_t r = p * ROW_BLOCK;
        struct weft_product product = {.m = smaller(ROW_BLOCK, block->rows - r), .n = block->n, .k = block->k,
                                       .a = block->a + r * block->lda, .lda = block->lda, .b = block->b,
                                       .ldb = block->ldb, .c = block->c + r * block->ldc, .ldc = block->ldc};
        weft_blas_multiply(&tools->blas, &product, own_scratch(tools) + (size_t)TILE * STRIDE);
    }
}

/* The factor of the block on the diagonal; false where a pivot is not positive. */
static bool factor_block(float *a, int n, int j0, int j1)
{
    for (int j = j0; j < j1; j++) {
        float *row = a + (int64_t)j * n;
        double pivot = row[j];
        for (int l = j0; l < j; l++) {
            pivot -= (double)row[l] * row[l];
        }
        if (!(pivot > 0)) {
            return false;
        }
        row[j] = (float)sqrt(pivot);
        for (int i = j + 1; i < j1; i++) {
            float *below = a + (int64_t)i * n;
            double sum = below[j];
            for (int l = j0; l < j; l++) {
                sum -= (double)below[l] * row[l];
            }
            below[j] = (float)(sum / row[j]);
        }
    }
    return true;
}

/* Row i below the block: forward substitution. */
static void solve_row(float *a, int n, int j0, int j1, int i)
{
    float *row = a + (int64_t)i * n;
    for (int j = j0; j < j1; j++) {
        const float *factor = a + (int64_t)j * n;
        float sum = row[j];
        for (int l = j0; l < j; l++) {
            sum -= row[l] * factor[l];
        }
        row[j] = sum / factor[j];
    }
}

bool weft_matrix_cholesky(struct weft_matrix_tools *tools, float *a, int n, bool *short_of_memory)
{
    float *turned = weft_block_alloc(tools->allocator, (size_t)n * FACTOR_BLOCK, sizeof *turned);
    bool fine = turned != NULL;
    *short_of_memory = !fine;
    for (int j0 = 0; fine && j0 < n; j0 += FACTOR_BLOCK) {
        int j1 = (int)smaller(j0 + FACTOR_BLOCK, n), width = j1 - j0;
        for (int j = j0; j < j1; j++) {
            for (int l = 0; l < j0; l++) {
                turned[l * width + j - j0] = -a[(int64_t)j * n + l];
            }
        }
        float *rows = a + (int64_t)j0 * n;
        weft_matrix_multiply(tools,
                             &(struct weft_matrix_block){rows, turned, rows + j0, n - j0, j0, width, n, width, n});
        fine = factor_block(a, n, j0, j1);
#pragma omp parallel for num_threads(tools->threads) schedule(static)
        for (int i = j1; i < n; i++) {
            solve_row(a, n, j0, j1, i);
        }
    }
    weft_block_free(tools->allocator, turned);
    return fine;
}
