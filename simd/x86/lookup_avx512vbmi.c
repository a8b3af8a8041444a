/* Lookup by byte permutes: 64 entries in one register, 128 in two; the entries of signed codes in as many more. */
#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/x86.h"

struct table {
    __m512i low[2], high[2]; /* entries 0..63 and 64..127, without and with bit 7 */
};

/* Both permutes take their index modulo the entries they hold, so bit 7 needs no mask. */
WEFT_INLINE __m512i look_up(const struct table *t, int wide, int is_signed, __m512i x)
{
    __m512i y = wide ? _mm512_permutex2var_epi8(t->low[0], x, t->high[0]) : _mm512_permutexvar_epi8(x, t->low[0]);
    if (is_signed) {
        __mmask64 negative = _mm512_movepi8_mask(x);
        __m512i z = wide ? _mm512_permutex2var_epi8(t->low[1], x, t->high[1]) : _mm512_permutexvar_epi8(x, t->low[1]);
        y = _mm512_mask_mov_epi8(y, negative, z);
    }
    return y;
}

WEFT_INLINE void run(const struct weft_lookup_args *args, int wide, int is_signed)
{
    struct table t;
    const uint8_t *in = args->in;
    uint8_t *out = args->out;
    WEFT_UNROLL
    for (int s = 0; s < 2; s++) {
        t.low[s] = _mm512_loadu_si512(args->table + s * 128);
        t.high[s] = _mm512_loadu_si512(args->table + s * 128 + 64);
    }
    size_t tail = args->n % 64, whole = args->n - tail;
    __mmask64 some = (1ull << tail) - 1;
    for (size_t p = 0; p < args->pixels; p++) {
        for (size_t i = 0; i < whole; i += 64) {
            _mm512_storeu_si512(out + i, look_up(&t, wide, is_signed, _mm512_loadu_si512(in + i)));
        }
        if (tail) {
            __m512i x = _mm512_maskz_loadu_epi8(some, in + whole);
            _mm512_mask_storeu_epi8(out + whole, some, look_up(&t, wide, is_signed, x));
        }
        in += args->in_stride;
        out += args->out_stride;
    }
}

void weft_lookup_avx512vbmi(const struct weft_lookup_args *args)
{
    assert(args->limit >= 0 && args->limit <= 127);
    if (args->limit < 64 && !args->upper) {
        run(args, 0, 0);
    } else if (args->limit < 64) {
        run(args, 0, 1);
    } else if (!args->upper) {
        run(args, 1, 0);
    } else {
        run(args, 1, 1);
    }
}
