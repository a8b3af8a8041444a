/* Runs until steady, then runs that count. */
#include <omp.h>
#include <stdlib.h>

#include <weft/bench.h>

/* A block of runs long enough that the clock and single interruptions do not show in its median. */
enum { BLOCK_RUNS = 5, BLOCK_RUNS_MAX = 64, BLOCKS = 3 };
static const double BLOCK_SECONDS = 0.02, STEADY = 0.02;

static int stopped(const struct weft_bench_plan *plan)
{
    return plan->stop && *plan->stop;
}

/* Median seconds of a block, -1 if a run failed. Counts the runs. */
static double run_block(weft_bench_run_fn *run, void *cookie, int *runs)
{
    double times[BLOCK_RUNS_MAX], start = weft_bench_now(), before = start;
    struct weft_bench_stats stats;
    int n = 0;
    while (n < BLOCK_RUNS_MAX && (n < BLOCK_RUNS || before - start < BLOCK_SECONDS)) {
        if (run(cookie) != 0) {
            return -1;
        }
        double after = weft_bench_now();
        times[n++] = after - before;
        before = after;
    }
    *runs += n;
    weft_bench_summarise(times, n, &stats);
    return stats.median;
}

static int within(const double *medians)
{
    double least = medians[0], most = medians[0];
    for (int i = 1; i < BLOCKS; i++) {
        least = medians[i] < least ? medians[i] : least;
        most = medians[i] > most ? medians[i] : most;
    }
    return most - least <= STEADY * least;
}

static int warm_up(weft_bench_run_fn *run, void *cookie, const struct weft_bench_plan *plan,
                   struct weft_bench_warmup *warmup)
{
    double medians[BLOCKS], start = weft_bench_now();
    *warmup = (struct weft_bench_warmup){0};
    for (int block = 0; !warmup->steady && !stopped(plan) && (block == 0 || weft_bench_now() - start < plan->warmup);
         block++) {
        medians[block % BLOCKS] = run_block(run, cookie, &warmup->runs);
        if (medians[block % BLOCKS] < 0) {
            return -1;
        }
        warmup->steady = block + 1 >= BLOCKS && within(medians);
    }
    warmup->seconds = weft_bench_now() - start;
    return 0;
}

int weft_bench_measure(weft_bench_run_fn *run, void *cookie, const struct weft_bench_plan *plan, double *samples,
                       struct weft_bench_warmup *warmup)
{
    enum { LEAST = 5 };
    if (plan->warmup > 0 ? warm_up(run, cookie, plan, warmup) != 0 : run(cookie) != 0) {
        return -1;
    }
    int n = 0;
    double start = weft_bench_now(), before = start;
    while (n < plan->samples_max && !stopped(plan) &&
           (plan->repeat > 0 ? n < plan->repeat : n < LEAST || before - start < plan->min_time)) {
        if (run(cookie) != 0) {
            return -1;
        }
        double after = weft_bench_now();
        samples[n++] = after - before;
        before = after;
    }
    return n;
}

int weft_bench_run_session(void *cookie)
{
    const struct weft_bench_target *target = cookie;
    return weft_session_run(target->session, target->input, target->output) != WEFT_OK;
}

int weft_bench_run_ring(void *cookie)
{
    struct weft_bench_ring *ring = cookie;
    const struct weft_bench_target *target = &ring->targets[ring->next];
    ring->next = (ring->next + 1) % ring->count;
    return weft_session_run(target->session, target->input, target->output) != WEFT_OK;
}

int weft_bench_run_batch(void *cookie)
{
    const struct weft_bench_batch *batch = cookie;
    int failed = 0;
#pragma omp parallel for num_threads(batch->count) schedule(dynamic) reduction(| : failed)
    for (int i = 0; i < batch->images; i++) {
        const struct weft_bench_target *target = &batch->targets[omp_get_thread_num()];
        failed |= weft_session_run(target->session, target->input, target->output) != WEFT_OK;
    }
    return failed;
}
