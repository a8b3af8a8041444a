#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "output.h"
#include "profile.h"
#include "verbs.h"

static int profile_one(const struct profile_options *options, const char *name, bool by_time, const char *html,
                       struct report *report)
{
    struct profile profile;
    char why[512];
    int code = profile_measure(options, name, &profile), *order = NULL;
    if (code == EXIT_FINE && !(order = profile_order(&profile, by_time))) {
        code = args_fail(options->verb, "memory is short");
    }
    if (code == EXIT_FINE) {
        if (!report_owns_stdout(report)) {
            profile_show(stdout, &profile, order);
        }
        profile_report(report, &profile);
        code = profile.incomplete ? EXIT_CHECK_FAILED : EXIT_FINE;
        if (!profile.same_output) {
            fprintf(stderr, "%s: WRONG RESULT: a profiled run gives another output than a plain one\n", name);
            code = EXIT_CHECK_FAILED;
        }
        if (html && !profile_html(html, &profile, order, why, sizeof why)) {
            code = args_fail(options->verb, "--html %s", why);
        }
    }
    free(order);
    profile_free(&profile);
    return code;
}

int verb_profile(const struct verb *verb, int argc, char **argv)
{
    struct profile_options options = {.verb = verb, .time = 3};
    const char *json = NULL, *html = NULL, *sort = "order";
    bool no_winograd = false;
    char why[512];
    int operands, exit_code;
    struct report *report;
    const struct option_spec table[] = {
        {"threads", OPTION_INT, &options.threads, 1, 256, "N", "default: physical cores", 0},
        {"isa", OPTION_TEXT, &options.isa, 0, 0, "NAME", "hold to this ISA (see 'weft cpu'; also $WEFT_ISA)", 0},
        {"no-winograd", OPTION_FLAG, &no_winograd, 0, 0, NULL,
         "convolutions with all their products (docs/winograd.md)", 0},
        {"time", OPTION_SECONDS, &options.time, 0, 3600, "S",
         "seconds to measure for (default 3), at least 5 rounds", 0},
        {"sort", OPTION_TEXT, &sort, 0, 0, "HOW", "order (of the network; default) or time (slowest first)", 0},
        {"html", OPTION_TEXT, &html, 0, 0, "FILE",
         "write a page with bars for the layers, a roofline plot and all figures", 0},
        {"json", OPTION_TEXT, &json, 0, 0, "FILE|-", "write the figures as JSON", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    bool by_time = strcmp(sort, "time") == 0;
    if (!by_time && strcmp(sort, "order") != 0) {
        return args_fail(verb, "--sort takes time or order, not '%s'", sort);
    }
    if (operands != 1) {
        return args_fail(verb, "takes one MODEL");
    }
    if (!output_check_page(html, why, sizeof why)) {
        return args_fail(verb, "--html %s", why);
    }
    options.winograd = no_winograd ? WEFT_WINOGRAD_OFF : WEFT_WINOGRAD_AUTO;
    if (!report_open(verb, json, &report)) {
        return EXIT_BAD_USE;
    }
    options.stop = interrupt_catch();
    return report_close(verb, report, profile_one(&options, argv[0], by_time, html, report));
}
