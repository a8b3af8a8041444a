/* The size of what each tensor of the zoo really holds, against the samples that the builder worked with. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "golden.h"
#include "models/builder.h"

/* Tensors may differ from their samples by this many steps of 2^(1/32): 30 %. The deep networks are chaotic: what moves
 * one layer by a step moves the layers far behind it by several. */
enum { STEPS_MAX = 12, FEW = 2048 /* values that have no dependable size: those of gates and their squeezed means */ };

static double samples_rms(const float *samples)
{
    double mean, square;
    zoo_moments(samples, &mean, &square);
    return sqrt(square);
}

/* Root of the mean square of what layer `index` made, 0 where there are no codes. */
static double measured_rms(const weft_model *model, const weft_session *session, int index)
{
    const struct weft_edge *edge = &model->graph.tensors[model->graph.nodes[index].output].edge;
    size_t count = 0, size = 0;
    if (weft_session_layer_output(session, index, NULL, 0, &count, &size) != WEFT_OK || size != 1) {
        return 0;
    }
    unsigned char *codes = malloc(count);
    double square = 0;
    if (codes && weft_session_layer_output(session, index, codes, count, &count, &size) == WEFT_OK) {
        for (size_t k = 0; k < count; k++) {
            double value = weft_edge_decode(edge, codes[k]);
            square += value * value;
        }
    }
    free(codes);
    return sqrt(square / (double)count);
}

/* How far every tensor is from its samples, in steps; the input is not. */
static void measure(const weft_model *model, const weft_session *session, const struct zoo_builder *builder, int *steps)
{
    const struct weft_graph *graph = &model->graph;
    steps[graph->input] = 0;
    for (int i = 0; i < graph->nodes_count; i++) {
        int t = graph->nodes[i].output;
        double ours = samples_rms(builder->samples[t]), theirs = measured_rms(model, session, i);
        steps[t] = ours > 0 && theirs > 0 ? (int)lround(32 * log2(theirs / ours)) : 0;
    }
}

/* A layer hands on what its input is wrong by: only the rest is its own. Joined inputs count by their channels. */
static int inherited(const struct weft_graph *graph, const struct weft_node *node, const int *steps)
{
    if (node->residual >= 0) { /* the larger part of the sum */
        return steps[node->residual];
    }
    if (node->op == WEFT_OP_GATE) {
        return steps[node->inputs[0]];
    }
    if (node->act.func == WEFT_FUNC_SIGMOID || node->act.func == WEFT_FUNC_HSIGMOID) {
        /* about one half, whatever comes in */
        return 0;
    }
    int sum = 0, channels = 0;
    for (int k = 0; k < node->inputs_count; k++) {
        sum += steps[node->inputs[k]] * graph->tensors[node->inputs[k]].c;
        channels += graph->tensors[node->inputs[k]].c;
    }
    return sum / channels;
}

static void print_tuning(const struct weft_graph *graph, const struct zoo_builder *builder, const char *network,
                         const int *steps)
{
    printf("    {\"%s\", %d, (const int8_t[]){\n        0,", network, graph->tensors_count);
    for (int i = 0; i < graph->nodes_count; i++) {
        int t = graph->nodes[i].output, old = builder->tuning && t < builder->tuning_count ? builder->tuning[t] : 0;
        bool codes = graph->tensors[t].edge.kind != WEFT_EDGE_FLOAT;
        /* Half of the way: whole steps would swing. */
        int next = codes ? old + (steps[t] - inherited(graph, &graph->nodes[i], steps)) / 2 : 0;
        next = next > 127 ? 127 : next < -127 ? -127 : next;
        printf("%s%d,", (i + 1) % 22 ? " " : "\n        ", next);
    }
    printf("\n    }},\n");
}

void golden_tune(const weft_model *model, const weft_session *session, const struct zoo_builder *builder,
                 const char *network, bool print)
{
    const struct weft_graph *graph = &model->graph;
    int *steps = calloc((size_t)graph->tensors_count, sizeof *steps);
    if (!steps) {
        golden_check(false, network, "-", "memory is short");
        return;
    }
    measure(model, session, builder, steps);
    if (print) {
        print_tuning(graph, builder, network, steps);
    }
    for (int i = 0; !print && i < graph->nodes_count; i++) {
        int t = graph->nodes[i].output;
        bool few = weft_tensor_elements(&graph->tensors[t]) < FEW;
        golden_check(few || abs(steps[t]) <= STEPS_MAX, network, graph->nodes[i].name,
                     "its values are not as large as tuning.c says: golden_zoo --tune");
    }
    free(steps);
}
