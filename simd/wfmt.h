/* weft: weight formats as the kernels see them; kernels.h has their layouts. */
#ifndef WEFT_SIMD_WFMT_H
#define WEFT_SIMD_WFMT_H

enum weft_wfmt { WEFT_WFMT_C4, WEFT_WFMT_C5, WEFT_WFMT_C8, WEFT_WFMT_COUNT };

#endif
