/* weft command: results of 'weft bench' read back from JSON. */
#ifndef WEFT_TOOLS_BENCH_READ_H
#define WEFT_TOOLS_BENCH_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "args.h"

/* Where a result comes from; "" and 0 where the document does not tell. */
struct bench_origin {
    const char *cpu, *os, *governor, *processors, *compiler, *flags, *revision, *date;
    int cores;
    double load_average;
};

/* One measured network. Strings belong to the file. */
struct bench_entry {
    const struct bench_origin *origin;
    const char *model, *isa, *winograd, *digest, *digest_checked;
    int threads, count;
    bool incomplete;
    double *samples; /* milliseconds, finite and positive, in the order they were taken; count >= 1 of them */
};

struct bench_file {
    const char *path;
    struct bench_entry *entries;
    int count;
    void **documents; /* what the parser made */
    struct bench_origin *origins; /* of each document */
    int documents_count;
};

/* PATH holds what --json or --jsonl wrote: a document, or several one after another. EXIT_FINE (at least one entry), or
 * EXIT_BAD_USE after an error line. Free it in both cases. */
int bench_read(const struct verb *verb, const char *path, struct bench_file *file);
/* The same from `size` characters of text; `name` stands for the path, and both must live as long as `file`. */
int bench_parse(const struct verb *verb, const char *name, const char *text, size_t size, struct bench_file *file);
void bench_file_free(struct bench_file *file);

#endif
