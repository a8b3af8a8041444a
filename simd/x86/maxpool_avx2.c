#include <assert.h>

#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

/* Sign-magnitude codes to bytes in signed order, and back. */
WEFT_INLINE __m256i order(__m256i code)
{
    __m256i negative = _mm256_cmpgt_epi8(_mm256_setzero_si256(), code);
    return _mm256_xor_si256(code, _mm256_and_si256(negative, _mm256_set1_epi8(0x7f)));
}

WEFT_INLINE void pool32(const struct weft_maxpool_args *args, ptrdiff_t at, int is_signed, uint8_t *out)
{
    __m256i best = weft_x86_load(args->a[0] + at);
    if (is_signed) {
        best = order(best);
        for (int t = 1; t < args->taps; t++) {
            best = _mm256_max_epi8(best, order(weft_x86_load(args->a[t] + at)));
        }
        best = order(best);
    } else {
        for (int t = 1; t < args->taps; t++) {
            best = _mm256_max_epu8(best, weft_x86_load(args->a[t] + at));
        }
    }
    weft_x86_store(out, best);
}

static uint8_t pool1(const struct weft_maxpool_args *args, ptrdiff_t at)
{
    int best = -256;
    for (int t = 0; t < args->taps; t++) {
        int code = args->a[t][at], key = args->is_signed && code > 127 ? -1 - (code & 127) : code;
        best = key > best ? key : best;
    }
    return (uint8_t)(best < 0 ? 0x80 | (-1 - best) : best);
}

WEFT_INLINE void pool_pixel(const struct weft_maxpool_args *args, ptrdiff_t p, int is_signed)
{
    ptrdiff_t at = p * args->a_stride;
    uint8_t *out = args->out + p * args->out_stride;
    int c = 0;
    for (; c + 32 <= args->channels; c += 32) {
        pool32(args, at + c, is_signed, out + c);
    }
    if (c < args->channels && args->channels >= 32) { /* overlaps what is done: the same bytes again */
        pool32(args, at + args->channels - 32, is_signed, out + args->channels - 32);
        return;
    }
    for (; c < args->channels; c++) {
        out[c] = pool1(args, at + c);
    }
}

void weft_maxpool_avx2(const struct weft_maxpool_args *args)
{
    assert(args->taps >= 1);
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        if (args->is_signed) {
            pool_pixel(args, p, 1);
        } else {
            pool_pixel(args, p, 0);
        }
    }
}
