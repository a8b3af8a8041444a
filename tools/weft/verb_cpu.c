#include <stdio.h>

#include <weft/bench.h>

#include "common.h"
#include "verbs.h"

int verb_cpu(const struct verb *verb, int argc, char **argv)
{
    const char *isa = NULL;
    int operands, exit_code;
    const struct option_spec table[] = {
        {"isa", OPTION_TEXT, &isa, 0, 0, "NAME", "kernels of this ISA (default: the best here)", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands != 0) {
        return args_fail(verb, "takes no arguments");
    }
    struct weft_bench_environment e;
    weft_bench_environment(&e);
    const char *best = "scalar";
    printf("processor  %s\ncores      %d physical, %d usable\nISAs       ", e.cpu[0] ? e.cpu : "unknown", e.cores_physical,
           e.cores_usable);
    for (int i = 0; weft_isa_name(i); i++) {
        bool here = weft_isa_available() & weft_isa_from_name(weft_isa_name(i));
        best = here ? weft_isa_name(i) : best;
        printf("%s%s", here ? "" : "(no ", weft_isa_name(i));
        printf(here ? " " : ") ");
    }
    weft_kernel_info kernel;
    isa = isa ? isa : best;
    if (weft_kernel_choice(isa, 0, &kernel) != WEFT_OK) {
        putchar('\n');
        return args_fail(verb, "--isa: '%s' is not an ISA of this build", isa);
    }
    printf("\n\nkernels of %s:\n", isa);
    for (int i = 0; weft_kernel_choice(isa, i, &kernel) == WEFT_OK; i++) {
        printf("  %-18s %s\n", kernel.role, kernel.name);
    }
    return EXIT_FINE;
}
