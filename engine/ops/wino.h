/* weft: a convolution 3x3 of stride 1 or 2 by Winograd's minimal filtering, exactly (docs/winograd.md).
 *
 * Input windows are transformed into `points` bytes a channel, the products of each point are a matrix product that the
 * c8 convolution kernels do (or wino_lanes, or wino_sum), and the sums are transformed back into the accumulators of
 * the direct convolution.
 *   F(2x2,3x3)  16 points of 4x4 windows, 2x2 outputs a tile
 *   F(2,3)      4 points of 1x4 windows, 1x2 outputs a tile, three rows summed by the product
 *   F(4x4,3x3)  36 points of 6x6 windows, words of 16 bits in place of bytes, 4x4 outputs a tile; products by kernels
 *               of its own
 * and, for stride 2, on even rows and columns,
 *   F(2x2)      9 points of 5x5 windows, 2x2 outputs a tile; their products run over 25 planes of values in all
 */
#ifndef WEFT_OPS_WINO_H
#define WEFT_OPS_WINO_H

#include "ops/ops.h"
#include "simd/pack.h"

enum { WEFT_WINO_POINTS_MAX = 36 };

enum weft_wino_form { WEFT_WINO_NONE, WEFT_WINO_12, WEFT_WINO_22, WEFT_WINO_44, WEFT_WINO_22S2, WEFT_WINO_FORMS };

/* What a form is made of. */
struct weft_wino_shape {
    enum weft_winograd name; /* as users call it */
    const char *algorithm;
    int stride;              /* of the convolution */
    int rows, row_points;    /* of a tile's points */
    int tile_h, tile_w;      /* outputs of a tile */
    int value_bytes;         /* of a value and of a transformed weight */
};
extern const struct weft_wino_shape weft_wino_shapes[WEFT_WINO_FORMS];

/* A transformed weight that is no signed byte, or too large for its lane of 16 bits: the product takes it modulo 256,
 * or a smaller one, and `delta` times the value is added afterwards. */
struct weft_wino_outlier {
    int16_t delta;
    uint8_t o;     /* channel of the panel */
    int32_t value; /* bytes from the first of the tile's values of the point to that one */
};

/* How one point's products are done. */
struct weft_wino_point {
    const struct weft_conv_kernel *kernel;
    int group;       /* narrow kernels: steps between widenings */
    int lanes;       /* blocks of a group, where wino_lanes does it; or 0 */
    int zero;        /* what is added to its values to make them bytes; but see weft_wino_zero */
    int first, runs; /* runs of the points before, and those that its own product adds up */
    ptrdiff_t value; /* bytes from the first point's values to its own */
    size_t starts;   /* of lanes: bytes of the panel before where they begin */
};

struct weft_wino {
    enum weft_wino_form form;
    int points;         /* 16, 4, 36, 9 */
    int planes;         /* of values: as many, but 25 of F(2x2) for stride 2 */
    int tile_h, tile_w; /* outputs of a tile */
    int value_bytes;    /* bytes of a value and of a transformed weight */
    struct weft_wino_point point[WEFT_WINO_POINTS_MAX];
    struct weft_strip strip;
    struct weft_bytes in;
    struct weft_residual res;
    weft_epilogue_fn *epilogue;
    const uint8_t *out_values;   /* of fused: what is written in place of codes, or NULL */
    weft_wino22_fused_fn *fused; /* sums of whole panels to codes in one call, or NULL */
    struct weft_encoder encoder;
    const struct weft_encoder *encode; /* NULL: float output */
    int outputs, panels, nr;
    int run_k8;             /* eights of channels */
    ptrdiff_t run;          /* bytes from run to run of a point's values */
    /* Weights are kept transformed; or as bins, which the products take as they are, or of which so many points and
     * channels at a time are transformed into scratch: all points, or those of one row of a tile's. */
    bool kept, bins;
    bool lanes;             /* F(2x2,3x3): wino_lanes does the points that fit */
    int turn_points, slice_k8, slices;
    bool paired;            /* both middle rows of F(2x2,3x3) take one turn */
    bool border;            /* of F(2x2,3x3) only the four points in the middle are transformed, the others take bins */
    enum weft_wfmt fmt;     /* of the bins */
    int8_t lut[16];
    size_t panel_bytes;     /* of packed; a slice of bins is slice_bytes of it */
    size_t slice_bytes, point_bytes; /* from point to point of transformed weights */
    const uint8_t *packed;  /* [panel] */
    const int32_t *init;    /* [panel][point][nr] */
    const struct weft_wino_outlier *outliers;
    const int32_t *outliers_first; /* [panel][point], and the end */
    int tiles_w, tiles_h;
    int band_rows, bands;   /* rows of tiles */
    int chunks;             /* parts of the panels, for threads */
    int block;              /* tiles whose values are kept at a time: F(2,3) keeps a whole band's */
    int group;              /* tiles whose sums are */
    int part;               /* tiles that one call multiplies */
    int32_t *run_off;       /* [point][run]; NULL where wino_sum takes none */
    ptrdiff_t value_point, value_tile; /* bytes from point to point and from tile to tile of the transformed input */
    ptrdiff_t sum_point;    /* entries from point to point of the sums */
    /* Offsets into the thread's scratch. */
    size_t at_residual, at_values, at_pointers, at_tiles, at_sums, at_acc, at_weights;
};

/* What the transform makes of a layer's weights. */
struct weft_wino_weights {
    int most[WEFT_WINO_POINTS_MAX]; /* largest magnitude of each point */
    int64_t output_most;            /* F(4x4,3x3): the largest sum of magnitudes of an output channel's weights */
    int64_t count, outliers;        /* all of them; those that are no signed bytes, or do not fit their lanes */
    int32_t *first;                 /* [panel][point] and the end: where its outliers begin */
    int lanes[WEFT_WINO_POINTS_MAX]; /* blocks of a group, where wino_lanes does the point; or 0 */
};

/* The form that a convolution takes, WEFT_WINO_NONE for the direct one, and its weights (engine/ops/wino_choose.c).
 * WEFT_E_MEMORY is the only failure. */
weft_status weft_wino_choose(struct weft_ops *ops, const struct weft_node *node, enum weft_wino_form *form,
                             struct weft_wino_weights *weights);
/* How point p is done: a point whose sums fit 16 bits for two steps takes the narrow kernel. */
struct weft_wino_point weft_wino_point(const struct weft_ops *ops, enum weft_wino_form form,
                                       const struct weft_edge *edge, const struct weft_wino_weights *weights, int p);
/* What a product of bytes costs, in those of a narrow kernel that never widens, or of a dot product instruction; and an
 * outlier with a value. */
double weft_wino_product_cost(bool narrow, int group);
double weft_wino_outlier_cost(void);
/* The least and the most that a value of point p can be. */
void weft_wino_values(enum weft_wino_form form, const struct weft_edge *edge, int p, int *least, int *most);

/* Whether F(4x4,3x3) keeps its weights transformed; and F(2x2,3x3) in lanes. */
bool weft_wino_words_kept(const struct weft_ops *ops, const struct weft_tensor *in, const struct weft_tensor *out);
bool weft_wino_lanes_kept(const struct weft_ops *ops, const struct weft_tensor *in, const struct weft_tensor *out);

weft_status weft_wino_prepare(struct weft_ops *ops, struct weft_layer *layer, enum weft_wino_form form,
                              const struct weft_wino_weights *weights, const char *file, weft_error *error);
void weft_wino_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece, uint8_t *scratch);

/* Transforms the weights, to look at those of the first panels (engine/ops/wino_weigh.c) and into panels
 * (engine/ops/wino_pack.c). False if memory is short. */
bool weft_wino_weigh(struct weft_ops *ops, const struct weft_node *node, enum weft_wino_form form, int panels_most,
                     struct weft_wino_weights *weights);
/* The same for F(4x4,3x3), of which only output_most is asked. */
bool weft_wino_weigh_words(struct weft_ops *ops, const struct weft_node *node, struct weft_wino_weights *weights);
bool weft_wino_pack(struct weft_ops *ops, const struct weft_node *node, const struct weft_wino_weights *weights,
                    struct weft_wino *wino);
/* Bins of `blocks` times eight channels of a panel to points [first, first + count), wino->point_bytes apart. Points
 * and their number are multiples of those of a row. */
void weft_wino_filter(const struct weft_kernels *kernels, const struct weft_wino *wino, const uint8_t *bins, int blocks,
                      int first, int count, uint8_t *out);

static inline int weft_wino_points(enum weft_wino_form form)
{
    return weft_wino_shapes[form].rows * weft_wino_shapes[form].row_points;
}
/* Entries of point i along an axis, of F(2x2) for stride 2. */
static inline int weft_wino22s2_entries(int i)
{
    return i == 0 ? 1 : 2;
}
/* Runs that the product of point p adds up: rows of windows, or planes. */
static inline int weft_wino_runs(enum weft_wino_form form, int p)
{
    return form == WEFT_WINO_12     ? 3
           : form == WEFT_WINO_22S2 ? weft_wino22s2_entries(p / 3) * weft_wino22s2_entries(p % 3)
                                    : 1;
}
/* Whether point p of F(2x2,3x3) is one of the four whose weights are sums of all nine taps. */
static inline bool weft_wino_in_center(int p)
{
    return p / 4 % 3 > 0 && p % 4 % 3 > 0;
}
/* What has been added to the values of a run of point p: nothing to values that are no differences. */
int weft_wino_zero(const struct weft_wino *wino, int p, int run);

#endif
