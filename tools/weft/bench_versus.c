/* --vs and --vs-binary: who runs, and what is said of the rounds. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench_html.h"
#include "bench_rounds.h"
#include "common.h"
#include "compare.h"

static const double LEAST_PERCENT = 1; /* less is not worth a word */

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
    report_number(report, "a_median_ms", bench_median_ms(rounds->a, rounds->count));
    report_number(report, "b_median_ms", bench_median_ms(rounds->b, rounds->count));
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
                name, bench_median_ms(rounds->a, rounds->count), b, bench_median_ms(rounds->b, rounds->count),
                ratio.median, ratio.low, ratio.high, rounds->count, verdict_word(&ratio, differs, regression),
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
    struct bench_network network;
    if (!bench_network_open(of_b->verb, name, &network)) {
        return EXIT_BAD_USE;
    }
    struct bench_side a = {.contender = {bench_side_close, bench_side_open, bench_side_turn},
                           .options = versus->options, .name = name, .model = network.model, .input = network.input,
                           .output = network.output, .outputs = network.outputs},
                      b = a;
    b.options = of_b;
    int code = bench_take_rounds(versus, of_b, &a.contender, &b.contender, rounds);
    weft_session_free(&a.session);
    weft_session_free(&b.session);
    bench_network_free(&network);
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
