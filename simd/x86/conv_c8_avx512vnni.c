/* Many pixels by 32 channels: tiles like those of conv_avx512.h without the way in and out of a kernel for each, which
 * costs a fifth where there are 64 channels to sum over. */
#include "simd/x86/conv_avx512.h"

#define PREFETCH 1024 /* bytes ahead */

/* Rows of a tile at its run, and the panel where it stands. */
struct place {
    const uint8_t *row[MR_MAX], *w;
};

/* sums += the products of half a block, of pixels first..end-1; nv vectors of 16 channels each. */
WEFT_INLINE void step(const struct place *at, int nv, int first, int end, ptrdiff_t k, const __m512i w[NV],
                      __m512i *sum)
{
    WEFT_UNROLL
    for (int i = first; i < end; i++) {
        __m512i x = broadcast4(at->row[i] + k);
        WEFT_UNROLL
        for (int v = 0; v < nv; v++) {
            sum[i * nv + v] = _mm512_dpbusd_epi32(sum[i * nv + v], x, w[v]);
            WEFT_KEEP512(sum[i * nv + v]);
        }
    }
}

/* A deep panel of bytes lies in the second-level cache, and the hardware alone is late (K = 4608: 72 % of the
 * peak without, 97 % with). */
WEFT_INLINE void load_weights(const struct place *at, int nv, int half, __m512i w[NV])
{
    WEFT_UNROLL
    for (int v = 0; v < nv; v++) {
        w[v] = _mm512_loadu_si512(at->w + half * NR * 4 + v * 64);
    }
    _mm_prefetch((const char *)at->w + PREFETCH + half * 128, _MM_HINT_T0);
    _mm_prefetch((const char *)at->w + PREFETCH + half * 128 + 64, _MM_HINT_T0);
}

/* Where sums start from: init, every pixel's, or what they hold. */
struct start {
    const int32_t *from;
    ptrdiff_t pixel; /* entries */
};

WEFT_INLINE void start_some(struct start *start, int nv, int first, int end, __m512i *sum)
{
    WEFT_UNROLL
    for (int i = first; i < end; i++) {
        WEFT_UNROLL
        for (int v = 0; v < nv; v++) {
            sum[i * nv + v] = _mm512_loadu_si512(start->from + v * 16);
            WEFT_KEEP512(sum[i * nv + v]);
        }
        start->from += start->pixel;
        __asm__ volatile("" : "+r"(start->from)); /* init is loaded each time: registers are short */
    }
}

/* The second half of the block at k and the first of the one beside it. */
WEFT_INLINE void step_on(struct place *at, int nv, int mr, ptrdiff_t k, __m512i *sum)
{
    __m512i w[NV];
    load_weights(at, nv, 1, w);
    step(at, nv, 0, mr, k + 4, w, sum);
    at->w += NR * 8;
    load_weights(at, nv, 0, w);
    step(at, nv, 0, mr, k + 8, w, sum);
}

/* The same where the next block is somewhere else; *k becomes its place. Rows, the panel and k take all the registers
 * that there are: where the next block's offset stands is left in memory, and advanced there. With a register more,
 * compilers move rows through a port that multiplies. */
WEFT_INLINE void step_over(struct place *at, int nv, int mr, ptrdiff_t *k, const int32_t **block, __m512i *sum)
{
    __m512i w[NV];
    load_weights(at, nv, 1, w);
    step(at, nv, 0, mr, *k + 4, w, sum);
    __asm__ volatile("addq $4, %0" : "+m"(*block));
    *k = **block;
    at->w += NR * 8;
    load_weights(at, nv, 0, w);
    step(at, nv, 0, mr, *k, w, sum);
}

/* All but the first half of the first block and the second half of the last one, whose place comes back. */
WEFT_INLINE ptrdiff_t step_through(struct place *at, const struct weft_stretch_args *args, int nv, int mr, int beside,
                                   __m512i *sum)
{
    if (beside) { /* rows begin at the first block */
        const ptrdiff_t end = ((ptrdiff_t)args->blocks - 1) * 8;
        for (ptrdiff_t k = 0; k < end; k += 8) {
            step_on(at, nv, mr, k, sum);
        }
        return end;
    }
    const int32_t *block = args->block_off;
    ptrdiff_t k = *block;
    const uint8_t *const last = at->w + ((ptrdiff_t)args->blocks - 1) * NR * 8;
    while (at->w != last) {
        step_over(at, nv, mr, &k, &block, sum);
    }
    return k;
}

/* A tile that ends and the one that follows. */
struct turn {
    __m512i last[NV], next[NV]; /* weights */
    ptrdiff_t k, first_k, off;  /* of the last step, of the next tile's first, of its rows */
    const uint8_t *const *a;    /* of the next tile */
    struct start start;
    int32_t *acc;
};

/* The last step of a tile and the first of the next for pixels first .. first + 2. */
WEFT_INLINE void next_third(struct place *at, int nv, int first, int mr, struct turn *turn, __m512i *sum)
{
    if (first >= mr) {
        return;
    }
    const int end = first + 3 < mr ? first + 3 : mr;
    step(at, nv, first, end, turn->k, turn->last, sum);
    WEFT_UNROLL
    for (int i = first * nv; i < end * nv; i++) {
        _mm512_storeu_si512(turn->acc + i / nv * NR + i % nv * 16, sum[i]);
    }
    WEFT_UNROLL
    for (int i = first; i < end; i++) {
        at->row[i] = turn->a[i] + turn->off;
    }
    start_some(&turn->start, nv, first, end, sum);
    step(at, nv, first, end, turn->first_k, turn->next, sum);
}

/* The same for all, three pixels in turns: all stores in a row would wait for their sums and keep the next tile's
 * products from starting. */
WEFT_INLINE void next_tile(struct place *at, int nv, int mr, const uint8_t *panel, struct turn *turn, __m512i *sum)
{
    load_weights(at, nv, 1, turn->last);
    at->w = panel;
    load_weights(at, nv, 0, turn->next);
    next_third(at, nv, 0, mr, turn, sum);
    next_third(at, nv, 3, mr, turn, sum);
    next_third(at, nv, 6, mr, turn, sum);
    next_third(at, nv, 9, mr, turn, sum);
}

/* Tiles of equal height. After the last comes itself again, whose step is lost: a case of its own costs more. */
WEFT_INLINE void stretch(const struct weft_stretch_args *args, int nv, int mr, int beside, int first, int tiles,
                         const uint8_t *ahead)
{
    const uint8_t *const *a = args->a + first;
    const ptrdiff_t off = beside ? args->block_off[0] : 0, first_k = beside ? 0 : args->block_off[0];
    int32_t *acc = args->acc + (ptrdiff_t)first * NR;
    struct start start = {args->init ? args->init : acc, args->init ? 0 : NR}, here = start;
    struct place at = {.w = args->w};
    __m512i sum[MR_MAX * NV], w[NV];
    WEFT_UNROLL
    for (int i = 0; i < mr; i++) {
        at.row[i] = a[i] + off;
    }
    start_some(&here, nv, 0, mr, sum);
    load_weights(&at, nv, 0, w);
    step(&at, nv, 0, mr, first_k, w, sum);
    for (; tiles > 0; tiles--) {
        for (const uint8_t *stop = ahead + args->ahead_step; ahead < stop; ahead += 64) {
            _mm_prefetch((const char *)ahead, _MM_HINT_T1);
        }
        ptrdiff_t k = step_through(&at, args, nv, mr, beside, sum);
        a += tiles > 1 ? mr : 0;
        start.from += tiles > 1 ? mr * start.pixel : 0;
        struct turn turn = {.k = k + 4, .first_k = first_k, .off = off, .a = a, .start = start, .acc = acc};
        next_tile(&at, nv, mr, args->w, &turn, sum);
        acc += mr * NR;
    }
}

typedef void stretch_fn(const struct weft_stretch_args *args, int first, int tiles, const uint8_t *ahead);
#define HEIGHT_FN(height, name, nv, beside)                                                                            \
    static __attribute__((noinline)) void name##_##height(const struct weft_stretch_args *args, int first, int tiles,  \
                                                          const uint8_t *ahead)                                        \
    {                                                                                                                  \
        stretch(args, nv, height, beside, first, tiles, ahead);                                                        \
    }
#define HEIGHT_REF(height, name, nv, beside) name##_##height,
WEFT_HEIGHTS_12(HEIGHT_FN, whole, NV, 1)
WEFT_HEIGHTS_12(HEIGHT_FN, half, 1, 1)
WEFT_HEIGHTS_12(HEIGHT_FN, whole_apart, NV, 0)
WEFT_HEIGHTS_12(HEIGHT_FN, half_apart, 1, 0)
/* [apart][half] */
static stretch_fn *const heights[2][2][MR_MAX] = {
    {{WEFT_HEIGHTS_12(HEIGHT_REF, whole, NV, 1)}, {WEFT_HEIGHTS_12(HEIGHT_REF, half, 1, 1)}},
    {{WEFT_HEIGHTS_12(HEIGHT_REF, whole_apart, NV, 0)}, {WEFT_HEIGHTS_12(HEIGHT_REF, half_apart, 1, 0)}}};

void weft_stretch_avx512vnni(const struct weft_stretch_args *args)
{
    stretch_fn *const *of_height = heights[!args->beside][args->half];
    int tiles = (args->pixels + args->tile - 1) / args->tile, low = args->pixels / tiles, taller = args->pixels % tiles;
    assert(args->pixels >= 1 && args->blocks >= 1 && args->half >= 0 && args->half <= 1);
    assert(args->beside >= 0 && args->beside <= 1 && args->tile >= 1 && args->tile <= MR_MAX);
    assert((uintptr_t)args->w % 64 == 0 && (uintptr_t)args->acc % 64 == 0 && args->ahead_step % 64 == 0);
    if (taller > 0) {
        of_height[low](args, 0, taller, args->ahead);
    }
    of_height[low - 1](args, taller * (low + 1), tiles - taller, args->ahead + taller * args->ahead_step);
}

/* Sessions take whole stretches; run by run they make a tile. */
void weft_conv_c8_u8_12x32_avx512vnni(const struct weft_conv_args *args)
{
    assert(args->pixels >= 1 && args->pixels <= MR_MAX && args->runs >= 1);
    for (int r = 0; r < args->runs; r++) {
        const uint8_t *w = (const uint8_t *)args->w + (ptrdiff_t)r * args->run_k8 * NR * 8;
        weft_stretch_avx512vnni(&(struct weft_stretch_args){
            .a = args->a, .pixels = args->pixels, .tile = MR_MAX, .block_off = args->run_off + r,
            .blocks = args->run_k8, .beside = 1,
            .w = w, .init = r == 0 ? args->init : NULL, .acc = args->acc, .ahead = w});
    }
}

void weft_conv_c8_u8_1x32_avx512vnni(const struct weft_conv_args *args)
{
    conv_dot_one(args, WEFT_WFMT_C8);
}
