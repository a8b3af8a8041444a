/* weft command: accuracy over a set of inputs. */
#ifndef WEFT_TOOLS_EVALUATE_H
#define WEFT_TOOLS_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/weft.h>

#include "progress.h"
#include "source.h"

struct evaluation {
    int n, top1, top5;
    int agreed;                /* same first class as the reference */
    int lost, won;             /* right with the reference only, right with the model only */
    double signal, noise;      /* sums of squares: reference outputs, differences from them */
};

/* Runs every item of `source` (which has classes), `threads` at a time (0: physical cores), each on one thread.
 * The result does not depend on `threads`. reference may be NULL. On failure one line in `why`. */
bool evaluate(struct evaluation *evaluation, const weft_model *model, const weft_model *reference,
              const struct source *source, const char *isa, int threads, struct progress *progress, char *why,
              size_t why_size);

/* 95 % intervals as shares. Wilson's for a share; Bonett and Price's for the difference of paired shares, positive
 * where the model is worse than the reference. */
struct interval {
    double low, high;
};
struct interval evaluation_wilson(int hits, int n);
struct interval evaluation_drop(const struct evaluation *evaluation);

/* 10 log10(signal / noise). */
double evaluation_sqnr_db(const struct evaluation *evaluation);

#endif
