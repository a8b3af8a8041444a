#include <stdio.h>

#include <weft/zoo.h>

#include "common.h"
#include "verbs.h"

int verb_zoo(const struct verb *verb, int argc, char **argv)
{
    int operands, exit_code;
    const struct option_spec table[] = {{0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands != 0) {
        return args_fail(verb, "takes no arguments; use zoo:NAME wherever a MODEL goes");
    }
    printf("%-18s %11s %8s %9s %9s\n", "model", "input", "GMAC", "Mparams", "bins MiB");
    for (int i = 0; weft_zoo_name(i); i++) {
        char name[64], input[32];
        weft_model_info info;
        snprintf(name, sizeof name, "zoo:%s", weft_zoo_name(i));
        weft_model *model = open_model(verb, name);
        if (!model) {
            return EXIT_BAD_USE;
        }
        weft_model_describe(model, &info);
        snprintf(input, sizeof input, "%dx%dx%d", info.input_c, info.input_h, info.input_w);
        printf("%-18s %11s %8.3f %9.2f %9.2f\n", name, input, (double)info.macs / 1e9, (double)info.parameters / 1e6,
               (double)info.weight_bytes / 1048576);
        weft_model_free(&model);
    }
    return EXIT_FINE;
}
