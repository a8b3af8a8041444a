/* weft: 3x3 depthwise windows straight to codes; dw3x3_<level>.c makes a kernel of it.
 *
 * The three bytes of a window's column, with one that meets a weight of zero, make the four bytes of a lane of
 * vpdpbusd. Each interleaved column serves all the windows that hold it. Lanes are not put in the order of channels:
 * the packed operands follow the order that interleaving gives, and one shuffle sorts the codes. With stride 1 that
 * makes 8 shuffles and 12 products for 64 sums, which never leave the registers. */
#ifndef WEFT_SIMD_X86_DW3X3_AVX512_H
#define WEFT_SIMD_X86_DW3X3_AVX512_H

#include "simd/x86/fast_avx512.h"

#define NV 4 /* vectors of a block of 64 channels */

/* A block's way over the pixels. */
struct walk {
    const uint8_t *row[3];     /* of the window at hand, at the block's first channel */
    ptrdiff_t column;          /* bytes */
    ptrdiff_t at;              /* of the window at hand, in each row */
    ptrdiff_t advance;         /* bytes from window to window: one or two columns */
    uint8_t *out;
    ptrdiff_t out_advance;
    int count;
    __mmask64 some;            /* bytes of the block that there are */
};

/* v[i]: the column's bytes of the channels 16*l + 4*i + 0..3 in the dwords 4*l.. */
WEFT_INLINE void load_column(const struct walk *walk, int column, int whole, __m512i v[NV])
{
    __m512i r[3];
    WEFT_UNROLL
    for (int i = 0; i < 3; i++) {
        const uint8_t *from = walk->row[i] + walk->at + column * walk->column;
        r[i] = whole ? _mm512_loadu_si512(from) : _mm512_maskz_loadu_epi8(walk->some, from);
    }
    __m512i low01 = _mm512_unpacklo_epi8(r[0], r[1]), high01 = _mm512_unpackhi_epi8(r[0], r[1]);
    __m512i low2 = _mm512_unpacklo_epi8(r[2], r[2]), high2 = _mm512_unpackhi_epi8(r[2], r[2]);
    v[0] = _mm512_unpacklo_epi16(low01, low2);
    v[1] = _mm512_unpackhi_epi16(low01, low2);
    v[2] = _mm512_unpacklo_epi16(high01, high2);
    v[3] = _mm512_unpackhi_epi16(high01, high2);
}

/* Codes of a window's sums, in the order of channels. */
WEFT_INLINE __m512i to_codes(const struct weft_dw3x3_block *block, const struct fast_avx512 *fast, enum fast_form form,
                             int is_signed, const __m512i sum[NV])
{
    __m512 y[NV];
    WEFT_UNROLL
    for (int v = 0; v < NV; v++) {
        y[v] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[v]), _mm512_load_ps(block->scale[v]),
                               _mm512_load_ps(block->bias[v]));
    }
    return encode_fast_by_fours(fast, form, is_signed, y);
}

WEFT_INLINE void store_codes(const struct walk *walk, int whole, __m512i codes)
{
    if (whole) {
        _mm512_storeu_si512(walk->out, codes);
    } else {
        _mm512_mask_storeu_epi8(walk->out, walk->some, codes);
    }
}

/* Sums of the window at hand; moves on. x: its columns, of which the last `advance` are loaded here. */
WEFT_INLINE void sum_window(const struct weft_dw3x3_block *block, const __m512i w[3][NV], struct walk *walk,
                            int advance, int whole, __m512i x[3][NV], __m512i sum[NV])
{
    if (advance == 2) {
        load_column(walk, 1, whole, x[1]);
    }
    load_column(walk, 2, whole, x[2]);
    WEFT_UNROLL
    for (int v = 0; v < NV; v++) {
        sum[v] = _mm512_dpbusd_epi32(_mm512_load_si512(block->init[v]), x[0][v], w[0][v]);
        sum[v] = _mm512_dpbusd_epi32(sum[v], x[1][v], w[1][v]);
        sum[v] = _mm512_dpbusd_epi32(sum[v], x[2][v], w[2][v]);
        x[0][v] = advance == 1 ? x[1][v] : x[2][v];
        x[1][v] = x[2][v];
    }
    walk->at += walk->advance;
}

/* advance: columns from window to window. With one, the codes of a window are made while the next one is summed: the
 * chain of both is longer than what the core keeps in flight (+7 to 10 %). With two there are no registers for that.
 * Turning the columns about by unrolling instead of moving them won nothing. */
WEFT_INLINE void walk_block(const struct weft_dw3x3_block *block, const struct fast_avx512 *fast, enum fast_form form,
                            struct walk walk, int advance, int whole, int is_signed)
{
    __m512i x[3][NV], w[3][NV], sum[NV], next[NV];
    WEFT_UNROLL
    for (int i = 0; i < 3 * NV; i++) {
        w[i / NV][i % NV] = _mm512_load_si512(block->w[i / NV][i % NV]);
    }
    load_column(&walk, 0, whole, x[0]);
    if (advance == 1) {
        load_column(&walk, 1, whole, x[1]);
    }
    sum_window(block, (const __m512i(*)[NV])w, &walk, advance, whole, x, sum);
    for (int p = 1; p < walk.count; p++) {
        if (advance == 2) {
            store_codes(&walk, whole, to_codes(block, fast, form, is_signed, sum));
            walk.out += walk.out_advance;
            sum_window(block, (const __m512i(*)[NV])w, &walk, advance, whole, x, sum);
            continue;
        }
        sum_window(block, (const __m512i(*)[NV])w, &walk, advance, whole, x, next);
        store_codes(&walk, whole, to_codes(block, fast, form, is_signed, sum));
        walk.out += walk.out_advance;
        WEFT_UNROLL
        for (int v = 0; v < NV; v++) {
            sum[v] = next[v];
        }
    }
    store_codes(&walk, whole, to_codes(block, fast, form, is_signed, sum));
}

#define WALK(name, form, advance, whole, is_signed)                                                                    \
    static __attribute__((noinline)) void name(const struct weft_dw3x3_block *block, const struct fast_avx512 *fast,   \
                                               struct walk walk)                                                       \
    {                                                                                                                  \
        walk_block(block, fast, form, walk, advance, whole, is_signed);                                                \
    }
WALK(words_1_part, FAST_WORDS, 1, 0, 0)
WALK(words_1_part_signed, FAST_WORDS, 1, 0, 1)
WALK(words_1_whole, FAST_WORDS, 1, 1, 0)
WALK(words_1_whole_signed, FAST_WORDS, 1, 1, 1)
WALK(words_2_part, FAST_WORDS, 2, 0, 0)
WALK(words_2_part_signed, FAST_WORDS, 2, 0, 1)
WALK(words_2_whole, FAST_WORDS, 2, 1, 0)
WALK(words_2_whole_signed, FAST_WORDS, 2, 1, 1)
WALK(rows_1_part, FAST_ROWS, 1, 0, 0)
WALK(rows_1_part_signed, FAST_ROWS, 1, 0, 1)
WALK(rows_1_whole, FAST_ROWS, 1, 1, 0)
WALK(rows_1_whole_signed, FAST_ROWS, 1, 1, 1)
WALK(rows_2_part, FAST_ROWS, 2, 0, 0)
WALK(rows_2_part_signed, FAST_ROWS, 2, 0, 1)
WALK(rows_2_whole, FAST_ROWS, 2, 1, 0)
WALK(rows_2_whole_signed, FAST_ROWS, 2, 1, 1)
WALK(linear_1_part, FAST_LINEAR, 1, 0, 0)
WALK(linear_1_part_signed, FAST_LINEAR, 1, 0, 1)
WALK(linear_1_whole, FAST_LINEAR, 1, 1, 0)
WALK(linear_1_whole_signed, FAST_LINEAR, 1, 1, 1)
WALK(linear_2_part, FAST_LINEAR, 2, 0, 0)
WALK(linear_2_part_signed, FAST_LINEAR, 2, 0, 1)
WALK(linear_2_whole, FAST_LINEAR, 2, 1, 0)
WALK(linear_2_whole_signed, FAST_LINEAR, 2, 1, 1)

typedef void walk_fn(const struct weft_dw3x3_block *block, const struct fast_avx512 *fast, struct walk walk);

#define WALKS(name)                                                                     \
    {{{name##_1_part, name##_1_part_signed}, {name##_1_whole, name##_1_whole_signed}},  \
     {{name##_2_part, name##_2_part_signed}, {name##_2_whole, name##_2_whole_signed}}}

/* [form][columns from window to window, less one][whole][signed] */
static walk_fn *const walks[FAST_FORMS][2][2][2] = {
    [FAST_WORDS] = WALKS(words), [FAST_ROWS] = WALKS(rows), [FAST_LINEAR] = WALKS(linear)};

/* `count` windows, `bytes` of channels each, from a on. */
static void walk_blocks(const struct weft_dw3x3_args *args, const struct fast_avx512 *fast, int first, int count,
                        int columns, int bytes)
{
    const enum fast_form form = fast_form(args->enc);
    for (int b = 0; 64 * b < bytes; b++) {
        int left = bytes - 64 * b;
        ptrdiff_t advance = (ptrdiff_t)columns * args->channels;
        ptrdiff_t out_advance = args->pair ? 2 * args->out_stride : args->out_stride;
        struct walk walk = {.row = {args->row[0] + 64 * b, args->row[1] + 64 * b, args->row[2] + 64 * b},
                            .column = args->channels, .at = first * advance, .advance = advance,
                            .out = args->out + first * out_advance + 64 * b, .out_advance = out_advance, .count = count,
                            .some = left >= 64 ? ~0ull : (1ull << left) - 1};
        walks[form][columns - 1][left >= 64][args->enc->is_signed != 0](args->blocks + b, fast, walk);
    }
}

static void dw3x3(const struct weft_dw3x3_args *args)
{
    const enum fast_form form = fast_form(args->enc);
    struct fast_avx512 fast;
    assert(args->pixels >= 1 && args->channels >= 1 && (args->step == 1 || args->step == 2) && form != FAST_FORMS);
    assert((uintptr_t)args->blocks % 64 == 0);
    assert(!args->out_values || (has_values(args->enc) && !args->enc->is_signed));
    assert(!args->pair || (args->step == 1 && args->out_stride == args->channels));
    load_fast(&fast, form, args->enc);
    fast.values = args->out_values;
    if (!args->pair) {
        walk_blocks(args, &fast, 0, args->pixels, args->step, args->channels);
        return;
    }
    if (args->pixels > 1) {
        walk_blocks(args, &fast, 0, args->pixels / 2, 2, 2 * args->channels);
    }
    if (args->pixels % 2) {
        walk_blocks(args, &fast, args->pixels / 2, 1, 2, args->channels);
    }
}

#endif
