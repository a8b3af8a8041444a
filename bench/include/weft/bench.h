/* weft: the benchmark harness: timer, statistics, peaks of the machine, environment record. In the library
 * libweft-bench. Conventions as in weft.h. */
#ifndef WEFT_BENCH_H
#define WEFT_BENCH_H

#include <weft/weft.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Seconds of a monotonic clock. */
double weft_bench_now(void);

/* Summary of samples; all in the samples' unit. Percentiles by linear interpolation. */
struct weft_bench_stats {
    int n;
    double min, median, mean, p90, p99, max;
    double mad; /* median of the absolute deviations from the median */
};
/* Sorts `samples` in place. n >= 1. */
void weft_bench_summarise(double *samples, int n, struct weft_bench_stats *stats);

struct weft_bench_plan {
    int repeat;      /* runs to count; 0: as many as min_time takes, at least 5 */
    double min_time; /* seconds of counted runs */
    double warmup;   /* seconds at most for the warm-up, which also ends when runs become steady */
    int samples_max; /* room in `samples` */
};
/* Times weft_session_run. Returns the number of samples (seconds each) written, or -1 if a run failed;
 * *warmup_runs is the number of runs before them. */
int weft_bench_session(weft_session *session, const float *input, float *output, const struct weft_bench_plan *plan,
                       double *samples, int *warmup_runs);

/* Peak multiply-adds per second of one core, for the multiply instruction that kernels of `isa` use
 * (vpdpbusd; vpmaddubsw + vpmaddwd + vpaddd; sdot; ...), measured now in about 30 ms. 0 where `isa` has no such
 * instruction (scalar) or the machine lacks it. *what is its name. */
double weft_bench_peak(const char *isa, const char **what);

/* What was measured on, for reports. Strings are "" where the system does not tell. */
struct weft_bench_environment {
    char cpu[128], isa[128], governor[32], os[128], compiler[128], flags[256], revision[64];
    int cores_physical, cores_usable;
    double load_average, mhz;
    char date[32];
};
void weft_bench_environment(struct weft_bench_environment *environment);

#ifdef __cplusplus
}
#endif

#endif
