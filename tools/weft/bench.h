/* weft command: one measured network, and the ways to show it. */
#ifndef WEFT_TOOLS_BENCH_H
#define WEFT_TOOLS_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <weft/bench.h>

#include "args.h"
#include "report.h"

#define SAMPLES_MAX 100000

enum digest_state { DIGEST_NONE, DIGEST_GOLDEN, DIGEST_WRONG }; /* none: there is no golden one to hold it against */

/* Times in seconds. Memory: bench_result_free. */
struct bench_result {
    char model[256], isa[32];
    int threads;
    bool direct;     /* --no-winograd */
    bool incomplete; /* stopped by Ctrl-C */
    double *samples; /* in the order they were taken, stats.n of them */
    struct weft_bench_stats stats;
    struct weft_bench_shape shape;
    struct weft_bench_warmup warmup;
    struct weft_bench_stats cold; /* n = 0: not measured */
    int cold_copies;
    int batch;                    /* 0: not measured */
    double images_per_second;     /* of the batch */
    double load, first;           /* file to session; and to the end of the first inference. 0: not measured */
    double joules;                /* per inference, of the whole package; < 0: unknown */
    double gmac, peak;            /* peak: multiply-adds per second of all threads' cores; 0 unknown */
    const char *peak_what;
    int64_t parameters;
    size_t weight_bytes, packed_bytes, arena_bytes, peak_memory;
    uint64_t digest;
    enum digest_state state;
};

struct bench_options {
    const struct verb *verb;
    const char *isa;
    int threads;
    weft_winograd winograd;
    struct weft_bench_plan plan;
    bool cold, load;
    int batch;
};

/* Opens `name` and measures it as the options say. EXIT_FINE, or the exit code after an error line. */
int bench_case(const struct bench_options *options, const char *name, struct bench_result *result);
void bench_result_free(struct bench_result *result);
double bench_percent(const struct bench_result *result); /* of the peak; NaN if unknown */
/* What the samples' shape and the warm-up say, as a sentence, or "". */
void bench_words(const struct bench_result *result, char *text, size_t size);

/* FNV-1a over the output's bits: tells whether two machines computed the same. */
uint64_t bench_digest(const float *y, size_t n);

/* Ways to print: `head` (may be NULL) before the first result, `row` for each. */
struct bench_format {
    const char *name;
    void (*head)(FILE *to, const struct bench_result *first);
    void (*row)(FILE *to, const struct bench_result *result);
};
/* "text", "markdown", "csv", "ncnn", "tflite", "llama"; NULL if there is no such. */
const struct bench_format *bench_format(const char *name);
/* Lines about the machine on top of the text format, and warnings that say what to do on stderr. */
void bench_machine(FILE *to, const struct bench_result *first);
/* The result in a report. */
void bench_report(struct report *report, const struct bench_result *result);

/* --vs: the network as the options say (A) against the same with `words` ("--isa avx2 --threads 1") in place (B), in turns.
 * Prints one line; EXIT_CHECK_FAILED where B is slower by more than `tolerance` percent and not by chance, or where the
 * outputs differ. */
struct versus {
    const struct bench_options *options;
    const char *words;
    double tolerance;
};
int bench_versus(const struct versus *versus, const char *name, struct report *report);

#endif
