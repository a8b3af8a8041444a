/* The rounds of --vs and --vs-binary. In a round both sides are made anew and take four short turns each, A B B A, so
 * that whatever the machine does meanwhile, a clock that changes too, hits both. */
#include "bench_rounds.h"

#include <string.h>

enum { ROUNDS_MIN = 21, ROUNDS_STEP = 10, PATIENCE = 30, TURNS = 4 };
static const double WIDE_ENOUGH = 0.02; /* of an interval, as a share */

static bool enough_rounds(const struct versus *versus, const struct rounds *rounds, double begin)
{
    const struct weft_bench_plan *plan = &versus->options->plan;
    struct weft_bench_ratio ratio;
    if (*plan->stop || rounds->count == ROUNDS_MAX || plan->repeat > 0) {
        return *plan->stop || rounds->count == ROUNDS_MAX || rounds->count >= plan->repeat;
    }
    if (rounds->count < ROUNDS_MIN || weft_bench_now() - begin > PATIENCE * plan->min_time) {
        return rounds->count >= ROUNDS_MIN;
    }
    return (rounds->count - ROUNDS_MIN) % ROUNDS_STEP == 0 &&
           (weft_bench_ratio(rounds->a, rounds->b, rounds->count, 1, &ratio) != 0 ||
            ratio.high - ratio.low < WIDE_ENOUGH);
}

/* The quickest of its turns stands for a side: what else happens on a machine only ever adds to a run. Neither side is
 * always made first, which would give it the same place in memory each time, or measured first. */
static int take_round(struct contender *a, struct contender *b, int round, struct rounds *rounds)
{
    uint64_t digest_a = 0, digest_b = 0;
    double least_a = 0, least_b = 0, seconds = 0;
    bool a_made_first = round / 2 % 2 == 0;
    if (a->close) {
        a->close(a);
        b->close(b);
    }
    int code = a_made_first ? a->open(a, &digest_a) : EXIT_FINE;
    code = code == EXIT_FINE ? b->open(b, &digest_b) : code;
    code = code == EXIT_FINE && !a_made_first ? a->open(a, &digest_a) : code;
    for (int i = 0; i < 2 * TURNS && code == EXIT_FINE; i++) {
        bool of_a = (round + i / 2 + i) % 2 == 0; /* A B B A A B B A, or the other way round */
        double *least = of_a ? &least_a : &least_b;
        struct contender *one = of_a ? a : b;
        code = one->turn(one, &seconds);
        *least = i < 2 || seconds < *least ? seconds : *least;
    }
    rounds->a[rounds->count] = least_a;
    rounds->b[rounds->count] = least_b;
    rounds->same_output = rounds->same_output && (code != EXIT_FINE || digest_a == digest_b);
    return code;
}

static bool have_one_thread(const struct bench_options *a, const struct bench_options *b)
{
    int cores = weft_physical_cores();
    return (a->threads ? a->threads : cores) == 1 && (b->threads ? b->threads : cores) == 1;
}

/* The first round shows that both work, and warms the machine up. What a stopped round says does not count. Both sides
 * share a processor where they can: two that are alike need not be equally quick for a while, as when a sibling thread
 * of one is busy. */
int bench_take_rounds(const struct versus *versus, const struct bench_options *of_b, struct contender *a,
                      struct contender *b, struct rounds *rounds)
{
    const bool one_thread = have_one_thread(versus->options, of_b);
    const volatile int *stop = versus->options->plan.stop;
    char processors[256];
    double begin = 0;
    int code = EXIT_FINE;
    *rounds = (struct rounds){.same_output = true};
    weft_bench_pinned(processors, sizeof processors);
    for (int taken = 0; code == EXIT_FINE && !*stop && (taken == 0 || !enough_rounds(versus, rounds, begin)); taken++) {
        if (one_thread) {
            weft_bench_pin_one(processors, taken / PLACE_ROUNDS);
        }
        code = take_round(a, b, taken, rounds);
        rounds->count += code == EXIT_FINE && taken > 0 && !*stop;
        begin = taken == 0 ? weft_bench_now() : begin;
    }
    if (one_thread) {
        weft_bench_pin_one(processors, -1);
    }
    return *stop ? EXIT_FINE : code;
}

double bench_median_ms(const double *seconds, int n)
{
    double copy[ROUNDS_MAX];
    struct weft_bench_stats stats;
    memcpy(copy, seconds, (size_t)n * sizeof *copy);
    weft_bench_summarise(copy, n, &stats);
    return 1e3 * stats.median;
}
