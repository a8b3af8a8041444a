/* Depthwise taps, 16 channels at a time: two taps are interleaved in 16 bits and vpmaddwd sums both. */
#include <assert.h>

#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

#define PAIRS_MAX 16 /* tap pairs whose weights are held ready at a time: 1 KiB of stack */

/* Channels {0-3, 8-11} and {4-7, 12-15} of two rows of 16, interleaved. */
WEFT_INLINE void interleave(__m256i first, __m256i second, __m256i pair[2])
{
    pair[0] = _mm256_unpacklo_epi16(first, second);
    pair[1] = _mm256_unpackhi_epi16(first, second);
}

WEFT_INLINE __m256i load16_u8(const uint8_t *p)
{
    return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}

WEFT_INLINE __m256i load16_s8(const int8_t *p)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* Weights of taps first..first+count-1; an odd last tap is paired with zeros. */
static void load_weights(const struct weft_dw_args *args, int first, int count, int c,
                         __m256i w[PAIRS_MAX][2])
{
    const int8_t *row = args->w + c;
    for (int t = 0; t < count; t += 2) {
        __m256i even = load16_s8(row + (first + t) * args->wstride), odd = _mm256_setzero_si256();
        if (t + 1 < count) {
            odd = load16_s8(row + (first + t + 1) * args->wstride);
        }
        interleave(even, odd, w[t / 2]);
    }
}

/* Taps first..first+count-1 of one pixel, on top of the 16 sums at `from`. */
WEFT_INLINE void pixel16(const struct weft_dw_args *args, int first, int count, ptrdiff_t at,
                         __m256i w[PAIRS_MAX][2], const int32_t *from, int32_t *to)
{
    __m256i low = weft_x86_load(from), high = weft_x86_load(from + 8);
    __m256i sum[2] = {_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31)};
    for (int t = 0; t < count; t += 2) {
        const uint8_t *const *a = args->a + first + t;
        __m256i x[2];
        /* The second of an odd last pair meets zero weights: the first row again, to read nothing else. */
        interleave(load16_u8(a[0] + at), load16_u8(a[t + 1 < count] + at), x);
        sum[0] = _mm256_add_epi32(sum[0], _mm256_madd_epi16(x[0], w[t / 2][0]));
        sum[1] = _mm256_add_epi32(sum[1], _mm256_madd_epi16(x[1], w[t / 2][1]));
    }
    weft_x86_store(to, _mm256_permute2x128_si256(sum[0], sum[1], 0x20));
    weft_x86_store(to + 8, _mm256_permute2x128_si256(sum[0], sum[1], 0x31));
}

/* All taps and pixels of channels c..c+15. */
static void channels16(const struct weft_dw_args *args, int c)
{
    __m256i w[PAIRS_MAX][2];
    for (int first = 0; first < args->taps; first += 2 * PAIRS_MAX) {
        int count = args->taps - first < 2 * PAIRS_MAX ? args->taps - first : 2 * PAIRS_MAX;
        load_weights(args, first, count, c, w);
        for (ptrdiff_t p = 0; p < args->pixels; p++) {
            int32_t *acc = args->acc + p * args->acc_stride + c;
            pixel16(args, first, count, p * args->a_stride + c, w, first == 0 ? args->init + c : acc, acc);
        }
    }
}

/* Layers of fewer than 16 channels. */
static void few_channels(const struct weft_dw_args *args)
{
    for (ptrdiff_t p = 0; p < args->pixels; p++) {
        for (int c = 0; c < args->channels; c++) {
            int32_t sum = args->init[c];
            for (int t = 0; t < args->taps; t++) {
                sum += args->w[t * args->wstride + c] * args->a[t][p * args->a_stride + c];
            }
            args->acc[p * args->acc_stride + c] = sum;
        }
    }
}

void weft_dw_u8_avx2(const struct weft_dw_args *args)
{
    assert(args->taps >= 1 && args->pixels >= 0 && args->channels >= 0);
    if (args->channels < 16) {
        few_channels(args);
        return;
    }
    for (int c = 0; c + 16 <= args->channels; c += 16) {
        channels16(args, c);
    }
    if (args->channels % 16) {
        channels16(args, args->channels - 16); /* overlaps what is done: from init to the same sums again */
    }
}
