/* weft command: one measured network, and the ways to show it. */
#ifndef WEFT_TOOLS_BENCH_H
#define WEFT_TOOLS_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <weft/bench.h>

#include "args.h"
#include "report.h"
#include "tuned.h"

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
    size_t file_bytes; /* of the model's file, or of a zoo network's temporary one; 0: not known */
    size_t weight_bytes, packed_bytes, arena_bytes, peak_memory;
    uint64_t digest;
    enum digest_state state;
};

struct bench_options {
    const struct verb *verb;
    const char *isa;
    int threads;
    weft_winograd winograd;
    struct tuned *tuned; /* of --tuned; may be NULL */
    struct weft_bench_plan plan;
    bool cold, load;
    int batch;
};

/* Opens `name` and measures it as the options say. EXIT_FINE, or the exit code after an error line: EXIT_CHECK_FAILED
 * where Ctrl-C came before anything was measured. */
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

/* --vs, --vs-binary: the network as the options say (A) against B, in turns: with `words` ("--isa avx2 --threads 1")
 * laid over the options, or run by another `binary`, or both. Prints one line; EXIT_CHECK_FAILED where B is slower by
 * more than `tolerance` percent and not by chance, where the outputs differ, or where Ctrl-C left too few rounds. */
#define ROUNDS_MAX 401
struct versus {
    const struct bench_options *options;
    const char *words, *binary; /* NULL: none */
    double tolerance;
    struct report *json, *lines; /* may be NULL */
    FILE *out;                   /* for people; may be NULL */
    FILE *page;                  /* the page's part for comparisons; may be NULL */
};
int bench_versus(const struct versus *versus, const char *name);

/* What the rounds of both kinds of --vs gave: the quickest run of each side in each round, in seconds. */
struct rounds {
    double a[ROUNDS_MAX], b[ROUNDS_MAX];
    int count;
    bool same_output;
};
/* The median of one side's seconds, in milliseconds. */
double bench_median_ms(const double *seconds, int n);
int bench_verdict(const struct versus *versus, const char *name, const struct rounds *rounds);
/* `words` laid over the options; they are cut in place and must live as long. EXIT_FINE, or EXIT_BAD_USE after an error
 * line. */
int bench_lay_over(struct bench_options *options, char *words);
/* With a process of this command (A) and one of versus->binary (B). EXIT_FINE, or the exit code after an error line. */
int bench_processes(const struct versus *versus, const struct bench_options *of_b, const char *name,
                    struct rounds *rounds);
/* --turns: the other end of it. */
int bench_serve_turns(const struct bench_options *options, const char *name);

#endif
