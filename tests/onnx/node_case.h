/* weft: one test of the ONNX project's backend suite: model.onnx and folders of test_data_set_N with input_K.pb and
 * output_K.pb. */
#ifndef WEFT_TESTS_ONNX_NODE_CASE_H
#define WEFT_TESTS_ONNX_NODE_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include <weft_onnx.pb-c.h>

#define CASE_VALUES_MAX 16

struct node_case {
    WeftOnnx__ModelProto *model;
    int inputs_count, outputs_count;
    WeftOnnx__TensorProto *inputs[CASE_VALUES_MAX], *outputs[CASE_VALUES_MAX];
    WeftOnnx__ValueInfoProto *infos[CASE_VALUES_MAX]; /* what the model says of the inputs */
};

/* Reads the model and data set `set` of the test in `folder`. False, with a line in `why`, where something is not
 * there or is no tensor. A model of an opset below 7 is raised to 7: a node test has the opset that last changed its
 * operator; what did change in between shows by attributes that 7 does not know. */
bool node_case_read(struct node_case *test, const char *folder, int set, char *why, size_t why_size);
void node_case_free(struct node_case *test);
/* Whether the test has data set `set`. */
bool node_case_has_set(const char *folder, int set);

/* Values of a tensor of floats of any width (owned by the caller); NULL if it is of another type or its length is
 * wrong. */
float *tensor_floats(const WeftOnnx__TensorProto *tensor, size_t *count);

/* Writes the model to PATH with one output and every input but number `data` turned into an initializer. */
bool node_case_write(const struct node_case *test, int data, int output, const char *path);

/* Whether the inputs are floats that differ in their channels (axis 1, axis 0 of a vector) at most. */
bool node_case_can_join(const struct node_case *test);
/* Writes the model with one output and one input: the test's inputs joined along the channels, each gathered out of
 * it again. Returns the values of that input, *count of them (owned by the caller); NULL if it cannot be written. */
float *node_case_write_joined(const struct node_case *test, int output, const char *path, size_t *count);

#endif
