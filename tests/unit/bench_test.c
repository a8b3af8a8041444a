#include <criterion/criterion.h>
#include <math.h>

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
