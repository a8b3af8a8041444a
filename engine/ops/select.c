/* SELECT: chosen channels of several inputs. What is a stretch of one input is a view of it (session/plan.c) and costs
 * nothing; everything else is cut into runs that the loop copies. */
#include <string.h>

#include "core/error.h"
#include "ops/ops.h"

/* Output channels to, to + step, ... are channels from, from + 1, ... of an input, or zero. */
struct run {
    int input; /* among the node's inputs, -1: zeros */
    int from, to, step, count;
};

struct weft_select {
    struct run *runs;
    int runs_count;
    bool in_turns; /* two runs, whose channels take turns: a shuffle of two groups */
};

/* Sixteen bytes that the compiler keeps in a vector register, whatever the processor. */
typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* The widest step that runs may have: groups of a channel shuffle beyond it take one run a channel. */
enum { STEP_MAX = 16 };

static void locate(const struct weft_ops *ops, const struct weft_node *node, int channel, int *input, int *from)
{
    *input = channel < 0 ? -1 : 0;
    while (channel >= 0 && channel >= weft_ops_tensor(ops, node->inputs[*input])->c) {
        channel -= weft_ops_tensor(ops, node->inputs[(*input)++])->c;
    }
    *from = channel;
}

/* How many channels a run from `to` with that step has; `done` are taken. */
static int run_length(const struct weft_ops *ops, const struct weft_node *node, const bool *done, int to, int step)
{
    int channels = weft_ops_tensor(ops, node->output)->c, input, from, count = 0;
    locate(ops, node, node->select[to], &input, &from);
    for (int c = to; c < channels && !done[c]; c += step, count++) {
        int here, channel;
        locate(ops, node, node->select[c], &here, &channel);
        if (here != input || (input >= 0 && channel != from + count)) {
            break;
        }
    }
    return count;
}

static void find_runs(const struct weft_ops *ops, const struct weft_node *node, struct weft_select *select, bool *done)
{
    int channels = weft_ops_tensor(ops, node->output)->c;
    for (int to = 0; to < channels; to++) {
        struct run run = {.to = to, .step = 1};
        for (int step = 1; !done[to] && step <= STEP_MAX; step++) {
            int count = run_length(ops, node, done, to, step);
            if (count > run.count) {
                run.step = step;
                run.count = count;
            }
        }
        if (run.count > 0) {
            locate(ops, node, node->select[to], &run.input, &run.from);
            for (int i = 0; i < run.count; i++) {
                done[to + i * run.step] = true;
            }
            select->runs[select->runs_count++] = run;
        }
    }
}

static bool is_view(const struct weft_ops *ops, const struct weft_node *node, const struct run *run)
{
    return run->input >= 0 && run->step == 1 && run->to == 0 &&
           ops->views[node->inputs[run->input]].offset + (size_t)run->from == ops->views[node->output].offset;
}

weft_status weft_select_prepare(struct weft_ops *ops, struct weft_layer *layer, const char *file, weft_error *error)
{
    const struct weft_node *node = layer->node;
    const struct weft_tensor *out = weft_ops_tensor(ops, node->output);
    size_t channels = (size_t)out->c;
    struct weft_select *select = weft_pool_alloc(ops->pool, 1, sizeof *select);
    bool *done = weft_pool_alloc(ops->pool, channels, sizeof *done);
    struct run *runs = weft_pool_alloc(ops->pool, channels, sizeof *runs);
    if (!select || !done || !runs) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: layer '%s': memory is short", file, node->name);
    }
    select->runs = runs;
    find_runs(ops, node, select, done);
    layer->data.select = select;
    select->in_turns = select->runs_count == 2 && runs[0].step == 2 && runs[1].step == 2 &&
                       runs[0].count == runs[1].count &&
                       runs[0].input >= 0 && runs[1].input >= 0 && runs[1].to == runs[0].to + 1;
    bool view = select->runs_count == 1 && is_view(ops, node, select->runs);
    layer->pieces = view ? 0 : weft_ops_cut(ops, out->h, (size_t)out->w * channels);
    return WEFT_OK;
}

static void copy_run(const struct run *run, const uint8_t *from, uint8_t *to)
{
    if (run->step == 1) {
        memcpy(to, from, (size_t)run->count);
        return;
    }
    for (int i = 0; i < run->count; i++) {
        to[i * run->step] = from[i];
    }
}

static const uint8_t *pixel_of(const struct weft_ops *ops, const struct weft_node *node, const struct run *run,
                               ptrdiff_t at)
{
    int tensor = node->inputs[run->input];
    return weft_ops_data(ops, tensor) + at * ops->views[tensor].stride + run->from;
}

/* to = { a0, b0, a1, b1, .. } */
static void copy_in_turns(const uint8_t *a, const uint8_t *b, int count, uint8_t *to)
{
    int i = 0;
    for (; i + 16 <= count; i += 16) {
        bytes16 x, y;
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        bytes16 low = __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        bytes16 high = __builtin_shufflevector(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        memcpy(to + 2 * i, &low, sizeof low);
        memcpy(to + 2 * i + 16, &high, sizeof high);
    }
    for (; i < count; i++) {
        to[2 * i] = a[i];
        to[2 * i + 1] = b[i];
    }
}

static void select_row(const struct weft_ops *ops, const struct weft_layer *layer, int y)
{
    const struct weft_node *node = layer->node;
    const struct weft_select *select = layer->data.select;
    int width = weft_ops_tensor(ops, node->output)->w;
    ptrdiff_t first = (ptrdiff_t)y * width, out_pixel = ops->views[node->output].stride;
    uint8_t *to = weft_ops_data(ops, node->output) + first * out_pixel;
    for (int x = 0; select->in_turns && x < width; x++) {
        const struct run *a = &select->runs[0], *b = &select->runs[1];
        copy_in_turns(pixel_of(ops, node, a, first + x), pixel_of(ops, node, b, first + x), a->count,
                      to + x * out_pixel + a->to);
    }
    for (int x = 0; !select->in_turns && x < width; x++) {
        for (int i = 0; i < select->runs_count; i++) {
            const struct run *run = &select->runs[i];
            if (run->input >= 0) {
                copy_run(run, pixel_of(ops, node, run, first + x), to + x * out_pixel + run->to);
                continue;
            }
            for (int c = 0; c < run->count; c++) {
                to[x * out_pixel + run->to + c * run->step] = 0;
            }
        }
    }
}

void weft_select_run(const struct weft_ops *ops, const struct weft_layer *layer, int piece)
{
    int y, end;
    weft_ops_rows(layer, weft_ops_tensor(ops, layer->node->output)->h, piece, &y, &end);
    for (; y < end; y++) {
        select_row(ops, layer, y);
    }
}
