#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <weft/bench.h>

Test(bench, statistics_of_one_sample_are_that_sample)
{
    double samples[] = {3};
    struct weft_bench_stats s;
    weft_bench_summarise(samples, 1, &s);
    cr_assert(s.n == 1 && s.min == 3 && s.median == 3 && s.p99 == 3 && s.mean == 3 && s.max == 3 && s.mad == 0);
}

Test(bench, median_and_deviation_of_odd_and_even_counts)
{
    double odd[] = {9, 1, 2, 4, 6}; /* deviations from 4: 3 2 0 2 5 -> 2 */
    double even[] = {1, 2, 4, 9};   /* median 3, deviations 2 1 1 6 -> 1.5 */
    struct weft_bench_stats s;
    weft_bench_summarise(odd, 5, &s);
    cr_assert(s.median == 4 && s.mad == 2 && s.min == 1 && s.max == 9);
    weft_bench_summarise(even, 4, &s);
    cr_assert(s.median == 3 && s.mad == 1.5);
}

Test(bench, median_deviation_equals_its_definition_on_random_samples)
{
    unsigned seed = 12345;
    for (int n = 1; n < 40; n++) {
        double samples[40], deviations[40];
        struct weft_bench_stats s, d;
        for (int i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            samples[i] = seed >> 28; /* few values, so that ties happen */
        }
        weft_bench_summarise(samples, n, &s);
        for (int i = 0; i < n; i++) {
            deviations[i] = fabs(samples[i] - s.median);
        }
        weft_bench_summarise(deviations, n, &d);
        cr_assert_eq(s.mad, d.median, "n = %d", n);
    }
}

Test(bench, percentiles_interpolate)
{
    double samples[101];
    struct weft_bench_stats s;
    for (int i = 0; i <= 100; i++) {
        samples[i] = 100 - i;
    }
    weft_bench_summarise(samples, 101, &s);
    cr_assert_float_eq(s.p90, 90, 1e-12);
    cr_assert_float_eq(s.p99, 99, 1e-12);
}

static double noise(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(*seed >> 8) / (1 << 24);
}

/* Near a normal distribution: the sum of twelve uniform numbers less six. */
static double normal(unsigned *seed)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        sum += noise(seed);
    }
    return sum;
}

Test(bench, one_kind_of_runs_is_not_called_two)
{
    struct weft_bench_shape shape;
    double samples[200];
    unsigned seed = 7;
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 200; i++) {
            samples[i] = round % 2 ? 10 + 0.3 * normal(&seed) : 10 + 2 * noise(&seed);
        }
        cr_assert_eq(weft_bench_shape(samples, 200, &shape), 0);
        cr_assert(!shape.two_modes && !shape.drifts, "round %d", round);
    }
}

Test(bench, two_kinds_of_runs_are_told_apart_with_their_shares)
{
    struct weft_bench_shape shape;
    double samples[200];
    unsigned seed = 8;
    for (int i = 0; i < 200; i++) {
        samples[i] = (i % 4 == 0 ? 14 : 10) + 0.2 * normal(&seed);
    }
    cr_assert_eq(weft_bench_shape(samples, 200, &shape), 0);
    cr_assert(shape.two_modes && !shape.drifts);
    cr_assert_float_eq(shape.low_mode, 10, 0.2);
    cr_assert_float_eq(shape.high_mode, 14, 0.2);
    cr_assert_float_eq(shape.high_share, 0.25, 0.01);
}

Test(bench, a_drift_is_seen_and_its_sign)
{
    struct weft_bench_shape shape;
    double samples[90];
    unsigned seed = 9;
    for (int i = 0; i < 90; i++) {
        samples[i] = 10 + 0.02 * i + 0.1 * normal(&seed);
    }
    cr_assert_eq(weft_bench_shape(samples, 90, &shape), 0);
    cr_assert(shape.drifts);
    cr_assert_float_eq(shape.drift, 0.118, 0.02);
}

/* By hand: U = 0 of 10 and 10 gives z = (50 - 0.5) / sqrt(10 * 10 * 21 / 12) = 3.7418, p = 0.000183. */
Test(bench, mann_whitney_gives_the_normal_approximation)
{
    double a[10], b[10];
    for (int i = 0; i < 10; i++) {
        a[i] = i;
        b[i] = 100 + i;
    }
    cr_assert_float_eq(weft_bench_mann_whitney(a, 10, b, 10), 0.0001827, 1e-6);
    cr_assert_float_eq(weft_bench_mann_whitney(a, 10, a, 10), 1, 1e-12);
}

Test(bench, equals_show_no_difference_and_five_percent_do)
{
    double a[31], b[31], c[31];
    unsigned seed = 10;
    int found = 0, false_alarms = 0;
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 31; i++) {
            double machine = 1 + 0.3 * noise(&seed); /* hits both */
            a[i] = machine * (1 + 0.02 * normal(&seed));
            b[i] = machine * (1 + 0.02 * normal(&seed));
            c[i] = 1.05 * machine * (1 + 0.02 * normal(&seed));
        }
        struct weft_bench_ratio same, slower;
        cr_assert_eq(weft_bench_ratio(a, b, 31, 1, &same), 0);
        cr_assert_eq(weft_bench_ratio(a, c, 31, 1, &slower), 0);
        cr_assert(same.low <= same.median && same.median <= same.high);
        false_alarms += same.differs;
        found += slower.differs && slower.median > 1;
    }
    cr_assert(false_alarms <= 5, "%d of 100", false_alarms);
    cr_assert(found >= 95, "%d of 100", found);
}

/* Noise with a memory, as machines have it: what disturbs lasts for many runs. */
static void wander(double *samples, int n, double level, unsigned *seed)
{
    double state = 0;
    for (int i = 0; i < n; i++) {
        state = 0.9 * state + 0.1 * normal(seed);
        samples[i] = level * (1 + 0.02 * state + 0.01 * normal(seed));
    }
}

Test(bench, runs_taken_apart_are_compared_in_stretches)
{
    enum { N = 300 };
    static double a[N], b[N], c[N], logs[WEFT_BENCH_RESAMPLES];
    unsigned seed = 11;
    int found = 0, false_alarms = 0;
    for (int round = 0; round < 100; round++) {
        wander(a, N, 1, &seed);
        wander(b, N, 1, &seed);
        wander(c, N, 1.05, &seed);
        struct weft_bench_ratio same, slower;
        cr_assert_eq(weft_bench_ratio_apart(&(struct weft_bench_series){a, N}, 1, &(struct weft_bench_series){b, N}, 1,
                                            1, logs, &same),
                     0);
        cr_assert_eq(weft_bench_ratio_apart(&(struct weft_bench_series){a, N}, 1, &(struct weft_bench_series){c, N}, 1,
                                            1, logs, &slower),
                     0);
        cr_assert(same.low <= same.median && same.median <= same.high);
        false_alarms += same.differs;
        found += slower.differs && slower.median > 1.03;
    }
    cr_assert(false_alarms <= 5, "%d of 100", false_alarms);
    cr_assert(found >= 98, "%d of 100", found);
}

/* 1 2 | 3 4 5 against their doubles: the median of all five values is 3, of the others 6. */
Test(bench, several_measurements_of_a_side_count_together)
{
    double first[] = {2, 1}, second[] = {5, 3, 4}, doubled[] = {10, 2, 4, 8, 6};
    static double logs[WEFT_BENCH_RESAMPLES];
    struct weft_bench_series a[] = {{first, 2}, {second, 3}}, b[] = {{doubled, 5}};
    struct weft_bench_ratio ratio;
    cr_assert_eq(weft_bench_ratio_apart(a, 2, b, 1, 1, logs, &ratio), 0);
    cr_assert_float_eq(ratio.median, 2, 1e-12);
    cr_assert(!ratio.differs && ratio.low < 1.2 && ratio.high > 3, "%g to %g", ratio.low, ratio.high);
    cr_assert_eq(weft_bench_ratio_apart(a, 0, b, 1, 1, logs, &ratio), -1);
    cr_assert_eq(weft_bench_ratio_apart(&(struct weft_bench_series){first, 0}, 1, b, 1, 1, logs, &ratio), -1);
}

Test(bench, measurements_that_differ_among_themselves_widen_the_interval)
{
    enum { N = 100, S = 6 };
    static double of_a[S][N], of_b[S][N], logs[WEFT_BENCH_RESAMPLES];
    struct weft_bench_series a[S], b[S];
    struct weft_bench_ratio one, all;
    unsigned seed = 12;
    for (int s = 0; s < S; s++) {
        wander(of_a[s], N, 1 + 0.1 * (s % 2), &seed); /* processes of two kinds */
        wander(of_b[s], N, 1 + 0.1 * (s % 2 == 0), &seed);
        a[s] = (struct weft_bench_series){of_a[s], N};
        b[s] = (struct weft_bench_series){of_b[s], N};
    }
    cr_assert_eq(weft_bench_ratio_apart(a, 1, b, 1, 1, logs, &one), 0);
    cr_assert_eq(weft_bench_ratio_apart(a, S, b, S, 1, logs, &all), 0);
    cr_assert(one.differs && !all.differs);
}

/* e^0 ... : the ends that leave out a four-hundredth each. */
Test(bench, an_interval_leaves_out_half_a_percent)
{
    double logs[400];
    struct weft_bench_ratio ratio;
    for (int i = 0; i < 400; i++) {
        logs[i] = log(1 + 0.001 * (399 - i));
    }
    weft_bench_interval(logs, 400, log(1.2), 1, &ratio);
    cr_assert_float_eq(ratio.low, 1.001, 1e-12);
    cr_assert_float_eq(ratio.high, 1.398, 1e-12);
    cr_assert_float_eq(ratio.median, 1.2, 1e-12);
    cr_assert(ratio.differs);
}

Test(bench, few_rounds_or_runs_are_not_enough_to_tell)
{
    double a[9], b[9], logs[WEFT_BENCH_RESAMPLES];
    struct weft_bench_ratio ratio;
    for (int i = 0; i < 9; i++) {
        a[i] = 1;
        b[i] = 2;
    }
    cr_assert_eq(weft_bench_ratio(a, b, 8, 1, &ratio), 0);
    cr_assert(!ratio.enough && !ratio.differs && ratio.low > 1);
    cr_assert_eq(weft_bench_ratio(a, b, 9, 1, &ratio), 0);
    cr_assert(ratio.enough && ratio.differs);
    for (int n = 5; n <= 6; n++) {
        struct weft_bench_series of_a = {a, n}, of_b = {b, 9};
        cr_assert_eq(weft_bench_ratio_apart(&of_a, 1, &of_b, 1, 1, logs, &ratio), 0);
        cr_assert(ratio.enough == (n == 6) && ratio.differs == (n == 6));
        cr_assert_eq(weft_bench_ratio_apart(&of_b, 1, &of_a, 1, 1, logs, &ratio), 0);
        cr_assert(ratio.enough == (n == 6) && ratio.differs == (n == 6));
    }
}

Test(bench, the_environment_names_an_isa_and_counts_cores)
{
    struct weft_bench_environment e;
    weft_bench_environment(&e);
    cr_assert(e.isa[0] && e.compiler[0] && e.date[0]);
    cr_assert(e.cores_physical >= 1 && e.cores_usable >= e.cores_physical);
}

Test(bench, every_available_vector_level_has_a_peak_and_scalar_has_none)
{
    const char *what;
    cr_assert(weft_bench_peak("scalar", &what) == 0);
    for (int i = 1; weft_isa_name(i); i++) {
        bool here = weft_isa_available() & weft_isa_from_name(weft_isa_name(i));
        double peak = weft_bench_peak(weft_isa_name(i), &what);
        cr_assert_eq(here, peak > 1e9, "%s: %g", weft_isa_name(i), peak);
    }
}

Test(bench, one_processor_of_the_list_after_the_other_is_held_to_and_all_again)
{
    char all[256], now[256], why[256];
    long first = -1;
    weft_bench_pinned(all, sizeof all);
    int count = weft_bench_pin(all, why, sizeof why);
    cr_assert(count >= 1, "%s", why);
    for (int n = 0, last = -1; n <= count; n++) {
        char *end;
        weft_bench_pin_one(all, n);
        weft_bench_pinned(now, sizeof now);
        long processor = strtol(now, &end, 10);
        cr_assert(end != now && !*end, "%s", now);
        first = n == 0 ? processor : first;
        cr_assert(n == count ? processor == first : processor > last, "%d: %s", n, now);
        last = (int)processor;
    }
    weft_bench_pin_one("", 0);
    weft_bench_pinned(now, sizeof now);
    cr_assert_eq(strtol(now, NULL, 10), first);
    weft_bench_pin_one(all, -1);
    weft_bench_pinned(now, sizeof now);
    cr_assert_str_eq(now, all);
}
