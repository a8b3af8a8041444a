/* weft: what the passes of weft_graph_simplify share. A pass sweeps once over the nodes in order; nodes that
 * it removes are marked dead and swept away after it. */
#ifndef WEFT_GRAPH_PASSES_H
#define WEFT_GRAPH_PASSES_H

#include "graph/graph.h"

struct weft_rewrite {
    struct weft_graph *graph;
    int *reads;   /* per tensor: how often live nodes name it, plus one for the graph's output */
    int *numbers; /* per tensor: scratch of a pass */
    bool *dead;   /* per node */
    bool changed;
};

/* The node that makes tensor `t`, if nothing but its one reader reads `t`; else NULL. */
struct weft_node *weft_rewrite_sole(const struct weft_rewrite *rewrite, int t);
/* The node that makes tensor `t`; NULL for the input. */
struct weft_node *weft_rewrite_producer(const struct weft_rewrite *rewrite, int t);
/* Lets `slot` of a node read `t` from now on. */
void weft_rewrite_read(struct weft_rewrite *rewrite, int *slot, int t);
/* `node`, whose output only node `i` reads, makes i's output from now on, and i dies. */
void weft_rewrite_absorb(struct weft_rewrite *rewrite, struct weft_node *node, int i);

/* The passes; false if memory is short. */
typedef bool weft_pass_fn(struct weft_rewrite *rewrite);

/* Operators that do nothing vanish; RESHAPE of RESHAPE becomes one (passes_move.c). */
bool weft_pass_identities(struct weft_rewrite *rewrite);
/* RESHAPE to (c*h*w, 1, 1) before a 1x1 CONV: a CONV over the whole h x w window. */
bool weft_pass_dense(struct weft_rewrite *rewrite);
/* CONCAT of CONCAT becomes one, and so does SELECT of CONCAT. */
bool weft_pass_concat(struct weft_rewrite *rewrite);
/* PAD into the window of the CONV or pool behind it (passes_pad.c). */
bool weft_pass_pad(struct weft_rewrite *rewrite);
/* AFFINE into the CONV or AFFINE before it (passes_fuse.c). */
bool weft_pass_affine(struct weft_rewrite *rewrite);
/* ACT into the operator before it. */
bool weft_pass_act(struct weft_rewrite *rewrite);
/* ADD into the CONV before it, as its residual. */
bool weft_pass_residual(struct weft_rewrite *rewrite);

#endif
