/* The choice of kernels: scalar into every slot, then a staircase of overrides upward. */
#include <assert.h>
#include <string.h>

#include "simd/kernels.h"
#include "simd/list.h"

/* Narrow kernels that cannot share packing or bytes with the exact ones are dropped. */
static void drop_strangers(struct weft_kernels *k)
{
    for (int f = 0; f < WEFT_WFMT_COUNT; f++) {
        struct weft_conv_kernel *narrow = &k->conv_narrow[f];
        if (narrow->nr != k->conv[f].nr || narrow->act_signed != k->conv[f].act_signed) {
            memset(narrow, 0, sizeof *narrow);
        }
    }
}

/* A level packs panels of another nr than those below: of them, what goes by their nr is dropped. */
static void drop_packed(struct weft_kernels *k)
{
    k->stretch = NULL;
    k->fused = NULL;
    k->strassen = NULL;
    k->strassen_in = NULL;
    k->grouped = NULL;
    k->expand_c4 = k->expand_c5 = NULL;
    k->wino22_filter = NULL;
    k->wino22_middle = NULL;
    k->wino22_fused = NULL;
    k->wino12_filter = NULL;
    k->wino_sum = NULL;
    k->wino22_border = NULL;
    k->wino22_center = NULL;
    k->wino_lanes = NULL;
    k->wino22s2_sum = NULL;
    k->wino22s2_in = NULL;
    k->wino22s2_out = NULL;
    k->wino22s2_fused = NULL;
    k->wino44_filter = NULL;
    k->wino44_in = NULL;
    k->wino44_sum = NULL;
    k->wino44_out = NULL;
}

void weft_kernels_init(struct weft_kernels *k, unsigned mask)
{
    memset(k, 0, sizeof *k);
    k->isa = mask | WEFT_ISA_SCALAR;
/* An exact kernel outruns the narrow ones of the levels below, or its level lists a narrow one too. */
#define CONV(fmt, tile, one, mr, outputs, act_signed)                                                         \
    if (k->conv[WEFT_WFMT_##fmt].nr != (outputs)) {                                                           \
        drop_packed(k);                                                                                       \
    }                                                                                                         \
    k->conv[WEFT_WFMT_##fmt] = (struct weft_conv_kernel){tile, one, #tile, #one, mr, outputs, act_signed, 0}; \
    memset(&k->conv_narrow[WEFT_WFMT_##fmt], 0, sizeof k->conv_narrow[0]);
#define NARROW(fmt, tile, one, mr, nr, act_signed) \
    k->conv_narrow[WEFT_WFMT_##fmt] =              \
        (struct weft_conv_kernel){tile, one, #tile, #one, mr, nr, act_signed, 1};
#define FN(role, name) \
    k->role = name;    \
    k->role##_name = #name;
#define LEVEL(bit, have, list) \
    if (k->isa & (bit)) {      \
        list(CONV, NARROW, FN) \
    }
    WEFT_LEVELS(LEVEL)
#undef LEVEL
#undef FN
#undef NARROW
#undef CONV
    drop_strangers(k);
    k->act_signed = k->conv[WEFT_WFMT_C4].act_signed;
    assert(k->expand_c4 && k->expand_c5 && k->wino22_filter && k->wino12_filter);
    for (int f = 1; f < WEFT_WFMT_COUNT; f++) {
        assert(k->conv[f].nr == k->conv[0].nr && k->conv[f].act_signed == k->act_signed);
    }
}
