/* weft command: results for people (text on stdout) and for programs (--json). */
#ifndef WEFT_TOOLS_REPORT_H
#define WEFT_TOOLS_REPORT_H

#include <stdbool.h>

#include "args.h"

/* Of every document: raised when a field goes or changes its meaning. New ones do not raise it. */
#define REPORT_FORMAT 1

/* A JSON document {"kind": "bench", "format": 1, "environment": {...}, "results": [...]} that is being filled. NULL
 * where --json was not given: all functions then do nothing. */
struct report;

/* `path` is the value of --json (NULL: none). False (after an error line) where it cannot be written or
 * the build has no JSON. */
bool report_open(const struct verb *verb, const char *path, struct report **report);
/* The same for --jsonl: report_line writes the results that are there now as a document of one line, with the
 * environment of that moment, and begins the next. With the other kind of report it does nothing. */
bool report_open_lines(const struct verb *verb, const char *path, struct report **report);
void report_line(struct report *report);
/* What the document is, where that is not the verb's name. */
void report_kind(struct report *report, const char *kind);
/* Starts the next object of `results`. */
void report_result(struct report *report);
/* Fields of the current result. A NaN becomes null. */
void report_text(struct report *report, const char *key, const char *value);
void report_number(struct report *report, const char *key, double value);
/* True and false; an array of numbers, each times `factor`. */
void report_bool(struct report *report, const char *key, bool value);
void report_numbers(struct report *report, const char *key, const double *values, int count, double factor);
/* An array of objects inside the current result; its fields are set by the functions above until the next
 * report_item or report_result. */
void report_item(struct report *report, const char *array);
/* An object `summary` beside `results`; its fields are set by the functions above until the next report_result. */
void report_summary(struct report *report);
/* Writes the document (not where bad use left no results); returns `exit_code`, or EXIT_BAD_USE after an error
 * line. */
int report_close(const struct verb *verb, struct report *report, int exit_code);

/* True if it goes to stdout, so that the text for people must not. */
bool report_owns_stdout(const struct report *report);

#endif
