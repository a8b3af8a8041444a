/* The products of all points of up to twelve tiles, 32 channels: the c8 tile of conv_avx512.h without the way in and
 * out of a kernel for each point, which costs a fifth where there are 64 channels. */
#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/x86.h"

#define NR 32
#define TILES_MAX 12
#define NEAR 1024 /* bytes ahead that weights are fetched into the first cache, and */
#define FAR 8192  /* into the second: those of deep layers come from the third */

WEFT_INLINE __m512i broadcast4(const uint8_t *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return _mm512_set1_epi32(v);
}

/* sum[i] += the products of four k's. */
WEFT_INLINE void step(int tiles, const uint8_t *const *a, ptrdiff_t k, const uint8_t *w, __m512i *sum)
{
    __m512i low = _mm512_loadu_si512(w), high = _mm512_loadu_si512(w + 64);
    _mm_prefetch((const char *)w + NEAR, _MM_HINT_T0);
    _mm_prefetch((const char *)w + NEAR + 64, _MM_HINT_T0);
    _mm_prefetch((const char *)w + FAR, _MM_HINT_T1);
    _mm_prefetch((const char *)w + FAR + 64, _MM_HINT_T1);
    WEFT_UNROLL
    for (int i = 0; i < tiles; i++) {
        __m512i x = broadcast4(a[i] + k);
        sum[2 * i] = _mm512_dpbusd_epi32(sum[2 * i], x, low);
        WEFT_KEEP512(sum[2 * i]);
        sum[2 * i + 1] = _mm512_dpbusd_epi32(sum[2 * i + 1], x, high);
        WEFT_KEEP512(sum[2 * i + 1]);
    }
}

WEFT_INLINE void points(const struct weft_wino_sum_args *args, int tiles)
{
    const uint8_t *a[TILES_MAX];
    const uint8_t *w = args->w;
    const int32_t *init = args->init;
    int32_t *sums = args->sums;
    const ptrdiff_t depth = (ptrdiff_t)args->run_k8 * 8;
    WEFT_UNROLL
    for (int i = 0; i < tiles; i++) {
        a[i] = args->values + i * args->tile;
    }
    for (int p = 0; p < args->points; p++) {
        __m512i sum[2 * TILES_MAX];
        WEFT_UNROLL
        for (int i = 0; i < 2 * tiles; i++) {
            sum[i] = _mm512_loadu_si512(init + i % 2 * 16);
        }
        for (int r = 0; r < args->runs; r++) {
            ptrdiff_t k = p * args->point + r * args->run, end = k + depth;
            for (; k < end; k += 8) {
                step(tiles, a, k, w, sum);
                step(tiles, a, k + 4, w + 128, sum);
                w += 256;
            }
        }
        WEFT_UNROLL
        for (int i = 0; i < 2 * tiles; i++) {
            _mm512_storeu_si512(sums + i * 16, sum[i]);
        }
        init += NR;
        sums += args->sum_point;
    }
}

#define HEIGHT_FN(height, ...)                                                                         \
    static __attribute__((noinline)) void points_##height(const struct weft_wino_sum_args *args)       \
    {                                                                                                  \
        points(args, height);                                                                          \
    }
#define HEIGHT_REF(height, ...) points_##height,
WEFT_HEIGHTS_12(HEIGHT_FN, )
static weft_wino_sum_fn *const heights[] = {WEFT_HEIGHTS_12(HEIGHT_REF, )};

void weft_wino_sum_avx512vnni(const struct weft_wino_sum_args *args)
{
    assert(args->points >= 1 && args->runs >= 1 && args->run_k8 >= 1);
    assert(args->tiles >= 1 && args->tiles <= TILES_MAX);
    heights[args->tiles - 1](args);
}
