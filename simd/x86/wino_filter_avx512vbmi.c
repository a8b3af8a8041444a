#include "simd/x86/wino_filter_avx512.h"

WEFT_WINO_FILTERS(avx512vbmi)
WEFT_WINO_MIDDLE(avx512vbmi)
WEFT_WINO_CENTER(avx512vbmi)
