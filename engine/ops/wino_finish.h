/* weft: from the sums of Winograd's points to codes. */
#ifndef WEFT_OPS_WINO_FINISH_H
#define WEFT_OPS_WINO_FINISH_H

#include "ops/wino.h"
#include "ops/wino_order.h"

/* Some tiles of a block, of one panel. */
struct weft_wino_part {
    int first_row; /* of tiles, of the band */
    int panel;
    const struct weft_wino_order *order; /* of the block */
    struct weft_wino_range tiles;
};

/* What the panel's epilogues have in common. */
void weft_wino_epilogue(const struct weft_ops *ops, const struct weft_layer *layer, int panel,
                        struct weft_epilogue_args *epilogue);
/* Notes in the scratch where the outputs of a block's `count` tiles are; for fused layers. */
void weft_wino_list_tiles(const struct weft_ops *ops, const struct weft_layer *layer, int first_row,
                          const struct weft_wino_order *order, int count, uint8_t *scratch);
/* The part's sums, which are in the scratch, through transform and epilogue. */
void weft_wino_finish(const struct weft_ops *ops, const struct weft_layer *layer, const struct weft_wino_part *part,
                      struct weft_epilogue_args *epilogue, uint8_t *scratch);

#endif
