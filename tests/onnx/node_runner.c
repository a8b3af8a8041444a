/* Runs the ONNX project's backend tests through the importer and the float path.
 *   node_runner [--filter TEXT] FOLDER...
 * Every subfolder of FOLDER is a test. weft takes networks with one input and one output: the other inputs are bound as
 * constants, or all are joined into one; each output is asked for in turn. One line for each test that failed or is not
 * supported, with the reason; then the counts. A test fails if its result differs, if the importer calls a valid model
 * damaged, or if it refuses an operator that it has for a reason that is not among the stated limits (limits.h).
 * Exit 1 if any failed. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/convert.h>

#include "graph/graph.h"
#include "limits.h"
#include "node_case.h"
#include "onnx/importer.h"

/* As in the ONNX project's own runner. */
#define RELATIVE 1e-3
#define ABSOLUTE 1e-7

/* LIMIT: weft has the operators, but not in this form. */
enum verdict { PASSED, FAILED, UNSUPPORTED, LIMIT, VERDICTS };
static const char *const words[VERDICTS] = {"passed", "FAILED", "unsupported", "limit"};

struct counts {
    int of[VERDICTS];
};

/* `unit`: of the type that the test keeps its values in; weft computes in floats whatever the type. */
static enum verdict compare(const float *got, const float *expected, size_t count, double unit, char *why, size_t size)
{
    double relative = unit > RELATIVE ? unit : RELATIVE;
    for (size_t i = 0; i < count; i++) {
        double a = (double)got[i], b = (double)expected[i];
        bool same = a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= ABSOLUTE + relative * fabs(b);
        if (!same) {
            snprintf(why, size, "element %zu is %.9g, not %.9g", i, a, b);
            return FAILED;
        }
    }
    return PASSED;
}

static enum verdict run(const weft_model *model, const float *input, size_t input_count, const float *expected,
                        size_t expected_count, double unit, char *why, size_t size)
{
    weft_error error = {""};
    const struct weft_graph *graph = &model->graph;
    int64_t takes = weft_tensor_elements(&graph->tensors[graph->input]);
    int64_t gives = weft_tensor_elements(&graph->tensors[graph->output]);
    if (takes != (int64_t)input_count || gives != (int64_t)expected_count) {
        snprintf(why, size, "takes %lld elements and gives %lld, not %zu and %zu", (long long)takes, (long long)gives,
                 input_count, expected_count);
        return FAILED;
    }
    weft_session *session = NULL;
    weft_session_options options;
    weft_session_options_default(&options);
    float *output = malloc(expected_count * sizeof *output + 1);
    enum verdict verdict = FAILED;
    if (!output || weft_session_create(model, &options, &session, &error) != WEFT_OK ||
        weft_session_run(session, input, output) != WEFT_OK) {
        snprintf(why, size, "does not run: %.300s", error.text);
    } else {
        verdict = compare(output, expected, expected_count, unit, why, size);
    }
    free(output);
    weft_session_free(&session);
    return verdict;
}

/* The first line of an import error, without the file's name. */
static void first_line(const char *text, const char *path, char *why, size_t size)
{
    size_t skip = strlen(path);
    bool named = strncmp(text, path, skip) == 0 && text[skip] == ':';
    text += named ? skip + 2 : 0;
    snprintf(why, size, "%.*s", (int)strcspn(text, "\n"), text);
}

#define JOINED (-1)

/* Output `output` with input `data` as the network's input and the others bound, or all inputs joined. */
static enum verdict attempt(const struct node_case *test, int data, int output, const char *path, char *why,
                            size_t size)
{
    weft_error error = {""};
    weft_model *model = NULL;
    size_t input_count = 0, expected_count = 0;
    float *input = NULL;
    if (data == JOINED) {
        input = node_case_write_joined(test, output, path, &input_count);
    } else if (node_case_write(test, data, output, path) && data < test->inputs_count) {
        input = tensor_floats(test->inputs[data], &input_count);
    }
    enum verdict verdict = FAILED;
    weft_status status = weft_onnx_load(path, NULL, &model, &error);
    float *expected = tensor_floats(test->outputs[output], &expected_count);
    if (status != WEFT_OK) {
        first_line(error.text, path, why, size);
        verdict = status == WEFT_E_UNSUPPORTED ? UNSUPPORTED : FAILED;
    } else if (!input || !expected) {
        snprintf(why, size, "imported, but its input or output is not of floats");
    } else {
        bool brief = test->outputs[output]->data_type == WEFT_ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
        verdict = run(model, input, input_count, expected, expected_count, brief ? 1.0 / 128 : 0, why, size);
    }
    free(input);
    free(expected);
    weft_model_free(&model);
    return verdict;
}

/* The reason of the first attempt stands where none is supported. */
static enum verdict run_output(const struct node_case *test, int output, const char *path, char *why, size_t size)
{
    char other[512];
    enum verdict verdict = attempt(test, 0, output, path, why, size);
    for (int data = 1; verdict == UNSUPPORTED && data < test->inputs_count; data++) {
        verdict = attempt(test, data, output, path, other, sizeof other) == PASSED ? PASSED : UNSUPPORTED;
    }
    if (verdict == UNSUPPORTED && node_case_can_join(test)) {
        enum verdict joined = attempt(test, JOINED, output, path, other, sizeof other);
        if (joined != UNSUPPORTED) {
            verdict = joined;
        }
        snprintf(why, size, "%s", other);
    }
    return verdict;
}

/* The operators of a model that weft has; false if it uses one that weft has not. */
static bool knows_operators(const WeftOnnx__GraphProto *graph)
{
    for (size_t i = 0; i < graph->n_node; i++) {
        const WeftOnnx__NodeProto *node = graph->node[i];
        bool foreign = node->domain && node->domain[0] && strcmp(node->domain, "ai.onnx") != 0;
        if (foreign || !node->op_type || !weft_onnx_operator_find(node->op_type)) {
            return false;
        }
    }
    return true;
}

/* Tells a limit from an operator that is not there, and from a fault. */
static enum verdict refine(const struct node_case *test, char *why, size_t size)
{
    if (!knows_operators(test->model->graph)) {
        return UNSUPPORTED;
    }
    if (is_stated_limit(why)) {
        return LIMIT;
    }
    size_t used = strlen(why);
    snprintf(why + used, size - used, " (an operator that weft has, refused without a stated limit)");
    return FAILED;
}

static enum verdict run_set(const char *folder, int set, const char *path, char *why, size_t size)
{
    struct node_case test;
    enum verdict verdict = UNSUPPORTED;
    if (node_case_read(&test, folder, set, why, size)) {
        verdict = PASSED;
        for (int output = 0; output < test.outputs_count && verdict == PASSED; output++) {
            verdict = run_output(&test, output, path, why, size);
        }
        verdict = verdict == UNSUPPORTED ? refine(&test, why, size) : verdict;
    }
    node_case_free(&test);
    return verdict;
}

static void run_test(const char *folder, const char *name, const char *path, struct counts *counts)
{
    char why[1024] = "no test_data_set_0 beside the model";
    enum verdict verdict = UNSUPPORTED;
    for (int set = 0; node_case_has_set(folder, set) && (set == 0 || verdict == PASSED); set++) {
        verdict = run_set(folder, set, path, why, sizeof why);
    }
    if (verdict != PASSED) {
        printf("%-11s %s: %s\n", words[verdict], name, why);
    }
    counts->of[verdict]++;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void run_folder(const char *folder, const char *filter, const char *path, struct counts *counts)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, visible, alphasort);
    for (int i = 0; i < count; i++) {
        char test[1024];
        snprintf(test, sizeof test, "%.500s/%.300s", folder, entries[i]->d_name);
        if (!filter || strstr(entries[i]->d_name, filter)) {
            run_test(test, entries[i]->d_name, path, counts);
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}

int main(int argc, char **argv)
{
    struct counts counts = {{0}};
    const char *filter = NULL;
    char folder[4096], path[sizeof folder + 16];
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/weft-nodes-XXXXXX", parent && *parent ? parent : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        return 2;
    }
    snprintf(path, sizeof path, "%s/model.onnx", folder);
    int folders = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc) {
            filter = argv[++i];
        } else {
            run_folder(argv[i], filter, path, &counts);
            folders++;
        }
    }
    unlink(path);
    rmdir(folder);
    int total = 0;
    for (int i = 0; i < VERDICTS; i++) {
        total += counts.of[i];
    }
    printf("%d tests in %d folders: %d passed, %d failed; %d use what weft does not have, %d a form beyond its "
           "limits\n", total, folders, counts.of[PASSED], counts.of[FAILED], counts.of[UNSUPPORTED], counts.of[LIMIT]);
    return total > 0 && counts.of[FAILED] == 0 ? 0 : 1;
}
