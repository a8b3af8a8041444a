#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "npy.h"
#include "output.h"
#include "progress.h"
#include "source.h"
#include "verbs.h"

/* All the inputs, one by one, into `out`. */
static int run_all(const struct verb *verb, weft_session *session, const struct source *source, size_t in_size,
                   size_t out_size, float *out)
{
    struct progress progress;
    progress_open(&progress);
    for (int i = 0; i < source->count; i++) {
        progress_show(&progress, "running", i, source->count);
        weft_status status = weft_session_run(session, source->npy.data + (size_t)i * in_size,
                                              out + (size_t)i * out_size);
        if (status != WEFT_OK) {
            progress_clear(&progress);
            return args_fail(verb, "input %d: %s", i, weft_status_name(status));
        }
    }
    progress_clear(&progress);
    return EXIT_FINE;
}

static int run_model(const struct verb *verb, const weft_model *model, const char *input, const char *output,
                     const char *isa, int threads, struct tuned *tuned)
{
    char why[512];
    struct source source;
    weft_model_info info;
    weft_model_describe(model, &info);
    if (!output_check(output, why, sizeof why)) {
        return args_fail(verb, "%s", why);
    }
    if (!source_open(&source, input, info.input_c, info.input_h, info.input_w, NULL, why, sizeof why)) {
        return args_fail(verb, "%s", why);
    }
    int exit_code = EXIT_BAD_USE;
    size_t in_size = (size_t)info.input_c * (size_t)info.input_h * (size_t)info.input_w;
    size_t out_size = (size_t)info.output_c * (size_t)info.output_h * (size_t)info.output_w;
    weft_session *session = open_session_tuned(verb, model, isa, threads, WEFT_WINOGRAD_AUTO, tuned);
    float *out = malloc((size_t)source.count * out_size * sizeof *out);
    if (session && !out) {
        args_fail(verb, "memory is short");
    } else if (session) {
        exit_code = run_all(verb, session, &source, in_size, out_size, out);
    }
    if (exit_code == EXIT_FINE) {
        int64_t shape[4] = {source.count, info.output_c, info.output_h, info.output_w};
        int rank = info.output_h == 1 && info.output_w == 1 ? 2 : 4;
        if (!npy_write(output, out, rank, shape, why, sizeof why)) {
            exit_code = args_fail(verb, "%s", why);
        } else if (strcmp(output, "-") != 0) {
            printf("%s: %d output%s of %dx%dx%d\n", output, source.count, source.count == 1 ? "" : "s", info.output_c,
                   info.output_h, info.output_w);
        }
    }
    free(out);
    weft_session_free(&session);
    source_close(&source);
    return exit_code;
}

int verb_run(const struct verb *verb, int argc, char **argv)
{
    const char *input = NULL, *output = NULL, *isa = NULL, *tuned_path = NULL;
    struct tuned tuned = {.choices = NULL};
    char why[512];
    bool is_float = false;
    int threads = 0, operands, exit_code;
    const struct option_spec table[] = {
        {"input", OPTION_TEXT, &input, 0, 0, "X.npy", "prepared inputs, float32, (n, c, h, w)", 0},
        {"output", OPTION_TEXT, &output, 0, 0, "Y.npy", "where the outputs go ('-': standard output)", 0},
        {"float", OPTION_FLAG, &is_float, 0, 0, NULL, "run the float path of an .onnx model", 0},
        {"isa", OPTION_TEXT, &isa, 0, 0, "NAME", "hold to this ISA (see 'weft cpu'; also $WEFT_ISA)", 0},
        {"tuned", OPTION_TEXT, &tuned_path, 0, 0, "FILE", "choices that 'weft tune' wrote", 0},
        {"threads", OPTION_INT, &threads, 1, 256, "N", "default: physical cores", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands != 1 || !input || !output) {
        return args_fail(verb, "takes one MODEL, --input X.npy and --output Y.npy");
    }
    if (tuned_path && is_float) {
        return args_fail(verb, "--tuned is for quantized models");
    }
    if (tuned_path && !tuned_read(&tuned, tuned_path, why, sizeof why)) {
        return args_fail(verb, "%s", why);
    }
    weft_model *model = is_float ? open_model(verb, argv[0]) : open_quantized(verb, argv[0]);
    if (!model) {
        tuned_free(&tuned);
        return EXIT_BAD_USE;
    }
    weft_model_info info;
    weft_model_describe(model, &info);
    if (is_float && info.quantized) {
        exit_code = args_fail(verb, "%s: --float takes a float model (.onnx), this one is quantized", argv[0]);
    } else {
        exit_code = run_model(verb, model, input, output, isa, threads, tuned_path ? &tuned : NULL);
    }
    tuned_free(&tuned);
    weft_model_free(&model);
    return exit_code;
}
