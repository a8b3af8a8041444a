/* weft command: measured networks as a page. */
#ifndef WEFT_TOOLS_BENCH_HTML_H
#define WEFT_TOOLS_BENCH_HTML_H

#include <stddef.h>

#include "bench.h"

/* A comparison in the page's part for them. */
void bench_html_versus(FILE *part, const char *name, const char *a, const char *b, const struct rounds *rounds,
                       const struct weft_bench_ratio *ratio, const char *verdict);
/* `versus`: what bench_html_versus wrote, or NULL. False with a line in `why`. */
bool bench_html(const char *path, const struct bench_result *results, int count, const char *versus, bool incomplete,
                char *why, size_t why_size);

#endif
