#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "report.h"
#include "source.h"
#include "verbs.h"

#define THREADS_MAX 16

struct talk {
    struct report *report;
    bool quiet, verdicts_only;
    const char *model;
    int limit;         /* inputs at most, 0: all */
    int images, image; /* how many inputs, and the one at work */
};

static void tell_layer(void *cookie, int index, const char *name, uint64_t digest)
{
    struct talk *talk = cookie;
    if (index == 0) {
        talk->image++;
    }
    if (index == 0 && talk->images > 1 && !talk->quiet) {
        printf("input %d\n", talk->image - 1);
    }
    if (!talk->verdicts_only && !talk->quiet) {
        printf("  %3d  %016" PRIx64 "  %s\n", index, digest, name);
    }
}

static void tell_verdict(void *cookie, const char *isa, int threads, int same)
{
    struct talk *talk = cookie;
    if (!talk->quiet) {
        printf("  %-12s %d thread%s  %s\n", isa, threads, threads == 1 ? " " : "s", same ? "same bits" : "DIFFERENT");
        fflush(stdout);
    }
    report_result(talk->report);
    report_text(talk->report, "model", talk->model);
    report_number(talk->report, "input", talk->image - 1);
    report_text(talk->report, "isa", isa);
    report_number(talk->report, "threads", threads);
    report_text(talk->report, "verdict", same ? "same" : "different");
}

/* "1,2,3" */
static int parse_threads(const char *text, int threads[THREADS_MAX])
{
    int count = 0;
    while (*text && count < THREADS_MAX) {
        char *end;
        long n = strtol(text, &end, 10);
        if (end == text || n < 1 || n > 256 || (*end && *end != ',')) {
            return 0;
        }
        threads[count++] = (int)n;
        text = *end ? end + 1 : end;
    }
    return *text ? 0 : count;
}

/* "avx2,scalar"; 0 after an error line. */
static unsigned parse_isas(const struct verb *verb, const char *text)
{
    unsigned mask = 0;
    char word[32];
    while (*text) {
        size_t length = strcspn(text, ",");
        snprintf(word, sizeof word, "%.*s", (int)(length < 31 ? length : 31), text);
        unsigned bit = weft_isa_from_name(word);
        if (!bit || !(weft_isa_available() & bit)) {
            args_fail(verb, "--isa: '%s' is not one of this machine's ISAs (see 'weft cpu')", word);
            return 0;
        }
        mask |= bit;
        text += length + (text[length] == ',');
    }
    return mask;
}

static int verify(const struct verb *verb, const char *name, weft_verify_options *options, const char *input,
                  struct talk *talk)
{
    char why[512];
    weft_error error = {""};
    weft_model_info info;
    struct source source = {0};
    uint64_t digest = 0;
    weft_model *model = open_quantized(verb, name);
    if (!model) {
        return EXIT_BAD_USE;
    }
    weft_model_describe(model, &info);
    if (input) {
        if (!source_open(&source, input, info.input_c, info.input_h, info.input_w, NULL, why, sizeof why)) {
            weft_model_free(&model);
            return args_fail(verb, "%s", why);
        }
        options->input = source.npy.data;
        options->images = talk->limit && talk->limit < source.count ? talk->limit : source.count;
    }
    if (!talk->quiet) {
        printf("%s\n", name);
    }
    talk->model = name;
    talk->images = options->input ? options->images : 1;
    talk->image = 0;
    weft_status status = weft_verify(model, options, &digest, &error);
    int exit_code = EXIT_FINE;
    if (status == WEFT_E_MISMATCH) {
        fprintf(talk->quiet ? stderr : stdout, "%s: DIFFERENT: %s\n", name, error.text);
        report_text(talk->report, "difference", error.text);
        exit_code = EXIT_CHECK_FAILED;
    } else if (status != WEFT_OK) {
        exit_code = args_fail(verb, "%s: %s", name, error.text[0] ? error.text : weft_status_name(status));
    } else if (!talk->quiet) {
        printf("%s: the same bits everywhere, digest %016" PRIx64 "\n", name, digest);
    }
    options->input = NULL; /* the next model may have another shape */
    source_close(&source);
    weft_model_free(&model);
    return exit_code;
}

int verb_verify(const struct verb *verb, int argc, char **argv)
{
    const char *input = NULL, *threads_text = "1,2", *isas = NULL, *json = NULL;
    int threads[THREADS_MAX], operands, exit_code;
    struct talk talk = {0};
    const struct option_spec table[] = {
        {"input", OPTION_TEXT, &input, 0, 0, "X.npy", "prepared inputs (default: one seeded random input)", 0},
        {"limit", OPTION_INT, &talk.limit, 1, 1000000, "N", "inputs at most (default: all)", 0},
        {"threads", OPTION_TEXT, &threads_text, 0, 0, "LIST", "thread counts, e.g. 1,2,3 (default 1,2)", 0},
        {"isa", OPTION_TEXT, &isas, 0, 0, "LIST", "ISAs to check, e.g. avx2,avx512 (default: all of this machine)", 0},
        {"verdicts-only", OPTION_FLAG, &talk.verdicts_only, 0, 0, NULL, "leave out the digest of each layer", 0},
        {"json", OPTION_TEXT, &json, 0, 0, "FILE|-", "write the verdicts as JSON", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands < 1) {
        return args_fail(verb, "takes one MODEL or more");
    }
    weft_verify_options options;
    weft_verify_options_default(&options);
    options.threads = threads;
    options.threads_count = parse_threads(threads_text, threads);
    if (options.threads_count == 0) {
        return args_fail(verb, "--threads takes numbers from 1 to 256, e.g. 1,2,3, not '%s'", threads_text);
    }
    if (isas && !(options.isa_mask = parse_isas(verb, isas))) {
        return EXIT_BAD_USE;
    }
    if (!report_open(verb, json, &talk.report)) {
        return EXIT_BAD_USE;
    }
    talk.quiet = report_owns_stdout(talk.report);
    options.layer = tell_layer;
    options.verdict = tell_verdict;
    options.cookie = &talk;
    exit_code = EXIT_FINE;
    for (int i = 0; i < operands; i++) {
        int one = verify(verb, argv[i], &options, input, &talk);
        exit_code = one > exit_code ? one : exit_code;
    }
    return report_close(verb, talk.report, exit_code);
}
