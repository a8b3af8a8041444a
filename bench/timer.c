#include <time.h>

#include <weft/bench.h>

double weft_bench_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The least of several stretches: what one reading costs when nothing comes between. */
double weft_bench_clock_cost(void)
{
    enum { STRETCHES = 16, READINGS = 256 };
    double best = 1;
    for (int s = 0; s < STRETCHES; s++) {
        double start = weft_bench_now(), end = start;
        for (int i = 0; i < READINGS; i++) {
            end = weft_bench_now();
        }
        double cost = (end - start) / READINGS;
        best = cost < best ? cost : best;
    }
    return best;
}
