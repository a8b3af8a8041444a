#include <math.h>
#include <time.h>

#include <weft/bench.h>

double weft_bench_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Steady: the mean of the last half of `window` runs is within 2 % of that of the first half. */
enum { WINDOW = 8 };

static int is_steady(const double *window, int runs)
{
    double early = 0, late = 0;
    if (runs < WINDOW) {
        return 0;
    }
    for (int i = 0; i < WINDOW / 2; i++) {
        early += window[(runs - WINDOW + i) % WINDOW];
        late += window[(runs - WINDOW / 2 + i) % WINDOW];
    }
    return fabs(early - late) < 0.02 * late;
}

int weft_bench_session(weft_session *session, const float *input, float *output, const struct weft_bench_plan *plan,
                       double *samples, int *warmup_runs)
{
    double window[WINDOW], start = weft_bench_now(), before = start;
    int runs = 0;
    do {
        if (weft_session_run(session, input, output) != WEFT_OK) {
            return -1;
        }
        double after = weft_bench_now();
        window[runs++ % WINDOW] = after - before;
        before = after;
    } while (before - start < plan->warmup && !is_steady(window, runs));
    *warmup_runs = runs;

    int n = 0;
    start = before = weft_bench_now();
    while (n < plan->samples_max &&
           (plan->repeat > 0 ? n < plan->repeat : (n < 5 || before - start < plan->min_time))) {
        if (weft_session_run(session, input, output) != WEFT_OK) {
            return -1;
        }
        double after = weft_bench_now();
        samples[n++] = after - before;
        before = after;
    }
    return n;
}
