/* Lookup by a ladder of shuffles. Rung t holds entries 16t..16t+15, xor-ed with those of rung t-1, so that a
 * code of row t, which also passes through the rungs below, picks up exactly its own entry; a rung above it
 * sees a negative index and adds nothing. */
#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/x86.h"

#define RUNGS_MAX 8

struct ladder {
    __m512i rung[2][RUNGS_MAX]; /* without and with bit 7 */
    int rungs, is_signed;
};

WEFT_INLINE __m512i climb(const struct ladder *ladder, __m512i x)
{
    const __m512i row = _mm512_set1_epi8(16), sign = _mm512_set1_epi8((char)0x80);
    __m512i out = _mm512_setzero_si512();
    for (int s = 0; s <= ladder->is_signed; s++) {
        __m512i index = s ? _mm512_xor_si512(x, sign) : x;
        for (int t = 0; t < ladder->rungs; t++) {
            out = _mm512_xor_si512(out, _mm512_shuffle_epi8(ladder->rung[s][t], index));
            index = _mm512_subs_epi8(index, row); /* saturates: negative stays negative */
        }
    }
    return out;
}

static void build(struct ladder *ladder, const struct weft_lookup_args *args)
{
    ladder->rungs = args->limit / 16 + 1;
    ladder->is_signed = args->upper != 0;
    for (int s = 0; s <= ladder->is_signed; s++) {
        __m512i below = _mm512_setzero_si512();
        for (int t = 0; t < ladder->rungs; t++) {
            const uint8_t *entries = args->table + s * 128 + t * 16;
            __m512i row = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)entries));
            ladder->rung[s][t] = _mm512_xor_si512(row, below);
            below = row;
        }
    }
}

void weft_lookup_avx512(const struct weft_lookup_args *args)
{
    struct ladder ladder;
    const uint8_t *in = args->in;
    uint8_t *out = args->out;
    size_t tail = args->n % 64, whole = args->n - tail;
    __mmask64 some = (1ull << tail) - 1;
    assert(args->limit >= 0 && args->limit <= 127);
    build(&ladder, args);
    for (size_t p = 0; p < args->pixels; p++) {
        for (size_t i = 0; i < whole; i += 64) {
            _mm512_storeu_si512(out + i, climb(&ladder, _mm512_loadu_si512(in + i)));
        }
        if (tail) {
            __m512i x = _mm512_maskz_loadu_epi8(some, in + whole);
            _mm512_mask_storeu_epi8(out + whole, some, climb(&ladder, x));
        }
        in += args->in_stride;
        out += args->out_stride;
    }
}
