/* weft: what is inside a session. */
#ifndef WEFT_SESSION_SESSION_H
#define WEFT_SESSION_SESSION_H

#include "core/team.h"
#include "ops/ops.h"
#include "session/float_session.h"

struct weft_session {
    struct weft_pool pool;
    const struct weft_model *model;
    struct weft_float_session *float_path; /* of a float model; the rest is then unused */
    const char *isa;
    struct weft_ops ops;
    struct weft_layer *layers; /* per node */
    struct weft_team team;     /* steps: the input's conversion, the layers, the output's conversion */
    struct weft_encoder input_encoder;
    bool encodes_input;
    size_t arena_bytes, packed_bytes;
    bool traced;
};

/* An inference of a quantized session; `over` may be NULL. */
void weft_session_infer(struct weft_session *session, const float *input, float *output, weft_team_over *over,
                        void *cookie);

#endif
