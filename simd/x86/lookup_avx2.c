/* Lookup by a ladder of shuffles. Rung t holds entries 16t..16t+15, xor-ed with those of rung t-1, so that a
 * code of row t, which also passes through the rungs below, picks up exactly its own entry; a rung above it
 * sees a negative index and adds nothing. */
#include <assert.h>

#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

#define RUNGS_MAX 8

struct ladder {
    __m256i rung[2][RUNGS_MAX]; /* without and with bit 7 */
    int rungs, is_signed;
};

/* Vectors of `count` x 32 bytes at a time, so that a rung is loaded once for all of them. */
WEFT_INLINE void climb(const struct ladder *ladder, __m256i *x, int count)
{
    const __m256i row = _mm256_set1_epi8(16), sign = _mm256_set1_epi8((char)0x80);
    __m256i out[4];
    WEFT_UNROLL
    for (int v = 0; v < count; v++) {
        out[v] = _mm256_setzero_si256();
    }
    for (int s = 0; s <= ladder->is_signed; s++) {
        __m256i index[4];
        WEFT_UNROLL
        for (int v = 0; v < count; v++) {
            index[v] = s ? _mm256_xor_si256(x[v], sign) : x[v];
        }
        for (int t = 0; t < ladder->rungs; t++) {
            __m256i rung = ladder->rung[s][t];
            WEFT_UNROLL
            for (int v = 0; v < count; v++) {
                out[v] = _mm256_xor_si256(out[v], _mm256_shuffle_epi8(rung, index[v]));
                index[v] = _mm256_subs_epi8(index[v], row); /* saturates: negative stays negative */
            }
        }
    }
    WEFT_UNROLL
    for (int v = 0; v < count; v++) {
        x[v] = out[v];
    }
}

static void build(struct ladder *ladder, const uint8_t table[256], int limit, int is_signed)
{
    ladder->rungs = limit / 16 + 1;
    ladder->is_signed = is_signed;
    for (int s = 0; s <= is_signed; s++) {
        weft_x86_load_rungs(table + s * 128, ladder->rungs, ladder->rung[s]);
    }
}

/* n >= 32 bytes. */
static void look_up(const struct ladder *ladder, const uint8_t *in, size_t n, uint8_t *out)
{
    /* The last vector overlaps the one before it, whose bytes may be written over in place: read it first. */
    __m256i last = weft_x86_load(in + n - 32);
    size_t i = 0;
    for (; i + 128 <= n; i += 128) {
        __m256i x[4];
        WEFT_UNROLL
        for (int v = 0; v < 4; v++) {
            x[v] = weft_x86_load(in + i + v * 32);
        }
        climb(ladder, x, 4);
        WEFT_UNROLL
        for (int v = 0; v < 4; v++) {
            weft_x86_store(out + i + v * 32, x[v]);
        }
    }
    for (; i + 32 <= n; i += 32) {
        __m256i x = weft_x86_load(in + i);
        climb(ladder, &x, 1);
        weft_x86_store(out + i, x);
    }
    if (i < n) {
        climb(ladder, &last, 1);
        weft_x86_store(out + n - 32, last);
    }
}

/* Pixels too short for a vector. */
static void few_bytes(const struct weft_lookup_args *args)
{
    for (size_t p = 0; p < args->pixels; p++) {
        const uint8_t *in = args->in + (ptrdiff_t)p * args->in_stride;
        uint8_t *out = args->out + (ptrdiff_t)p * args->out_stride;
        for (size_t i = 0; i < args->n; i++) {
            out[i] = args->table[in[i]];
        }
    }
}

void weft_lookup_avx2(const struct weft_lookup_args *args)
{
    assert(args->limit >= 0 && args->limit <= 127);
    if (args->n < 32) {
        few_bytes(args);
        return;
    }
    struct ladder ladder;
    build(&ladder, args->table, args->limit, args->upper != 0);
    for (size_t p = 0; p < args->pixels; p++) {
        look_up(&ladder, args->in + (ptrdiff_t)p * args->in_stride, args->n,
                args->out + (ptrdiff_t)p * args->out_stride);
    }
}
