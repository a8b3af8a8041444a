/* weft: a planned convolution. */
#ifndef WEFT_OPS_CONV_H
#define WEFT_OPS_CONV_H

#include "ops/lanes.h"
#include "ops/strassen.h"

/* A run of the kernel's sum is a stretch of the strip that is contiguous: a whole kernel row where columns are not
 * dilated, else one tap, or one of several equal parts of either. */
struct weft_conv {
    const struct weft_conv_kernel *kernel;
    enum weft_wfmt format;         /* of the packed weights */
    weft_expand_fn *expand;        /* c4, c5: looks a panel up for the (c8) kernel where that pays, else NULL */
    weft_stretch_fn *stretch;      /* sums many pixels in one call; NULL: tile by tile */
    int tile;                      /* pixels of a tile */
    const uint8_t *out_values;     /* of fused: what is written in place of codes, or NULL */
    weft_fused_fn *fused;          /* whole panels of channels from bins and bytes to codes, or NULL */
    struct weft_strassen *strassen; /* fused's work two panels at a time, or NULL */
    weft_grouped_fn *grouped;      /* sums small groups, or kernel rows of few channels; NULL: the above and below do */
    bool apart;                    /* with it: small groups, all of them as one, without weights of zero between */
    int size, taps;                /* what it takes: channels of a group, taps */
    bool deep;                     /* panels are looked up and summed run by run, for all pixels of a band */
    int parts;                     /* runs that a kernel row (or tap) is cut into */
    struct weft_strip strip;
    struct weft_bytes in;
    bool in_place;                /* the input's codes are its bytes: pixels are read where they lie, without a strip */
    struct weft_residual res;
    weft_epilogue_fn *epilogue;
    struct weft_encoder encoder;
    const struct weft_encoder *encode; /* NULL: float output */
    struct weft_pack_geometry geometry;
    const int32_t *run_off;
    const int32_t *block_off;     /* of each block of 8 in each run, or each tap: what stretch and grouped go through */
    int8_t lut[16];
    int group;                     /* narrow kernels: steps between widenings */
    int groups, outputs, panels;   /* outputs and panels of one group */
    int per_channel;               /* weights of an output, those of zero between merged groups among them */
    int merged;                    /* groups of the model in one of these: few outputs fill a panel together */
    size_t panel_bytes;
    const uint8_t *packed;         /* groups * panels panels */
    const int32_t *init;           /* groups * panels * nr */
    int stride_h, stride_w;        /* of output pixels in the strip */
    int first_row;                 /* strip row of output row 0's first tap, in steps of the input: -pad_top */
    int dilated_h;                 /* rows that one output row needs */
    int band_rows, bands;          /* output rows of a band */
    int chunks;                    /* parts of the panels, for threads */
    /* Offsets into the thread's scratch. */
    size_t at_residual, at_pointers, at_acc, at_weights;
};

/* Panels that go together. */
static inline int weft_conv_together(const struct weft_conv *conv)
{
    return conv->strassen ? 2 : 1;
}

/* Whether the layer's sums fit 32 bits and the offsets within its window 31, as no ISA and no form can do without. */
bool weft_conv_fits(const struct weft_ops *ops, const struct weft_node *node);
/* Packs the weights of all groups (engine/ops/conv_pack.c). `lanes`, unless NULL, sees those of each channel. */
weft_status weft_conv_pack(struct weft_ops *ops, const struct weft_node *node, struct weft_lanes *lanes,
                           struct weft_conv *conv);

/* Output pixels whose sums are kept before the epilogue takes them: whole tiles of 4, 6, 8 and 12. */
enum { WEFT_CONV_ACC_PIXELS = 120 };

#endif
