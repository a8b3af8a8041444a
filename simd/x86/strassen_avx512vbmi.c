/* Strassen's seven products from planes of bytes and bins to codes. A product's weights are looked up, and added,
 * beside its products, sums become codes in the registers, as in fused_avx512vbmi.c, and each sum goes on from one that
 * is there already where it can: four of them are stored for that, in place of the five of which two outputs are
 * made. */
#include "simd/x86/conv_avx512.h"
#include "simd/x86/plain_avx512.h"
#include "simd/x86/thirds_avx512.h"

#define MR WEFT_STRASSEN_MOST
#define AHEAD 1024 /* bytes of a deep panel, which lies in the second-level cache */

/* Whole vectors, then what is left of 64 channels. */
WEFT_INLINE void planes_of(const struct weft_strassen_in_args *args, int i, int c, __mmask64 mask)
{
    const __m512i add = _mm512_set1_epi8((char)args->add);
    const uint8_t *first = args->a[i] + c, *second = args->a[i + args->second] + c;
    uint8_t *out = args->out + (ptrdiff_t)i * args->half + c;
    const __m512i a11 = _mm512_maskz_loadu_epi8(mask, first), a12 = _mm512_maskz_loadu_epi8(mask, first + args->half);
    const __m512i a21 = _mm512_maskz_loadu_epi8(mask, second), a22 = _mm512_maskz_loadu_epi8(mask, second + args->half);
    const __m512i v[WEFT_STRASSEN_PLANES] = {a11,
                                             _mm512_add_epi8(a11, a12),
                                             _mm512_add_epi8(a21, a22),
                                             _mm512_add_epi8(a11, a22),
                                             _mm512_add_epi8(_mm512_sub_epi8(a21, a11), add),
                                             a22,
                                             _mm512_add_epi8(_mm512_sub_epi8(a12, a22), add)};
    WEFT_UNROLL
    for (int p = 0; p < WEFT_STRASSEN_PLANES; p++) {
        _mm512_mask_storeu_epi8(out + p * args->plane, mask, v[p]);
    }
}

void weft_strassen_in_avx512vbmi(const struct weft_strassen_in_args *args)
{
    const int whole = args->half / 64 * 64;
    assert(args->half % 8 == 0);
    for (int i = 0; i < args->pairs; i++) {
        for (int c = 0; c < whole; c += 64) {
            planes_of(args, i, c, ~(__mmask64)0);
        }
        if (whole < args->half) {
            planes_of(args, i, whole, ((__mmask64)1 << (args->half - whole)) - 1);
        }
    }
}

/* One of four blocks of weights, and what its bins stand for: integers, or the negative ones. */
struct block {
    const uint8_t *bins;
    __m512i lut;
};

/* sum += the products of a plane's values, with a block of weights, or with the sum of
 * two. */
WEFT_INLINE void add_products(const struct weft_strassen_args *args, int mr, const uint8_t *values, struct block x,
                              const struct block *y, const uint8_t **ahead, __m512i *sum)
{
    const uint8_t *more = y ? y->bins : x.bins;
    struct thirds at = {.tile = (ptrdiff_t)args->k8 * 8};
    place_thirds(&at, values, mr);
    for (int n = args->k8; n > 0; n--) {
        WEFT_UNROLL
        for (int half = 0; half < 2; half++) {
            __m512i w[NV];
            WEFT_UNROLL
            for (int v = 0; v < NV; v++) {
                w[v] = look_up(x.lut, _mm512_loadu_si512(x.bins + v * 64), half);
                w[v] = y ? _mm512_add_epi8(w[v], look_up(y->lut, _mm512_loadu_si512(more + v * 64), half)) : w[v];
                WEFT_KEEP512(w[v]);
            }
            step(&at, 0, mr, 4 * half, w, sum);
        }
        WEFT_UNROLL
        for (int line = 0; line < NR * 4; line += 64) {
            _mm_prefetch((const char *)x.bins + AHEAD + line, _MM_HINT_T0);
            if (y) {
                _mm_prefetch((const char *)more + AHEAD + line, _MM_HINT_T0);
            }
        }
        _mm_prefetch((const char *)*ahead, _MM_HINT_T1);
        *ahead += args->ahead_step;
        x.bins += NR * 4;
        more += NR * 4;
        move_thirds(&at, 8, mr);
    }
}

/* Sums that another product goes on from. */
struct kept {
    __m512i sum[MR * NV];
};

WEFT_INLINE void keep(int mr, const __m512i *sum, struct kept *kept)
{
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        _mm512_store_si512(kept->sum + i, sum[i]);
    }
}

/* The weights of a plane: a block, or two to add up. */
struct step {
    struct block x, y; /* y.bins NULL: there is none */
};

/* What the sums of plane n + 1 go on from: sum, those of plane n. `kept`: those of planes 0 (m_0), 1 (C_12),
 * 2 (m_0 - m_2) and 3 (u). */
WEFT_INLINE void go_on(const struct weft_strassen_args *args, int mr, int n, const struct kept kept[4], __m512i *sum)
{
    if (n == 1) {
        WEFT_UNROLL
        for (int i = 0; i < mr * NV; i++) {
            sum[i] = _mm512_load_si512(kept[0].sum + i);
        }
    } else if (n == 3) {
        WEFT_UNROLL
        for (int i = 0; i < mr * NV; i++) {
            sum[i] = _mm512_add_epi32(sum[i], _mm512_loadu_si512(args->init + NR + i % NV * 16));
        }
    } else if (n == 4) {
        WEFT_UNROLL
        for (int i = 0; i < mr * NV; i++) {
            sum[i] = _mm512_sub_epi32(_mm512_load_si512(kept[0].sum + i), kept[2].sum[i]);
        }
    } else if (n == 5) {
        WEFT_UNROLL
        for (int i = 0; i < mr * NV; i++) {
            sum[i] = _mm512_add_epi32(_mm512_sub_epi32(sum[i], kept[1].sum[i]), kept[3].sum[i]);
            sum[i] = _mm512_add_epi32(sum[i], _mm512_loadu_si512(args->init + i % NV * 16));
        }
    }
}

/* The tile of pairs from p on; to[s]: of panel s + 1. All planes go through the same loops, and all sums through one
 * encoder: telling them apart costs little, code that has to come from the last cache costs much. */
WEFT_INLINE void tile(const struct weft_strassen_args *args, struct finish finish,
                      const struct weft_epilogue_args to[2], int mr, ptrdiff_t p, const uint8_t **ahead)
{
    const __m512i lut = load_lut(WEFT_WFMT_C4, args->lut), zero = _mm512_setzero_si512();
    const __m512i minus = _mm512_sub_epi8(zero, lut);
    const ptrdiff_t depth = (ptrdiff_t)args->k8 * 8;
    const uint8_t *v = args->planes + p * depth, *b11 = args->w, *b21 = b11 + depth * NR / 2;
    const uint8_t *b12 = b11 + args->panel_bytes, *b22 = b12 + depth * NR / 2;
    const struct step steps[WEFT_STRASSEN_PLANES] = {
        {{b12, lut}, {b22, minus}}, {{b22, lut}, {NULL, zero}}, {{b11, minus}, {NULL, zero}}, {{b11, lut}, {b22, lut}},
        {{b11, lut}, {b12, lut}},   {{b21, lut}, {b11, minus}}, {{b21, lut}, {b22, lut}}};
    struct kept room[4], *kept = room;
    __m512i sum[MR * NV];
    __asm__ volatile("" : "+r"(kept) : : "memory"); /* or the compiler makes registers of them */
    WEFT_UNROLL
    for (int i = 0; i < mr * NV; i++) {
        sum[i] = zero;
    }
    for (int n = 0; n < WEFT_STRASSEN_PLANES; n++, v += args->plane) {
        if (steps[n].y.bins) {
            add_products(args, mr, v, steps[n].x, &steps[n].y, ahead, sum);
        } else {
            add_products(args, mr, v, steps[n].x, NULL, ahead, sum);
        }
        if (n < 4) {
            keep(mr, sum, &kept[n]);
        }
        if (n == 1 || n >= 4) { /* C_12, C_22, C_21, C_11 */
            finish.to = &to[n < 5];
            finish_tile(&finish, mr, n == 4 || n == 5 ? p + args->second : p, sum);
        }
        go_on(args, mr, n, kept, sum);
    }
}

/* Pairs first .. first + tiles*mr - 1, or the last of all where these are fewer: a tile then does some again. */
WEFT_INLINE void tiles_of(const struct weft_strassen_args *args, enum fast_form form, int is_signed, int mr, int first,
                          int tiles)
{
    struct weft_epilogue_args to[2] = {*args->to, *args->to};
    const uint8_t *ahead = args->ahead + first / MR * WEFT_STRASSEN_PLANES * args->k8 * args->ahead_step;
    struct fast_avx512 fast;
    load_fast(&fast, form, to->enc);
    fast.values = to->out_values;
    to[0].channels = to[1].channels = NR;
    to[1].scale += NR;
    to[1].bias += NR;
    to[1].out += NR;
    to[1].res = to->res ? to->res + NR : NULL;
    for (; tiles > 0; tiles--, first += mr) {
        const int p = first + mr <= args->pairs ? first : args->pairs - mr;
#define TILE(res)                                                                                           \
    case res:                                                                                               \
        tile(args, (struct finish){&to[0], &fast, form, is_signed, res}, to, mr, p, &ahead); \
        break;
        switch (residual_kind(to)) {
            TILE(PLAIN_NO_RES)
            TILE(PLAIN_RES_U8)
            TILE(PLAIN_RES_S8)
            TILE(PLAIN_RES_CODES)
        }
#undef TILE
    }
}

typedef void tiles_fn(const struct weft_strassen_args *args, int first, int tiles);
#define TILES(name, form, is_signed, mr)                                                                             \
    static __attribute__((noinline)) void name##_##mr(const struct weft_strassen_args *args, int first, int tiles)   \
    {                                                                                                                \
        tiles_of(args, form, is_signed, mr, first, tiles);                                                           \
    }
#define FORM(name, form, is_signed) \
    TILES(name, form, is_signed, 6) TILES(name, form, is_signed, 7) TILES(name, form, is_signed, 8)
FORM(rows_unsigned, FAST_ROWS, 0)
FORM(rows_signed, FAST_ROWS, 1)
FORM(linear_unsigned, FAST_LINEAR, 0)
FORM(linear_signed, FAST_LINEAR, 1)
/* [linear][signed][height less 6] */
#define FORM_FNS(name) {name##_6, name##_7, name##_8}
static tiles_fn *const of_form[2][2][3] = {{FORM_FNS(rows_unsigned), FORM_FNS(rows_signed)},
                                           {FORM_FNS(linear_unsigned), FORM_FNS(linear_signed)}};

/* Tiles of two heights that differ by one; where the lower one would be less than six, the last tile begins before the
 * end of the one in front of it. */
void weft_strassen_avx512vbmi(const struct weft_strassen_args *args)
{
    const struct weft_encoder *enc = args->to->enc;
    const int tiles = (args->pairs + MR - 1) / MR, low = args->pairs / tiles;
    const int height = low < WEFT_STRASSEN_LEAST ? WEFT_STRASSEN_LEAST : low;
    const int higher = low < height ? 0 : args->pairs - low * tiles;
    tiles_fn *const *heights = of_form[enc->rows == 0][enc->is_signed != 0];
    assert(args->pairs >= WEFT_STRASSEN_LEAST && args->k8 >= 1 && args->lut);
    assert((uintptr_t)args->w % 64 == 0 && args->panel_bytes % 64 == 0);
    assert(is_plain(args->to) && args->to->channels == 2 * NR && (enc->rows > 0 || is_linear(enc)));
    assert(has_values(enc) || !args->to->out_values);
    if (higher > 0) {
        heights[height + 1 - WEFT_STRASSEN_LEAST](args, 0, higher);
    }
    if (higher < tiles) {
        heights[height - WEFT_STRASSEN_LEAST](args, higher * (height + 1), tiles - higher);
    }
}
