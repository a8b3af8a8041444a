#include <stdio.h>

#include <weft/bench.h>

#include "common.h"
#include "report.h"
#include "verbs.h"

/* Why a level is there or not. */
static const char *standing(const char *isa)
{
    weft_kernel_info kernel;
    bool built = weft_kernel_choice(isa, 0, &kernel) == WEFT_OK;
    return weft_isa_available() & weft_isa_from_name(isa) ? "yes" : built ? "not on this machine" : "not in this build";
}

static const char *best_isa(void)
{
    const char *best = "scalar";
    for (int i = 0; weft_isa_name(i); i++) {
        best = weft_isa_available() & weft_isa_from_name(weft_isa_name(i)) ? weft_isa_name(i) : best;
    }
    return best;
}

static void print_machine(const char *isa)
{
    struct weft_bench_environment e;
    weft_bench_environment(&e);
    printf("processor  %s\ncores      %d physical, %d usable\n", e.cpu[0] ? e.cpu : "unknown", e.cores_physical,
           e.cores_usable);
    for (int i = 0; weft_isa_name(i); i++) {
        printf("%-10s %-11s %s\n", i == 0 ? "ISAs" : "", weft_isa_name(i), standing(weft_isa_name(i)));
    }
    printf("\nkernels of %s:\n", isa);
}

int verb_cpu(const struct verb *verb, int argc, char **argv)
{
    const char *isa = NULL, *json = NULL;
    struct report *report;
    int operands, exit_code;
    const struct option_spec table[] = {
        {"isa", OPTION_TEXT, &isa, 0, 0, "NAME", "kernels of this ISA (default: $WEFT_ISA, else the best here)", 0},
        {"json", OPTION_TEXT, &json, 0, 0, "FILE|-", "write it as JSON", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands != 0) {
        return args_fail(verb, "takes no arguments");
    }
    weft_kernel_info kernel;
    isa = choose_isa(isa) ? choose_isa(isa) : best_isa();
    if (weft_kernel_choice(isa, 0, &kernel) != WEFT_OK) {
        return args_fail(verb, "'%s' is not an ISA of this build; 'weft cpu' lists them", isa);
    }
    if (!report_open(verb, json, &report)) {
        return EXIT_BAD_USE;
    }
    bool quiet = report_owns_stdout(report);
    if (!quiet) {
        print_machine(isa);
    }
    report_result(report);
    report_text(report, "isa", isa);
    for (int i = 0; weft_isa_name(i); i++) {
        report_item(report, "isas");
        report_text(report, "name", weft_isa_name(i));
        report_text(report, "available", standing(weft_isa_name(i)));
    }
    for (int i = 0; weft_kernel_choice(isa, i, &kernel) == WEFT_OK; i++) {
        if (!quiet) {
            printf("  %-18s %s\n", kernel.role, kernel.name);
        }
        report_item(report, "kernels");
        report_text(report, "role", kernel.role);
        report_text(report, "name", kernel.name);
    }
    return report_close(verb, report, EXIT_FINE);
}
