/* kcheck: what kernels that go straight to codes share: cases, the epilogue's arrays, its definition. */
#ifndef WEFT_TESTS_KCHECK_CODES_H
#define WEFT_TESTS_KCHECK_CODES_H

#include "kcheck.h"

enum { KC_CHANNELS_MAX = 64, KC_VALUES = 32, KC_K8_MAX = 12 };
enum kc_residual { KC_NO_RESIDUAL, KC_BYTES, KC_SIGNED_BYTES, KC_CODES, KC_RESIDUALS };

struct kc_codes_case {
    int pixels, gap; /* gap: bytes between the output's pixels */
    int k8, ahead, c8, fours; /* c8: weights of that format, else c4; fours: with c8, two blocks in place of one */
    enum kc_residual residual;
    const struct weft_encoder *enc;
    const char *edge;
    enum kc_place place;
};

const char *kc_residual_name(enum kc_residual residual);
/* `to` into KC_GOT, for c->pixels by `channels`; values: KC_VALUES entries, which it may point to. */
void kc_make_epilogue(struct kc *k, const struct kc_codes_case *c, int channels, float *values,
                      struct weft_epilogue_args *to);
/* The scalar epilogue of pixel i into `out`, as `all` lays it out; a residual of codes is looked up first. */
void kc_define_pixel(const struct weft_epilogue_args *all, int i, const int32_t *sums, uint8_t *out);
/* All encoders that the kernels take, through `check` with each residual and least .. most pixels. */
void kc_all_codes(struct kc *k, const struct weft_kernels *t, int least, int most,
                  void (*check)(struct kc *, const struct weft_kernels *, const struct kc_codes_case *));

#endif
