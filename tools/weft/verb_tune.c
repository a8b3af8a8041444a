#include <stdlib.h>

#include "common.h"
#include "output.h"
#include "tuned.h"
#include "verbs.h"

static const char *name_of(weft_winograd form)
{
    switch (form) {
    case WEFT_WINOGRAD_1D: return "F(2,3)";
    case WEFT_WINOGRAD_2D: return "F(2x2,3x3)";
    case WEFT_WINOGRAD_4X4: return "F(4x4,3x3)";
    case WEFT_WINOGRAD_STRASSEN: return "strassen";
    default: return "direct";
    }
}

static void print_time(double seconds)
{
    if (seconds > 0) {
        printf(" %10.1f", seconds * 1e6);
    } else {
        printf(" %10s", "-");
    }
}

static double time_of(const weft_layer_tuning *t, weft_winograd form)
{
    switch (form) {
    case WEFT_WINOGRAD_1D: return t->seconds_1d;
    case WEFT_WINOGRAD_2D: return t->seconds_2d;
    case WEFT_WINOGRAD_4X4: return t->seconds_4x4;
    case WEFT_WINOGRAD_STRASSEN: return t->seconds_strassen;
    default: return t->direct_seconds;
    }
}

/* Layers where there is a choice; and what the choices gain. */
static void print_layers(const weft_model *model, const weft_layer_tuning *layers, int count)
{
    weft_layer_info info;
    double rule = 0, choice = 0;
    int changed = 0;
    printf("%-28s %10s %10s %10s %10s %10s  %-11s %s\n", "layer", "direct us", "F(2,3)", "F(2x2,3x3)", "F(4x4,3x3)",
           "strassen", "rule", "choice");
    for (int i = 0; i < count; i++) {
        const weft_layer_tuning *t = &layers[i];
        if (t->direct_seconds == 0 || weft_model_layer(model, i, &info) != WEFT_OK) {
            continue;
        }
        printf("%-28.28s", info.name);
        print_time(t->direct_seconds);
        print_time(t->seconds_1d);
        print_time(t->seconds_2d);
        print_time(t->seconds_4x4);
        print_time(t->seconds_strassen);
        printf("  %-11s %s\n", name_of(t->rule), name_of(t->choice));
        rule += time_of(t, t->rule);
        choice += time_of(t, t->choice);
        changed += t->rule != t->choice;
    }
    if (rule > 0) {
        printf("%d changed; these layers take %.3f ms, by the rule %.3f\n", changed, choice * 1e3, rule * 1e3);
    } else {
        printf("no layer has a choice\n");
    }
}

static int write_file(const struct verb *verb, const struct tuned *tuned, const char *path)
{
    char why[512];
    struct output out;
    if (!output_open(&out, path, why, sizeof why)) {
        return args_fail(verb, "%s", why);
    }
    tuned_write(tuned, out.file);
    return output_close(&out, why, sizeof why) ? EXIT_FINE : args_fail(verb, "%s", why);
}

static int tune(const struct verb *verb, const weft_model *model, const weft_session_options *options, double seconds,
                const char *path, struct tuned *tuned)
{
    weft_error error = {""};
    weft_layer_tuning *layers = calloc((size_t)tuned->count + 1, sizeof *layers);
    weft_status status = layers ? weft_session_tune(model, options, seconds, layers, tuned->count, &error)
                                : WEFT_E_MEMORY;
    int code = EXIT_FINE;
    if (status != WEFT_OK) {
        code = args_fail(verb, "%s", error.text[0] ? error.text : weft_status_name(status));
    } else {
        for (int i = 0; i < tuned->count; i++) {
            tuned->choices[i] = layers[i].direct_seconds > 0 ? layers[i].choice : WEFT_WINOGRAD_AUTO;
        }
        print_layers(model, layers, tuned->count);
        code = path ? write_file(verb, tuned, path) : EXIT_FINE;
    }
    free(layers);
    return code;
}

int verb_tune(const struct verb *verb, int argc, char **argv)
{
    const char *isa = NULL, *path = NULL;
    char why[512];
    int threads = 0, operands, exit_code;
    double seconds = 2;
    const struct option_spec table[] = {
        {"output", OPTION_TEXT, &path, 0, 0, "FILE", "write the choices, for --tuned of 'run' and 'bench'", 'o'},
        {"seconds", OPTION_SECONDS, &seconds, 0, 3600, "S", "how long to measure (default 2; at least three runs)", 0},
        {"isa", OPTION_TEXT, &isa, 0, 0, "NAME", "hold to this ISA (see 'weft cpu'; also $WEFT_ISA)", 0},
        {"threads", OPTION_INT, &threads, 1, 256, "N", "default: physical cores", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands != 1) {
        return args_fail(verb, "takes one MODEL");
    }
    if (!output_check(path, why, sizeof why)) {
        return args_fail(verb, "%s", why);
    }
    weft_model *model = open_quantized(verb, argv[0]);
    if (!model) {
        return EXIT_BAD_USE;
    }
    weft_session_options options;
    weft_session_options_default(&options);
    options.isa = choose_isa(isa);
    options.threads = threads;
    struct tuned tuned;
    exit_code = tuned_make(&tuned, model, isa, threads) ? tune(verb, model, &options, seconds, path, &tuned)
                                                        : args_fail(verb, "memory is short");
    tuned_free(&tuned);
    weft_model_free(&model);
    return exit_code;
}
