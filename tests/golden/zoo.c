/* Golden digests of the zoo: each network's output for the seeded input, on every ISA of this machine; its layers
 * against torchvision's; the histograms of its codes. `golden_zoo [--update] [--codes] [--tune] [NETWORK...]`:
 * --update prints the digests without comparing, --codes the histograms; --tune prints models/tuning.c anew, from what
 * the networks hold as they are now: repeat it until nothing changes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "models/builder.h"

static int passed, failed;

void golden_check(bool fine, const char *network, const char *layer, const char *what)
{
    passed += fine;
    failed += !fine;
    if (!fine) {
        printf("FAILED: %s: %s: %s\n", network, layer, what);
    }
}

static uint64_t digest_of(const float *y, size_t n)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const unsigned char *bytes = (const unsigned char *)y;
    for (size_t i = 0; i < n * sizeof *y; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

struct run {
    const struct zoo_builder *builder;
    const weft_model *model;
    const char *name;
    float *input, *output;
    size_t outputs;
    bool update, codes, tune;
};

/* `traced`: keeps every layer's codes, and looks at them. */
static void run_on(const struct run *run, const char *isa, int threads, bool traced)
{
    weft_session_options options;
    weft_session *session = NULL;
    weft_error error = {""};
    weft_session_options_default(&options);
    options.isa = isa;
    options.threads = threads;
    weft_status status =
        (traced ? weft_session_create_traced : weft_session_create)(run->model, &options, &session, &error);
    bool ran = status == WEFT_OK && weft_session_run(session, run->input, run->output) == WEFT_OK;
    golden_check(ran, run->name, isa, error.text);
    if (!ran) {
        return;
    }
    if (run->tune) {
        golden_tune(run->model, session, run->builder, run->name, true);
        weft_session_free(&session);
        return;
    }
    uint64_t digest = digest_of(run->output, run->outputs);
    printf("%-18s %-12s %d threads  %016" PRIx64 "\n", run->name, isa, threads, digest);
    golden_check(run->update || digest == weft_zoo_golden(run->name), run->name, isa,
                 "the digest is not the golden one");
    if (traced) {
        golden_check_codes(run->model, session, run->name, run->codes);
        golden_tune(run->model, session, run->builder, run->name, false);
    }
    weft_session_free(&session);
}

/* On every ISA; only the first time are all layers kept and looked at. */
static void run_everywhere(struct run *run)
{
    bool traced = true;
    weft_zoo_input(run->model, run->input);
    for (int i = 1; weft_isa_name(i) && (traced || !run->tune); i++) { /* the scalar reference: `weft verify` */
        const char *isa = weft_isa_name(i);
        if (weft_isa_available() & weft_isa_from_name(isa)) {
            run_on(run, isa, 1 + i % 2, traced);
            traced = false;
        }
    }
}

static void run_network(struct run *run, struct zoo_builder *builder)
{
    weft_model *model = NULL;
    weft_model_info info;
    weft_error error = {""};
    if (zoo_build(builder, run->name, NULL, &model, &error) != WEFT_OK) {
        golden_check(false, run->name, "-", error.text);
        return;
    }
    if (!run->tune) {
        golden_check_layers(model, run->name);
    }
    weft_model_describe(model, &info);
    run->builder = builder;
    run->model = model;
    run->outputs = (size_t)info.output_c * (size_t)info.output_h * (size_t)info.output_w;
    run->input = malloc((size_t)info.input_c * (size_t)info.input_h * (size_t)info.input_w * sizeof *run->input);
    run->output = malloc(run->outputs * sizeof *run->output);
    if (run->input && run->output) {
        run_everywhere(run);
    }
    free(run->input);
    free(run->output);
    weft_model_free(&model);
}

static bool has_option(int argc, char **argv, const char *option)
{
    bool has = false;
    for (int k = 1; k < argc; k++) {
        has = has || strcmp(argv[k], option) == 0;
    }
    return has;
}

static const char tuning_head[] =
    "/* Made by `golden_zoo --tune`. Per tensor, in the order of the graph: how much larger, in steps of 2^(1/32), "
    "the\n"
    " * network's values are than independent samples would be. golden_zoo checks it against the running network. */\n"
    "#include <string.h>\n\n#include \"builder.h\"\n\n"
    "static const struct {\n    const char *network;\n    int count;\n    const int8_t *steps;\n} tunings[] = {\n";
static const char tuning_tail[] =
    "};\n\nconst int8_t *zoo_tuning(const char *network, int *count)\n{\n    *count = 0;\n"
    "    for (size_t i = 0; i < sizeof tunings / sizeof tunings[0]; i++) {\n"
    "        if (strcmp(tunings[i].network, network) == 0) {\n            *count = tunings[i].count;\n"
    "            return tunings[i].steps;\n        }\n    }\n    return NULL;\n}\n";

int main(int argc, char **argv)
{
    struct run run = {.update = has_option(argc, argv, "--update"),
                      .codes = has_option(argc, argv, "--codes"),
                      .tune = has_option(argc, argv, "--tune")};
    struct zoo_builder *builder = malloc(sizeof *builder);
    bool all = argc == 1 + run.update + run.codes + run.tune;
    if (!builder || !golden_open_table(WEFT_SOURCE_DIR "/tests/golden/networks.tsv")) {
        printf("FAILED: tests/golden/networks.tsv cannot be read\n");
        free(builder);
        return 1;
    }
    fputs(run.tune ? tuning_head : "", stdout);
    for (int i = 0; weft_zoo_name(i); i++) {
        run.name = weft_zoo_name(i);
        if (all || has_option(argc, argv, run.name)) {
            run_network(&run, builder);
        }
    }
    golden_close_table();
    free(builder);
    if (run.tune) {
        fputs(tuning_tail, stdout);
    } else {
        printf("%d passed, %d failed\n", passed, failed);
    }
    return failed != 0;
}
