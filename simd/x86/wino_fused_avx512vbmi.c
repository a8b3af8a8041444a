/* Winograd's sums of points to codes: a tile's four outputs of 32 channels become codes in the registers. */
#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/plain_avx512.h"
#include "simd/x86/wino_out_avx512.h"

#define NR 32

/* Outputs y of sixteen channels, to y[pixel][half]. */
WEFT_INLINE void outputs(const int32_t *sums, ptrdiff_t point, int half, __m512i y[4][2])
{
    __m512i m[16], out[4];
    WEFT_UNROLL
    for (int p = 0; p < 16; p++) {
        m[p] = _mm512_loadu_si512(sums + p * point + half * 16);
    }
    backward_22(m, out);
    WEFT_UNROLL
    for (int i = 0; i < 4; i++) {
        y[i][half] = out[i];
    }
}

WEFT_INLINE void tiles_of(const struct weft_wino22_fused_args *args, enum fast_form form, int is_signed, int res)
{
    struct weft_epilogue_args to = *args->to; /* a copy that stores of codes cannot change */
    to.channels = NR;
    struct fast_avx512 fast;
    load_fast(&fast, form, to.enc);
    fast.values = to.out_values;
    const struct factors f[2] = {load_factors(&to, 0), load_factors(&to, 16)};
    const struct finish finish = {&to, &fast, form, is_signed, res};
    const int32_t *sums = args->sums;
    for (int t = 0; t < args->tiles; t++, sums += NR) {
        const struct weft_wino_tile tile = args->tile[t];
        const ptrdiff_t p = tile.pixel, below = p + args->width, beside = tile.columns - 1;
        __m512i y[4][2];
        outputs(sums, args->point, 0, y);
        outputs(sums, args->point, 1, y);
        finish_two(&finish, f, p, p + beside, y[0], y[1]);
        if (tile.rows > 1) {
            finish_two(&finish, f, below, below + beside, y[2], y[3]);
        }
    }
}

#define TILES(name, form, is_signed, res)                                                          \
    static __attribute__((noinline)) void name##_##res(const struct weft_wino22_fused_args *args)  \
    {                                                                                              \
        tiles_of(args, form, is_signed, res);                                                      \
    }
#define FORM(name, form, is_signed)                                                       \
    TILES(name, form, is_signed, PLAIN_NO_RES) TILES(name, form, is_signed, PLAIN_RES_U8) \
    TILES(name, form, is_signed, PLAIN_RES_S8) TILES(name, form, is_signed, PLAIN_RES_CODES)
FORM(rows_unsigned, FAST_ROWS, 0)
FORM(rows_signed, FAST_ROWS, 1)
FORM(linear_unsigned, FAST_LINEAR, 0)
FORM(linear_signed, FAST_LINEAR, 1)
#define FORM_FNS(name) {name##_PLAIN_NO_RES, name##_PLAIN_RES_U8, name##_PLAIN_RES_S8, name##_PLAIN_RES_CODES}
/* [linear][signed][residual] */
static weft_wino22_fused_fn *const of_form[2][2][4] = {{FORM_FNS(rows_unsigned), FORM_FNS(rows_signed)},
                                                       {FORM_FNS(linear_unsigned), FORM_FNS(linear_signed)}};

void weft_wino22_fused_avx512vbmi(const struct weft_wino22_fused_args *args)
{
    const struct weft_encoder *enc = args->to->enc;
    assert(is_plain(args->to) && args->to->channels == NR && (enc->rows > 0 || is_linear(enc)));
    assert(has_values(enc) || !args->to->out_values);
    of_form[enc->rows == 0][enc->is_signed != 0][residual_kind(args->to)](args);
}
