/* kcheck: the lists against the dispatch. Every kernel of the lists is chosen by some level's table, every
 * chosen name is in the lists, and every name says what the kernel is. */
#include <stdio.h>
#include <string.h>

#include "kcheck.h"
#include "simd/list.h"

struct entry {
    const char *name;
    unsigned bit;
};

static const struct entry entries[] = {
#define CONV(fmt, tile, one, mr, nr, act_signed) {#tile, BIT}, {#one, BIT},
#define FN(role, name) {#name, BIT},
#define BIT WEFT_ISA_SCALAR
    WEFT_LIST_SCALAR(CONV, CONV, FN)
#undef BIT
#define BIT WEFT_ISA_AVX2
        WEFT_LIST_AVX2(CONV, CONV, FN)
#undef BIT
#define BIT WEFT_ISA_AVX512
            WEFT_LIST_AVX512(CONV, CONV, FN)
#undef BIT
#define BIT WEFT_ISA_AVX512VNNI
                WEFT_LIST_AVX512VNNI(CONV, CONV, FN)
#undef BIT
#define BIT WEFT_ISA_AVX512VBMI
                    WEFT_LIST_AVX512VBMI(CONV, CONV, FN)
#undef BIT
#define BIT WEFT_ISA_NEON
                        WEFT_LIST_NEON(CONV, CONV, FN)
#undef BIT
#define BIT WEFT_ISA_DOTPROD
                            WEFT_LIST_DOTPROD(CONV, CONV, FN)
#undef BIT
#undef FN
#undef CONV
};

#define ENTRIES ((int)(sizeof entries / sizeof *entries))
#define NAMES_MAX (4 * WEFT_WFMT_COUNT + 40)

/* The names in a table; returns their number. */
static int table_names(const struct weft_kernels *t, const char **names)
{
    int n = 0;
    for (int f = 0; f < WEFT_WFMT_COUNT; f++) {
        names[n++] = t->conv[f].tile_name;
        names[n++] = t->conv[f].one_name;
        if (t->conv_narrow[f].tile) {
            names[n++] = t->conv_narrow[f].tile_name;
            names[n++] = t->conv_narrow[f].one_name;
        }
    }
    if (t->stretch) {
        names[n++] = t->stretch_name;
    }
    if (t->fused) {
        names[n++] = t->fused_name;
    }
    if (t->strassen) {
        names[n++] = t->strassen_name;
        names[n++] = t->strassen_in_name;
    }
    if (t->grouped) {
        names[n++] = t->grouped_name;
    }
    names[n++] = t->expand_c4_name;
    names[n++] = t->expand_c5_name;
    names[n++] = t->dw_name;
    if (t->dw3x3) {
        names[n++] = t->dw3x3_name;
    }
    names[n++] = t->lookup_name;
    names[n++] = t->epilogue_name;
    if (t->epilogue_codes) {
        names[n++] = t->epilogue_codes_name;
    }
    if (t->affine) {
        names[n++] = t->affine_name;
    }
    names[n++] = t->encode_name;
    names[n++] = t->planes3_name;
    names[n++] = t->maxpool_name;
    names[n++] = t->wino22_filter_name;
    if (t->wino22_fused) {
        names[n++] = t->wino22_fused_name;
    }
    if (t->wino22_border) {
        names[n++] = t->wino22_border_name;
        names[n++] = t->wino22_center_name;
    }
    if (t->wino22_middle) {
        names[n++] = t->wino22_middle_name;
    }
    names[n++] = t->wino12_filter_name;
    names[n++] = t->wino22_in_name;
    names[n++] = t->wino12_in_name;
    names[n++] = t->wino22_out_name;
    names[n++] = t->wino12_out_name;
    if (t->wino_sum) {
        names[n++] = t->wino_sum_name;
    }
    if (t->wino22s2_in) {
        names[n++] = t->wino22s2_sum_name;
        names[n++] = t->wino22s2_in_name;
        names[n++] = t->wino22s2_out_name;
    }
    if (t->wino22s2_fused) {
        names[n++] = t->wino22s2_fused_name;
    }
    if (t->wino_lanes) {
        names[n++] = t->wino_lanes_name;
    }
    if (t->wino44_sum) {
        names[n++] = t->wino44_filter_name;
        names[n++] = t->wino44_in_name;
        names[n++] = t->wino44_sum_name;
        names[n++] = t->wino44_out_name;
    }
    return n;
}

static void check_conv_name(struct kc *k, const struct weft_conv_kernel *c, const char *fmt, const char *name,
                            int mr)
{
    char part[64];
    snprintf(part, sizeof part, "weft_conv_%s%s_%s_%dx%d_", fmt, c->narrow ? "n" : "",
             c->act_signed ? "s8" : "u8", mr, c->nr);
    if (strncmp(name, part, strlen(part))) {
        kc_fail(k, "%s should start with %s", name, part);
    }
}

static void check_table(struct kc *k, unsigned mask, int *chosen)
{
    static const char *const fmts[WEFT_WFMT_COUNT] = {"c4", "c5", "c8"};
    const char *names[NAMES_MAX];
    struct weft_kernels t;
    weft_kernels_init(&t, mask);
    int n = table_names(&t, names);
    for (int i = 0; i < n; i++) {
        int found = 0;
        for (int e = 0; e < ENTRIES; e++) {
            if (!strcmp(names[i], entries[e].name) && entries[e].bit & (mask | WEFT_ISA_SCALAR)) {
                chosen[e] = found = 1;
            }
        }
        if (!found) {
            kc_fail(k, "mask %#x chooses %s, which is in no list of its levels", mask, names[i]);
        }
    }
    for (int f = 0; f < WEFT_WFMT_COUNT; f++) {
        for (int narrow = 0; narrow < 2; narrow++) {
            const struct weft_conv_kernel *c = narrow ? &t.conv_narrow[f] : &t.conv[f];
            if (!c->tile) {
                continue;
            }
            if (c->nr != t.conv[0].nr || c->act_signed != t.act_signed || c->narrow != narrow) {
                kc_fail(k, "mask %#x: %s does not share its table's packing", mask, c->tile_name);
            }
            check_conv_name(k, c, fmts[f], c->tile_name, c->mr);
            check_conv_name(k, c, fmts[f], c->one_name, 1);
        }
    }
    if (!strstr(t.dw_name, t.act_signed ? "_s8_" : "_u8_")) {
        kc_fail(k, "mask %#x: %s does not read its table's bytes", mask, t.dw_name);
    }
}

void kc_reach(struct kc *k)
{
    int chosen[ENTRIES] = {0};
    if (!kc_begin(k, "weft_kernels_init")) {
        return;
    }
    for (int level = 0; level < WEFT_ISA_COUNT; level++) {
        unsigned mask = weft_isa_mask_from_name(weft_isa_bit_name(1u << level));
        snprintf(k->what, sizeof k->what, "table of %s", weft_isa_bit_name(1u << level));
        if ((mask & weft_isa_compiled()) == mask) {
            check_table(k, mask, chosen);
        }
    }
    snprintf(k->what, sizeof k->what, "the lists");
    for (int e = 0; e < ENTRIES; e++) {
        const char *level = weft_isa_bit_name(entries[e].bit), *suffix = strrchr(entries[e].name, '_');
        if (!chosen[e]) {
            kc_fail(k, "%s is chosen by no level", entries[e].name);
        }
        if (!suffix || strcmp(suffix + 1, level)) {
            kc_fail(k, "%s is in the list of %s", entries[e].name, level);
        }
    }
    kc_end(k, "all");
}

void kc_list(void)
{
    for (int e = 0; e < ENTRIES; e++) {
        printf("%-10s %s\n", weft_isa_bit_name(entries[e].bit), entries[e].name);
    }
}
