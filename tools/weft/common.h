/* weft command: what several verbs share: opening models and sessions. */
#ifndef WEFT_TOOLS_COMMON_H
#define WEFT_TOOLS_COMMON_H

#include <stdbool.h>

#include <weft/weft.h>

#include "args.h"
#include "tuned.h"

/* MODEL is an .onnx file, a .weft file or zoo:NAME. NULL after an error line. */
weft_model *open_model(const struct verb *verb, const char *name);
/* The same, and an error line unless it is quantized. */
weft_model *open_quantized(const struct verb *verb, const char *name);

/* `isa` (of --isa), else $WEFT_ISA, else NULL: the best. */
const char *choose_isa(const char *isa);

/* A session; isa as in choose_isa. NULL after an error line. */
weft_session *open_session(const struct verb *verb, const weft_model *model, const char *isa, int threads);
/* The same, with a choice of which convolutions may take Winograd's filtering, and those of `tuned`, unless it is NULL
 * or made for something else, which a warning says once. */
weft_session *open_session_tuned(const struct verb *verb, const weft_model *model, const char *isa, int threads,
                                 weft_winograd winograd, struct tuned *tuned);
/* Option values for how images are prepared. */
struct prep_options {
    const char *name; /* torch, caffe, tf, unit, raw; NULL: the model's own */
    int size;         /* 0: the network's input */
    int resize;       /* short side before the crop, 0: crop only */
};
/* Fills `prep` from the options, else from the model; prep->width = 0 if neither knows. False after an error
 * line. */
bool resolve_prep(const struct verb *verb, const struct prep_options *options, const weft_model_info *info,
                  weft_prep *prep);

/* 100 * part / whole. */
double percent(double part, double whole);

#endif
