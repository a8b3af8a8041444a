/* The driver of the passes: runs them until none finds anything, drops what is dead, renumbers. */
#include <string.h>

#include "core/error.h"
#include "graph/passes.h"

struct weft_node *weft_rewrite_producer(const struct weft_rewrite *rewrite, int t)
{
    int producer = rewrite->graph->tensors[t].producer;
    return producer < 0 ? NULL : &rewrite->graph->nodes[producer];
}

struct weft_node *weft_rewrite_sole(const struct weft_rewrite *rewrite, int t)
{
    return rewrite->reads[t] == 1 ? weft_rewrite_producer(rewrite, t) : NULL;
}

void weft_rewrite_read(struct weft_rewrite *rewrite, int *slot, int t)
{
    rewrite->reads[*slot]--;
    rewrite->reads[t]++;
    *slot = t;
    rewrite->changed = true;
}

void weft_rewrite_absorb(struct weft_rewrite *rewrite, struct weft_node *node, int i)
{
    struct weft_graph *graph = rewrite->graph;
    rewrite->reads[node->output]--;
    node->output = graph->nodes[i].output;
    graph->tensors[node->output].producer = (int)(node - graph->nodes);
    rewrite->dead[i] = true;
    rewrite->changed = true;
}

static void count_reads(struct weft_rewrite *rewrite)
{
    const struct weft_graph *graph = rewrite->graph;
    memset(rewrite->reads, 0, (size_t)graph->tensors_count * sizeof *rewrite->reads);
    rewrite->reads[graph->output]++;
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        for (int k = 0; k < node->inputs_count; k++) {
            rewrite->reads[node->inputs[k]]++;
        }
        if (node->residual >= 0) {
            rewrite->reads[node->residual]++;
        }
    }
}

/* Drops dead nodes and those that the output does not depend on; renews producers, reads and dead. */
static void sweep(struct weft_rewrite *rewrite)
{
    struct weft_graph *graph = rewrite->graph;
    int *needed = rewrite->reads;
    memset(needed, 0, (size_t)graph->tensors_count * sizeof *needed);
    needed[graph->output] = 1;
    for (int i = graph->nodes_count - 1; i >= 0; i--) {
        const struct weft_node *node = &graph->nodes[i];
        rewrite->dead[i] = rewrite->dead[i] || !needed[node->output];
        if (rewrite->dead[i]) {
            continue;
        }
        for (int k = 0; k < node->inputs_count; k++) {
            needed[node->inputs[k]] = 1;
        }
        if (node->residual >= 0) {
            needed[node->residual] = 1;
        }
    }
    for (int t = 0; t < graph->tensors_count; t++) {
        graph->tensors[t].producer = -1;
    }
    int kept = 0;
    for (int i = 0; i < graph->nodes_count; i++) {
        if (!rewrite->dead[i]) {
            graph->nodes[kept] = graph->nodes[i];
            graph->tensors[graph->nodes[kept].output].producer = kept;
            kept++;
        }
    }
    graph->nodes_count = kept;
    memset(rewrite->dead, 0, (size_t)kept * sizeof *rewrite->dead);
    count_reads(rewrite);
}

/* Tensors in the order of their producers, the input first; the unused ones go. */
static bool renumber(struct weft_rewrite *rewrite)
{
    struct weft_graph *graph = rewrite->graph;
    int count = graph->nodes_count + 1;
    struct weft_tensor *tensors = weft_pool_alloc(graph->pool, (size_t)count, sizeof *tensors);
    if (!tensors) {
        return false;
    }
    tensors[0] = graph->tensors[graph->input];
    rewrite->numbers[graph->input] = 0;
    for (int i = 0; i < graph->nodes_count; i++) {
        struct weft_node *node = &graph->nodes[i];
        tensors[i + 1] = graph->tensors[node->output];
        rewrite->numbers[node->output] = i + 1;
        node->output = i + 1;
        for (int k = 0; k < node->inputs_count; k++) {
            node->inputs[k] = rewrite->numbers[node->inputs[k]];
        }
        if (node->residual >= 0) {
            node->residual = rewrite->numbers[node->residual];
        }
    }
    graph->input = 0;
    graph->output = rewrite->numbers[graph->output];
    graph->tensors = tensors;
    graph->tensors_count = graph->tensors_capacity = count;
    return true;
}

static bool run_passes(struct weft_rewrite *rewrite)
{
    static weft_pass_fn *const passes[] = {weft_pass_identities, weft_pass_dense,  weft_pass_concat,
                                           weft_pass_pad,        weft_pass_affine, weft_pass_act,
                                           weft_pass_residual};
    do {
        rewrite->changed = false;
        for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
            if (!passes[i](rewrite)) {
                return false;
            }
            sweep(rewrite);
        }
    } while (rewrite->changed);
    return true;
}

weft_status weft_graph_simplify(struct weft_graph *graph, weft_error *error)
{
    const weft_allocator *allocator = &graph->pool->allocator;
    size_t tensors = (size_t)graph->tensors_count, nodes = (size_t)graph->nodes_count;
    struct weft_rewrite rewrite = {.graph = graph,
                                   .reads = weft_block_alloc(allocator, tensors, sizeof *rewrite.reads),
                                   .numbers = weft_block_alloc(allocator, tensors, sizeof *rewrite.numbers),
                                   .dead = weft_block_alloc(allocator, nodes, sizeof *rewrite.dead)};
    weft_status status = WEFT_E_MEMORY;
    if (rewrite.reads && rewrite.numbers && rewrite.dead) {
        memset(rewrite.dead, 0, nodes * sizeof *rewrite.dead);
        sweep(&rewrite);
        status = renumber(&rewrite) ? weft_graph_check(graph, graph->name, error) : WEFT_E_MEMORY;
    }
    if (!status && (!run_passes(&rewrite) || !renumber(&rewrite))) {
        status = WEFT_E_MEMORY;
    }
    weft_block_free(allocator, rewrite.dead);
    weft_block_free(allocator, rewrite.numbers);
    weft_block_free(allocator, rewrite.reads);
    if (status == WEFT_E_MEMORY) {
        return weft_fail(error, status, "%s: not enough memory to simplify the graph", graph->name);
    }
    return status;
}
