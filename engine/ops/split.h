/* weft: how a convolution is cut into pieces of work: bands of rows, and parts of the panels of its weights. */
#ifndef WEFT_OPS_SPLIT_H
#define WEFT_OPS_SPLIT_H

/* What a layer costs, in cycles of a core that multiplies 128 pairs of bytes in each. */
struct weft_work {
    int rows;             /* of the output, in groups that are independent, with so many panels each */
    int groups, panels;
    int rows_most;        /* that the caches hold of a band, >= 1 */
    int stride, window;   /* rows of the input that a band takes: (rows - 1) * stride + window */
    double fill;          /* a row of the input; again for each part of the panels */
    double remote;        /* the same row, of which other cores made some: each part of the panels needs all channels */
    double row;           /* a row of the output and a panel */
    double panel;         /* what a panel's weights cost before the first row; again for each band */
};

struct weft_split {
    int bands, band_rows; /* rows of all but the last */
    int chunks;           /* parts of the panels, equal to within one */
};

/* The split that is over soonest with so many threads; for one thread, the fewest bands. */
struct weft_split weft_split(const struct weft_work *work, int threads);

#endif
