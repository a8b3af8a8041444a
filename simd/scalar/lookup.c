#include "simd/scalar/list.h"

void weft_lookup_scalar(const struct weft_lookup_args *args)
{
    for (size_t p = 0; p < args->pixels; p++) {
        for (size_t i = 0; i < args->n; i++) {
            args->out[(ptrdiff_t)p * args->out_stride + (ptrdiff_t)i] =
                args->table[args->in[(ptrdiff_t)p * args->in_stride + (ptrdiff_t)i]];
        }
    }
}
