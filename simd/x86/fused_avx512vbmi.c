/* Pixels by 32 channels from bins and bytes to codes. A tile's sums become codes in the registers: on processors whose
 * multiplier leaves shuffles, conversions and stores to other ports (Zen 4) the encoder's instructions run beside the
 * next tile's products, and weights are looked up beside them too. Seven or eight pixels leave registers for both, and
 * any number from 42 on is made of such tiles. */
#include "simd/x86/conv_avx512.h"
#include "simd/x86/plain_avx512.h"

#define MR WEFT_FUSED_MOST
#define AHEAD 1024 /* bytes of a deep panel, which lies in the second-level cache */

/* The sums of a tile. With `fours` a block is what half a block is elsewhere. */
WEFT_INLINE void sum_tile(const struct weft_fused_args *args, enum weft_wfmt fmt, int fours, int mr,
                          const uint8_t *const *a, __m512i lut, __m512i *sum)
{
    const int bytes = fours ? NR * 4 : block_bytes(fmt);
    const uint8_t *block = args->w, *row[MR];
    const int32_t *off = args->block_off, *end = off + args->blocks;
    __m512i w[NV];
    WEFT_UNROLL
    for (int i = 0; i < mr; i++) {
        row[i] = a[i];
    }
    start_sums(args->init, mr, sum);
    for (; off != end; off++) {
        const ptrdiff_t k = *off;
        load_half(fmt, block, 0, lut, w);
        dot_half(mr, row, k, w, sum);
        if (!fours) {
            load_half(fmt, block, 1, lut, w);
            dot_half(mr, row, k + 4, w, sum);
        }
        WEFT_UNROLL
        for (int line = 0; line < bytes; line += 64) {
            _mm_prefetch((const char *)block + AHEAD + line, _MM_HINT_T0);
        }
        block += bytes;
    }
}

/* Pixels first .. first + tiles*mr - 1, or the last of all where these are fewer: a tile then does some again. */
WEFT_INLINE void tiles_of(const struct weft_fused_args *args, enum weft_wfmt fmt, int fours, enum fast_form form,
                          int is_signed, int mr, int first, int tiles)
{
    struct weft_epilogue_args to = *args->to; /* a copy that stores of codes cannot change */
    const __m512i lut = load_lut(fmt, args->lut);
    const uint8_t *ahead = args->ahead + first / MR * args->ahead_step;
    struct fast_avx512 fast;
    load_fast(&fast, form, to.enc);
    fast.values = to.out_values;
    to.channels = NR;
    for (; tiles > 0; tiles--, first += mr) {
        const int p = first + mr <= args->pixels ? first : args->pixels - mr;
        __m512i sum[MR * NV];
        for (const uint8_t *stop = ahead + args->ahead_step; ahead < stop; ahead += 64) {
            _mm_prefetch((const char *)ahead, _MM_HINT_T1);
        }
        sum_tile(args, fmt, fours, mr, args->a + p, lut, sum);
#define FINISH(res)                                                      \
    case res:                                                            \
        finish_tile(&(struct finish){&to, &fast, form, is_signed, res}, mr, p, sum); \
        break;
        switch (residual_kind(&to)) {
            FINISH(PLAIN_NO_RES)
            FINISH(PLAIN_RES_U8)
            FINISH(PLAIN_RES_S8)
            FINISH(PLAIN_RES_CODES)
        }
#undef FINISH
    }
}

typedef void tiles_fn(const struct weft_fused_args *args, int first, int tiles);
#define TILES(name, fmt, fours, form, is_signed, mr)                                                                  \
    static __attribute__((noinline)) void name##_##mr(const struct weft_fused_args *args, int first, int tiles)       \
    {                                                                                                                 \
        tiles_of(args, fmt, fours, form, is_signed, mr, first, tiles);                                                \
    }
#define FORM(name, fmt, fours, form)                                                                \
    TILES(name##_unsigned, fmt, fours, form, 0, 8) TILES(name##_unsigned, fmt, fours, form, 0, 7)   \
    TILES(name##_signed, fmt, fours, form, 1, 8) TILES(name##_signed, fmt, fours, form, 1, 7)
FORM(c4_rows, WEFT_WFMT_C4, 0, FAST_ROWS)
FORM(c4_linear, WEFT_WFMT_C4, 0, FAST_LINEAR)
FORM(c8_rows, WEFT_WFMT_C8, 0, FAST_ROWS)
FORM(c8_linear, WEFT_WFMT_C8, 0, FAST_LINEAR)
FORM(fours_rows, WEFT_WFMT_C8, 1, FAST_ROWS)
FORM(fours_linear, WEFT_WFMT_C8, 1, FAST_LINEAR)
/* [c4, c8, fours][linear][signed][height less 7] */
#define FORM_FNS(name) {{name##_unsigned_7, name##_unsigned_8}, {name##_signed_7, name##_signed_8}}
static tiles_fn *const of_form[3][2][2][2] = {{FORM_FNS(c4_rows), FORM_FNS(c4_linear)},
                                              {FORM_FNS(c8_rows), FORM_FNS(c8_linear)},
                                              {FORM_FNS(fours_rows), FORM_FNS(fours_linear)}};

/* As many tiles of eight as leave a multiple of seven; where there are too few pixels for that, the last tile of seven
 * begins before the end of the one in front of it. */
void weft_fused_avx512vbmi(const struct weft_fused_args *args)
{
    const struct weft_encoder *enc = args->to->enc;
    const int tiles = (args->pixels + MR - 1) / MR, less = tiles * MR - args->pixels, low = less < tiles ? less : tiles;
    tiles_fn *const *heights = of_form[args->fours ? 2 : !args->lut][enc->rows == 0][enc->is_signed != 0];
    assert(args->pixels >= WEFT_FUSED_LEAST && args->blocks >= 1 && !(args->fours && args->lut));
    assert((uintptr_t)args->w % 64 == 0 && args->ahead_step % 64 == 0);
    assert(is_plain(args->to) && args->to->channels == NR && (enc->rows > 0 || is_linear(enc)));
    assert(has_values(enc) || !args->to->out_values);
    if (low < tiles) {
        heights[1](args, 0, tiles - low);
    }
    if (low > 0) {
        heights[0](args, (tiles - low) * MR, low);
    }
}
