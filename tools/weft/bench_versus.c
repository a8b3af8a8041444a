/* Two ways to run one network, in turns, so that whatever the machine does meanwhile hits both. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <weft/zoo.h>

#include "common.h"

enum { ROUNDS_MIN = 15, ROUNDS_MAX = 401, RUNS_MAX = 256 };
static const double TURN_SECONDS = 0.03;
/* Where two sessions of one model happen to lie in memory moves their times by nearly so much. */
static const double LEAST_PERCENT = 1;

static bool parse_threads(const char *text, int *threads)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text || *end || number < 1 || number > 256) {
        return false;
    }
    *threads = (int)number;
    return true;
}

/* "--isa avx2 --threads 1 --no-winograd" laid over the options. */
static int lay_over(struct bench_options *options, char *words)
{
    char *save = NULL;
    for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *value = strcmp(word, "--no-winograd") == 0 ? word : strtok_r(NULL, " ", &save);
        if (!value) {
            return args_fail(options->verb, "--vs: %s needs a value", word);
        }
        if (strcmp(word, "--isa") == 0) {
            options->isa = value;
        } else if (strcmp(word, "--no-winograd") == 0) {
            options->winograd = WEFT_WINOGRAD_OFF;
        } else if (strcmp(word, "--threads") != 0 || !parse_threads(value, &options->threads)) {
            return args_fail(options->verb, "--vs takes --isa NAME, --threads N (1 to 256) and --no-winograd, not '%s %s'", word,
                             value);
        }
    }
    return EXIT_FINE;
}

/* Median seconds of one turn. */
static double turn(struct weft_bench_target *target)
{
    double times[RUNS_MAX], start = weft_bench_now(), before = start;
    struct weft_bench_stats stats;
    int n = 0;
    while (n < RUNS_MAX && (n < 3 || before - start < TURN_SECONDS)) {
        weft_bench_run_session(target);
        double after = weft_bench_now();
        times[n++] = after - before;
        before = after;
    }
    weft_bench_summarise(times, n, &stats);
    return stats.median;
}

/* A B, B A, A B, ...: neither is always the first. Returns the rounds. */
static int take_turns(const struct weft_bench_plan *plan, struct weft_bench_target *a, struct weft_bench_target *b,
                      double *times_a, double *times_b)
{
    int rounds = 0;
    turn(a);
    turn(b);
    double start = weft_bench_now();
    while (rounds < ROUNDS_MAX && !(plan->stop && *plan->stop) &&
           (plan->repeat > 0 ? rounds < plan->repeat
                             : rounds < ROUNDS_MIN || weft_bench_now() - start < 2 * plan->min_time)) {
        if (rounds % 2) {
            times_b[rounds] = turn(b);
            times_a[rounds] = turn(a);
        } else {
            times_a[rounds] = turn(a);
            times_b[rounds] = turn(b);
        }
        rounds++;
    }
    return rounds;
}

static int verdict(const struct versus *versus, const char *name, double *a, double *b, int rounds, struct report *report)
{
    struct weft_bench_ratio ratio;
    struct weft_bench_stats of_a, of_b;
    if (rounds < 1 || weft_bench_ratio(a, b, rounds, 1, &ratio) != 0) {
        return args_fail(versus->options->verb, "%s: stopped before the first round, or memory is short", name);
    }
    weft_bench_summarise(a, rounds, &of_a);
    weft_bench_summarise(b, rounds, &of_b);
    double percent = 100 * (ratio.median - 1);
    bool differs = ratio.differs && fabs(percent) >= LEAST_PERCENT, regression = differs && percent > versus->tolerance;
    if (!report_owns_stdout(report)) {
        printf("%-24s A %.3f ms, B (%s) %.3f ms: B takes %.3f times as long (99.5 %%: %.3f to %.3f, %d rounds): %s\n", name,
               1e3 * of_a.median, versus->words, 1e3 * of_b.median, ratio.median, ratio.low, ratio.high, rounds,
               !differs ? "no difference" : percent > 0 ? "slower" : "faster");
        fflush(stdout);
    }
    report_kind(report, "bench-vs");
    report_result(report);
    report_text(report, "model", name);
    report_text(report, "versus", versus->words);
    report_number(report, "rounds", rounds);
    report_number(report, "a_median_ms", 1e3 * of_a.median);
    report_number(report, "b_median_ms", 1e3 * of_b.median);
    report_number(report, "ratio", ratio.median);
    report_number(report, "ratio_low", ratio.low);
    report_number(report, "ratio_high", ratio.high);
    report_bool(report, "differs", differs);
    report_bool(report, "regression", regression);
    return regression ? EXIT_CHECK_FAILED : EXIT_FINE;
}

int bench_versus(const struct versus *versus, const char *name, struct report *report)
{
    struct bench_options a = *versus->options, b = a;
    char words[256];
    double times_a[ROUNDS_MAX], times_b[ROUNDS_MAX];
    if (snprintf(words, sizeof words, "%s", versus->words) >= (int)sizeof words || lay_over(&b, words) != EXIT_FINE) {
        return EXIT_BAD_USE;
    }
    weft_model *model = open_quantized(a.verb, name);
    weft_session *of_a = model ? open_session_with(a.verb, model, a.isa, a.threads, a.winograd) : NULL;
    weft_session *of_b = of_a ? open_session_with(b.verb, model, b.isa, b.threads, b.winograd) : NULL;
    int code = EXIT_BAD_USE;
    if (of_b) {
        weft_model_info info;
        weft_model_describe(model, &info);
        size_t outputs = (size_t)info.output_c * (size_t)info.output_h * (size_t)info.output_w;
        float *input = malloc((size_t)info.input_c * (size_t)info.input_h * (size_t)info.input_w * sizeof *input);
        float *output_a = malloc(outputs * sizeof *output_a), *output_b = malloc(outputs * sizeof *output_b);
        if (input && output_a && output_b) {
            weft_zoo_input(model, input);
            struct weft_bench_target target_a = {of_a, input, output_a}, target_b = {of_b, input, output_b};
            int rounds = take_turns(&a.plan, &target_a, &target_b, times_a, times_b);
            code = verdict(versus, name, times_a, times_b, rounds, report);
            if (memcmp(output_a, output_b, outputs * sizeof *output_a) != 0) {
                fprintf(stderr, "%s: WRONG RESULT: A and B give different outputs\n", name);
                code = EXIT_CHECK_FAILED;
            }
        } else {
            args_fail(a.verb, "%s: memory is short", name);
        }
        free(input);
        free(output_a);
        free(output_b);
    }
    weft_session_free(&of_a);
    weft_session_free(&of_b);
    weft_model_free(&model);
    return code;
}
