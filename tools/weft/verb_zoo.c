#include <stdio.h>

#include <weft/zoo.h>

#include "common.h"
#include "report.h"
#include "verbs.h"

static void show(struct report *report, const char *name, const weft_model *model)
{
    char input[32];
    weft_model_info info;
    weft_model_describe(model, &info);
    snprintf(input, sizeof input, "%dx%dx%d", info.input_c, info.input_h, info.input_w);
    if (!report_owns_stdout(report)) {
        printf("%-22s %11s %7d %8.3f %9.2f %9.2f\n", name, input, info.layers, (double)info.macs / 1e9,
               (double)info.parameters / 1e6, (double)info.weight_bytes / 1048576);
    }
    report_result(report);
    report_text(report, "model", name);
    report_text(report, "input", input);
    report_number(report, "layers", info.layers);
    report_number(report, "gmac", (double)info.macs / 1e9);
    report_number(report, "parameters", (double)info.parameters);
    report_number(report, "model_bytes", (double)info.weight_bytes);
}

int verb_zoo(const struct verb *verb, int argc, char **argv)
{
    const char *json = NULL;
    struct report *report;
    int operands, exit_code;
    const struct option_spec table[] = {{"json", OPTION_TEXT, &json, 0, 0, "FILE|-", "write it as JSON", 0}, {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands != 0) {
        return args_fail(verb, "takes no arguments; use zoo:NAME wherever a MODEL goes");
    }
    if (!report_open(verb, json, &report)) {
        return EXIT_BAD_USE;
    }
    if (!report_owns_stdout(report)) {
        printf("%-22s %11s %7s %8s %9s %9s\n", "model", "input", "layers", "GMAC", "Mparams", "bins MiB");
    }
    for (int i = 0; weft_zoo_name(i); i++) {
        char name[64];
        snprintf(name, sizeof name, "zoo:%s", weft_zoo_name(i));
        weft_model *model = open_model(verb, name);
        if (!model) {
            return report_close(verb, report, EXIT_BAD_USE);
        }
        show(report, name, model);
        weft_model_free(&model);
    }
    return report_close(verb, report, EXIT_FINE);
}
