/* Two ways to run one network, in turns, so that whatever the machine does meanwhile hits both. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <weft/zoo.h>

#include "bench_html.h"
#include "common.h"
#include "compare.h"
#include "scatter.h"

enum { ROUNDS_MIN = 21, ROUNDS_STEP = 10, RUNS_MIN = 3, PATIENCE = 30 };
static const double TURN_SECONDS = 0.03;
static const double LEAST_PERCENT = 1; /* less is not worth a word */
static const double WIDE_ENOUGH = 0.02; /* of an interval, as a share */

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

int bench_lay_over(struct bench_options *options, char *words)
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
            return args_fail(options->verb,
                             "--vs takes --isa NAME, --threads N (1 to 256) and --no-winograd, not '%s %s'", word,
                             value);
        }
    }
    return EXIT_FINE;
}

bool bench_enough_rounds(const struct versus *versus, const struct rounds *rounds, double begin)
{
    const struct weft_bench_plan *plan = &versus->options->plan;
    struct weft_bench_ratio ratio;
    if (*plan->stop || rounds->count == ROUNDS_MAX || plan->repeat > 0) {
        return *plan->stop || rounds->count == ROUNDS_MAX || rounds->count >= plan->repeat;
    }
    if (rounds->count < ROUNDS_MIN || weft_bench_now() - begin > PATIENCE * plan->min_time) {
        return rounds->count >= ROUNDS_MIN;
    }
    return (rounds->count - ROUNDS_MIN) % ROUNDS_STEP == 0 &&
           (weft_bench_ratio(rounds->a, rounds->b, rounds->count, 1, &ratio) != 0 ||
            ratio.high - ratio.low < WIDE_ENOUGH);
}

/* Both sides in this process, with sessions that are made anew for each round. */
struct pair {
    const struct bench_options *a, *b;
    const char *name;
    weft_model *model;
    weft_allocator allocator;
    float *input, *output_a, *output_b;
};

/* Seconds of the quickest run of a turn, after one that does not count; -1 if a run failed. What else happens on a
 * machine only ever adds to a run: ratios of the quickest scatter half as much as ratios of medians where others work
 * beside. */
static double turn(struct weft_bench_target *target)
{
    int n = 0, failed = weft_bench_run_session(target);
    double start = weft_bench_now(), before = start, least = 0;
    while (!failed && (n < RUNS_MIN || before - start < TURN_SECONDS)) {
        failed = weft_bench_run_session(target);
        double after = weft_bench_now();
        least = n == 0 || after - before < least ? after - before : least;
        before = after;
        n++;
    }
    return failed ? -1 : least;
}

static weft_session *open_side(const struct pair *pair, const struct bench_options *options)
{
    return open_session_in(options->verb, pair->model, options->isa, options->threads, options->winograd,
                           &pair->allocator);
}

/* Neither side is always made first or measured first. EXIT_FINE or the exit code after an error line. */
static int take_round(struct pair *pair, int round, double *seconds_a, double *seconds_b)
{
    bool a_made_first = round / 2 % 2 == 0;
    weft_session *a = a_made_first ? open_side(pair, pair->a) : NULL, *b = open_side(pair, pair->b);
    a = a_made_first ? a : open_side(pair, pair->a);
    int code = a && b ? EXIT_FINE : EXIT_BAD_USE;
    if (code == EXIT_FINE) {
        struct weft_bench_target of_a = {a, pair->input, pair->output_a}, of_b = {b, pair->input, pair->output_b};
        *seconds_a = round % 2 == 0 ? turn(&of_a) : 0;
        *seconds_b = turn(&of_b);
        *seconds_a = round % 2 == 0 ? *seconds_a : turn(&of_a);
        if (*seconds_a < 0 || *seconds_b < 0) {
            code = args_fail(pair->a->verb, "%s: a run failed", pair->name);
        }
    }
    weft_session_free(&a);
    weft_session_free(&b);
    return code;
}

/* The first round shows that both work, and warms the machine up. */
static int take_turns(const struct versus *versus, struct pair *pair, struct rounds *rounds)
{
    int code = take_round(pair, 0, &rounds->a[0], &rounds->b[0]);
    double begin = weft_bench_now();
    while (code == EXIT_FINE && !bench_enough_rounds(versus, rounds, begin)) {
        code = take_round(pair, rounds->count, &rounds->a[rounds->count], &rounds->b[rounds->count]);
        rounds->count += code == EXIT_FINE;
    }
    return code;
}

static double median_ms(const double *seconds, int n)
{
    double copy[ROUNDS_MAX];
    struct weft_bench_stats stats;
    memcpy(copy, seconds, (size_t)n * sizeof *copy);
    weft_bench_summarise(copy, n, &stats);
    return 1e3 * stats.median;
}

/* What B is, for the line and the document. */
static void name_b(const struct versus *versus, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", versus->binary ? versus->binary : "", versus->binary && versus->words ? " " : "",
             versus->words ? versus->words : "");
}

/* What A is: what was asked for beside the network. */
static void name_a(const struct bench_options *options, char *text, size_t size)
{
    const char *isa = choose_isa(options->isa);
    size_t used = 0;
    if (isa) {
        used += (size_t)snprintf(text, size, "--isa %.64s", isa);
    }
    if (options->threads) {
        used += (size_t)snprintf(text + used, size - used, "%s--threads %d", used ? " " : "", options->threads);
    }
    if (options->winograd == WEFT_WINOGRAD_OFF) {
        used += (size_t)snprintf(text + used, size - used, "%s--no-winograd", used ? " " : "");
    }
    if (!used) {
        snprintf(text, size, "no options");
    }
}

static const char *verdict_word(const struct weft_bench_ratio *ratio, bool differs, bool regression)
{
    return !ratio->enough                        ? "too few to tell"
           : !differs && compare_is_noisy(ratio) ? "too noisy to tell"
           : !differs                            ? "no difference"
           : ratio->median < 1                   ? "faster"
           : regression                          ? "slower, beyond the tolerance"
                                                 : "slower";
}

static void report_verdict(const struct versus *versus, struct report *report, const char *name,
                           const struct rounds *rounds, const struct weft_bench_ratio *ratio, bool differs,
                           bool regression)
{
    report_result(report);
    report_text(report, "model", name);
    report_text(report, "versus", versus->words ? versus->words : "");
    report_text(report, "binary", versus->binary ? versus->binary : "");
    report_number(report, "rounds", rounds->count);
    report_number(report, "a_median_ms", median_ms(rounds->a, rounds->count));
    report_number(report, "b_median_ms", median_ms(rounds->b, rounds->count));
    report_number(report, "ratio", ratio->median);
    report_number(report, "ratio_low", ratio->low);
    report_number(report, "ratio_high", ratio->high);
    report_text(report, "verdict", verdict_word(ratio, differs, regression));
    report_bool(report, "differs", differs);
    report_bool(report, "regression", regression);
    report_bool(report, "same_output", rounds->same_output);
    report_bool(report, "incomplete", *versus->options->plan.stop);
    report_numbers(report, "a_turns_ms", rounds->a, rounds->count, 1e3);
    report_numbers(report, "b_turns_ms", rounds->b, rounds->count, 1e3);
    report_line(report);
}

int bench_verdict(const struct versus *versus, const char *name, const struct rounds *rounds)
{
    struct weft_bench_ratio ratio;
    char a[160], b[512];
    bool stopped = *versus->options->plan.stop;
    if (rounds->count < 1) {
        fprintf(stderr, "%s: stopped before the first round was over\n", name);
        return EXIT_CHECK_FAILED;
    }
    if (weft_bench_ratio(rounds->a, rounds->b, rounds->count, 1, &ratio) != 0) {
        return args_fail(versus->options->verb, "%s: memory is short", name);
    }
    double percent = 100 * (ratio.median - 1);
    bool differs = ratio.differs && fabs(percent) >= LEAST_PERCENT, regression = differs && percent > versus->tolerance;
    name_b(versus, b, sizeof b);
    if (versus->page) {
        name_a(versus->options, a, sizeof a);
        bench_html_versus(versus->page, name, a, b, rounds, &ratio, verdict_word(&ratio, differs, regression));
    }
    if (versus->out) {
        fprintf(versus->out,
                "%-24s A %.3f ms, B (%s) %.3f ms: B takes %.3f times as long "
                "(99.5 %%: %.3f to %.3f, %d rounds): %s%s\n",
                name, median_ms(rounds->a, rounds->count), b, median_ms(rounds->b, rounds->count), ratio.median,
                ratio.low, ratio.high, rounds->count, verdict_word(&ratio, differs, regression),
                stopped ? "; incomplete: stopped" : "");
        fflush(versus->out);
    }
    report_verdict(versus, versus->json, name, rounds, &ratio, differs, regression);
    report_verdict(versus, versus->lines, name, rounds, &ratio, differs, regression);
    if (!rounds->same_output) {
        fprintf(stderr, "%s: WRONG RESULT: A and B give different outputs\n", name);
    }
    return regression || stopped || !rounds->same_output ? EXIT_CHECK_FAILED : EXIT_FINE;
}

static int in_turns(const struct versus *versus, const struct bench_options *of_b, const char *name,
                    struct rounds *rounds)
{
    scatter_state seed = 1;
    struct pair pair = {.a = versus->options, .b = of_b, .name = name, .allocator = scatter_allocator(&seed)};
    pair.model = open_quantized(of_b->verb, name);
    if (!pair.model) {
        return EXIT_BAD_USE;
    }
    weft_model_info info;
    weft_model_describe(pair.model, &info);
    size_t outputs = (size_t)info.output_c * (size_t)info.output_h * (size_t)info.output_w;
    pair.input = malloc((size_t)info.input_c * (size_t)info.input_h * (size_t)info.input_w * sizeof *pair.input);
    pair.output_a = malloc(outputs * sizeof *pair.output_a);
    pair.output_b = malloc(outputs * sizeof *pair.output_b);
    int code = EXIT_BAD_USE;
    if (pair.input && pair.output_a && pair.output_b) {
        weft_zoo_input(pair.model, pair.input);
        code = take_turns(versus, &pair, rounds);
        rounds->same_output = code == EXIT_FINE &&
                              memcmp(pair.output_a, pair.output_b, outputs * sizeof *pair.output_a) == 0;
    } else {
        args_fail(of_b->verb, "%s: memory is short", name);
    }
    free(pair.input);
    free(pair.output_a);
    free(pair.output_b);
    weft_model_free(&pair.model);
    return code;
}

int bench_versus(const struct versus *versus, const char *name)
{
    struct bench_options of_b = *versus->options;
    struct rounds rounds = {.count = 0};
    char words[256];
    if (snprintf(words, sizeof words, "%s", versus->words ? versus->words : "") >= (int)sizeof words) {
        return args_fail(of_b.verb, "--vs: more than %zu characters", sizeof words - 1);
    }
    int code = bench_lay_over(&of_b, words);
    if (code == EXIT_FINE) {
        code = versus->binary ? bench_processes(versus, &of_b, name, &rounds) : in_turns(versus, &of_b, name, &rounds);
    }
    return code == EXIT_FINE ? bench_verdict(versus, name, &rounds) : code;
}
