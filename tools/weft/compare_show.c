/* Ways to print a comparison. */
#include <string.h>

#include "compare.h"
#include "table.h"

const char *compare_word(enum verdict verdict)
{
    static const char *const words[] = {
        [VERDICT_FEW] = "too few to tell",
        [VERDICT_NOISY] = "too noisy to tell",
        [VERDICT_SAME] = "no difference",
        [VERDICT_DISTURBED] = "disturbed: the quickest runs are alike",
        [VERDICT_FASTER] = "faster",
        [VERDICT_SLOWER] = "slower",
        [VERDICT_REGRESSION] = "slower, beyond the tolerance",
    };
    return words[verdict];
}

/* The setting of both sides: "avx2", or "avx2 > avx512" where they differ. */
static const char *both(char *text, size_t size, const char *a, const char *b)
{
    snprintf(text, size, strcmp(a, b) == 0 ? "%s" : "%s > %s", a, b);
    return text;
}

static const char *both_threads(char *text, size_t size, const struct compared *row)
{
    snprintf(text, size, row->a->threads == row->b->threads ? "%d" : "%d > %d", row->a->threads, row->b->threads);
    return text;
}

static void show_origin(FILE *to, const char *letter, const struct bench_file *file)
{
    const struct bench_origin *origin = file->entries[0].origin;
    fprintf(to, "%s = %s (revision %s, %s, %s)\n", letter, file->path,
            origin->revision[0] ? origin->revision : "unknown", origin->date[0] ? origin->date : "no date",
            origin->cpu[0] ? origin->cpu : "unknown processor");
}

static void show_text(FILE *to, const struct comparison *c)
{
    char isa[64], threads[32];
    show_origin(to, "A", &c->a);
    show_origin(to, "B", &c->b);
    fprintf(to, "%-24s %-12s %7s %10s %10s %7s  %-15s  %8s  %s\n", "model", "isa", "threads", "A ms", "B ms", "B/A",
            "99.5 % interval", "quickest", "verdict");
    for (int i = 0; i < c->rows_count; i++) {
        const struct compared *r = &c->rows[i];
        fprintf(to, "%-24s %-12s %7s %10.3f %10.3f %7.3f  %.3f to %.3f   %8.3f  %s\n", r->a->model,
                both(isa, sizeof isa, r->a->isa, r->b->isa), both_threads(threads, sizeof threads, r), r->a_ms, r->b_ms,
                r->ratio.median, r->ratio.low, r->ratio.high, r->quickest, compare_word(r->verdict));
    }
    fprintf(to, "geometric mean of %d network%s: B takes %.3f times as long (%.3f to %.3f; quickest %.3f): %s\n",
            c->rows_count, c->rows_count == 1 ? "" : "s", c->mean.median, c->mean.low, c->mean.high, c->mean_quickest,
            compare_word(c->mean_verdict));
}

static const char *const columns[] = {"<model", "<isa", "threads", "a_ms", "b_ms", "ratio", "ratio_low", "ratio_high",
                                      "quickest", "<verdict", NULL};
enum { COLUMNS = sizeof columns / sizeof columns[0] - 1 };

typedef void row_fn(FILE *to, const char *const *cells, int count);

static void show_rows(FILE *to, const struct comparison *c, row_fn *row)
{
    char isa[64], threads[32], numbers[6][32];
    for (int i = 0; i <= c->rows_count; i++) {
        const struct compared *r = i < c->rows_count ? &c->rows[i] : NULL;
        const struct weft_bench_ratio *ratio = r ? &r->ratio : &c->mean;
        const double values[] = {r ? r->a_ms : 0, r ? r->b_ms : 0, ratio->median, ratio->low, ratio->high,
                                 r ? r->quickest : c->mean_quickest};
        for (int k = 0; k < 6; k++) {
            snprintf(numbers[k], sizeof numbers[k], "%.6g", values[k]);
        }
        const char *cells[COLUMNS] = {r ? r->a->model : "geometric mean",
                                      r ? both(isa, sizeof isa, r->a->isa, r->b->isa) : "",
                                      r ? both_threads(threads, sizeof threads, r) : "",
                                      r ? numbers[0] : "",
                                      r ? numbers[1] : "",
                                      numbers[2],
                                      numbers[3],
                                      numbers[4],
                                      numbers[5],
                                      compare_word(r ? r->verdict : c->mean_verdict)};
        row(to, cells, COLUMNS);
    }
}

static void show_markdown(FILE *to, const struct comparison *c)
{
    table_markdown_head(to, columns);
    show_rows(to, c, table_markdown_row);
}

static void show_csv(FILE *to, const struct comparison *c)
{
    table_csv_head(to, columns);
    show_rows(to, c, table_csv_row);
}

static const struct compare_format formats[] = {{"text", show_text}, {"markdown", show_markdown}, {"csv", show_csv}};

const struct compare_format *compare_format(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

/* ---- JSON ---- */

static void report_ratio(struct report *report, const struct weft_bench_ratio *ratio, double quickest,
                         enum verdict verdict)
{
    report_number(report, "ratio", ratio->median);
    report_number(report, "ratio_low", ratio->low);
    report_number(report, "ratio_high", ratio->high);
    report_number(report, "quickest_ratio", quickest);
    report_text(report, "verdict", compare_word(verdict));
    report_bool(report, "differs", compare_differs(verdict));
}

static void report_side(struct report *report, const char *side, const struct bench_file *file)
{
    const struct bench_origin *origin = file->entries[0].origin;
    const struct { const char *name, *value; } texts[] = {
        {"file", file->path}, {"cpu", origin->cpu}, {"revision", origin->revision}, {"date", origin->date}};
    char key[32];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        snprintf(key, sizeof key, "%s_%s", side, texts[i].name);
        report_text(report, key, texts[i].value);
    }
}

void compare_report(struct report *report, const struct comparison *c)
{
    for (int i = 0; i < c->rows_count; i++) {
        const struct compared *r = &c->rows[i];
        report_result(report);
        report_text(report, "model", r->a->model);
        report_text(report, "a_isa", r->a->isa);
        report_text(report, "b_isa", r->b->isa);
        report_number(report, "a_threads", r->a->threads);
        report_number(report, "b_threads", r->b->threads);
        report_text(report, "a_winograd", r->a->winograd);
        report_text(report, "b_winograd", r->b->winograd);
        report_number(report, "a_results", r->a_results);
        report_number(report, "b_results", r->b_results);
        report_number(report, "a_median_ms", r->a_ms);
        report_number(report, "b_median_ms", r->b_ms);
        report_ratio(report, &r->ratio, r->quickest, r->verdict);
        report_bool(report, "regression", r->verdict == VERDICT_REGRESSION);
        report_bool(report, "same_output", strcmp(r->a->digest, r->b->digest) == 0);
    }
    report_summary(report);
    report_side(report, "a", &c->a);
    report_side(report, "b", &c->b);
    report_number(report, "tolerance_percent", c->tolerance);
    report_number(report, "networks", c->rows_count);
    report_number(report, "regressions", c->regressions);
    report_ratio(report, &c->mean, c->mean_quickest, c->mean_verdict);
}
