#include <assert.h>

#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

/* Sign-magnitude codes to bytes in signed order, and back. */
WEFT_INLINE __m256i order(__m256i code)
{
    __m256i negative = _mm256_cmpgt_epi8(_mm256_setzero_si256(), code);
    return _mm256_xor_si256(code, _mm256_and_si256(negative, _mm256_set1_epi8(0x7f)));
}

WEFT_INLINE void pool32(const uint8_t *const *a, int taps, int c, int is_signed, uint8_t *out)
{
    __m256i best = weft_x86_load(a[0] + c);
    if (is_signed) {
        best = order(best);
        for (int t = 1; t < taps; t++) {
            best = _mm256_max_epi8(best, order(weft_x86_load(a[t] + c)));
        }
        best = order(best);
    } else {
        for (int t = 1; t < taps; t++) {
            best = _mm256_max_epu8(best, weft_x86_load(a[t] + c));
        }
    }
    weft_x86_store(out + c, best);
}

static uint8_t pool1(const uint8_t *const *a, int taps, int c, int is_signed)
{
    int best = -256;
    for (int t = 0; t < taps; t++) {
        int code = a[t][c], key = is_signed && code > 127 ? -1 - (code & 127) : code;
        best = key > best ? key : best;
    }
    return (uint8_t)(best < 0 ? 0x80 | (-1 - best) : best);
}

void weft_maxpool_avx2(const uint8_t *const *a, int taps, int channels, int is_signed, uint8_t *out)
{
    assert(taps >= 1);
    int c = 0;
    for (; c + 32 <= channels; c += 32) {
        pool32(a, taps, c, is_signed, out);
    }
    if (c < channels && channels >= 32) {
        pool32(a, taps, channels - 32, is_signed, out); /* overlaps what is done: the same bytes again */
        return;
    }
    for (; c < channels; c++) {
        out[c] = pool1(a, taps, c, is_signed);
    }
}
