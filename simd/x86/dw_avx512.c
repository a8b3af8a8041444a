/* Depthwise taps, 16 channels at a time: two taps side by side in 16 bits, and vpmaddwd sums both. */
#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/x86.h"

#define PAIRS_MAX 16 /* tap pairs whose weights are held ready at a time: 1 KiB of stack */

/* Weights of taps first..first+count-1; an odd last tap is paired with zeros. */
static void load_weights(const struct weft_dw_args *args, int first, int count, int c, __mmask16 some,
                         __m512i w[PAIRS_MAX])
{
    const int8_t *row = args->w + c;
    for (int t = 0; t < count; t += 2) {
        const int8_t *even = row + (first + t) * args->wstride;
        w[t / 2] = _mm512_and_si512(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(some, even)), _mm512_set1_epi32(0xffff));
        if (t + 1 < count) {
            __m512i odd = _mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(some, even + args->wstride));
            w[t / 2] = _mm512_or_si512(w[t / 2], _mm512_slli_epi32(odd, 16));
        }
    }
}

/* Taps first..first+count-1 of sixteen channels of one pixel, on top of `sum`. */
WEFT_INLINE __m512i pixel16(const uint8_t *const *a, int count, ptrdiff_t at, __mmask16 some,
                            const __m512i w[PAIRS_MAX], __m512i sum)
{
    for (int t = 0; t < count; t += 2) {
        __m512i x = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(some, a[t] + at));
        if (t + 1 < count) {
            __m512i odd = _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(some, a[t + 1] + at));
            x = _mm512_or_si512(x, _mm512_slli_epi32(odd, 16));
        }
        sum = _mm512_add_epi32(sum, _mm512_madd_epi16(x, w[t / 2]));
    }
    return sum;
}

/* All taps and pixels of channels c..c+15. */
static void channels16(const struct weft_dw_args *args, int c, __mmask16 some)
{
    __m512i w[PAIRS_MAX];
    for (int first = 0; first < args->taps; first += 2 * PAIRS_MAX) {
        int count = args->taps - first < 2 * PAIRS_MAX ? args->taps - first : 2 * PAIRS_MAX;
        load_weights(args, first, count, c, some, w);
        for (ptrdiff_t p = 0; p < args->pixels; p++) {
            int32_t *acc = args->acc + p * args->acc_stride + c;
            __m512i sum = _mm512_maskz_loadu_epi32(some, first == 0 ? args->init + c : acc);
            _mm512_mask_storeu_epi32(acc, some, pixel16(args->a + first, count, p * args->a_stride + c, some, w, sum));
        }
    }
}

void weft_dw_u8_avx512(const struct weft_dw_args *args)
{
    assert(args->taps >= 1 && args->pixels >= 0 && args->channels >= 0);
    for (int c = 0; c < args->channels; c += 16) {
        int left = args->channels - c;
        channels16(args, c, left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1));
    }
}
