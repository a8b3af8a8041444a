/* Which pointwise convolutions take Strassen's seven products, and what their sums start with. */
#include "ops/strassen.h"

#include <string.h>

#include "ops/conv.h"
#include "simd/isa.h"

/* What is saved of all products, less what it costs, measured on Zen 4: an eighth, less the lookups of sums of
 * weights; sums that are stored and taken up again, for each product; planes of sums of bytes, for each output; weights
 * that come from behind the first-level cache, and a pixel that is taken twice where their number is odd, for each
 * pixel. */
static double gain(int channels, int outputs, int pixels)
{
    return 1.0 / 8 - 0.012 - 12.0 / channels - 6.2 / outputs - 2.5 / pixels;
}

static bool fits(const struct weft_ops *ops, const struct weft_node *node, const struct weft_conv *conv)
{
    const struct weft_edge *edge = ops->edges[node->inputs[0]];
    const int pixels = weft_ops_tensor(ops, node->output)->h * weft_ops_tensor(ops, node->output)->w;
    return ops->kernels.strassen && conv->fused && !conv->grouped && conv->format == WEFT_WFMT_C4 &&
           weft_node_is_pointwise(node) && node->groups == 1 && conv->strip.channels % 16 == 0 && conv->in.zero == 0 &&
           2 * edge->table[edge->magnitudes] <= UINT8_MAX && 2 * weft_codebook_max(&node->codebook) <= INT8_MAX &&
           conv->outputs >= 2 * conv->kernel->nr && pixels >= 2 * WEFT_STRASSEN_LEAST;
}

bool weft_strassen_suits(const struct weft_ops *ops, const struct weft_node *node, const struct weft_conv *conv)
{
    const double least = 0.02;
    const struct weft_tensor *out = weft_ops_tensor(ops, node->output);
    const enum weft_winograd wish = weft_ops_wish(ops, node);
    if (!fits(ops, node, conv)) {
        return false;
    }
    return wish == WEFT_WINOGRAD_STRASSEN ||
           (wish == WEFT_WINOGRAD_AUTO && weft_isa_ports_apart() &&
            gain(conv->strip.channels, conv->outputs, out->h * out->w) > least);
}

/* Pairs of an odd number of pixels have the one in the middle twice. */
static int pairs_of(int pixels)
{
    return (pixels + 1) / 2;
}

size_t weft_strassen_bytes(int channels, int pixels)
{
    return (size_t)WEFT_STRASSEN_PLANES * (size_t)(channels / 2) * (size_t)pairs_of(pixels);
}

/* What sums of weights take: products with ones. */
struct room {
    uint8_t *ones;  /* half a pixel */
    int32_t *zeros; /* nr */
    int32_t *sums;  /* 4 * nr: of the first panel's two halves, of the second one's */
};

static void sum_weights(const struct weft_ops *ops, const struct weft_conv *conv, const uint8_t *panels,
                        const struct room *room)
{
    const uint8_t *const one_pixel[] = {room->ones};
    const int32_t off = 0;
    for (int i = 0; i < 4; i++) {
        ops->kernels.conv[WEFT_WFMT_C4].one(&(struct weft_conv_args){
            .a = one_pixel, .pixels = 1, .run_off = &off, .runs = 1, .run_k8 = conv->strassen->half / 8,
            .w = panels + (size_t)i * (conv->panel_bytes / 2), .lut = conv->lut, .init = room->zeros,
            .acc = room->sums + i * conv->kernel->nr});
    }
}

/* C_11 and C_22 alone have a product of differences last, the one with B_21 + B_22, the other with B_11 + B_12. */
static void pack_pairs(const struct weft_ops *ops, const struct weft_conv *conv, const struct room *room, int32_t *init)
{
    const int nr = conv->kernel->nr, add = conv->strassen->add;
    const int32_t *b11 = room->sums, *b21 = b11 + nr, *b12 = b21 + nr, *b22 = b12 + nr;
    for (int p = 0; p < conv->panels / 2; p++, init += 2 * nr) {
        sum_weights(ops, conv, conv->packed + (size_t)(2 * p) * conv->panel_bytes, room);
        for (int o = 0; o < nr; o++) {
            init[o] = -add * (b21[o] + b22[o]);
            init[nr + o] = -add * (b11[o] + b12[o]);
        }
    }
}

bool weft_strassen_pack(struct weft_ops *ops, struct weft_conv *conv)
{
    const weft_allocator *allocator = &ops->pool->allocator;
    const size_t nr = (size_t)conv->kernel->nr, half = (size_t)conv->strassen->half;
    int32_t *init = weft_pool_alloc(ops->pool, (size_t)(conv->panels / 2) * 2 * nr, sizeof *init);
    struct room room = {.ones = weft_block_alloc(allocator, half, 1),
                        .zeros = weft_block_alloc(allocator, nr, sizeof *room.zeros),
                        .sums = weft_block_alloc(allocator, 4 * nr, sizeof *room.sums)};
    const bool fine = init && room.ones && room.zeros && room.sums;
    if (fine) {
        memset(room.ones, 1, half);
        memset(room.zeros, 0, nr * sizeof *room.zeros);
        pack_pairs(ops, conv, &room, init);
        conv->strassen->init = init;
    }
    weft_block_free(allocator, room.ones);
    weft_block_free(allocator, room.zeros);
    weft_block_free(allocator, room.sums);
    return fine;
}

void weft_strassen_fill(const struct weft_strassen *strassen, const uint8_t *const *pointers, int pixels,
                        uint8_t *scratch)
{
    const int pairs = pairs_of(pixels);
    strassen->in(&(struct weft_strassen_in_args){.a = pointers, .pairs = pairs, .second = pixels - pairs,
                                                 .half = strassen->half, .add = strassen->add,
                                                 .out = scratch + strassen->at_planes,
                                                 .plane = (ptrdiff_t)pairs * strassen->half});
}

void weft_strassen_run(const struct weft_conv *conv, int panel, int end, const struct weft_epilogue_args *epilogue,
                       const uint8_t *scratch)
{
    const struct weft_strassen *strassen = conv->strassen;
    const int pairs = pairs_of(epilogue->pixels), tiles = (pairs + WEFT_STRASSEN_MOST - 1) / WEFT_STRASSEN_MOST;
    const uint8_t *packed = conv->packed + (size_t)panel * conv->panel_bytes, *next = packed + 2 * conv->panel_bytes;
    const int left = end - panel - 2, more = left < 2 ? left : 2; /* panels to fetch while these are summed */
    const size_t steps = (size_t)tiles * WEFT_STRASSEN_PLANES * (size_t)(strassen->half / 8);
    strassen->sum(&(struct weft_strassen_args){
        .planes = scratch + strassen->at_planes, .plane = (ptrdiff_t)pairs * strassen->half, .pairs = pairs,
        .second = epilogue->pixels - pairs, .w = packed, .panel_bytes = (ptrdiff_t)conv->panel_bytes,
        .k8 = strassen->half / 8, .lut = conv->lut, .init = strassen->init + (size_t)panel * (size_t)conv->kernel->nr,
        .to = epilogue, .ahead = more > 0 ? next : packed,
        .ahead_step = (ptrdiff_t)(((size_t)more * conv->panel_bytes + steps - 1) / steps)});
}
