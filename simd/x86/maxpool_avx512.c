#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/x86.h"

/* Sign-magnitude codes to bytes in signed order, and back. */
WEFT_INLINE __m512i order(__m512i code)
{
    __mmask64 negative = _mm512_movepi8_mask(code);
    return _mm512_xor_si512(code, _mm512_maskz_set1_epi8(negative, 0x7f));
}

WEFT_INLINE void pool64(const struct weft_maxpool_args *args, ptrdiff_t at, __mmask64 some, int is_signed, uint8_t *out)
{
    __m512i best = _mm512_maskz_loadu_epi8(some, args->a[0] + at);
    if (is_signed) {
        best = order(best);
        for (int t = 1; t < args->taps; t++) {
            best = _mm512_max_epi8(best, order(_mm512_maskz_loadu_epi8(some, args->a[t] + at)));
        }
        best = order(best);
    } else {
        for (int t = 1; t < args->taps; t++) {
            best = _mm512_max_epu8(best, _mm512_maskz_loadu_epi8(some, args->a[t] + at));
        }
    }
    _mm512_mask_storeu_epi8(out, some, best);
}

WEFT_INLINE void pool(const struct weft_maxpool_args *args, int is_signed)
{
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        for (int c = 0; c < args->channels; c += 64) {
            int left = args->channels - c;
            __mmask64 some = left >= 64 ? ~0ull : (1ull << left) - 1;
            pool64(args, p * args->a_stride + c, some, is_signed, args->out + p * args->out_stride + c);
        }
    }
}

void weft_maxpool_avx512(const struct weft_maxpool_args *args)
{
    assert(args->taps >= 1);
    if (args->is_signed) {
        pool(args, 1);
    } else {
        pool(args, 0);
    }
}
