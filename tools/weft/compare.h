/* weft command: two results of 'weft bench' side by side. */
#ifndef WEFT_TOOLS_COMPARE_H
#define WEFT_TOOLS_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include <weft/bench.h>

#include "bench.h"
#include "bench_read.h"
#include "report.h"

/* A network that both have. Times in milliseconds. */
struct compared {
    const struct bench_entry *a, *b; /* the first of each side */
    int a_results, b_results;
    double a_ms, b_ms; /* medians of all samples of a side */
    struct weft_bench_ratio ratio;
    bool differs, regression; /* not by chance and by more than what is always there; and by more than the tolerance */
};

struct comparison {
    struct bench_file a, b;
    struct compared *rows;
    int rows_count, regressions;
    struct weft_bench_ratio mean; /* geometric, over the rows */
    bool mean_differs;
    double tolerance; /* percent */
};


struct compare_format {
    const char *name;
    void (*show)(FILE *to, const struct comparison *comparison);
};
/* "text", "markdown", "csv"; NULL if there is no such. */
const struct compare_format *compare_format(const char *name);
void compare_report(struct report *report, const struct comparison *comparison);

#endif
