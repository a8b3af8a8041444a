/* weft: the kernel types and THE CONTRACTS.
 *
 * Those of Winograd's transforms are in kernels_wino.h, Strassen's in kernels_strassen.h.
 *
 * simd/ is a leaf: functions on arrays, no engine types, no allocation, no errors. Kernels cannot fail.
 * Every function below has a plain scalar definition in simd/scalar/ and every SIMD implementation
 * writes exactly the same bytes. Preconditions are asserts in the kernels.
 *
 * Words: a *code* is the byte of an activation in memory: bit 7 sign, bits 6..0 magnitude index m.
 *        a *byte* (of an activation) is what the multiply sees: +-T[m] + zero, made by `lookup`.
 *        a *bin* is the index of a weight into its layer's codebook; Q is the codebook's integer.
 */
#ifndef WEFT_SIMD_KERNELS_H
#define WEFT_SIMD_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "isa.h"
#include "kernels_strassen.h"
#include "kernels_wino.h"
#include "wfmt.h"

/* ---------------------------------------------------------------------------------------------
 * conv: one tile of a convolution or matrix product, `pixels` (1..mr) pixels x nr output channels.
 *
 *   acc[i*nr + o] = init[o] + sum over runs r, over k in 0..8*run_k8-1 of
 *                   Q[o](r, k) * x(a[i][run_off[r] + k])
 *
 * in exact 32-bit integers. x() reads the activation byte as unsigned (u8) or as signed (s8), as the
 * kernel's `act_signed` says. The zero byte that a layer adds (see `zero` in the engine) is undone by
 * `init` = -zero * sum of Q over all k, so that the kernel needs to know nothing of it.
 *
 * A *run* is a stretch of bytes that is contiguous in the activation strip (kernel row x channels, or
 * the channels of one tap), padded to a multiple of 8 by the packer; the bytes a[i][run_off[r] ..
 * run_off[r] + 8*run_k8 - 1] are read, nothing else; no alignment is asked of `a`.
 *
 * Packed weights: one panel of nr output channels; for each run, for each block of 8 k's:
 *   c4  nr*4 bytes. byte [o*4 + j], j = 0..3: low nibble bin(o, k8*8 + j), high nibble bin(o, k8*8 + 4 + j).
 *       `lut` has 16 signed bytes: lut[bin] = Q.  Holds the c2, c3 and c4 formats.
 *   c5  nr*4 bytes as c4, the nibbles being magnitude bins 0..15 (`lut` has 16 bytes, 0..127), followed
 *       by nr bytes of signs: half h (k 0..3, k 4..7) takes nr/2 bytes, bit (o*4 + j) of it (bit b of
 *       byte n is bit 8n+b) is 1 where the weight is negative.
 *   c8  nr*8 bytes: byte [h*nr*4 + o*4 + j] = Q(o, k8*8 + 4h + j), signed. `lut` is not read.
 * `w` is aligned to 64 bytes where nr*4 is a multiple of 64, else to 32 (16 on ARM); of c5 to half as much.
 *
 * Bounds (asserted by the caller at load, docs/formats.md section 3): K * max|Q| * max|byte| < 2^31.
 * `narrow` kernels add products in 16 bits, modulo 2^16, and widen the sums after each group; other kernels ignore
 *   `group`. A group is group / 2 (>= 1) blocks of 8 k's of one run, counted from the run's first; the run's last may
 *   be shorter. In it two lanes for each channel sum the k's with (k / 2) % 2 = 0 and 1 (s8: k % 2 = 0 and 1). Needed
 *   is, whatever the bytes, that at the group's end the total of each lane fits int16, and for u8 each pair of products
 *   (k = 2j, 2j + 1) too. group * 2 * max|Q| * max byte <= 32767 suffices.
 * Aliasing: acc overlaps nothing. Exactness: bit-exact. Reentrant.
 */
struct weft_conv_args {
    const uint8_t *const *a; /* `pixels` pointers */
    int32_t pixels;          /* tile: 1..mr, no more is computed, read or written; one: not read, it is 1 */
    const int32_t *run_off;  /* runs offsets in bytes, >= 0 */
    int32_t runs;            /* >= 1 */
    int32_t run_k8;          /* >= 1 */
    const void *w;           /* one packed panel */
    const int8_t *lut;       /* 16 entries, or NULL for c8 */
    const int32_t *init;     /* nr entries */
    int32_t *acc;            /* pixels * nr entries, aligned to 64 */
    int32_t group;           /* narrow kernels only */
};
typedef void weft_conv_fn(const struct weft_conv_args *args);

struct weft_conv_kernel {
    weft_conv_fn *tile; /* up to mr pixels; the closer to mr, the faster */
    weft_conv_fn *one;  /* 1 pixel: weights stream through once (fully connected layers) */
    const char *tile_name;
    const char *one_name;
    int mr, nr;     /* nr is the same for all conv kernels of one table, so that packing is shared */
    int act_signed; /* 0: bytes are u8; 1: bytes are s8 */
    int narrow;     /* 1: needs `group` */
};

/* stretch: conv's c8 tile over any number of pixels (>= 1) in one call:
 *   acc[i*nr + o] = start + sum over blocks b, k < 8 of Q[o](b, k) * x(a[i][block_off[b] + k])
 * start is init[o], or what acc holds where init is NULL; o < nr, or with `half` o < nr/2: entries of acc beyond are
 * left alone. Layout, bounds and alignment are conv's; nr is that of the table's conv[WEFT_WFMT_C8]. Tiles have up to
 * `tile` pixels, which divides the best numbers of pixels: conv's mr, or WEFT_STRETCH_LOW where the ports are apart
 * (isa.h). Meanwhile memory from `ahead` on is fetched into the second-level cache, ahead_step bytes (a multiple of 64)
 * for each tile: weights to come. Optional: where it is NULL, tiles do the same one by one. */
enum { WEFT_STRETCH_LOW = 6 };
struct weft_stretch_args {
    const uint8_t *const *a; /* `pixels` pointers */
    int pixels, tile, half;  /* tile: 1..mr; half: 0 or 1 */
    const int32_t *block_off; /* `blocks` offsets in bytes, >= 0 */
    int blocks, beside;      /* blocks >= 1; beside: 1 where each block begins 8 bytes after the one before it, and only
                                the first offset is read */
    const void *w;           /* one packed panel, c8, of so many blocks */
    const int32_t *init;     /* nr entries, or NULL */
    int32_t *acc;            /* pixels * nr entries */
    const uint8_t *ahead;
    ptrdiff_t ahead_step;
};
typedef void weft_stretch_fn(const struct weft_stretch_args *args);

/* grouped: many pixels (>= 1) by one panel of a convolution in groups of `size` inputs and as many outputs (4, 8, 16):
 *   acc[i*nr + o] = init[o] + sum over taps t, j < size of Q[o](t, j) * x(a[i][off + tap_off[t] + o / size * size + j])
 * o < nr, or with `half` o < nr/2: entries of acc beyond are left alone. Or, where size is nr, of one group whose taps
 * are four inputs each, j < 4. Bytes are u8. nr is that of the table's conv[WEFT_WFMT_C8], 32; nr bytes are read for
 * each tap, with `half` nr/2; of the one group four. w is a c8 panel (of the groups in the order of weft_pack_grouped)
 * of taps * size * nr (taps * 4 * nr) bytes, aligned to 64. Bounds are conv's. Optional: where it is NULL, conv does
 * the same, and groups have weights of zero between them.
 */
struct weft_grouped_args {
    const uint8_t *const *a; /* `pixels` pointers */
    ptrdiff_t off;           /* of the panel's channels within a pixel */
    int pixels, size, half;
    const int32_t *tap_off;  /* `taps` offsets in bytes, >= 0 */
    int taps;                /* >= 1 */
    const void *w;
    const int32_t *init;     /* nr entries */
    int32_t *acc;            /* pixels * nr entries, aligned to 64 */
};
typedef void weft_grouped_fn(const struct weft_grouped_args *args);

/* ---------------------------------------------------------------------------------------------
 * expand: a packed panel of c4 (c5) weights as the same panel in c8, the codebook looked up:
 *   out = the c8 packing of Q, blocks * nr*8 bytes, from blocks * nr*4 (c5: nr*5) bytes at w.
 * A panel that many tiles of pixels go over is looked up once, into a cache-resident buffer, and the c8
 * kernels run on that; memory still streams bins. nr is the table's. w is aligned as for conv, out to 64.
 */
struct weft_expand_args {
    const void *w;
    const int8_t *lut;
    size_t blocks; /* of 8 k's */
    int8_t *out;
};
typedef void weft_expand_fn(const struct weft_expand_args *args);

/* ---------------------------------------------------------------------------------------------
 * dw: depthwise taps, also average pooling (Q = 1) and per-channel scaling (one tap).
 *
 *   acc[p*acc_stride + c] = init[c] + sum over taps t of Q[t*wstride + c] * x(a[t][p*a_stride + c])
 *
 * for p < pixels, c < channels. |Q| <= 127. Bytes are u8 or s8 as the table's `act_signed` says.
 * Reads and writes exactly `channels` entries per pixel (masks or a tail; no over-read). `ones` promises that all of w
 * are 1, so that it need not be read.
 */
struct weft_dw_args {
    const uint8_t *const *a; /* taps pointers */
    ptrdiff_t a_stride;      /* bytes from one output pixel to the next in the strip */
    int taps, pixels, channels, ones;
    const int8_t *w;
    ptrdiff_t wstride; /* bytes from tap to tap */
    const int32_t *init;
    int32_t *acc;
    ptrdiff_t acc_stride; /* entries */
};
typedef void weft_dw_fn(const struct weft_dw_args *args);

/* ---------------------------------------------------------------------------------------------
 * dw3x3: 3x3 depthwise windows of one row of pixels straight to codes, for p < pixels, c < channels:
 *
 *   acc = init[c] + sum over i, j < 3 of Q_ij[c] * row[i][(p*step + j)*channels + c]       bytes are u8
 *   out[p*out_stride + c] = encode(fmaf((float)acc, scale[c], bias[c]))
 *
 * step is 1 or 2, enc has rows or is linear. The factors come packed (weft_pack_dw3x3), a block for every 64 channels;
 * in a block channel 16*l + 4*v + t is lane 4*l + t of vector v. `pair`: a block holds channels of two pixels side by
 * side, so that none is half empty with an odd number of 32 channels; step 1, out_stride == channels. Reads exactly the
 * windows' bytes, writes exactly `channels` bytes a pixel. Optional: where it is NULL, `dw` and `epilogue` do the same.
 */
struct weft_dw3x3_block {
    int8_t w[3][4][64]; /* by column: byte 4*lane + i is of row i; 0 for i = 3 and where there is no channel */
    int32_t init[4][16];
    float scale[4][16], bias[4][16];
};
struct weft_dw3x3_args {
    const uint8_t *row[3];
    int pixels, channels, step, pair;
    const uint8_t *out_values; /* as fused's where enc is unsigned, or NULL */
    const struct weft_dw3x3_block *blocks; /* (pair ? 2 : 1) * channels / 64, rounded up; aligned to 64 */
    const struct weft_encoder *enc;
    uint8_t *out;
    ptrdiff_t out_stride;
};
typedef void weft_dw3x3_fn(const struct weft_dw3x3_args *args);

/* ---------------------------------------------------------------------------------------------
 * lookup: out[p*out_stride + i] = table[in[p*in_stride + i]], p < pixels, i < n. The caller promises
 * in[..] & 127 <= limit, so that an implementation needs only entries 0..limit and 128..128+limit (the latter
 * only if `upper`; else no byte of in has bit 7 set). Reads and writes n bytes per pixel. out may equal in
 * if the strides are equal, else no overlap.
 */
struct weft_lookup_args {
    const uint8_t *in;
    ptrdiff_t in_stride; /* bytes */
    size_t pixels, n;
    const uint8_t *table; /* 256 entries */
    int limit, upper;
    uint8_t *out;
    ptrdiff_t out_stride;
};
typedef void weft_lookup_fn(const struct weft_lookup_args *args);

/* ---------------------------------------------------------------------------------------------
 * Activation functions that are made of +, *, min, max, in this stated order (all IEEE single,
 * no contraction but the fused multiply-adds written here; docs/formats.md section 4):
 *   CLIP      y = y > lo ? y : lo;  y = y < hi ? y : hi       (ReLU: 0, +inf)
 *   LEAKY     y = y >= 0 ? y : y * slope[c]
 *   HSIGMOID  y = fmaf(y, alpha, beta);  y = y > 0 ? y : 0;  y = y < 1 ? y : 1
 *   HSWISH    y = y * HSIGMOID(y)
 */
enum weft_act_kind { WEFT_ACT_NONE, WEFT_ACT_CLIP, WEFT_ACT_LEAKY, WEFT_ACT_HSIGMOID, WEFT_ACT_HSWISH };

/* The log encoder (docs/formats.md section 4): m = number of thresholds <= |y|, sign from y, no sign
 * where m = 0; NaN gives code 0; on an unsigned edge a negative y gives code 0.
 * The definition is the count over theta[]. The fast form, equal for every float, is
 *   b = bits(|y|); i = clamp((b >> shift) - base, 0, entries - 1); e = lut[i];
 *   m = (e >> 24) + ((b & ((1 << shift) - 1)) >= (e & 0xffffff))
 * (an entry without a threshold inside has 0xffffff in its low bits; shift <= 23; the first entry
 * holds no threshold and m = 0, the last no threshold and m = magnitudes). Built by weft_encoder_init
 * (engine/codes), which splits octaves finely enough that no bucket holds two thresholds.
 *
 * The word form serves thresholds whose low 16 bits are all zero, so that the upper 16 bits of |y| decide:
 *   h = clamp(bits(|y|) >> 16, word_low, word_high); m = ((h + words[(h >> word_shift) & 63]) & 0xffff) >> word_shift
 * equal for every float but NaN. `words` is NULL where a threshold needs more bits, or where there are more buckets of
 * 1 << word_shift than 64. The same by bytes, whose tables fit one register each, and where a bucket may hold as many
 * thresholds as there are rows of `lasts`:
 *   i = (h >> word_shift) & 63; m = counts[i] + sum over r < rows of ((h & 255) > lasts[64*r + i])
 * rows is 1 where there are words, else the most thresholds of a bucket, up to 8, or 0.
 */
struct weft_encoder {
    const float *theta; /* magnitudes entries, ascending, positive, finite */
    int32_t magnitudes; /* 1..255, signed 1..127 */
    int32_t is_signed;
    const uint32_t *lut;
    int32_t entries, base;
    uint32_t shift;
    float linear; /* within 1e-30..1e30: theta[m - 1] == ((float)m - 0.5f) * linear for every m, to the bit; else 0 */
    const uint16_t *words; /* 64 entries, or NULL */
    int32_t rows;
    const uint8_t *counts, *lasts; /* 64 entries, rows * 64; where there are rows */
    int32_t word_shift;    /* 1..7 */
    int32_t word_low, word_high;
};

/* ---------------------------------------------------------------------------------------------
 * epilogue: integers to codes (or floats), pixels x channels.
 *   y = fmaf((float)acc, scale[c], bias[c])          int -> float rounds to nearest even
 *   if res: y = fmaf((float)(res - res_zero), res_scale, y)     res read as u8, or s8 if res_signed
 *   y = act(y)
 *   out = encode(y), or y itself where enc is NULL (out_f)
 * Scales, biases, slopes, lo, alpha and beta are finite; hi is not NaN.
 * Reads exactly pixels x channels of each array and writes exactly that much. The output overlaps no input.
 */
struct weft_epilogue_args {
    const int32_t *acc;
    ptrdiff_t acc_stride; /* entries from pixel to pixel */
    int pixels, channels;
    const float *scale, *bias; /* channels entries */
    const uint8_t *res;        /* activation bytes (after lookup) or NULL */
    ptrdiff_t res_stride;      /* bytes */
    int res_zero, res_signed;
    float res_scale;
    const float *res_values; /* 32 entries; epilogue_codes only */
    enum weft_act_kind act;
    float lo, hi;       /* CLIP */
    float alpha, beta;  /* HSIGMOID, HSWISH */
    const float *slope; /* LEAKY, channels entries */
    const struct weft_encoder *enc;
    const uint8_t *out_values; /* 64 entries, or NULL; fused, wino22_fused and wino22s2_fused only */
    uint8_t *out;         /* codes, when enc */
    float *out_f;         /* floats, when not enc */
    ptrdiff_t out_stride; /* entries of the output kind from pixel to pixel */
};
typedef void weft_epilogue_fn(const struct weft_epilogue_args *args);

/* epilogue_codes: the same where the residual comes as codes below 32:
 *   y = fmaf(res_values[res], res_scale, y)
 * act is NONE, enc has words, res is there, res_zero and res_signed are not read. Optional: where it is NULL, codes are
 * looked up first. */
typedef weft_epilogue_fn weft_epilogue_codes_fn;

/* fused: from c4 or c8 weights and bytes to codes, for WEFT_FUSED_LEAST pixels or more by nr channels:
 *   acc = init[o] + sum over blocks b, k < 8 of Q[o](b, k) * x(a[i][block_off[b] + k])
 *   to->out[i*out_stride + o] = what the epilogue makes of it; `epilogue_codes`, where res_values is not NULL
 * With `fours` blocks are of four k's, k < 4, of c8 weights. Layout, bounds and alignment are conv's. Of `to`, acc and
 * acc_stride are not read; channels == nr, act is NONE, res_zero is 0, enc has rows or is linear. Where out_values is
 * not NULL, enc has fewer than 64 magnitudes, and out_values[m] is written in place of a code of magnitude m,
 * -out_values[m] & 255 where the code has a sign; out_values[0] is 0 if enc is signed. Some pixels may be written
 * twice. `ahead` is stretch's, ahead_step for each WEFT_FUSED_MOST pixels. Optional: where it is NULL, `stretch` and
 * `epilogue` do the same.
 */
enum { WEFT_FUSED_LEAST = 7, WEFT_FUSED_MOST = 8 }; /* pixels of a tile */
struct weft_fused_args {
    const uint8_t *const *a; /* `pixels` pointers */
    int pixels;
    const int32_t *block_off; /* `blocks` offsets in bytes, >= 0 */
    int blocks, fours; /* fours: 0 or 1 */
    const void *w;     /* one packed panel */
    const int8_t *lut; /* 16 entries, or NULL for c8 */
    const int32_t *init;
    const struct weft_epilogue_args *to;
    const uint8_t *ahead;
    ptrdiff_t ahead_step;
};
typedef void weft_fused_fn(const struct weft_fused_args *args);

/* affine: codes straight to codes, for p < pixels, c < channels:
 *   code = in[p*in_stride + c], m = code & (is_signed ? 127 : 255), v = values ? values[m] : m, negative where
 *   is_signed and bit 7 of the code is set
 *   out[p*out_stride + c] = encode(fmaf(v, scale[c], bias[c]))
 * values has 32 entries, and with it m < 32; enc has rows or is linear. Reads and writes exactly that much; the output
 * overlaps no input. Optional: where it is NULL, `lookup`, `dw` and `epilogue` do the same.
 */
struct weft_affine_args {
    const uint8_t *in;
    ptrdiff_t in_stride; /* bytes from pixel to pixel */
    int pixels, channels, is_signed;
    const float *values;       /* finite, not below 0; or NULL */
    const float *scale, *bias; /* channels entries, finite */
    const struct weft_encoder *enc;
    uint8_t *out;
    ptrdiff_t out_stride;
};
typedef void weft_affine_fn(const struct weft_affine_args *args);

/* encode: out[i] = encode(in[i]), i < n, as in the epilogue. out overlaps nothing. */
typedef void weft_encode_fn(const float *in, size_t n, const struct weft_encoder *enc, uint8_t *out);

/* planes3: three planes of bytes to pixels of three, out[3*p + c] = in[c*plane + p], p < pixels. Reads and writes
 * exactly that much. out overlaps nothing. */
typedef void weft_planes3_fn(const uint8_t *in, ptrdiff_t plane, size_t pixels, uint8_t *out);

/* ---------------------------------------------------------------------------------------------
 * maxpool: out[p*out_stride + c] = the largest of the codes a[t][p*a_stride + c], t < taps (>= 1), for
 * p < pixels, c < channels, by value: with a sign, codes are ordered as sign-magnitude numbers (the code 0x80,
 * which no encoder makes, sorts below 0). Exactly `channels` bytes are read per tap and pixel, and written per
 * pixel. out overlaps nothing.
 */
struct weft_maxpool_args {
    const uint8_t *const *a; /* taps pointers */
    ptrdiff_t a_stride;      /* bytes from one output pixel to the next */
    int taps, pixels, channels, is_signed;
    uint8_t *out;
    ptrdiff_t out_stride;
};
typedef void weft_maxpool_fn(const struct weft_maxpool_args *args);

/* One table of kernels. Plain data: several tables for different masks live side by side. */
struct weft_kernels {
    unsigned isa;                                      /* mask this table was built for */
    struct weft_conv_kernel conv[WEFT_WFMT_COUNT];        /* exact for every legal layer */
    struct weft_conv_kernel conv_narrow[WEFT_WFMT_COUNT]; /* tile == NULL where there is none */
    weft_stretch_fn *stretch;                          /* NULL: there is none */
    const char *stretch_name;
    weft_grouped_fn *grouped;                          /* NULL: there is none */
    const char *grouped_name;
    int act_signed;                                    /* bytes of conv, dw: 0 u8, 1 s8 */
    weft_expand_fn *expand_c4, *expand_c5;
    weft_dw_fn *dw;
    weft_dw3x3_fn *dw3x3; /* NULL: there is none */
    weft_lookup_fn *lookup;
    weft_epilogue_fn *epilogue;
    weft_affine_fn *affine; /* NULL: there is none */
    const char *affine_name;
    weft_epilogue_codes_fn *epilogue_codes; /* NULL: there is none */
    const char *epilogue_codes_name;
    weft_fused_fn *fused; /* NULL: there is none */
    const char *fused_name;
    weft_strassen_fn *strassen; /* this and the next: NULL: there is none */
    weft_strassen_in_fn *strassen_in;
    const char *strassen_name, *strassen_in_name;
    weft_encode_fn *encode;
    weft_planes3_fn *planes3;
    weft_maxpool_fn *maxpool;
    const char *expand_c4_name, *expand_c5_name;
    const char *dw_name, *dw3x3_name, *lookup_name, *epilogue_name, *encode_name, *planes3_name, *maxpool_name;
    weft_wino22_filter_fn *wino22_filter;
    weft_wino22_middle_fn *wino22_middle; /* NULL: there is none */
    weft_wino12_filter_fn *wino12_filter;
    weft_wino22_in_fn *wino22_in;
    weft_wino12_in_fn *wino12_in;
    weft_wino22_out_fn *wino22_out;
    weft_wino12_out_fn *wino12_out;
    weft_wino22_fused_fn *wino22_fused; /* NULL: there is none */
    const char *wino22_fused_name;
    weft_wino_sum_fn *wino_sum; /* NULL: there is none */
    weft_wino22_border_fn *wino22_border; /* this and the next: NULL: there is none */
    weft_wino22_center_fn *wino22_center;
    const char *wino22_border_name, *wino22_center_name;
    weft_wino_lanes_fn *wino_lanes; /* NULL: there is none */
    weft_wino22s2_sum_fn *wino22s2_sum; /* this and the next two: NULL: there is none */
    weft_wino22s2_in_fn *wino22s2_in;
    weft_wino22s2_out_fn *wino22s2_out;
    weft_wino22s2_fused_fn *wino22s2_fused; /* NULL: there is none */
    weft_wino44_filter_fn *wino44_filter; /* this and the next three: NULL: there is none */
    weft_wino44_in_fn *wino44_in;
    weft_wino44_sum_fn *wino44_sum;
    weft_wino44_out_fn *wino44_out;
    const char *wino22_filter_name, *wino22_middle_name, *wino12_filter_name;
    const char *wino22_in_name, *wino12_in_name, *wino22_out_name, *wino12_out_name, *wino_sum_name, *wino_lanes_name;
    const char *wino22s2_sum_name, *wino22s2_in_name, *wino22s2_out_name, *wino22s2_fused_name;
    const char *wino44_filter_name, *wino44_in_name, *wino44_sum_name, *wino44_out_name;
};

/* Fills `k` for the levels in `mask` (scalar first, then overrides upward). Pure; no globals.
 * Levels that are not compiled in are ignored: check against weft_isa_compiled() first. */
void weft_kernels_init(struct weft_kernels *k, unsigned mask);

#endif
