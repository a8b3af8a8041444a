#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <weft/zoo.h>

#include "bench.h"
#include "bench_html.h"
#include "interrupt.h"
#include "output.h"
#include "verbs.h"

static const double TOLERANCE = 3; /* percent */

struct bench {
    struct bench_options options;
    const char *tuned_path;
    struct tuned tuned;
    const char *json, *lines, *html, *format, *affinity, *versus, *binary;
    bool turns;
    double tolerance; /* < 0: not given */
    const struct bench_format *style;
    FILE *page; /* the page's part for comparisons; NULL: none */
    char *page_text;
    size_t page_size;
    FILE *out; /* for people; NULL: stdout belongs to --json or --jsonl */
    struct report *report, *line_report;
    struct bench_result *results;
    int results_count;
};

static void show(struct bench *bench, const struct bench_result *result)
{
    if (bench->out) {
        if (bench->results_count == 0 && bench->style->head) {
            bench->style->head(bench->out, result);
        }
        bench->style->row(bench->out, result);
    }
    bench_report(bench->report, result);
    bench_report(bench->line_report, result);
    report_line(bench->line_report);
}

static int bench_model(struct bench *bench, const char *name)
{
    if (bench->versus || bench->binary) {
        struct versus versus = {.options = &bench->options, .words = bench->versus, .binary = bench->binary,
                                .tolerance = bench->tolerance, .json = bench->report, .lines = bench->line_report,
                                .out = bench->out, .page = bench->page};
        return bench_versus(&versus, name);
    }
    struct bench_result *result = &bench->results[bench->results_count];
    int code = bench_case(&bench->options, name, result);
    if (code != EXIT_FINE) {
        bench_result_free(result);
        return code;
    }
    show(bench, result);
    bench->results_count++;
    if (result->state == DIGEST_WRONG) {
        fprintf(stderr, "%s: WRONG RESULT: the digest is not the golden one\n", name);
        return EXIT_CHECK_FAILED;
    }
    return result->incomplete ? EXIT_CHECK_FAILED : EXIT_FINE;
}

static int count_zoo(void)
{
    int count = 0;
    while (weft_zoo_name(count)) {
        count++;
    }
    return count;
}

/* What the machine became meanwhile, beside the environment at the start. */
static void report_end(struct report *report, int networks, bool stopped, int64_t throttled_before)
{
    struct weft_bench_environment now;
    weft_bench_environment(&now);
    report_summary(report);
    report_number(report, "networks", networks);
    report_bool(report, "incomplete", stopped);
    report_number(report, "mhz_after", now.mhz);
    report_number(report, "load_average_after", now.load_average);
    report_number(report, "temperature_c_after", now.temperature);
    report_number(report, "throttled_after", (double)now.throttled);
    if (throttled_before >= 0 && now.throttled > throttled_before) {
        fprintf(stderr, "warning: the processor was throttled %" PRId64 " times meanwhile: "
                        "let the machine cool and run again\n",
                now.throttled - throttled_before);
    }
}

/* The page is written from what was measured, stopped or not. */
static int write_page(struct bench *bench, bool stopped, int code)
{
    char why[512];
    bool versus = bench->page != NULL, fine = !versus || fclose(bench->page) == 0;
    if (bench->html && (bench->results_count > 0 || (versus && bench->page_size > 0))) {
        snprintf(why, sizeof why, "memory is short");
        fine = fine && bench_html(bench->html, bench->results, bench->results_count, versus ? bench->page_text : NULL,
                                  stopped, why, sizeof why);
        code = fine ? code : args_fail(bench->options.verb, "--html %s", why);
    }
    free(bench->page_text);
    return code;
}

static int bench_all(struct bench *bench, int models, char **names)
{
    int worst = EXIT_FINE, count = models ? models : count_zoo();
    char name[64];
    bench->results = calloc((size_t)count, sizeof *bench->results);
    if (!bench->results) {
        return args_fail(bench->options.verb, "memory is short");
    }
    bool on_page = bench->html && (bench->versus || bench->binary);
    if (on_page && !(bench->page = open_memstream(&bench->page_text, &bench->page_size))) {
        free(bench->results);
        return args_fail(bench->options.verb, "memory is short");
    }
    if (bench->versus || bench->binary) {
        report_kind(bench->report, "bench-vs");
        report_kind(bench->line_report, "bench-vs");
    }
    struct weft_bench_environment before;
    weft_bench_environment(&before);
    bench->options.plan.stop = interrupt_catch();
    int done = 0;
    for (; done < count && !*bench->options.plan.stop; done++) {
        if (!models) {
            snprintf(name, sizeof name, "zoo:%s", weft_zoo_name(done));
        }
        int one = bench_model(bench, models ? names[done] : name);
        worst = one > worst ? one : worst;
    }
    bool stopped = *bench->options.plan.stop;
    if (stopped) {
        fprintf(stderr, "stopped at network %d of %d: incomplete\n", done, count);
        worst = worst > EXIT_CHECK_FAILED ? worst : EXIT_CHECK_FAILED;
    }
    report_end(bench->report, count, stopped, before.throttled);
    worst = write_page(bench, stopped, worst);
    for (int i = 0; i < bench->results_count; i++) {
        bench_result_free(&bench->results[i]);
    }
    free(bench->results);
    return worst;
}

/* What would be ignored is refused. */
static int check_versus(struct bench *bench)
{
    const struct verb *verb = bench->options.verb;
    if (!bench->versus && !bench->binary) {
        return bench->tolerance < 0 ? EXIT_FINE : args_fail(verb, "--tolerance goes with --vs or --vs-binary");
    }
    if (bench->versus && !bench->versus[strspn(bench->versus, " ")]) {
        return args_fail(verb,
                         "--vs '%s' says nothing to compare with; it takes --isa NAME, --threads N, --no-winograd",
                         bench->versus);
    }
    if (bench->binary && !bench->binary[0]) {
        return args_fail(verb, "--vs-binary takes the path of another weft command, not ''");
    }
    const struct { const char *name; bool given; } without[] = {
        {"tuned", bench->tuned_path != NULL},
        {"batch", bench->options.batch > 0},
        {"style", bench->style != bench_format("text")}};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        if (without[i].given) {
            return args_fail(verb, "--%s goes with neither --vs nor --vs-binary", without[i].name);
        }
    }
    bench->tolerance = bench->tolerance < 0 ? TOLERANCE : bench->tolerance;
    return EXIT_FINE;
}

static int check(struct bench *bench, int operands)
{
    const struct verb *verb = bench->options.verb;
    char why[512];
    if (bench->turns && (operands != 1 || bench->versus || bench->binary || bench->tuned_path || bench->json ||
                         bench->lines || bench->html || bench->options.batch > 0)) {
        return args_fail(verb, "--turns takes one network, and --isa, --threads, --affinity, --no-winograd");
    }
    bench->style = bench_format(bench->format);
    if (!bench->style) {
        return args_fail(verb, "--style %s: there are text, markdown, csv, ncnn, tflite, llama", bench->format);
    }
    if (bench->json && bench->lines && strcmp(bench->json, "-") == 0 && strcmp(bench->lines, "-") == 0) {
        return args_fail(verb, "--json and --jsonl cannot both go to standard output");
    }
    if (check_versus(bench) != EXIT_FINE) {
        return EXIT_BAD_USE;
    }
    if (!output_check_page(bench->html, why, sizeof why)) {
        return args_fail(verb, "--html %s", why);
    }
    if (bench->affinity && weft_bench_pin(bench->affinity, why, sizeof why) < 0) {
        return args_fail(verb, "--affinity %s", why);
    }
    if (bench->tuned_path) {
        if (!tuned_read(&bench->tuned, bench->tuned_path, why, sizeof why)) {
            return args_fail(verb, "%s", why);
        }
        bench->options.tuned = &bench->tuned;
    }
    return EXIT_FINE;
}

int verb_bench(const struct verb *verb, int argc, char **argv)
{
    struct bench bench = {.options = {.verb = verb, .plan = {.min_time = 1, .warmup = 1, .samples_max = SAMPLES_MAX},
                                      .cold = true, .load = true},
                          .format = "text", .tolerance = -1};
    struct bench_options *o = &bench.options;
    bool no_cold = false, no_load = false, no_winograd = false;
    int operands, exit_code;
    const struct option_spec table[] = {
        {"repeat", OPTION_INT, &o->plan.repeat, 1, SAMPLES_MAX, "N", "runs to count (default: as --min-time takes)", 0},
        {"min-time", OPTION_SECONDS, &o->plan.min_time, 0, 3600, "S", "seconds of counted runs (default 1)", 0},
        {"warmup", OPTION_SECONDS, &o->plan.warmup, 0, 3600, "S",
         "seconds of warm-up at most; it ends when runs are steady (default 1)", 0},
        {"isa", OPTION_TEXT, &o->isa, 0, 0, "NAME", "hold to this ISA (see 'weft cpu'; also $WEFT_ISA)", 0},
        {"no-winograd", OPTION_FLAG, &no_winograd, 0, 0, NULL,
         "convolutions with all their products (docs/winograd.md)", 0},
        {"tuned", OPTION_TEXT, &bench.tuned_path, 0, 0, "FILE", "choices that 'weft tune' wrote", 0},
        {"threads", OPTION_INT, &o->threads, 1, 256, "N", "default: physical cores", 0},
        {"affinity", OPTION_TEXT, &bench.affinity, 0, 0, "WHERE",
         "big, little, all, a list (0-3,5) or a mask (0xf) of processors", 0},
        {"batch", OPTION_INT, &o->batch, 1, 65536, "N", "throughput too: N images shared among the threads", 0},
        {"no-cold", OPTION_FLAG, &no_cold, 0, 0, NULL, "leave out the runs with weights that no cache holds", 0},
        {"no-load", OPTION_FLAG, &no_load, 0, 0, NULL, "leave out loading time", 0},
        {"vs", OPTION_TEXT, &bench.versus, 0, 0, "OPTIONS",
         "compare with other --isa, --threads, --no-winograd, in turns", 0},
        {"vs-binary", OPTION_TEXT, &bench.binary, 0, 0, "PROGRAM",
         "compare with another weft command, in turns with a process of it", 0},
        {"turns", OPTION_FLAG, &bench.turns, 0, 0, NULL,
         "be such a process: 'open' and 'turn' come from standard input", 0},
        {"tolerance", OPTION_PERCENT, &bench.tolerance, 0, 1000, "P",
         "with --vs, --vs-binary: exit 1 if B is slower by more than P % (default 3)", 0},
        {"style", OPTION_TEXT, &bench.format, 0, 0, "NAME", "text, markdown, csv, ncnn, tflite or llama", 0},
        {"html", OPTION_TEXT, &bench.html, 0, 0, "FILE", "write a page with distributions, bars and all figures", 0},
        {"json", OPTION_TEXT, &bench.json, 0, 0, "FILE|-", "write the results as JSON, raw samples too", 0},
        {"jsonl", OPTION_TEXT, &bench.lines, 0, 0, "FILE|-",
         "the same, a line for each network as soon as it is measured", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    o->cold = !no_cold;
    o->load = !no_load;
    o->winograd = no_winograd ? WEFT_WINOGRAD_OFF : WEFT_WINOGRAD_AUTO;
    exit_code = check(&bench, operands);
    if (exit_code != EXIT_FINE) {
        return exit_code;
    }
    if (bench.turns) {
        return bench_serve_turns(o, argv[0]);
    }
    if (!report_open(verb, bench.json, &bench.report)) {
        tuned_free(&bench.tuned);
        return EXIT_BAD_USE;
    }
    if (!report_open_lines(verb, bench.lines, &bench.line_report)) {
        tuned_free(&bench.tuned);
        return report_close(verb, bench.report, EXIT_BAD_USE);
    }
    bench.out = report_owns_stdout(bench.report) || report_owns_stdout(bench.line_report) ? NULL : stdout;
    exit_code = report_close(verb, bench.line_report, bench_all(&bench, operands, argv));
    tuned_free(&bench.tuned);
    return report_close(verb, bench.report, exit_code);
}
