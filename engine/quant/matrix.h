/* weft: the dense linear algebra of error compensation, on top of the float path's matrix product. The work is cut into
 * pieces of fixed size, so that the results do not depend on the number of threads. */
#ifndef WEFT_QUANT_MATRIX_H
#define WEFT_QUANT_MATRIX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pool.h"
#include "session/blas.h"

struct weft_matrix_tools {
    struct weft_blas blas;
    int threads, level; /* level: of the caller's own parallel regions */
    float *scratch;     /* per thread */
    const weft_allocator *allocator;
};

/* False if memory is short. */
bool weft_matrix_open(struct weft_matrix_tools *tools, int threads, const weft_allocator *allocator);
void weft_matrix_close(struct weft_matrix_tools *tools);

/* c[m][n] += transpose(a[rows][m]) * b[rows][n]. symmetric (a == b): only what is on or right of the diagonal's tiles;
 * weft_matrix_mirror makes the rest. */
void weft_matrix_add_products(struct weft_matrix_tools *tools, const float *a, int m, const float *b, int n,
                              int64_t rows, bool symmetric, float *c);
void weft_matrix_mirror(float *c, int n);

/* c[rows][n] += a[rows][k] * b[k][n]; rows of c are ldc apart, of a lda, of b ldb. */
struct weft_matrix_block {
    const float *a, *b;
    float *c;
    int64_t rows, k, n, lda, ldb, ldc;
};
void weft_matrix_multiply(struct weft_matrix_tools *tools, const struct weft_matrix_block *block);

/* The lower Cholesky factor of a symmetric matrix, in place; what is right of the diagonal means nothing then. False if
 * the matrix is not positive definite. */
bool weft_matrix_cholesky(struct weft_matrix_tools *tools, float *a, int n, bool *short_of_memory);

#endif
