/* kcheck [--list] [--isa NAME] [--filter TEXT] [--seed N] [--bench] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kcheck.h"

#define SEEN_MAX 256

static const char usage[] =
    "usage: kcheck [--list] [--isa NAME] [--filter TEXT] [--seed N] [--bench]\n"
    "  --list        name every compiled kernel and its level\n"
    "  --isa NAME    check this level only (default: all that this machine grants)\n"
    "  --filter TEXT check kernels whose name holds TEXT\n"
    "  --seed N      repeat the data of another run\n"
    "  --bench       time what verified\n";

/* Kernels reached through several tables are checked once. */
static int fresh(const char *name)
{
    static const char *seen[SEEN_MAX];
    static int count;
    for (int i = 0; i < count; i++) {
        if (!strcmp(seen[i], name)) {
            return 0;
        }
    }
    if (count < SEEN_MAX) {
        seen[count++] = name;
    }
    return 1;
}

static void check_level(struct kc *k, const char *level)
{
    struct weft_kernels t;
    weft_kernels_init(&t, weft_isa_mask_from_name(level));
    kc_conv(k, &t, level, fresh);
    kc_stretch(k, &t, level, fresh);
    kc_fused(k, &t, level, fresh);
    kc_strassen(k, &t, level, fresh);
    kc_wino_fused(k, &t, level, fresh);
    kc_grouped(k, &t, level, fresh);
    kc_expand(k, &t, level, fresh);
    kc_dw(k, &t, level, fresh);
    kc_dw3x3(k, &t, level, fresh);
    kc_lookup(k, &t, level, fresh);
    kc_epilogue(k, &t, level, fresh);
    kc_affine(k, &t, level, fresh);
    kc_encode(k, &t, level, fresh);
    kc_planes3(k, &t, level, fresh);
    kc_maxpool(k, &t, level, fresh);
    kc_wino(k, &t, level, fresh);
    kc_wino_bins(k, &t, level, fresh);
    kc_wino_lanes(k, &t, level, fresh);
    kc_wino44(k, &t, level, fresh);
}

/* 0 if the level cannot run here, with a line that says why. */
static int usable(const char *level)
{
    unsigned mask = weft_isa_mask_from_name(level);
    if ((mask & weft_isa_compiled()) != mask) {
        printf("kcheck: %s is not compiled in\n", level);
        return 0;
    }
    if ((mask & weft_isa_detect()) != mask) {
        printf("kcheck: this machine has no %s\n", level);
        return 0;
    }
    return 1;
}

static int parse(struct kc *k, int argc, char **argv, const char **isa, int *list)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        char *end = NULL;
        if (!strcmp(argv[i], "--list")) {
            *list = 1;
        } else if (!strcmp(argv[i], "--bench")) {
            k->bench = 1;
        } else if (!strcmp(argv[i], "--isa") && value && weft_isa_mask_from_name(value)) {
            *isa = argv[++i];
        } else if (!strcmp(argv[i], "--filter") && value) {
            k->filter = argv[++i];
        } else if (!strcmp(argv[i], "--seed") && value &&
                   (k->seed = strtoull(value, &end, 0), end != value && !*end)) {
            i++;
        } else {
            return 0;
        }
    }
    return 1;
}

int main(int argc, char **argv)
{
    static struct kc k = {.seed = 1};
    const char *isa = NULL;
    int list = 0;
    if (!parse(&k, argc, argv, &isa, &list)) {
        fputs(usage, stderr);
        return 2;
    }
    if (list) {
        kc_list();
        return 0;
    }
    if (isa && !usable(isa)) {
        return 2;
    }
    if (!kc_open(&k)) {
        fputs("kcheck: no memory for guarded regions\n", stderr);
        return 2;
    }
    printf("seed %llu\n", (unsigned long long)k.seed);
    if (!isa) {
        kc_reach(&k);
        kc_pack(&k);
        kc_wino_exact(&k);
        kc_wino44_exact(&k);
        kc_strassen_exact(&k);
    }
    for (int i = 0; i < WEFT_ISA_COUNT; i++) {
        const char *level = weft_isa_bit_name(1u << i);
        if (isa ? !strcmp(isa, level) : usable(level)) {
            check_level(&k, level);
        }
    }
    printf("%d passed, %d failed\n", k.passed, k.failed);
    return k.failed > 0 || k.passed == 0;
}
