/* Writes a small classifier as ONNX (conv 3x3, relu, max pool, conv 3x3, relu, mean, dense; 3x32x32 to 10 classes,
 * seeded weights), the same with weights that a quantizer may stumble on, and CIFAR records: make_model FOLDER. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft_onnx.pb-c.h>

#define LAYERS 3

static uint32_t seed = 7;

static float draw(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(int32_t)seed / 2147483648.0f;
}

static FILE *open_file(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(2);
    }
    return file;
}

/* ---- a graph in static storage; the strings and arrays are literals or live as long as the program ---- */

struct network {
    WeftOnnx__ModelProto model;
    WeftOnnx__OperatorSetIdProto opset, *opsets[1];
    WeftOnnx__GraphProto graph;
    WeftOnnx__NodeProto nodes[8], *node_list[8];
    WeftOnnx__TensorProto tensors[2 * LAYERS], *tensor_list[2 * LAYERS];
    WeftOnnx__ValueInfoProto values[2], *value_list[2];
    WeftOnnx__TypeProto types[2];
    WeftOnnx__TypeProto__Tensor tensor_types[2];
    WeftOnnx__TensorShapeProto shapes[2];
    WeftOnnx__TensorShapeProto__Dimension dims[2][4], *dim_list[2][4];
    WeftOnnx__AttributeProto attributes[8], *attribute_list[8];
    int attributes_count;
};

static void add_tensor(struct network *n, char *name, int rank, const int64_t *dims, float top)
{
    size_t at = n->graph.n_initializer++, count = 1;
    WeftOnnx__TensorProto *t = &n->tensors[at];
    weft_onnx__tensor_proto__init(t);
    t->name = name;
    t->dims = malloc((size_t)rank * sizeof *t->dims);
    t->n_dims = (size_t)rank;
    for (int i = 0; i < rank; i++) {
        t->dims[i] = dims[i];
        count *= (size_t)dims[i];
    }
    t->has_data_type = 1;
    t->data_type = WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    t->float_data = malloc(count * sizeof *t->float_data);
    t->n_float_data = count;
    for (size_t i = 0; i < count; i++) {
        t->float_data[i] = top * draw() * draw();
    }
    n->tensor_list[at] = t;
}

static WeftOnnx__NodeProto *add_node(struct network *n, char *op, char *output, size_t inputs, char **input)
{
    size_t at = n->graph.n_node++;
    WeftOnnx__NodeProto *node = &n->nodes[at];
    weft_onnx__node_proto__init(node);
    node->op_type = op;
    node->name = output;
    node->input = malloc(inputs * sizeof *input);
    memcpy(node->input, input, inputs * sizeof *input);
    node->n_input = inputs;
    node->output = malloc(sizeof *node->output);
    node->output[0] = output;
    node->n_output = 1;
    n->node_list[at] = node;
    return node;
}

static void set_ints(struct network *n, WeftOnnx__NodeProto *node, char *name, size_t count, const int64_t *values)
{
    int at = n->attributes_count++;
    WeftOnnx__AttributeProto *a = &n->attributes[at];
    weft_onnx__attribute_proto__init(a);
    a->name = name;
    a->has_type = 1;
    a->type = WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
    a->ints = malloc(count * sizeof *a->ints);
    memcpy(a->ints, values, count * sizeof *a->ints);
    a->n_ints = count;
    n->attribute_list[at] = a;
    /* The attributes of one node are added one after the other. */
    node->attribute = node->n_attribute ? node->attribute : &n->attribute_list[at];
    node->n_attribute++;
}

static void set_value(struct network *n, int at, char *name, int rank, const int64_t *dims)
{
    weft_onnx__value_info_proto__init(&n->values[at]);
    weft_onnx__type_proto__init(&n->types[at]);
    weft_onnx__type_proto__tensor__init(&n->tensor_types[at]);
    weft_onnx__tensor_shape_proto__init(&n->shapes[at]);
    for (int i = 0; i < rank; i++) {
        weft_onnx__tensor_shape_proto__dimension__init(&n->dims[at][i]);
        n->dims[at][i].value_case = WEFT_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        n->dims[at][i].dim_value = dims[i];
        n->dim_list[at][i] = &n->dims[at][i];
    }
    n->shapes[at].dim = n->dim_list[at];
    n->shapes[at].n_dim = (size_t)rank;
    n->tensor_types[at].has_elem_type = 1;
    n->tensor_types[at].elem_type = WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    n->tensor_types[at].shape = &n->shapes[at];
    n->types[at].value_case = WEFT_ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    n->types[at].tensor_type = &n->tensor_types[at];
    n->values[at].name = name;
    n->values[at].type = &n->types[at];
    n->value_list[at] = &n->values[at];
}

static void begin(struct network *n)
{
    static const int64_t in[] = {1, 3, 32, 32}, out[] = {1, 10};
    weft_onnx__model_proto__init(&n->model);
    weft_onnx__operator_set_id_proto__init(&n->opset);
    weft_onnx__graph_proto__init(&n->graph);
    n->model.has_ir_version = 1;
    n->model.ir_version = 7;
    n->opset.has_version = 1;
    n->opset.version = 13;
    n->opsets[0] = &n->opset;
    n->model.opset_import = n->opsets;
    n->model.n_opset_import = 1;
    n->model.graph = &n->graph;
    n->graph.name = "small";
    n->graph.node = n->node_list;
    n->graph.initializer = n->tensor_list;
    set_value(n, 0, "input", 4, in);
    set_value(n, 1, "logits", 2, out);
    n->graph.input = &n->value_list[0];
    n->graph.output = &n->value_list[1];
    n->graph.n_input = n->graph.n_output = 1;
}

static void build(struct network *n)
{
    static const int64_t w1[] = {16, 3, 3, 3}, w2[] = {32, 16, 3, 3}, w3[] = {32, 10}, b1[] = {16}, b2[] = {32},
                         b3[] = {10};
    static const int64_t pads[] = {1, 1, 1, 1}, two[] = {2, 2};
    begin(n);
    add_tensor(n, "w1", 4, w1, 1.0f);
    add_tensor(n, "b1", 1, b1, 0.2f);
    add_tensor(n, "w2", 4, w2, 0.5f);
    add_tensor(n, "b2", 1, b2, 0.2f);
    add_tensor(n, "w3", 2, w3, 0.8f);
    add_tensor(n, "b3", 1, b3, 0.2f);
    set_ints(n, add_node(n, "Conv", "conv1", 3, (char *[]){"input", "w1", "b1"}), "pads", 4, pads);
    add_node(n, "Relu", "relu1", 1, (char *[]){"conv1"});
    WeftOnnx__NodeProto *pool = add_node(n, "MaxPool", "pool1", 1, (char *[]){"relu1"});
    set_ints(n, pool, "kernel_shape", 2, two);
    set_ints(n, pool, "strides", 2, two);
    set_ints(n, add_node(n, "Conv", "conv2", 3, (char *[]){"pool1", "w2", "b2"}), "pads", 4, pads);
    add_node(n, "Relu", "relu2", 1, (char *[]){"conv2"});
    add_node(n, "GlobalAveragePool", "mean", 1, (char *[]){"relu2"});
    add_node(n, "Flatten", "flat", 1, (char *[]){"mean"});
    add_node(n, "Gemm", "logits", 3, (char *[]){"flat", "w3", "b3"});
}

static void write_model(const struct network *n, const char *folder, const char *name)
{
    size_t size = weft_onnx__model_proto__get_packed_size(&n->model);
    uint8_t *bytes = malloc(size);
    FILE *file = open_file(folder, name);
    weft_onnx__model_proto__pack(&n->model, bytes);
    fwrite(bytes, 1, size, file);
    free(bytes);
    fclose(file);
}

/* Node `at` and what it makes, under another name. */
static void rename_node(struct network *n, size_t at, char *name)
{
    char *old = n->nodes[at].output[0];
    n->nodes[at].name = n->nodes[at].output[0] = name;
    for (size_t i = 0; i < n->graph.n_node; i++) {
        for (size_t k = 0; k < n->nodes[i].n_input; k++) {
            if (strcmp(n->nodes[i].input[k], old) == 0) {
                n->nodes[i].input[k] = name;
            }
        }
    }
}

/* The network with names that mean something to what shows them: names.onnx. names_test.py has them too. */
static void write_names(struct network *n, const char *folder)
{
    rename_node(n, 0, "</script><img src=x onerror=alert(1)>");
    rename_node(n, 2, "' onmouseover='alert(2)' x=\" onmouseover=\"alert(3)\" y=`${alert(4)}`");
    rename_node(n, 3, "<!--<script>a|b, \"c\"; \\| [d](javascript:alert(5)) &lt;");
    rename_node(n, 5, "gr\xc3\xb6\xc3\x9f" "e \xe5\xb1\xa4 \xf0\x9f\x99\x82 \xe2\x80\xa8 \\n\\u0000%s%n");
    rename_node(n, 7, "two\nlines\r\n\tand \x1b[31m \xff");
    n->values[1].name = n->nodes[7].output[0];
    n->graph.name = "</title><script>alert(6)</script>|,\"'";
    write_model(n, folder, "names.onnx");
}

/* A weight w of a tensor as each variant has it. */
static float not_a_number(float w, size_t i)
{
    return i == 3 ? NAN : w;
}

static float infinite(float w, size_t i)
{
    return i == 3 ? -INFINITY : w;
}

static float none(float w, size_t i)
{
    (void)w, (void)i;
    return 0;
}

static float all_equal(float w, size_t i)
{
    (void)w, (void)i;
    return 0.125f;
}

static float few_values(float w, size_t i)
{
    static const float values[] = {-0.5f, 0, 0.25f};
    (void)w;
    return values[i * 7 % 11 % 3];
}

static float one_channel_only(float w, size_t i)
{
    return i < 16 * 9 ? w : 0;
}

static float tiny(float w, size_t i)
{
    (void)i;
    return w * 1e-38f;
}

static float huge_and_tiny(float w, size_t i)
{
    return w * (i % 5 ? 1e-20f : 1e20f);
}

/* The network with other weights in one tensor: FOLDER/<tensor>_<variant>.onnx. */
static void write_variants(struct network *n, const char *folder)
{
    static const struct {
        const char *name;
        float (*weight)(float w, size_t i);
    } variants[] = {{"nan", not_a_number}, {"inf", infinite}, {"zero", none}, {"equal", all_equal}, {"few", few_values},
                    {"one", one_channel_only}, {"tiny", tiny}, {"huge", huge_and_tiny}};
    for (size_t t = 0; t < n->graph.n_initializer; t++) {
        WeftOnnx__TensorProto *tensor = n->tensor_list[t];
        size_t bytes = tensor->n_float_data * sizeof *tensor->float_data;
        float *kept = tensor->float_data;
        tensor->float_data = malloc(bytes);
        for (size_t v = 0; v < sizeof variants / sizeof variants[0]; v++) {
            char name[64];
            for (size_t i = 0; i < tensor->n_float_data; i++) {
                tensor->float_data[i] = variants[v].weight(kept[i], i);
            }
            snprintf(name, sizeof name, "%s_%s.onnx", tensor->name, variants[v].name);
            write_model(n, folder, name);
        }
        free(tensor->float_data);
        tensor->float_data = kept;
    }
}

static void write_records(const char *folder, const char *name, int count)
{
    FILE *file = open_file(folder, name);
    for (int i = 0; i < count; i++) {
        fputc(i % 10, file);
        for (int k = 0; k < 3072; k++) {
            fputc((int)(127.5f + 127 * draw()), file);
        }
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    static struct network network;
    if (argc != 2) {
        fprintf(stderr, "make_model FOLDER\n");
        return 2;
    }
    build(&network);
    write_model(&network, argv[1], "small.onnx");
    write_variants(&network, argv[1]);
    write_names(&network, argv[1]);
    write_records(argv[1], "cifar.bin", 64);
    return 0;
}
