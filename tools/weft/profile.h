/* weft command: a network's time, layer by layer, held against what the machine can do. */
#ifndef WEFT_TOOLS_PROFILE_H
#define WEFT_TOOLS_PROFILE_H

#include <stdbool.h>
#include <stdio.h>

#include <weft/bench.h>

#include "args.h"
#include "report.h"

struct profile_options {
    const struct verb *verb;
    const char *isa;
    int threads;
    weft_winograd winograd;
    double time; /* seconds to measure for */
    const volatile int *stop;
};

/* A bandwidth that was measured: "L2", "memory"; bytes per second of all threads' cores. */
struct profile_ceiling {
    char name[16];
    size_t bytes; /* that it holds; 0: no end */
    double bandwidth;
};

struct profile_layer {
    weft_layer_info info;
    weft_layer_plan plan;
    double seconds;                     /* median, without the clock's own */
    double bytes;                       /* weights, inputs and output */
    double compute;                     /* seconds that the machine needs at least for the products; NaN if unknown */
    double memory;                      /* and for the bytes: weights from where the whole network lies, tensors from
                                           the nearest memory that holds them together */
    int from;                           /* the ceiling that takes most of that */
};

/* Times in seconds. Memory: profile_free. */
struct profile {
    const char *name;
    char isa[32];
    int threads;
    bool direct, incomplete, same_output;
    weft_model *model; /* they own the strings in `layer` */
    weft_session *session;
    struct profile_layer *layer;
    int layers;
    double input, output;               /* conversions */
    double sum;                         /* of both and of the layers */
    struct weft_bench_stats whole;      /* of plain runs, in turns with the others; only those that count */
    int rounds;                         /* that were measured */
    bool disturbed;                     /* only the quickest twentieth of the rounds counts */
    double clock;                       /* one reading; not in the figures above */
    double peak;                        /* multiply-adds per second of all threads' cores; 0: unknown */
    const char *peak_what;
    struct profile_ceiling ceilings[5]; /* nearest first */
    int ceilings_count, ceiling;        /* the one that holds weights and arena: there the weights lie from run to
                                           run */
    size_t packed_bytes, arena_bytes;
    double macs;
};

/* Opens `name` and measures. EXIT_FINE, or the exit code after an error line. */
int profile_measure(const struct profile_options *options, const char *name, struct profile *profile);
void profile_free(struct profile *profile);

/* The bound that applies is the one that needs more time. */
bool profile_by_memory(const struct profile_layer *layer);
/* "compute" or the name of the memory. */
const char *profile_bound(const struct profile *profile, const struct profile_layer *layer);
/* Of that bound; NaN if unknown. */
double profile_percent(const struct profile_layer *layer);
/* NaN without multiply-adds. */
double profile_peak_percent(const struct profile *profile, const struct profile_layer *layer);
/* Percent of the whole. */
double profile_share(const struct profile *profile, double seconds);
/* Positions of the layers, in their order or the slowest first. Memory: free. NULL if memory is short. */
int *profile_order(const struct profile *profile, bool by_time);

void profile_show(FILE *to, const struct profile *profile, const int *order);
/* A page. False with a line in `why`. */
bool profile_html(const char *path, const struct profile *profile, const int *order, char *why, size_t why_size);
void profile_report(struct report *report, const struct profile *profile);

#endif
