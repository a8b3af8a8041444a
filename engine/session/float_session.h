/* weft: the float path: the same graph in plain float arithmetic. The oracle of the importer, the source
 * of calibration, the "float" column of every comparison. Not bit-exact across machines. */
#ifndef WEFT_SESSION_FLOAT_SESSION_H
#define WEFT_SESSION_FLOAT_SESSION_H

#include "graph/graph.h"

struct weft_float_session;

/* `threads` 1..256. The graph must have passed weft_graph_check and outlive the session. */
weft_status weft_float_create(const struct weft_graph *graph, int threads, const weft_allocator *allocator,
                              struct weft_float_session **session, weft_error *error);
void weft_float_free(struct weft_float_session **session);

/* Called for the input and after each node with the tensor's values (planar, n*c*h*w), in order. It may change them:
 * later nodes read what it leaves. */
typedef void weft_observe_fn(void *cookie, int tensor, float *values, int64_t count);

/* One inference of the graph's own batch. `observe` may be NULL. */
weft_status weft_float_run(struct weft_float_session *session, const float *input, float *output,
                           weft_observe_fn *observe, void *cookie);

#endif
