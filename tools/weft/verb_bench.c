#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <weft/bench.h>
#include <weft/zoo.h>

#include "common.h"
#include "report.h"
#include "verbs.h"

#define SAMPLES_MAX 100000

struct bench {
    const struct verb *verb;
    const char *isa, *json;
    int threads, failed;
    bool no_winograd;
    struct weft_bench_plan plan;
    struct report *report;
    double *samples;
    double peak; /* multiply-adds per second of one core */
    const char *peak_what;
};

/* FNV-1a over the output's bits: tells whether two machines computed the same. */
static uint64_t digest_of(const float *y, size_t n)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const unsigned char *bytes = (const unsigned char *)y;
    for (size_t i = 0; i < n * sizeof *y; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static void print_head(const struct bench *bench, const weft_session_info *session)
{
    struct weft_bench_environment e;
    weft_bench_environment(&e);
    printf("%s, %s, %d thread%s, %s, revision %s\n", e.cpu[0] ? e.cpu : "unknown processor", session->isa,
           session->threads, session->threads == 1 ? "" : "s", e.compiler, e.revision);
    if (bench->peak > 0) {
        printf("peak of one core, measured now: %.1f GMAC/s (%s)\n", bench->peak / 1e9, bench->peak_what);
    }
    if (e.load_average > 0.5) {
        fprintf(stderr, "warning: load average is %.1f: other work disturbs the timings; stop it and run again\n",
                e.load_average);
    }
    if (e.cores_usable < session->threads) {
        fprintf(stderr, "warning: %d threads on %d cores: use --threads %d\n", session->threads, e.cores_usable,
                e.cores_usable);
    }
    printf("%-18s %9s %9s %9s %9s %6s %8s %8s %7s %9s %9s  %s\n", "model", "min ms", "median", "p90", "p99", "n", "GMAC",
           "GMAC/s", "% peak", "model KiB", "arena KiB", "digest");
}

static void show_result(struct bench *bench, const char *name, const weft_model_info *info,
                        const weft_session_info *session, const struct weft_bench_stats *stats, uint64_t digest)
{
    double gmac = (double)info->macs / 1e9, rate = gmac / stats->median;
    double share = bench->peak > 0 ? 100 * rate * 1e9 / (bench->peak * session->threads) : (double)NAN;
    char text[32];
    if (!report_owns_stdout(bench->report)) {
        printf("%-18s %9.3f %9.3f %9.3f %9.3f %6d %8.4f %8.2f ", name, 1e3 * stats->min, 1e3 * stats->median,
               1e3 * stats->p90, 1e3 * stats->p99, stats->n, gmac, rate);
        snprintf(text, sizeof text, "%.1f", share);
        printf("%7s", isnan(share) ? "-" : text);
        printf(" %9.0f %9.0f  %016" PRIx64 "\n", (double)info->weight_bytes / 1024, (double)session->arena_bytes / 1024,
               digest);
        fflush(stdout);
    }
    report_result(bench->report);
    report_text(bench->report, "model", name);
    report_text(bench->report, "isa", session->isa);
    report_number(bench->report, "threads", session->threads);
    report_number(bench->report, "n", stats->n);
    report_number(bench->report, "min_ms", 1e3 * stats->min);
    report_number(bench->report, "median_ms", 1e3 * stats->median);
    report_number(bench->report, "p90_ms", 1e3 * stats->p90);
    report_number(bench->report, "p99_ms", 1e3 * stats->p99);
    report_number(bench->report, "mean_ms", 1e3 * stats->mean);
    report_number(bench->report, "mad_ms", 1e3 * stats->mad);
    report_number(bench->report, "gmac", gmac);
    report_number(bench->report, "gmac_per_s", rate);
    report_number(bench->report, "percent_of_peak", share);
    report_number(bench->report, "peak_gmac_per_s", bench->peak / 1e9);
    report_text(bench->report, "peak_instruction", bench->peak_what);
    report_number(bench->report, "model_bytes", (double)info->weight_bytes);
    report_number(bench->report, "packed_bytes", (double)session->packed_bytes);
    report_number(bench->report, "arena_bytes", (double)session->arena_bytes);
    snprintf(text, sizeof text, "%016" PRIx64, digest);
    report_text(bench->report, "digest", text);
}

static int measure(struct bench *bench, const char *name, const weft_model *model, weft_session *session)
{
    weft_model_info info;
    weft_session_info session_info;
    weft_model_describe(model, &info);
    weft_session_describe(session, &session_info);
    size_t outputs = (size_t)info.output_c * (size_t)info.output_h * (size_t)info.output_w;
    float *input = malloc((size_t)info.input_c * (size_t)info.input_h * (size_t)info.input_w * sizeof *input);
    float *output = malloc(outputs * sizeof *output);
    int runs = -1, warmup_runs, exit_code = EXIT_FINE;
    if (input && output) {
        weft_zoo_input(model, input);
        runs = weft_bench_session(session, input, output, &bench->plan, bench->samples, &warmup_runs);
    }
    if (runs < 1) {
        exit_code = args_fail(bench->verb, "%s: the run failed, or memory is short", name);
    } else {
        struct weft_bench_stats stats;
        uint64_t digest = digest_of(output, outputs);
        uint64_t golden = strncmp(name, "zoo:", 4) == 0 ? weft_zoo_golden(name + 4) : 0;
        weft_bench_summarise(bench->samples, runs, &stats);
        show_result(bench, name, &info, &session_info, &stats, digest);
        if (golden && golden != digest) {
            fprintf(stderr, "%s: WRONG RESULT: the digest should be %016" PRIx64 "\n", name, golden);
            exit_code = EXIT_CHECK_FAILED;
        }
    }
    free(input);
    free(output);
    return exit_code;
}

static int bench_model(struct bench *bench, const char *name, bool first)
{
    weft_winograd winograd = bench->no_winograd ? WEFT_WINOGRAD_OFF : WEFT_WINOGRAD_AUTO;
    weft_model *model = open_quantized(bench->verb, name);
    weft_session *session = model ? open_session_with(bench->verb, model, bench->isa, bench->threads, winograd) : NULL;
    int exit_code = EXIT_BAD_USE;
    if (session) {
        weft_session_info info;
        weft_session_describe(session, &info);
        if (first) {
            bench->peak = weft_bench_peak(info.isa, &bench->peak_what);
        }
        if (first && !report_owns_stdout(bench->report)) {
            print_head(bench, &info);
        }
        exit_code = measure(bench, name, model, session);
    }
    weft_session_free(&session);
    weft_model_free(&model);
    return exit_code;
}

static int bench_all(struct bench *bench, int models, char **names)
{
    int worst = EXIT_FINE;
    char name[64];
    for (int i = 0; models ? i < models : weft_zoo_name(i) != NULL; i++) {
        if (!models) {
            snprintf(name, sizeof name, "zoo:%s", weft_zoo_name(i));
        }
        int one = bench_model(bench, models ? names[i] : name, i == 0);
        worst = one > worst ? one : worst;
    }
    return worst;
}

int verb_bench(const struct verb *verb, int argc, char **argv)
{
    struct bench bench = {.verb = verb, .plan = {0, 1.0, 0.5, SAMPLES_MAX}};
    int operands, exit_code;
    const struct option_spec table[] = {
        {"repeat", OPTION_INT, &bench.plan.repeat, 1, SAMPLES_MAX, "N", "runs to count (default: as --min-time takes)", 0},
        {"min-time", OPTION_SECONDS, &bench.plan.min_time, 0, 3600, "S", "seconds of counted runs (default 1)", 0},
        {"warmup", OPTION_SECONDS, &bench.plan.warmup, 0, 3600, "S", "seconds of warm-up at most (default 0.5)", 0},
        {"isa", OPTION_TEXT, &bench.isa, 0, 0, "NAME", "hold to this ISA (see 'weft cpu'; also $WEFT_ISA)", 0},
        {"no-winograd", OPTION_FLAG, &bench.no_winograd, 0, 0, NULL, "all convolutions directly (docs/winograd.md)", 0},
        {"threads", OPTION_INT, &bench.threads, 1, 256, "N", "default: physical cores", 0},
        {"json", OPTION_TEXT, &bench.json, 0, 0, "FILE|-", "write the results as JSON", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    bench.peak_what = "";
    bench.samples = malloc(SAMPLES_MAX * sizeof *bench.samples);
    if (!bench.samples) {
        return args_fail(verb, "memory is short");
    }
    exit_code = EXIT_BAD_USE;
    if (report_open(verb, bench.json, &bench.report)) {
        exit_code = report_close(verb, bench.report, bench_all(&bench, operands, argv));
    }
    free(bench.samples);
    return exit_code;
}
