/* weft command: two results of 'weft bench' side by side. */
#ifndef WEFT_TOOLS_COMPARE_H
#define WEFT_TOOLS_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include <weft/bench.h>

#include "bench_read.h"
#include "report.h"

/* disturbed: the medians differ, the quickest runs do not: what was measured beside seems to have had other work. */
enum verdict {
    VERDICT_FEW, VERDICT_NOISY, VERDICT_SAME, VERDICT_DISTURBED, VERDICT_FASTER, VERDICT_SLOWER, VERDICT_REGRESSION
};

/* A network that both have. Times in milliseconds. */
struct compared {
    const struct bench_entry *a, *b; /* the first of each side */
    int a_results, b_results;
    double a_ms, b_ms; /* medians of all samples of a side */
    struct weft_bench_ratio ratio;
    double quickest;      /* the ratio of the quickest runs */
    enum verdict verdict;
};

struct comparison {
    struct bench_file a, b;
    struct compared *rows;
    int rows_count, regressions;
    struct weft_bench_ratio mean; /* geometric, over the rows */
    double mean_quickest;
    enum verdict mean_verdict;
    double tolerance; /* percent */
};

/* An interval so wide from end to end that it says nothing. */
bool compare_is_noisy(const struct weft_bench_ratio *ratio);
/* Whether it is more than chance and than what is always there, and by which side of `tolerance` percent. */
enum verdict compare_judge(const struct weft_bench_ratio *ratio, double quickest, double tolerance);
const char *compare_word(enum verdict verdict);
static inline bool compare_differs(enum verdict verdict)
{
    return verdict >= VERDICT_FASTER;
}

struct compare_format {
    const char *name;
    void (*show)(FILE *to, const struct comparison *comparison);
};
/* "text", "markdown", "csv"; NULL if there is no such. */
const struct compare_format *compare_format(const char *name);
void compare_report(struct report *report, const struct comparison *comparison);

#endif
