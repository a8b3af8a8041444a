/* weft: the entries of Winograd's filter kernels, of which an ISA writes one loop:
 * static filter(args, fmt, combine), inlined, with fmt and combine known when it is compiled. */
#ifndef WEFT_SIMD_FILTERS_H
#define WEFT_SIMD_FILTERS_H

#include "simd/kernels.h"

/* What becomes of the three rows of a filter: one of them, or the sum of the outer ones with the middle one added or
 * subtracted. */
enum weft_wino_rows { WEFT_ROWS_FIRST, WEFT_ROWS_SECOND, WEFT_ROWS_THIRD, WEFT_ROWS_PLUS, WEFT_ROWS_MINUS };

/* fn(args, fmt, row), with fmt known. */
#define WEFT_WINO_FORMATS(fn, args, row)                         \
    ((args)->fmt == WEFT_WFMT_C4   ? fn(args, WEFT_WFMT_C4, row) \
     : (args)->fmt == WEFT_WFMT_C5 ? fn(args, WEFT_WFMT_C5, row) \
                                   : fn(args, WEFT_WFMT_C8, row))

#define WEFT_WINO_FILTERS(isa)                                              \
    void weft_wino22_filter_##isa(const struct weft_wino_filter_args *args) \
    {                                                                       \
        switch (args->row) {                                                \
        case 0: WEFT_WINO_FORMATS(filter, args, WEFT_ROWS_FIRST); break;    \
        case 1: WEFT_WINO_FORMATS(filter, args, WEFT_ROWS_PLUS); break;     \
        case 2: WEFT_WINO_FORMATS(filter, args, WEFT_ROWS_MINUS); break;    \
        default: WEFT_WINO_FORMATS(filter, args, WEFT_ROWS_THIRD); break;   \
        }                                                                   \
    }                                                                       \
    void weft_wino12_filter_##isa(const struct weft_wino_filter_args *args) \
    {                                                                       \
        switch (args->row) {                                                \
        case 0: WEFT_WINO_FORMATS(filter, args, WEFT_ROWS_FIRST); break;    \
        case 1: WEFT_WINO_FORMATS(filter, args, WEFT_ROWS_SECOND); break;   \
        default: WEFT_WINO_FORMATS(filter, args, WEFT_ROWS_THIRD); break;   \
        }                                                                   \
    }

/* The entry of wino22_middle, of static middle(args, fmt) in the same way. */
#define WEFT_WINO_MIDDLE(isa)                                               \
    void weft_wino22_middle_##isa(const struct weft_wino_filter_args *args) \
    {                                                                       \
        switch (args->fmt) {                                                \
        case WEFT_WFMT_C4: middle(args, WEFT_WFMT_C4); break;               \
        case WEFT_WFMT_C5: middle(args, WEFT_WFMT_C5); break;               \
        default: middle(args, WEFT_WFMT_C8); break;                         \
        }                                                                   \
    }

/* The entry of wino22_center, of static center(args, fmt) in the same way. */
#define WEFT_WINO_CENTER(isa)                                               \
    void weft_wino22_center_##isa(const struct weft_wino_filter_args *args) \
    {                                                                       \
        switch (args->fmt) {                                                \
        case WEFT_WFMT_C4: center(args, WEFT_WFMT_C4); break;               \
        case WEFT_WFMT_C5: center(args, WEFT_WFMT_C5); break;               \
        default: center(args, WEFT_WFMT_C8); break;                         \
        }                                                                   \
    }

/* The entry of wino44_filter, of static filter44(args, fmt, row) in the same way. */
#define WEFT_WINO44_FILTER(isa)                                             \
    void weft_wino44_filter_##isa(const struct weft_wino_filter_args *args) \
    {                                                                       \
        switch (args->row) {                                                \
        case 0: WEFT_WINO_FORMATS(filter44, args, 0); break;                \
        case 1: WEFT_WINO_FORMATS(filter44, args, 1); break;                \
        case 2: WEFT_WINO_FORMATS(filter44, args, 2); break;                \
        case 3: WEFT_WINO_FORMATS(filter44, args, 3); break;                \
        case 4: WEFT_WINO_FORMATS(filter44, args, 4); break;                \
        default: WEFT_WINO_FORMATS(filter44, args, 5); break;               \
        }                                                                   \
    }

#endif
