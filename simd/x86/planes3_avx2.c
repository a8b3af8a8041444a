#include "simd/x86/list_avx2.h"
#include "simd/x86/x86.h"

/* Byte i of output vector v: byte (16v + i) / 3 of plane (16v + i) % 3; every other byte of the shuffle gives zero. */
static const int8_t from[3][3][16] = {
    {{0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1, 5},
     {-1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1},
     {-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1}},
    {{-1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10, -1},
     {5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10},
     {-1, 5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1}},
    {{-1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1, -1},
     {-1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1},
     {10, -1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15}},
};

WEFT_INLINE __m128i load16(const void *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

void weft_planes3_avx2(const uint8_t *in, ptrdiff_t plane, size_t pixels, uint8_t *out)
{
    size_t p = 0;
    for (; p + 16 <= pixels; p += 16) {
        __m128i a = load16(in + p), b = load16(in + plane + p), c = load16(in + 2 * plane + p);
        WEFT_UNROLL
        for (int v = 0; v < 3; v++) {
            __m128i x = _mm_or_si128(_mm_shuffle_epi8(a, load16(from[v][0])), _mm_shuffle_epi8(b, load16(from[v][1])));
            x = _mm_or_si128(x, _mm_shuffle_epi8(c, load16(from[v][2])));
            _mm_storeu_si128((__m128i *)(void *)(out + 3 * p + 16 * (size_t)v), x);
        }
    }
    for (; p < pixels; p++) {
        out[3 * p] = in[p];
        out[3 * p + 1] = in[plane + (ptrdiff_t)p];
        out[3 * p + 2] = in[2 * plane + (ptrdiff_t)p];
    }
}
