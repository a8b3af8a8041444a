/* What a traced session kept of its last run. */
#include <string.h>

#include "session/session.h"

static bool has_layer(const weft_session *session, int index)
{
    return session && session->traced && !session->float_path && index >= 0 && index < session->ops.graph->nodes_count;
}

/* Pixel p of the layer's output, packed or not. */
static const uint8_t *pixel_of(const weft_session *session, int tensor, int64_t p)
{
    return session->ops.arena + session->ops.views[tensor].offset + p * session->ops.views[tensor].stride;
}

weft_status weft_session_layer_output(const weft_session *session, int index, void *out, size_t capacity, size_t *count,
                                      size_t *element_size)
{
    if (!has_layer(session, index)) {
        return WEFT_E_ARGUMENT;
    }
    int t = session->ops.graph->nodes[index].output;
    const struct weft_tensor *tensor = &session->ops.graph->tensors[t];
    *element_size = tensor->edge.kind == WEFT_EDGE_FLOAT ? sizeof(float) : 1;
    *count = (size_t)weft_tensor_elements(tensor);
    if (!out) {
        return WEFT_OK;
    }
    if (capacity < *count * *element_size) {
        return WEFT_E_ARGUMENT;
    }
    size_t each = (size_t)tensor->c * *element_size;
    for (int64_t p = 0; p < (int64_t)tensor->h * tensor->w; p++) {
        memcpy((uint8_t *)out + (size_t)p * each, pixel_of(session, t, p), each);
    }
    return WEFT_OK;
}

weft_status weft_session_layer_digest(const weft_session *session, int index, uint64_t *digest)
{
    if (!has_layer(session, index)) {
        return WEFT_E_ARGUMENT;
    }
    int t = session->ops.graph->nodes[index].output;
    const struct weft_tensor *tensor = &session->ops.graph->tensors[t];
    size_t each = (size_t)tensor->c * (tensor->edge.kind == WEFT_EDGE_FLOAT ? sizeof(float) : 1);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int64_t p = 0; p < (int64_t)tensor->h * tensor->w; p++) {
        const uint8_t *bytes = pixel_of(session, t, p);
        for (size_t i = 0; i < each; i++) {
            hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
        }
    }
    *digest = hash;
    return WEFT_OK;
}

weft_status weft_session_layer_accumulators(const weft_session *session, int index, int32_t *out, size_t capacity,
                                            size_t *count)
{
    if (!has_layer(session, index)) {
        return WEFT_E_ARGUMENT;
    }
    const int32_t *acc = session->ops.trace[index];
    const struct weft_graph *graph = session->ops.graph;
    *count = acc ? (size_t)weft_tensor_elements(&graph->tensors[graph->nodes[index].output]) : 0;
    if (!out) {
        return WEFT_OK;
    }
    if (capacity < *count) {
        return WEFT_E_ARGUMENT;
    }
    if (acc) {
        memcpy(out, acc, *count * sizeof *out);
    }
    return WEFT_OK;
}
