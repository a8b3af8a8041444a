/* weft: the memory plan: where each tensor lives in the arena. */
#ifndef WEFT_SESSION_PLAN_H
#define WEFT_SESSION_PLAN_H

#include "ops/ops.h"

struct weft_plan {
    struct weft_view *views; /* per tensor, in the pool */
    size_t bytes;            /* of the arena */
};

/* Places the inputs of each concatenation side by side inside its output where that is possible, and lets tensors
 * that are never alive together share space (keep_all: none do). Deterministic. False if memory is short. */
bool weft_plan_make(struct weft_plan *plan, const struct weft_graph *graph, bool keep_all, struct weft_pool *pool);

#endif
