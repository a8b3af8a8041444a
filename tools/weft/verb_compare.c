#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "verbs.h"

/* Two processes that run the same differ by nearly so much, from where the system puts their memory
 * (docs/benchmarking.md). */
static const double LEAST_PERCENT = 2;

struct compare {
    const struct verb *verb;
    struct comparison found;
    struct report *report;
    bool by_network, enough; /* enough: of every network */
    double log_sum, quickest_sum;
    double *logs, *mean_logs; /* WEFT_BENCH_RESAMPLES: of one network; summed over the networks */
    struct weft_bench_series *of_a, *of_b; /* of one network; room for all results of the file */
};

static bool matches(const struct compare *compare, const struct bench_entry *x, const struct bench_entry *y)
{
    return strcmp(x->model, y->model) == 0 &&
           (compare->by_network ||
            (strcmp(x->isa, y->isa) == 0 && x->threads == y->threads && strcmp(x->winograd, y->winograd) == 0));
}

/* The file's first result that matches, or NULL. */
static const struct bench_entry *find(const struct compare *compare, const struct bench_file *file,
                                      const struct bench_entry *like)
{
    for (int i = 0; i < file->count; i++) {
        if (matches(compare, &file->entries[i], like)) {
            return &file->entries[i];
        }
    }
    return NULL;
}

/* All results of the file that match, into `series`; how many. */
static int collect(const struct compare *compare, const struct bench_file *file, const struct bench_entry *like,
                   struct weft_bench_series *series)
{
    int count = 0;
    for (int i = 0; i < file->count; i++) {
        const struct bench_entry *entry = &file->entries[i];
        if (matches(compare, entry, like)) {
            series[count++] = (struct weft_bench_series){entry->samples, entry->count};
        }
    }
    return count;
}

/* Of all samples of a side; false if memory is short. */
static bool summarise(const struct weft_bench_series *series, int count, struct weft_bench_stats *stats)
{
    size_t total = 0, used = 0;
    for (int s = 0; s < count; s++) {
        total += (size_t)series[s].count;
    }
    double *all = malloc(total * sizeof *all);
    for (int s = 0; s < count && all; s++) {
        memcpy(all + used, series[s].values, (size_t)series[s].count * sizeof *all);
        used += (size_t)series[s].count;
    }
    if (all) {
        weft_bench_summarise(all, (int)total, stats);
    }
    free(all);
    return all != NULL;
}

bool compare_is_noisy(const struct weft_bench_ratio *ratio)
{
    static const double TOO_WIDE = 1.2;
    return ratio->high > TOO_WIDE * ratio->low;
}

enum verdict compare_judge(const struct weft_bench_ratio *ratio, double quickest, double tolerance)
{
    double percent = 100 * (ratio->median - 1), alike = 100 * (quickest - 1);
    if (!ratio->enough) {
        return VERDICT_FEW;
    }
    if (!ratio->differs || fabs(percent) < LEAST_PERCENT) {
        return compare_is_noisy(ratio) ? VERDICT_NOISY : VERDICT_SAME;
    }
    if (percent > 0 ? alike < LEAST_PERCENT : alike > -LEAST_PERCENT) {
        return VERDICT_DISTURBED;
    }
    return percent < 0                                ? VERDICT_FASTER
           : percent > tolerance && alike > tolerance ? VERDICT_REGRESSION
                                                      : VERDICT_SLOWER;
}

/* ---- what the reader should know before the figures ---- */

static void warn_about_origins(const struct comparison *c)
{
    const struct bench_origin *a = c->a.entries[0].origin;
    for (int i = 0; i < c->a.documents_count + c->b.documents_count; i++) {
        const struct bench_origin *b = i < c->a.documents_count ? &c->a.origins[i]
                                                                : &c->b.origins[i - c->a.documents_count];
        if (strcmp(a->cpu, b->cpu) != 0 || a->cores != b->cores) {
            fprintf(stderr,
                    "warning: different machines: %s, %d cores, and %s, %d cores: the ratios say as much of them\n",
                    a->cpu, a->cores, b->cpu, b->cores);
            return;
        }
        const struct { const char *what, *a, *b; } also[] = {{"the system", a->os, b->os},
                                                             {"the clock's governor", a->governor, b->governor},
                                                             {"processors", a->processors, b->processors},
                                                             {"the compiler", a->compiler, b->compiler},
                                                             {"the compiler's flags", a->flags, b->flags}};
        for (size_t k = 0; k < sizeof also / sizeof also[0]; k++) {
            if (strcmp(also[k].a, also[k].b) != 0) {
                fprintf(stderr, "warning: %s differ%s: '%s' and '%s'\n", also[k].what, k == 2 || k == 4 ? "" : "s",
                        also[k].a, also[k].b);
                return;
            }
        }
    }
}

/* Exit code: a result that its own run found wrong. */
static int warn_about(const struct bench_file *file)
{
    int code = EXIT_FINE;
    for (int i = 0; i < file->count; i++) {
        const struct bench_entry *entry = &file->entries[i];
        if (strcmp(entry->digest_checked, "WRONG") == 0) {
            fprintf(stderr, "%s: %s: WRONG RESULT: the digest is not the golden one\n", file->path, entry->model);
            code = EXIT_CHECK_FAILED;
        }
        if (i == 0 && entry->origin->load_average > entry->threads + 0.5) {
            fprintf(stderr, "warning: %s was measured at a load average of %.1f: other work moves all its times\n",
                    file->path, entry->origin->load_average);
        }
        if (entry->incomplete) {
            fprintf(stderr, "warning: %s: %s is incomplete: its run was stopped\n", file->path, entry->model);
        }
    }
    return code;
}

static void warn_about_the_rest(const struct compare *compare, const struct bench_file *file,
                                const struct bench_file *other)
{
    for (int i = 0; i < file->count; i++) {
        const struct bench_entry *e = &file->entries[i];
        if (find(compare, file, e) == e && !find(compare, other, e)) {
            fprintf(stderr, "warning: only %s has %s with %s, %d thread%s%s\n", file->path, e->model, e->isa,
                    e->threads, e->threads == 1 ? "" : "s", strcmp(e->winograd, "off") == 0 ? ", no Winograd" : "");
        }
    }
}

/* ---- comparing ---- */

static int compare_one(struct compare *compare, const struct bench_entry *like)
{
    struct comparison *c = &compare->found;
    struct compared *row = &c->rows[c->rows_count];
    row->a = find(compare, &c->a, like);
    row->b = find(compare, &c->b, like);
    if (row->a != like || !row->b) {
        return EXIT_FINE; /* had its turn, or is only here */
    }
    row->a_results = collect(compare, &c->a, like, compare->of_a);
    row->b_results = collect(compare, &c->b, like, compare->of_b);
    struct weft_bench_stats a, b;
    if (!summarise(compare->of_a, row->a_results, &a) || !summarise(compare->of_b, row->b_results, &b) ||
        weft_bench_ratio_apart(compare->of_a, row->a_results, compare->of_b, row->b_results, (uint64_t)c->rows_count,
                               compare->logs, &row->ratio) != 0) {
        return args_fail(compare->verb, "memory is short");
    }
    for (int r = 0; r < WEFT_BENCH_RESAMPLES; r++) {
        compare->mean_logs[r] += compare->logs[r];
    }
    row->a_ms = a.median;
    row->b_ms = b.median;
    row->quickest = b.min / a.min;
    row->verdict = compare_judge(&row->ratio, row->quickest, c->tolerance);
    compare->log_sum += log(row->ratio.median);
    compare->quickest_sum += log(row->quickest);
    compare->enough = compare->enough && row->ratio.enough;
    c->regressions += row->verdict == VERDICT_REGRESSION;
    c->rows_count++;
    if (strcmp(row->a->digest, row->b->digest) != 0) {
        fprintf(stderr, "warning: %s: the outputs differ: not the same network, or one result is wrong\n", like->model);
    }
    return EXIT_FINE;
}

static int compare_all(struct compare *compare)
{
    struct comparison *c = &compare->found;
    c->rows = calloc((size_t)c->a.count, sizeof *c->rows);
    compare->logs = malloc(WEFT_BENCH_RESAMPLES * sizeof *compare->logs);
    compare->mean_logs = calloc(WEFT_BENCH_RESAMPLES, sizeof *compare->mean_logs);
    compare->of_a = malloc((size_t)c->a.count * sizeof *compare->of_a);
    compare->of_b = malloc((size_t)c->b.count * sizeof *compare->of_b);
    if (!c->rows || !compare->logs || !compare->mean_logs || !compare->of_a || !compare->of_b) {
        return args_fail(compare->verb, "memory is short");
    }
    for (int i = 0; i < c->a.count; i++) {
        if (compare_one(compare, &c->a.entries[i]) != EXIT_FINE) {
            return EXIT_BAD_USE;
        }
    }
    if (c->rows_count == 0) {
        const struct bench_entry *a = &c->a.entries[0], *b = &c->b.entries[0];
        return args_fail(compare->verb, "nothing in common: %s has %s (%s, threads %d), %s has %s (%s, threads %d)%s",
                         c->a.path, a->model, a->isa, a->threads, c->b.path, b->model, b->isa, b->threads,
                         compare->by_network ? "" : "; --by-network leaves ISA and threads aside");
    }
    for (int r = 0; r < WEFT_BENCH_RESAMPLES; r++) {
        compare->mean_logs[r] /= c->rows_count;
    }
    weft_bench_interval(compare->mean_logs, WEFT_BENCH_RESAMPLES, compare->log_sum / c->rows_count, compare->enough,
                        &c->mean);
    c->mean_quickest = exp(compare->quickest_sum / c->rows_count);
    c->mean_verdict = compare_judge(&c->mean, c->mean_quickest, HUGE_VAL); /* the tolerance is each network's */
    return EXIT_FINE;
}

static int compare_files(struct compare *compare, const struct compare_format *format)
{
    struct comparison *c = &compare->found;
    int code = compare_all(compare);
    if (code != EXIT_FINE) {
        return code;
    }
    warn_about_origins(c);
    warn_about_the_rest(compare, &c->a, &c->b);
    warn_about_the_rest(compare, &c->b, &c->a);
    int of_a = warn_about(&c->a), of_b = warn_about(&c->b);
    if (!report_owns_stdout(compare->report)) {
        format->show(stdout, c);
    }
    compare_report(compare->report, c);
    return c->regressions || of_a || of_b ? EXIT_CHECK_FAILED : EXIT_FINE;
}

int verb_compare(const struct verb *verb, int argc, char **argv)
{
    struct compare compare = {.verb = verb, .found = {.tolerance = 5}, .enough = true};
    struct comparison *c = &compare.found;
    const char *json = NULL, *style = "text";
    int operands, exit_code;
    const struct option_spec table[] = {
        {"tolerance", OPTION_PERCENT, &c->tolerance, 0, 1000, "P",
         "exit 1 if B is slower by more than P % (default 5)", 0},
        {"by-network", OPTION_FLAG, &compare.by_network, 0, 0, NULL,
         "match by name alone, whatever ISA and threads were", 0},
        {"style", OPTION_TEXT, &style, 0, 0, "NAME", "text, markdown or csv", 0},
        {"json", OPTION_TEXT, &json, 0, 0, "FILE|-", "write the comparison as JSON", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    const struct compare_format *format = compare_format(style);
    if (!format) {
        return args_fail(verb, "--style %s: there are text, markdown, csv", style);
    }
    if (operands != 2) {
        return args_fail(verb, "takes two files that 'weft bench --json' wrote, the old one first");
    }
    exit_code = bench_read(verb, argv[0], &c->a);
    if (exit_code == EXIT_FINE) {
        exit_code = bench_read(verb, argv[1], &c->b);
    }
    if (exit_code == EXIT_FINE) {
        exit_code = report_open(verb, json, &compare.report)
                        ? report_close(verb, compare.report, compare_files(&compare, format))
                        : EXIT_BAD_USE;
    }
    bench_file_free(&c->a);
    bench_file_free(&c->b);
    free(c->rows);
    free(compare.logs);
    free(compare.mean_logs);
    free(compare.of_a);
    free(compare.of_b);
    return exit_code;
}
