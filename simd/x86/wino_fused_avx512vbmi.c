/* Winograd's sums of points to codes: a tile's four outputs of 32 channels become codes in the registers. */
#include <assert.h>

#include "simd/x86/list_avx512.h"
#include "simd/x86/plain_avx512.h"
#include "simd/x86/wino_out_avx512.h"

#define NR 32

/* Outputs y of sixteen channels, to y[pixel][half]. */
WEFT_INLINE void outputs(const int32_t *sums, ptrdiff_t point, int points, int half, __m512i y[4][2])
{
    __m512i m[16], out[4];
    WEFT_UNROLL
    for (int p = 0; p < points; p++) {
        m[p] = _mm512_loadu_si512(sums + p * point + half * 16);
    }
    backward_of(m, points, out);
    WEFT_UNROLL
    for (int i = 0; i < 4; i++) {
        y[i][half] = out[i];
    }
}

WEFT_INLINE void tiles_of(const struct weft_wino22_fused_args *args, int points, enum fast_form form, int is_signed,
                          int res)
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
        outputs(sums, args->point, points, 0, y);
        outputs(sums, args->point, points, 1, y);
        finish_two(&finish, f, p, p + beside, y[0], y[1]);
        if (tile.rows > 1) {
            finish_two(&finish, f, below, below + beside, y[2], y[3]);
        }
    }
}

#define TILES(name, points, form, is_signed, res)                                                            \
    static __attribute__((noinline)) void name##_##points##_##res(const struct weft_wino22_fused_args *args) \
    {                                                                                                        \
        tiles_of(args, points, form, is_signed, res);                                                        \
    }
#define FORM(name, points, form, is_signed)                                                                       \
    TILES(name, points, form, is_signed, PLAIN_NO_RES) TILES(name, points, form, is_signed, PLAIN_RES_U8)         \
    TILES(name, points, form, is_signed, PLAIN_RES_S8) TILES(name, points, form, is_signed, PLAIN_RES_CODES)
#define FORMS(points)                                                                                   \
    FORM(rows_unsigned, points, FAST_ROWS, 0) FORM(rows_signed, points, FAST_ROWS, 1)                   \
    FORM(linear_unsigned, points, FAST_LINEAR, 0) FORM(linear_signed, points, FAST_LINEAR, 1)
FORMS(16)
FORMS(9)
#define FORM_FNS(name, points)                                                                     \
    {name##_##points##_PLAIN_NO_RES, name##_##points##_PLAIN_RES_U8, name##_##points##_PLAIN_RES_S8, \
     name##_##points##_PLAIN_RES_CODES}
#define FORMS_FNS(points)                                              \
    {{FORM_FNS(rows_unsigned, points), FORM_FNS(rows_signed, points)}, \
     {FORM_FNS(linear_unsigned, points), FORM_FNS(linear_signed, points)}}
/* [linear][signed][residual] */
typedef weft_wino22_fused_fn *const forms_fns[2][2][4];
static forms_fns of_16 = FORMS_FNS(16), of_9 = FORMS_FNS(9);

static void fused(const struct weft_wino22_fused_args *args, forms_fns of_form)
{
    const struct weft_encoder *enc = args->to->enc;
    assert(is_plain(args->to) && args->to->channels == NR && (enc->rows > 0 || is_linear(enc)));
    assert(has_values(enc) || !args->to->out_values);
    of_form[enc->rows == 0][enc->is_signed != 0][residual_kind(args->to)](args);
}

void weft_wino22_fused_avx512vbmi(const struct weft_wino22_fused_args *args)
{
    fused(args, of_16);
}

void weft_wino22s2_fused_avx512vbmi(const struct weft_wino22_fused_args *args)
{
    fused(args, of_9);
}
