/* Our own product is the blocked one of Goto and van de Geijn ("Anatomy of high-performance matrix
 * multiplication", 2008) with a 4x8 tile in vectors of four floats, which every machine has. */
#include "session/blas.h"

#include <dlfcn.h>
#include <string.h>

enum {
    ROWS = 4,           /* of the tile */
    COLUMNS = 8,        /* of the tile */
    BLOCK_ROWS = 64,    /* rows of a packed block of a: 64 KiB, in the second cache */
    BLOCK_DEPTH = 256,  /* depth of both packed blocks */
    BLOCK_COLUMNS = 512 /* columns of a packed block of b: 512 KiB */
};

enum { ROW_MAJOR = 101, NO_TRANS = 111 }; /* of cblas.h */

typedef float vector __attribute__((vector_size(16)));

void weft_blas_open(struct weft_blas *blas)
{
    memset(blas, 0, sizeof *blas);
    /* NODELETE: the library's threads would not survive being unmapped. */
    blas->library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!blas->library) {
        return;
    }
    void *found = dlsym(blas->library, "openblas_set_num_threads");
    void *sgemm = dlsym(blas->library, "cblas_sgemm");
    if (!found || !sgemm) {
        weft_blas_close(blas);
        return;
    }
    /* POSIX lets the pointer of dlsym be a function's; C has no cast for it. */
    void (*set_threads)(int);
    memcpy(&set_threads, &found, sizeof found);
    memcpy(&blas->sgemm, &sgemm, sizeof sgemm);
    set_threads(1);
}

void weft_blas_close(struct weft_blas *blas)
{
    if (blas->library) {
        dlclose(blas->library);
    }
    memset(blas, 0, sizeof *blas);
}

size_t weft_blas_scratch(void)
{
    return (size_t)BLOCK_DEPTH * (BLOCK_ROWS + BLOCK_COLUMNS);
}

static vector load(const float *p)
{
    vector v;
    memcpy(&v, p, sizeof v);
    return v;
}

static void store(float *p, vector v)
{
    memcpy(p, &v, sizeof v);
}

/* tile[4][8] = product of two packed panels. */
static void multiply_tile(const float *a, const float *b, int depth, float tile[ROWS * COLUMNS])
{
    vector sum[ROWS][2];
    memset(sum, 0, sizeof sum);
    for (int l = 0; l < depth; l++) {
        vector left = load(b), right = load(b + 4);
        for (int i = 0; i < ROWS; i++) {
            vector x = {a[i], a[i], a[i], a[i]};
            sum[i][0] += x * left;
            sum[i][1] += x * right;
        }
        a += ROWS;
        b += COLUMNS;
    }
    for (int i = 0; i < ROWS; i++) {
        store(tile + i * COLUMNS, sum[i][0]);
        store(tile + i * COLUMNS + 4, sum[i][1]);
    }
}

/* Panels of ROWS rows, depth-major, short ones filled up with zeros. */
static void pack_a(const float *a, int64_t lda, int rows, int depth, float *packed)
{
    for (int i0 = 0; i0 < rows; i0 += ROWS) {
        for (int l = 0; l < depth; l++) {
            for (int i = i0; i < i0 + ROWS; i++) {
                *packed++ = i < rows ? a[i * lda + l] : 0;
            }
        }
    }
}

static void pack_b(const float *b, int64_t ldb, int columns, int depth, float *packed)
{
    for (int j0 = 0; j0 < columns; j0 += COLUMNS) {
        int width = columns - j0 < COLUMNS ? columns - j0 : COLUMNS;
        for (int l = 0; l < depth; l++) {
            const float *row = b + l * ldb + j0;
            if (width == COLUMNS) {
                memcpy(packed, row, COLUMNS * sizeof *packed);
            } else {
                for (int j = 0; j < COLUMNS; j++) {
                    packed[j] = j < width ? row[j] : 0;
                }
            }
            packed += COLUMNS;
        }
    }
}

static void add_tile(const float tile[ROWS * COLUMNS], int rows, int columns, float *c, int64_t ldc)
{
    for (int i = 0; i < rows; i++) {
        if (columns == COLUMNS) {
            store(c, load(c) + load(tile));
            store(c + 4, load(c + 4) + load(tile + 4));
        } else {
            for (int j = 0; j < columns; j++) {
                c[j] += tile[j];
            }
        }
        c += ldc;
        tile += COLUMNS;
    }
}

static void multiply_block(const float *a, const float *b, int rows, int columns, int depth, float *c,
                           int64_t ldc)
{
    float tile[ROWS * COLUMNS];
    for (int j = 0; j < columns; j += COLUMNS) {
        int width = columns - j < COLUMNS ? columns - j : COLUMNS;
        for (int i = 0; i < rows; i += ROWS) {
            multiply_tile(a + (size_t)i * depth, b + (size_t)j * depth, depth, tile);
            add_tile(tile, rows - i < ROWS ? rows - i : ROWS, width, c + i * ldc + j, ldc);
        }
    }
}

static int smaller(int64_t rest, int block)
{
    return rest < block ? (int)rest : block;
}

void weft_blas_multiply_plain(const struct weft_product *p, float *scratch)
{
    float *packed_a = scratch;
    float *packed_b = scratch + BLOCK_DEPTH * BLOCK_ROWS;
    for (int64_t j = 0; j < p->n; j += BLOCK_COLUMNS) {
        int columns = smaller(p->n - j, BLOCK_COLUMNS);
        for (int64_t l = 0; l < p->k; l += BLOCK_DEPTH) {
            int depth = smaller(p->k - l, BLOCK_DEPTH);
            pack_b(p->b + l * p->ldb + j, p->ldb, columns, depth, packed_b);
            for (int64_t i = 0; i < p->m; i += BLOCK_ROWS) {
                int rows = smaller(p->m - i, BLOCK_ROWS);
                pack_a(p->a + i * p->lda + l, p->lda, rows, depth, packed_a);
                multiply_block(packed_a, packed_b, rows, columns, depth, p->c + i * p->ldc + j, p->ldc);
            }
        }
    }
}

void weft_blas_multiply(const struct weft_blas *blas, const struct weft_product *p, float *scratch)
{
    if (p->m == 0 || p->n == 0) {
        return;
    }
    if (blas->sgemm) {
        /* All of these fit: weft_graph_check holds tensors and weights to INT32_MAX elements. */
        blas->sgemm(ROW_MAJOR, NO_TRANS, NO_TRANS, (int)p->m, (int)p->n, (int)p->k, 1, p->a, (int)p->lda,
                    p->b, (int)p->ldb, 1, p->c, (int)p->ldc);
    } else {
        weft_blas_multiply_plain(p, scratch);
    }
}

float weft_blas_dot(const float *a, const float *b, int64_t n)
{
    vector sum[4];
    memset(sum, 0, sizeof sum);
    int64_t i = 0;
    for (; i + 16 <= n; i += 16) {
        for (int v = 0; v < 4; v++) {
            sum[v] += load(a + i + 4 * v) * load(b + i + 4 * v);
        }
    }
    vector total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    float rest = 0;
    for (; i < n; i++) {
        rest += a[i] * b[i];
    }
    return ((total[0] + total[1]) + (total[2] + total[3])) + rest;
}
