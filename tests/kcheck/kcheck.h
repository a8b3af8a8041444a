/* kcheck: every kernel against its scalar definition on the same bytes. Plain C, no framework, so that it
 * runs under emulators and sanitizers. */
#ifndef WEFT_TESTS_KCHECK_H
#define WEFT_TESTS_KCHECK_H

#include <stddef.h>
#include <stdint.h>

#include "simd/kernels.h"

/* Regions between two inaccessible pages; a check names its arrays by these slots. */
enum kc_slot { KC_A, KC_W, KC_LUT, KC_INIT, KC_X1, KC_X2, KC_X3, KC_X4, KC_GOT, KC_WANT, KC_SLOTS };
#define KC_REGION_BYTES ((size_t)4 << 20)

/* Where in its region an array lies: against the page behind it or the page before it. */
enum kc_place { KC_END, KC_START, KC_PLACES };

enum kc_data { KC_RANDOM, KC_MAX, KC_ALTERNATING, KC_ZERO, KC_SINGLE, KC_DATA_COUNT };

struct kc_region {
    uint8_t *base, *end; /* accessible bytes */
    uint8_t *p;          /* the array placed last */
    size_t bytes;
};

struct kc {
    const char *filter;
    uint64_t seed;
    int bench;
    uint64_t rng;
    struct kc_region region[KC_SLOTS];
    const char *kernel; /* the kernel being checked */
    char what[200];     /* the case being checked */
    int bad;            /* the running check has failed */
    int passed, failed;
};

/* support.c ------------------------------------------------------------------------------------- */
/* Maps the regions and catches faults. 0 if the system refuses. */
int kc_open(struct kc *k);
uint64_t kc_next(struct kc *k);
/* Uniform in lo..hi. */
int kc_range(struct kc *k, int lo, int hi);
/* Bytes of one kind: values lo..hi (taken modulo 256); "single" puts one hi among zeros. */
void kc_fill(struct kc *k, uint8_t *p, size_t n, enum kc_data data, int lo, int hi);
const char *kc_data_name(enum kc_data data);
/* An array of `bytes` in the slot's region as close to a guard page as `align` lets it. */
void *kc_input(struct kc *k, enum kc_slot slot, size_t bytes, size_t align, enum kc_place place);
/* The arrays KC_GOT and KC_WANT, filled with a pattern that reaches beyond both ends. */
void kc_outputs(struct kc *k, size_t bytes, size_t align, enum kc_place place);
/* Compares KC_GOT with KC_WANT, margins included; reports the first difference of a check. */
void kc_compare(struct kc *k);
/* Notes a failure of the running check with a printf text. */
void kc_fail(struct kc *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One check: begin seeds the generator from --seed and the name, end counts and prints. begin returns 0 if
 * the filter leaves the check out; end returns 1 if it passed. */
int kc_begin(struct kc *k, const char *name);
int kc_end(struct kc *k, const char *level);
double kc_seconds(void);
/* Prints the best rate of `run(context)`, which does `work` units (in billions: a G-something). */
void kc_time(const char *name, const char *shape, const char *unit, double work, void (*run)(void *),
             void *context);

/* One function per role: checks the kernels of one table, skipping what `fresh` has seen. ----------- */
typedef int kc_fresh_fn(const char *name); /* 1 the first time a name is seen */
void kc_conv(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_stretch(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_fused(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_strassen(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_wino_fused(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_grouped(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_expand(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_dw(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_dw3x3(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_lookup(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_planes3(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_maxpool(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_encode(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_epilogue(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_affine(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_wino(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_wino_bins(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_wino_lanes(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);
void kc_wino44(struct kc *k, const struct weft_kernels *t, const char *level, kc_fresh_fn *fresh);

/* Checks that belong to no table: packing, Winograd's transforms and Strassen's products against direct sums; the lists
 * against the dispatch. ------ */
void kc_pack(struct kc *k);
void kc_wino_exact(struct kc *k);
void kc_wino44_exact(struct kc *k);
void kc_strassen_exact(struct kc *k);
void kc_reach(struct kc *k);
void kc_list(void);

/* encoders.c: encoders of several kinds of edges, 0 .. KC_ENCODERS-1; NULL if one cannot be built. ----- */
#define KC_ENCODERS 24
const struct weft_encoder *kc_encoder(int index, const char **name);

/* A table of integers for `out_values` in some cases, if the encoder is one that it serves; else NULL. */
const uint8_t *kc_out_values(struct kc *k, const struct weft_encoder *enc, int wanted);
/* What of it stands in place of a code. */
uint8_t kc_out_value(const uint8_t *values, uint8_t code);

/* Sizes that every loop over lengths goes through: 1..67, then primes; 0 ends. */
extern const int kc_sizes[];

#endif
