#include "graph/graph.h"

#include <string.h>

#define ELEMENTS_MAX ((int64_t)1 << 40)

/* Room for one more entry of `size` bytes in a growing array; false if memory is short. The old array
 * stays in the pool: doubling keeps that waste below the size of the last. */
static bool grow(struct weft_pool *pool, void **array, int count, int *capacity, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    if (count > INT32_MAX / 2) {
        return false;
    }
    int larger = *capacity ? *capacity * 2 : 32;
    void *copy = weft_pool_alloc(pool, (size_t)larger, size);
    if (!copy) {
        return false;
    }
    if (count) {
        memcpy(copy, *array, (size_t)count * size);
    }
    *array = copy;
    *capacity = larger;
    return true;
}

int weft_graph_add_tensor(struct weft_graph *graph, const char *name, int n, int c, int h, int w)
{
    void *array = graph->tensors;
    if (!grow(graph->pool, &array, graph->tensors_count, &graph->tensors_capacity, sizeof *graph->tensors)) {
        return -1;
    }
    graph->tensors = array;
    char *copy = weft_pool_strdup(graph->pool, name);
    if (!copy) {
        return -1;
    }
    struct weft_tensor *tensor = &graph->tensors[graph->tensors_count];
    memset(tensor, 0, sizeof *tensor);
    tensor->name = copy;
    tensor->n = n;
    tensor->c = c;
    tensor->h = h;
    tensor->w = w;
    tensor->producer = -1;
    tensor->edge.kind = WEFT_EDGE_FLOAT;
    return graph->tensors_count++;
}

int weft_graph_add_node(struct weft_graph *graph, enum weft_op op, const char *name, const int *inputs,
                        int inputs_count, int output)
{
    void *array = graph->nodes;
    if (!grow(graph->pool, &array, graph->nodes_count, &graph->nodes_capacity, sizeof *graph->nodes)) {
        return -1;
    }
    graph->nodes = array;
    char *copy = weft_pool_strdup(graph->pool, name);
    int *sources = weft_pool_copy(graph->pool, inputs, (size_t)inputs_count, sizeof *inputs);
    if (!copy || !sources) {
        return -1;
    }
    struct weft_node *node = &graph->nodes[graph->nodes_count];
    memset(node, 0, sizeof *node);
    node->op = op;
    node->name = copy;
    node->inputs = sources;
    node->inputs_count = inputs_count;
    node->output = output;
    node->residual = -1;
    node->groups = 1;
    struct weft_window *window = &node->window;
    window->kernel_h = window->kernel_w = 1;
    window->stride_h = window->stride_w = 1;
    window->dilation_h = window->dilation_w = 1;
    if (output >= 0 && output < graph->tensors_count) {
        graph->tensors[output].producer = graph->nodes_count;
    }
    return graph->nodes_count++;
}

int weft_graph_readers(const struct weft_graph *graph, int t)
{
    int readers = graph->output == t;
    for (int i = 0; i < graph->nodes_count; i++) {
        const struct weft_node *node = &graph->nodes[i];
        bool reads = node->residual == t;
        for (int k = 0; k < node->inputs_count && !reads; k++) {
            reads = node->inputs[k] == t;
        }
        readers += reads;
    }
    return readers;
}

const char *weft_op_name(enum weft_op op)
{
    static const char *const names[WEFT_OP_COUNT] = {
        [WEFT_OP_CONV] = "conv", [WEFT_OP_MAXPOOL] = "maxpool", [WEFT_OP_AVGPOOL] = "avgpool",
        [WEFT_OP_ADD] = "add",   [WEFT_OP_CONCAT] = "concat",   [WEFT_OP_ACT] = "act",
        [WEFT_OP_GATE] = "gate", [WEFT_OP_AFFINE] = "affine",   [WEFT_OP_PAD] = "pad",
        [WEFT_OP_LRN] = "lrn",   [WEFT_OP_SOFTMAX] = "softmax", [WEFT_OP_RESHAPE] = "reshape",
        [WEFT_OP_SELECT] = "select",
    };
    return (unsigned)op < WEFT_OP_COUNT ? names[op] : "unknown";
}

const char *weft_func_name(enum weft_func func)
{
    static const char *const names[WEFT_FUNC_COUNT] = {
        [WEFT_FUNC_NONE] = "none",         [WEFT_FUNC_CLIP] = "clip",     [WEFT_FUNC_LEAKY] = "leaky",
        [WEFT_FUNC_HSIGMOID] = "hsigmoid", [WEFT_FUNC_HSWISH] = "hswish", [WEFT_FUNC_SIGMOID] = "sigmoid",
        [WEFT_FUNC_SWISH] = "swish",       [WEFT_FUNC_TANH] = "tanh",     [WEFT_FUNC_RECODE] = "recode",
    };
    return (unsigned)func < WEFT_FUNC_COUNT ? names[func] : "unknown";
}

int64_t weft_tensor_elements(const struct weft_tensor *tensor)
{
    const int extents[4] = {tensor->n, tensor->c, tensor->h, tensor->w};
    int64_t elements = 1;
    for (int i = 0; i < 4; i++) {
        if (extents[i] < 0 || (extents[i] > 0 && elements > ELEMENTS_MAX / extents[i])) {
            return -1;
        }
        elements *= extents[i];
    }
    return elements;
}

int weft_window_extent(int in, int kernel, int stride, int dilation, int pad_before, int pad_after)
{
    int64_t reach = (int64_t)dilation * (kernel - 1) + 1;
    int64_t room = (int64_t)in + pad_before + pad_after - reach;
    return room < 0 ? 0 : (int)(room / stride + 1);
}

/* Of positions first, first + dilation, ... (kernel of them) those below `end`. */
static int cells_below(int first, int kernel, int dilation, int end)
{
    int below = first < end ? (end - 1 - first) / dilation + 1 : 0;
    return below < kernel ? below : kernel;
}

/* How many cells of the window along one axis lie where the average counts them: inside the image, or, with padding
 * counted, inside the image and the model's own padding. */
static int cells(int first, int kernel, int dilation, int in, int pad_after, bool count_pad)
{
    return count_pad ? cells_below(first, kernel, dilation, in + pad_after)
                     : cells_below(first, kernel, dilation, in) - cells_below(first, kernel, dilation, 0);
}

int weft_window_count(const struct weft_window *w, const struct weft_tensor *in, int y, int x)
{
    return cells(y * w->stride_h - w->pad_top, w->kernel_h, w->dilation_h, in->h, w->real_pad_bottom,
                 w->count_include_pad) *
           cells(x * w->stride_w - w->pad_left, w->kernel_w, w->dilation_w, in->w, w->real_pad_right,
                 w->count_include_pad);
}

int64_t weft_node_macs(const struct weft_graph *graph, const struct weft_node *node)
{
    if (node->op != WEFT_OP_CONV) {
        return 0;
    }
    const struct weft_tensor *out = &graph->tensors[node->output];
    return (int64_t)out->n * out->h * out->w * node->weights_count;
}

bool weft_node_is_depthwise(const struct weft_graph *graph, const struct weft_node *node)
{
    return node->op == WEFT_OP_CONV && node->groups > 1 &&
           node->groups == graph->tensors[node->inputs[0]].c &&
           node->groups == graph->tensors[node->output].c;
}

bool weft_node_is_pointwise(const struct weft_node *node)
{
    const struct weft_window *w = &node->window;
    return w->kernel_h * w->kernel_w == 1 && !w->pad_top && !w->pad_left && !w->pad_bottom && !w->pad_right;
}
