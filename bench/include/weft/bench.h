/* weft: the benchmark harness: timer, statistics, peaks of the machine, environment record. In the library
 * libweft-bench. Conventions as in weft.h. */
#ifndef WEFT_BENCH_H
#define WEFT_BENCH_H

#include <stdint.h>

#include <weft/weft.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Seconds of a monotonic clock. */
double weft_bench_now(void);

/* Summary of samples; all in the samples' unit. Percentiles by linear interpolation. */
struct weft_bench_stats {
    int n;
    double min, p5, median, mean, p90, p95, p99, max;
    double mad; /* median of the absolute deviations from the median */
};
/* Sorts `samples` in place. n >= 1. */
void weft_bench_summarise(double *samples, int n, struct weft_bench_stats *stats);

/* What the summary hides, in samples in the order they were taken. Below 15 samples nothing is claimed. */
struct weft_bench_shape {
    int drifts;    /* the last third is slower or faster than the first by more than 2 %, and not by chance */
    double drift;  /* by how much, as a share: 0.05 is 5 % slower */
    int two_modes; /* the runs are of two kinds, told apart clearly */
    double low_mode, high_mode, high_share;
};
/* 0, or -1 if memory is short. */
int weft_bench_shape(const double *in_order, int n, struct weft_bench_shape *shape);

/* Two-sided p of Mann and Whitney's test that neither set tends to be larger; -1 if memory is short. */
double weft_bench_mann_whitney(const double *a, int n, const double *b, int m);

/* How much longer b takes than a: the median of b[i] / a[i] over rounds in which both were measured side by side, with
 * a 99.5 % bootstrap interval (seeded). enough: 9 rounds or more, so that equals lie all on one side in less than 0.5 %
 * of cases. differs: enough, and the interval does not hold 1. 0, or -1 if memory is short. */
struct weft_bench_ratio {
    double median, low, high;
    int enough, differs;
};
int weft_bench_ratio(const double *a, const double *b, int rounds, uint64_t seed, struct weft_bench_ratio *ratio);

/* Times of one measurement, in the order they were taken. */
struct weft_bench_series {
    const double *values;
    int count;
};
#define WEFT_BENCH_RESAMPLES 4000
/* The same of two sides that were measured apart: the ratio of the medians of all values of `bs` and `as` series.
 * Stretches of neighbouring values are resampled together. What differs from one measurement to the next shows in the
 * interval only where a side has several series. enough: 6 stretches a side. The WEFT_BENCH_RESAMPLES resampled
 * logarithms go to `logs`. 0, or -1 if memory is short or a series empty. */
int weft_bench_ratio_apart(const struct weft_bench_series *a, int as, const struct weft_bench_series *b, int bs,
                           uint64_t seed, double *logs, struct weft_bench_ratio *ratio);
/* A ratio from its logarithm and `count` >= 1 resampled ones (sorted here): of a geometric mean, say. */
void weft_bench_interval(double *logs, int count, double log_ratio, int enough, struct weft_bench_ratio *ratio);

/* ---- measuring ------------------------------------------------------------------------------- */

struct weft_bench_plan {
    int repeat;      /* runs to count; 0: as many as min_time takes, at least 5 */
    double min_time; /* seconds of counted runs */
    double warmup;   /* seconds at most for the warm-up, which ends when runs have become steady */
    int samples_max; /* room in `samples` */
    const volatile int *stop; /* set by a signal handler: end after the current run; NULL: never */
};
struct weft_bench_warmup {
    int runs, steady; /* steady: the last three blocks of runs had medians within 2 % of each other */
    double seconds;
};
/* Times one action again and again. `run` returns 0, or the measurement ends with -1. Returns the number of samples
 * (seconds each, in order) written. */
typedef int weft_bench_run_fn(void *cookie);
int weft_bench_measure(weft_bench_run_fn *run, void *cookie, const struct weft_bench_plan *plan, double *samples,
                       struct weft_bench_warmup *warmup);

/* A session with its input and output, for weft_bench_measure. weft_bench_run_session takes a pointer to one;
 * weft_bench_run_ring one of several in turn, so that their weights together do not fit the cache (cold). */
struct weft_bench_target {
    weft_session *session;
    const float *input;
    float *output;
};
struct weft_bench_ring {
    const struct weft_bench_target *targets;
    int count, next;
};
/* Images of a batch, shared among `count` targets of one thread each. */
struct weft_bench_batch {
    const struct weft_bench_target *targets;
    int count, images;
};
weft_bench_run_fn weft_bench_run_session, weft_bench_run_ring, weft_bench_run_batch;

/* Seconds of one reading of the clock. */
double weft_bench_clock_cost(void);

/* Peak multiply-adds per second of one core, for the multiply instruction that kernels of `isa` use
 * (vpdpbusd; vpmaddubsw + vpmaddwd + vpaddd; sdot; ...), measured now in about 30 ms. 0 where `isa` has no such
 * instruction (scalar) or the machine lacks it. *what is its name. */
double weft_bench_peak(const char *isa, const char **what);

/* Bytes per second that one core reads from a buffer of `bytes`, measured now in about 20 ms; 0 if memory is short. */
double weft_bench_read_bandwidth(size_t bytes);
/* The sum of what `threads` cores read at the same time, each from a buffer of its own. */
double weft_bench_read_bandwidth_of(size_t bytes, int threads);
/* Caches of the processor that this thread runs on, first level (data) first; *count of them, at most `max`. */
struct weft_bench_cache {
    int level;
    size_t bytes;
};
void weft_bench_caches(struct weft_bench_cache *caches, int max, int *count);

/* ---- the machine ----------------------------------------------------------------------------- */

/* Holds this process to processors: "big", "little" (clusters by capacity or highest frequency), "all", a list (0-3,5)
 * or a mask (0xf). Call it before any session exists: threads inherit it. Returns their number, or -1 with a line in
 * `why`. */
int weft_bench_pin(const char *where, char *why, size_t why_size);
/* The processors that this process is held to, as the system tells it: "0-3,5". */
void weft_bench_pinned(char *list, size_t size);
/* Holds the calling thread to the n-th processor (from 0, round and round) of a list as weft_bench_pinned writes it, or
 * to all of them (n < 0), also to such that it was not held to before. Changes nothing where that cannot be. */
void weft_bench_pin_one(const char *list, int n);
/* Clusters: "4 x 1024, 4 x 446" (processors x capacity or highest kHz; 0 where the system does not tell). */
void weft_bench_clusters(char *text, size_t size);

/* Joules that the processor package took so far (RAPL), or -1 where that cannot be read. Wraps around. */
double weft_bench_energy(void);
/* The largest resident set since the last reset, in bytes, 0 if unknown. */
size_t weft_bench_peak_memory(void);
void weft_bench_reset_peak_memory(void);

/* What was measured on, for reports. Strings are "" where the system does not tell. */
struct weft_bench_environment {
    char cpu[128], isa[128], governor[32], os[128], compiler[128], flags[256], revision[64];
    char pinned[128], clusters[128], caches[64]; /* "0-1", "2 x 0", "48K 2M 260M" */
    int cores_physical, cores_usable;
    double load_average, mhz;   /* mhz: now, of the processor that this thread runs on; 0 if unknown */
    double temperature;         /* degrees Celsius of the hottest zone, 0 if unknown */
    int64_t throttled;          /* how often the package was throttled since boot, -1 if unknown */
    char date[32];
};
void weft_bench_environment(struct weft_bench_environment *environment);

#ifdef __cplusplus
}
#endif

#endif
