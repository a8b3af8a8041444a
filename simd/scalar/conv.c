/* The scalar convolution tile in the grouped form: activations are summed per bin, and each sum meets its
 * codebook integer once, so that there are as many multiplications as bins. */
#include <assert.h>

#include "simd/scalar/list.h"
#include "simd/scalar/scalar.h"

#define BINS 16

/* Bytes of a block of 8 k's and nr channels. */
static int block_bytes(enum weft_wfmt fmt, int nr)
{
    return fmt == WEFT_WFMT_C4 ? nr * 4 : fmt == WEFT_WFMT_C5 ? nr * 5 : nr * 8;
}

static int byte_value(uint8_t byte, int act_signed)
{
    return act_signed && byte > 127 ? byte - 256 : byte;
}

/* The nibble of channel o and k (0..7) in one block. */
static int nibble(const uint8_t *block, int o, int k)
{
    return (block[o * 4 + (k & 3)] >> (k & 4)) & 15;
}

static int negative(const uint8_t *block, int nr, int o, int k)
{
    const uint8_t *signs = block + nr * 4 + (k >> 2) * (nr / 2);
    int bit = o * 4 + (k & 3);
    return (signs[bit >> 3] >> (bit & 7)) & 1;
}

/* sum[bin] += the block's activation bytes of that bin, minus those with a negative weight (c5). */
static void group_block(const uint8_t *block, enum weft_wfmt fmt, int nr, int o, const uint8_t *a,
                        int act_signed, int64_t sum[BINS])
{
    for (int k = 0; k < 8; k++) {
        int x = byte_value(a[k], act_signed);
        int minus = fmt == WEFT_WFMT_C5 && negative(block, nr, o, k);
        sum[nibble(block, o, k)] += minus ? -x : x;
    }
}

static int64_t dot_c8(const uint8_t *block, int nr, int o, const uint8_t *a, int act_signed)
{
    int64_t sum = 0;
    for (int k = 0; k < 8; k++) {
        int q = byte_value(block[(k >> 2) * nr * 4 + o * 4 + (k & 3)], 1);
        sum += (int64_t)q * byte_value(a[k], act_signed);
    }
    return sum;
}

static int64_t dot(const struct weft_conv_args *args, enum weft_wfmt fmt, int nr, int act_signed, int i,
                   int o)
{
    const uint8_t *block = args->w;
    int64_t sum[BINS] = {0};
    int64_t acc = 0;
    for (int r = 0; r < args->runs; r++) {
        const uint8_t *a = args->a[i] + args->run_off[r];
        for (int b = 0; b < args->run_k8; b++) {
            if (fmt == WEFT_WFMT_C8) {
                acc += dot_c8(block, nr, o, a + b * 8, act_signed);
            } else {
                group_block(block, fmt, nr, o, a + b * 8, act_signed, sum);
            }
            block += block_bytes(fmt, nr);
        }
    }
    if (fmt != WEFT_WFMT_C8) {
        for (int bin = 0; bin < BINS; bin++) {
            acc += sum[bin] * args->lut[bin];
        }
    }
    return acc;
}

void weft_conv_scalar(const struct weft_conv_args *args, enum weft_wfmt fmt, int pixels, int nr, int act_signed)
{
    assert(pixels >= 1 && args->runs >= 1 && args->run_k8 >= 1);
    assert(fmt == WEFT_WFMT_C8 || args->lut);
    for (int i = 0; i < pixels; i++) {
        for (int o = 0; o < nr; o++) {
            /* Bounded by the caller to 32 bits; the detour over uint32_t keeps any value defined. */
            args->acc[i * nr + o] = (int32_t)(uint32_t)(args->init[o] + dot(args, fmt, nr, act_signed, i, o));
        }
    }
}

void weft_conv_c4_u8_8x16_scalar(const struct weft_conv_args *args)
{
    weft_conv_scalar(args, WEFT_WFMT_C4, args->pixels, 16, 0);
}

void weft_conv_c4_u8_1x16_scalar(const struct weft_conv_args *args)
{
    weft_conv_scalar(args, WEFT_WFMT_C4, 1, 16, 0);
}

void weft_conv_c5_u8_8x16_scalar(const struct weft_conv_args *args)
{
    weft_conv_scalar(args, WEFT_WFMT_C5, args->pixels, 16, 0);
}

void weft_conv_c5_u8_1x16_scalar(const struct weft_conv_args *args)
{
    weft_conv_scalar(args, WEFT_WFMT_C5, 1, 16, 0);
}

void weft_conv_c8_u8_8x16_scalar(const struct weft_conv_args *args)
{
    weft_conv_scalar(args, WEFT_WFMT_C8, args->pixels, 16, 0);
}

void weft_conv_c8_u8_1x16_scalar(const struct weft_conv_args *args)
{
    weft_conv_scalar(args, WEFT_WFMT_C8, 1, 16, 0);
}

void weft_expand_scalar(const struct weft_expand_args *args, enum weft_wfmt fmt, int nr)
{
    const uint8_t *block = args->w;
    int8_t *out = args->out;
    assert(fmt != WEFT_WFMT_C8 && args->lut);
    for (size_t b = 0; b < args->blocks; b++) {
        for (int o = 0; o < nr; o++) {
            for (int k = 0; k < 8; k++) {
                int q = args->lut[nibble(block, o, k)];
                int minus = fmt == WEFT_WFMT_C5 && negative(block, nr, o, k);
                out[(k >> 2) * nr * 4 + o * 4 + (k & 3)] = (int8_t)(minus ? -q : q);
            }
        }
        block += block_bytes(fmt, nr);
        out += nr * 8;
    }
}

void weft_expand_c4_scalar(const struct weft_expand_args *args)
{
    weft_expand_scalar(args, WEFT_WFMT_C4, 16);
}

void weft_expand_c5_scalar(const struct weft_expand_args *args)
{
    weft_expand_scalar(args, WEFT_WFMT_C5, 16);
}
