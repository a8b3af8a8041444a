/* weft: the float matrix product of the float path: OpenBLAS where the machine has it, else our own. */
#ifndef WEFT_SESSION_BLAS_H
#define WEFT_SESSION_BLAS_H

#include <stddef.h>
#include <stdint.h>

/* c[i*ldc + j] += sum over l of a[i*lda + l] * b[l*ldb + j], i < m, j < n, l < k. */
struct weft_product {
    int64_t m, n, k;
    const float *a, *b;
    int64_t lda, ldb;
    float *c;
    int64_t ldc;
};

struct weft_blas {
    void *library; /* of dlopen, or NULL */
    void (*sgemm)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a,
                  int lda, const float *b, int ldb, float beta, float *c,
                  int ldc); /* NULL: our own product */
};

/* Looks for libopenblas.so.0. Its threads are set to one for the whole process: the callers here split the
 * work themselves, and two pools of threads would fight for the same cores. */
void weft_blas_open(struct weft_blas *blas);
void weft_blas_close(struct weft_blas *blas);

/* Floats of scratch that one product needs. */
size_t weft_blas_scratch(void);

/* One product on the calling thread. Reentrant; each thread brings its own scratch, aligned to 64. */
void weft_blas_multiply(const struct weft_blas *blas, const struct weft_product *product, float *scratch);
/* The same without OpenBLAS. */
void weft_blas_multiply_plain(const struct weft_product *product, float *scratch);

/* sum of a[i] * b[i], i < n. */
float weft_blas_dot(const float *a, const float *b, int64_t n);

#endif
