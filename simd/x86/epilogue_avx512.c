#include "simd/x86/epilogue_avx512.h"

void weft_epilogue_avx512(const struct weft_epilogue_args *args)
{
    epilogue(args);
}
