/* weft: the entries of Winograd's filter kernels, of which an ISA writes one loop:
 * static filter(args, fmt, combine), inlined, with fmt and combine known when it is compiled. */
#ifndef WEFT_SIMD_FILTERS_H
#define WEFT_SIMD_FILTERS_H

#include "simd/kernels.h"

/* What becomes of the three rows of a filter: one of them, or the sum of the outer ones with the middle one added or
 * subtracted. */
enum weft_wino_rows { WEFT_ROWS_FIRST, WEFT_ROWS_SECOND, WEFT_ROWS_THIRD, WEFT_ROWS_PLUS, WEFT_ROWS_MINUS };

#define WEFT_WINO_FORMATS(args, rows)                                \
    ((args)->fmt == WEFT_WFMT_C4   ? filter(args, WEFT_WFMT_C4, rows) \
     : (args)->fmt == WEFT_WFMT_C5 ? filter(args, WEFT_WFMT_C5, rows) \
                                   : filter(args, WEFT_WFMT_C8, rows))

#define WEFT_WINO_FILTERS(isa)                                                                           \
    void weft_wino22_filter_##isa(const struct weft_wino_filter_args *args)                              \
    {                                                                                                    \
        switch (args->row) {                                                                             \
        case 0: WEFT_WINO_FORMATS(args, WEFT_ROWS_FIRST); break;                                         \
        case 1: WEFT_WINO_FORMATS(args, WEFT_ROWS_PLUS); break;                                          \
        case 2: WEFT_WINO_FORMATS(args, WEFT_ROWS_MINUS); break;                                         \
        default: WEFT_WINO_FORMATS(args, WEFT_ROWS_THIRD); break;                                        \
        }                                                                                                \
    }                                                                                                    \
    void weft_wino12_filter_##isa(const struct weft_wino_filter_args *args)                              \
    {                                                                                                    \
        switch (args->row) {                                                                             \
        case 0: WEFT_WINO_FORMATS(args, WEFT_ROWS_FIRST); break;                                         \
        case 1: WEFT_WINO_FORMATS(args, WEFT_ROWS_SECOND); break;                                        \
        default: WEFT_WINO_FORMATS(args, WEFT_ROWS_THIRD); break;                                        \
        }                                                                                                \
    }

#endif
