/* weft command: drawings for the pages. */
#ifndef WEFT_TOOLS_HTML_CHART_H
#define WEFT_TOOLS_HTML_CHART_H

#include <stdbool.h>
#include <stdio.h>

#include <weft/bench.h>

/* Times of runs in seconds, in the order they were taken: a histogram with the median and p90, and the runs
 * themselves. */
void chart_distribution(FILE *to, const double *samples, const struct weft_bench_stats *stats);

/* The same of ratios of rounds. */
void chart_ratios(FILE *to, const double *ratios, const struct weft_bench_stats *stats);

/* `part` of `whole` as a bar between `name` and `figure`; `title` shows on hover. */
void chart_bar(FILE *to, const char *name, const char *title, double part, double whole, bool memory,
               const char *figure);

struct chart_point {
    double x, y; /* multiply-adds per byte and per second */
    bool memory;
    char title[256];
};
struct chart_ceiling {
    const char *name;
    double bandwidth; /* bytes per second */
};
/* Both axes logarithmic. peak = 0: unknown, no flat roof. */
void chart_roofline(FILE *to, const struct chart_point *points, int points_count, const struct chart_ceiling *ceilings,
                    int ceilings_count, double peak);

#endif
