/* Second moments of inputs: their factor in the order that compensation wants, and systems of equations with them. */
#include <stdlib.h>
#include <string.h>

#include "quant/compensate.h"

enum { BLOCK = 64 };

struct place {
    float moment;
    int column;
};

static int by_moment(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->moment != y->moment) {
        return x->moment < y->moment ? -1 : 1;
    }
    return y->column - x->column;
}

static bool make_order(struct weft_moments *m, const weft_allocator *allocator)
{
    struct place *places = weft_block_alloc(allocator, (size_t)m->k, sizeof *places);
    m->order = weft_block_alloc(allocator, (size_t)m->k, sizeof *m->order);
    bool fine = places && m->order;
    for (int i = 0; fine && i < m->k; i++) {
        places[i] = (struct place){m->moments[(int64_t)i * m->k + i], i};
    }
    if (fine) {
        qsort(places, (size_t)m->k, sizeof *places, by_moment);
    }
    for (int i = 0; fine && i < m->k; i++) {
        m->order[i] = places[i].column;
    }
    weft_block_free(allocator, places);
    return fine;
}

weft_status weft_moments_init(struct weft_moments *m, struct weft_matrix_tools *tools, float *moments, int k)
{
    *m = (struct weft_moments){.k = k, .moments = moments};
    m->factor = weft_block_alloc(tools->allocator, (size_t)k * (size_t)k, sizeof *m->factor);
    return m->factor && make_order(m, tools->allocator) ? weft_moments_factor(m, tools) : WEFT_E_MEMORY;
}

weft_status weft_moments_factor(struct weft_moments *m, struct weft_matrix_tools *tools)
{
    int k = m->k;
    for (int i = 0; i < k; i++) {
        const float *row = m->moments + (int64_t)m->order[i] * k;
        float *to = m->factor + (int64_t)i * k;
        for (int j = 0; j <= i; j++) {
            to[j] = row[m->order[j]];
        }
        memset(to + i + 1, 0, (size_t)(k - i - 1) * sizeof *to);
    }
    bool short_of_memory;
    bool fine = weft_matrix_cholesky(tools, m->factor, k, &short_of_memory);
    return fine ? WEFT_OK : short_of_memory ? WEFT_E_MEMORY : WEFT_E_RANGE;
}

void weft_moments_free(struct weft_moments *m, const weft_allocator *allocator)
{
    weft_block_free(allocator, m->moments);
    weft_block_free(allocator, m->factor);
    weft_block_free(allocator, m->order);
    *m = (struct weft_moments){0};
}

/* The rows of x, negated blocks of the factor, and room for one block of products. */
struct system {
    const float *factor;
    float *x, *block, *products;
    int n, k;
};

static void add_products(const struct system *s, int j0, int j1)
{
    for (int row = 0; row < s->n; row++) {
        for (int j = j0; j < j1; j++) {
            s->x[(int64_t)row * s->k + j] += s->products[(int64_t)row * BLOCK + j - j0];
        }
    }
}

/* z: z * transpose(factor) = x, in place. */
static void solve_forward(struct weft_matrix_tools *tools, const struct system *s)
{
    int k = s->k;
    for (int j0 = 0; j0 < k; j0 += BLOCK) {
        int j1 = j0 + BLOCK < k ? j0 + BLOCK : k, width = j1 - j0;
        for (int j = j0; j < j1; j++) {
            for (int l = 0; l < j0; l++) {
                s->block[l * BLOCK + j - j0] = -s->factor[(int64_t)j * k + l];
            }
        }
        memset(s->products, 0, (size_t)s->n * BLOCK * sizeof *s->products);
        weft_matrix_multiply(tools, &(struct weft_matrix_block){s->x, s->block, s->products, s->n, j0, width, k, BLOCK,
                                                                BLOCK});
        add_products(s, j0, j1);
        for (int row = 0; row < s->n; row++) {
            float *x = s->x + (int64_t)row * k;
            for (int j = j0; j < j1; j++) {
                const float *factor = s->factor + (int64_t)j * k;
                float sum = x[j];
                for (int l = j0; l < j; l++) {
                    sum -= x[l] * factor[l];
                }
                x[j] = sum / factor[j];
            }
        }
    }
}

/* y: y * factor = x, in place. */
static void solve_backward(struct weft_matrix_tools *tools, const struct system *s)
{
    int k = s->k;
    for (int j1 = k; j1 > 0; j1 -= BLOCK) {
        int j0 = j1 > BLOCK ? j1 - BLOCK : 0, width = j1 - j0;
        for (int l = j1; l < k; l++) {
            for (int j = j0; j < j1; j++) {
                s->block[(int64_t)(l - j1) * BLOCK + j - j0] = -s->factor[(int64_t)l * k + j];
            }
        }
        memset(s->products, 0, (size_t)s->n * BLOCK * sizeof *s->products);
        weft_matrix_multiply(tools, &(struct weft_matrix_block){s->x + j1, s->block, s->products, s->n, k - j1, width,
                                                                k, BLOCK, BLOCK});
        add_products(s, j0, j1);
        for (int row = 0; row < s->n; row++) {
            float *x = s->x + (int64_t)row * k;
            for (int j = j1 - 1; j >= j0; j--) {
                float sum = x[j];
                for (int l = j + 1; l < j1; l++) {
                    sum -= x[l] * s->factor[(int64_t)l * k + j];
                }
                x[j] = sum / s->factor[(int64_t)j * k + j];
            }
        }
    }
}

bool weft_moments_solve(const struct weft_moments *m, struct weft_matrix_tools *tools, float *x, int n)
{
    const weft_allocator *allocator = tools->allocator;
    size_t count = (size_t)n * (size_t)m->k;
    struct system s = {m->factor, weft_block_alloc(allocator, count, sizeof *s.x),
                       weft_block_alloc(allocator, (size_t)m->k * BLOCK, sizeof *s.block),
                       weft_block_alloc(allocator, (size_t)n * BLOCK, sizeof *s.products), n, m->k};
    bool fine = s.x && s.block && s.products;
    for (size_t i = 0; fine && i < count; i++) {
        s.x[i] = x[i / (size_t)m->k * (size_t)m->k + (size_t)m->order[i % (size_t)m->k]];
    }
    if (fine) {
        solve_forward(tools, &s);
        solve_backward(tools, &s);
    }
    for (size_t i = 0; fine && i < count; i++) {
        x[i / (size_t)m->k * (size_t)m->k + (size_t)m->order[i % (size_t)m->k]] = s.x[i];
    }
    weft_block_free(allocator, s.x);
    weft_block_free(allocator, s.block);
    weft_block_free(allocator, s.products);
    return fine;
}
