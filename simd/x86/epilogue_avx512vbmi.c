#include "simd/x86/epilogue_avx512.h"

void weft_epilogue_avx512vbmi(const struct weft_epilogue_args *args)
{
    epilogue(args);
}

PLAIN(words_unsigned_codes, FAST_WORDS, 0, 3)
PLAIN(words_signed_codes, FAST_WORDS, 1, 3)

void weft_epilogue_codes_avx512vbmi(const struct weft_epilogue_args *args)
{
    assert(args->enc && args->enc->words && args->res && args->res_values && args->act == WEFT_ACT_NONE);
    if (args->enc->is_signed) {
        words_signed_codes(args);
    } else {
        words_unsigned_codes(args);
    }
}
