#include "session/plan.h"

#include <string.h>

/* A tensor that lives inside another (concatenations, selections): `parent`'s channels from `channel` on. */
struct place {
    int parent, channel; /* parent -1: a buffer of its own */
    int first, last;     /* buffers: nodes from which to which anything in them is alive; the input is made at -1 */
    size_t bytes, offset;
    bool placed;
};

static size_t element_size(const struct weft_tensor *tensor)
{
    return tensor->edge.kind == WEFT_EDGE_FLOAT ? sizeof(float) : 1;
}

/* An input can live in its concatenation's output unless it lives somewhere already, is the network's input or output,
 * or is not made by a node that can write with gaps between pixels. */
static void place_concats(const struct weft_graph *graph, struct place *places)
{
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        int channel = 0;
        for (int k = 0; node->op == WEFT_OP_CONCAT && k < node->inputs_count; k++) {
            int t = node->inputs[k];
            bool free_to_move = places[t].parent < 0 && t != graph->input && t != graph->output;
            if (free_to_move && graph->tensors[t].edge.kind != WEFT_EDGE_FLOAT) {
                places[t].parent = node->output;
                places[t].channel = channel;
            }
            channel += graph->tensors[t].c;
        }
    }
}

/* Where a selection is a stretch of one input, it is a view of it: the input's index among the inputs and the first
 * channel, or -1. */
static int stretch_of(const struct weft_graph *graph, const struct weft_node *node, int *channel)
{
    int first = node->select[0];
    for (int c = 0; c < graph->tensors[node->output].c; c++) {
        if (first < 0 || node->select[c] != first + c) {
            return -1;
        }
    }
    int k = 0;
    while (first >= graph->tensors[node->inputs[k]].c) {
        first -= graph->tensors[node->inputs[k++]].c;
    }
    *channel = first;
    return first + graph->tensors[node->output].c <= graph->tensors[node->inputs[k]].c ? k : -1;
}

static void place_selections(const struct weft_graph *graph, struct place *places)
{
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        int channel = 0, k = node->op == WEFT_OP_SELECT ? stretch_of(graph, node, &channel) : -1;
        if (k >= 0) {
            places[node->output].parent = node->inputs[k];
            places[node->output].channel = channel;
        }
    }
}

static int root_of(const struct place *places, int t)
{
    while (places[t].parent >= 0) {
        t = places[t].parent;
    }
    return t;
}

static void live(struct place *places, int t, int node)
{
    struct place *root = &places[root_of(places, t)];
    root->first = node < root->first ? node : root->first;
    root->last = node > root->last ? node : root->last;
}

static void find_lifetimes(const struct weft_graph *graph, struct place *places)
{
    for (int t = 0; t < graph->tensors_count; t++) {
        places[t].first = graph->nodes_count;
        places[t].last = -1;
        const struct weft_tensor *tensor = &graph->tensors[t];
        size_t bytes = (size_t)weft_tensor_elements(tensor) * element_size(tensor);
        places[t].bytes = (bytes + 63) & ~(size_t)63;
    }
    live(places, graph->input, -1);
    live(places, graph->output, graph->nodes_count);
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        live(places, node->output, i);
        for (int k = 0; k < node->inputs_count; k++) {
            live(places, node->inputs[k], i);
        }
        if (node->residual >= 0) {
            live(places, node->residual, i);
        }
    }
}

/* The lowest offset at which buffer t fits among the placed ones that are alive with it. */
static size_t first_fit(const struct weft_graph *graph, const struct place *places, int t)
{
    size_t offset = 0;
    bool moved = true;
    while (moved) {
        moved = false;
        for (int o = 0; o < graph->tensors_count; o++) {
            const struct place *other = &places[o], *own = &places[t];
            bool together = other->placed && other->first <= own->last && own->first <= other->last;
            if (together && offset < other->offset + other->bytes && other->offset < offset + own->bytes) {
                offset = other->offset + other->bytes;
                moved = true;
            }
        }
    }
    return offset;
}

/* The largest buffers are placed first: close to the best in practice, and the peak is known before any run. */
static size_t place_buffers(const struct weft_graph *graph, struct place *places, bool keep_all)
{
    size_t peak = 0;
    for (;;) {
        int next = -1;
        for (int t = 0; t < graph->tensors_count; t++) {
            bool waits = places[t].parent < 0 && !places[t].placed && places[t].last >= places[t].first;
            if (waits && (next < 0 || places[t].bytes > places[next].bytes)) {
                next = t;
            }
        }
        if (next < 0) {
            return peak;
        }
        places[next].offset = keep_all ? peak : first_fit(graph, places, next);
        places[next].placed = true;
        size_t end = places[next].offset + places[next].bytes;
        peak = end > peak ? end : peak;
    }
}

bool weft_plan_make(struct weft_plan *plan, const struct weft_graph *graph, bool keep_all, struct weft_pool *pool)
{
    struct place *places = weft_block_alloc(&pool->allocator, (size_t)graph->tensors_count, sizeof *places);
    plan->views = weft_pool_alloc(pool, (size_t)graph->tensors_count, sizeof *plan->views);
    if (!places || !plan->views) {
        weft_block_free(&pool->allocator, places);
        return false;
    }
    for (int t = 0; t < graph->tensors_count; t++) {
        places[t].parent = -1;
        places[t].channel = 0;
        places[t].placed = false;
    }
    place_selections(graph, places); /* first: what is a view of its input cannot live elsewhere */
    place_concats(graph, places);
    find_lifetimes(graph, places);
    plan->bytes = place_buffers(graph, places, keep_all);
    for (int t = 0; t < graph->tensors_count; t++) {
        size_t channel = 0;
        int root = t;
        while (places[root].parent >= 0) {
            channel += (size_t)places[root].channel;
            root = places[root].parent;
        }
        size_t size = element_size(&graph->tensors[root]);
        plan->views[t].offset = places[root].offset + channel * size;
        plan->views[t].stride = (ptrdiff_t)((size_t)graph->tensors[root].c * size);
    }
    weft_block_free(&pool->allocator, places);
    return true;
}
