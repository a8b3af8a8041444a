/* Ways to print measured networks: for people, for spreadsheets, and as other tools' users have it. */
#include "bench.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

static const char *digest_word(const struct bench_result *r)
{
    return r->state == DIGEST_GOLDEN ? "verified" : r->state == DIGEST_WRONG ? "WRONG" : "";
}

/* "12.3", or "-" where it is unknown. */
static const char *number(char *text, size_t size, const char *format, double value, bool known)
{
    if (known && isfinite(value)) {
        snprintf(text, size, format, value);
    } else {
        snprintf(text, size, "-");
    }
    return text;
}

/* ---- text ---- */

/* What one core reads from each cache: a buffer of half its size, 64 MiB at most. */
static void show_bandwidth(FILE *to)
{
    struct weft_bench_cache caches[4];
    const size_t most = (size_t)64 << 20;
    int count;
    weft_bench_caches(caches, 4, &count);
    for (int i = 0; i < count; i++) {
        size_t bytes = caches[i].bytes / 2 < most ? caches[i].bytes / 2 : most;
        fprintf(to, "%s L%d %.0f GB/s", i ? "," : "one core reads from", caches[i].level,
                weft_bench_read_bandwidth(bytes) / 1e9);
    }
    fputs(count ? "\n" : "", to);
}

void bench_machine(FILE *to, const struct bench_result *first)
{
    struct weft_bench_environment e;
    weft_bench_environment(&e);
    fprintf(to, "%s; caches %s; processors %s; %s\n", e.cpu[0] ? e.cpu : "unknown processor",
            e.caches[0] ? e.caches : "unknown", e.pinned, e.os);
    fprintf(to, "%s, %d thread%s, %s %s, revision %s\n", first->isa, first->threads, first->threads == 1 ? "" : "s",
            e.compiler, e.flags, e.revision);
    if (first->peak > 0) {
        fprintf(to, "peak of one core, measured now: %.1f GMAC/s (%s)\n", first->peak / first->threads / 1e9,
                first->peak_what);
    }
    show_bandwidth(to);
    if (e.load_average > 0.5) {
        fprintf(stderr, "warning: load average is %.1f: other work disturbs the timings; stop it and run again\n",
                e.load_average);
    }
    if (e.cores_usable < first->threads) {
        fprintf(stderr, "warning: %d threads on %d cores: use --threads %d\n", first->threads, e.cores_usable,
                e.cores_usable);
    }
    if (e.governor[0] && strcmp(e.governor, "performance") != 0) {
        fprintf(stderr, "warning: the clock's governor is '%s': 'cpupower frequency-set -g performance' steadies it\n",
                e.governor);
    }
    if (e.temperature > 85) {
        fprintf(stderr, "warning: a sensor reads %.0f C: let the machine cool, or it slows itself down\n",
                e.temperature);
    }
}

static void text_head(FILE *to, const struct bench_result *first)
{
    bench_machine(to, first);
    fprintf(to, "%-24s %9s %9s %9s %9s %9s %6s %8s %8s %7s %9s %9s  %s\n", "model", "min ms", "median", "p90", "p99",
            "cold", "n", "GMAC", "GMAC/s", "% peak", "model KiB", "arena KiB", "digest");
}

/* What is known beside the times, in one line; of a zoo network without loading there is no file. */
static void text_costs(FILE *to, const struct bench_result *r)
{
    const struct { const char *format; double value; bool known; } parts[] = {
        {"file %.1f KiB", (double)r->file_bytes / 1024, r->file_bytes > 0},
        {"load %.1f ms", 1e3 * r->load, r->first > 0},
        {"first inference done after %.1f ms", 1e3 * r->first, r->first > 0},
        {"peak memory %.1f MiB", (double)r->peak_memory / 1048576, r->peak_memory > 0},
        {"%.2f mJ an inference", 1e3 * r->joules, r->joules >= 0}};
    char text[256];
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].known) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", used ? ", " : "");
            used += (size_t)snprintf(text + used, sizeof text - used, parts[i].format, parts[i].value);
        }
    }
    if (used) {
        fprintf(to, "%-24s %s\n", "", text);
    }
}

static void text_row(FILE *to, const struct bench_result *r)
{
    char cold[32], share[32], words[512];
    fprintf(to, "%-24s %9.3f %9.3f %9.3f %9.3f %9s %6d %8.4f %8.2f %7s %9.0f %9.0f  %016" PRIx64 " %s\n", r->model,
            1e3 * r->stats.min, 1e3 * r->stats.median, 1e3 * r->stats.p90, 1e3 * r->stats.p99,
            number(cold, sizeof cold, "%.3f", 1e3 * r->cold.median, r->cold.n > 0), r->stats.n, r->gmac,
            r->gmac / r->stats.median, number(share, sizeof share, "%.1f", bench_percent(r), true),
            (double)r->weight_bytes / 1024, (double)r->arena_bytes / 1024, r->digest, digest_word(r));
    if (r->batch) {
        fprintf(to, "%-24s batch of %d: %.1f images/s\n", "", r->batch, r->images_per_second);
    }
    text_costs(to, r);
    bench_words(r, words, sizeof words);
    if (words[0]) {
        fprintf(to, "%-24s %s\n", "", words);
    }
    fflush(to);
}

/* ---- Markdown and CSV: the same columns ---- */

static const char *const columns[] = {"<model", "<isa", "threads", "n", "min_ms", "median_ms", "p90_ms", "p99_ms",
                                      "mad_ms", "cold_ms", "gmac", "gmac_per_s", "percent_of_peak", "load_ms",
                                      "images_per_s", "weight_bytes", "arena_bytes", "<digest", "<checked", NULL};
enum { COLUMNS = sizeof columns / sizeof columns[0] - 1, CELL = 32 };

/* What the cells hold: numbers and short words; `cell` points into it and into the result. Empty cells are unknown. */
struct row {
    char text[COLUMNS][CELL];
    const char *cell[COLUMNS];
};

static void fill_row(const struct bench_result *r, struct row *row)
{
    const double unknown = (double)NAN;
    const double values[] = {r->threads, r->stats.n, 1e3 * r->stats.min, 1e3 * r->stats.median, 1e3 * r->stats.p90,
                             1e3 * r->stats.p99, 1e3 * r->stats.mad, r->cold.n ? 1e3 * r->cold.median : unknown,
                             r->gmac, r->gmac / r->stats.median, bench_percent(r),
                             r->first > 0 ? 1e3 * r->load : unknown, r->batch ? r->images_per_second : unknown,
                             (double)r->weight_bytes, (double)r->arena_bytes};
    for (int i = 0; i < COLUMNS - 4; i++) {
        char *text = row->text[2 + i];
        text[0] = '\0';
        if (isfinite(values[i])) {
            snprintf(text, CELL, "%.10g", values[i]);
        }
    }
    snprintf(row->text[COLUMNS - 2], CELL, "%016" PRIx64, r->digest);
    snprintf(row->text[COLUMNS - 1], CELL, "%s%s%s", digest_word(r), digest_word(r)[0] && r->incomplete ? " " : "",
             r->incomplete ? "incomplete" : "");
    for (int i = 0; i < COLUMNS; i++) {
        row->cell[i] = i == 0 ? r->model : i == 1 ? r->isa : row->text[i];
    }
}

static void markdown_head(FILE *to, const struct bench_result *first)
{
    (void)first;
    table_markdown_head(to, columns);
}

static void markdown_row(FILE *to, const struct bench_result *r)
{
    struct row row;
    fill_row(r, &row);
    table_markdown_row(to, row.cell, COLUMNS);
}

static void csv_head(FILE *to, const struct bench_result *first)
{
    (void)first;
    table_csv_head(to, columns);
}

static void csv_row(FILE *to, const struct bench_result *r)
{
    struct row row;
    fill_row(r, &row);
    table_csv_row(to, row.cell, COLUMNS);
}

/* ---- other tools' lines ---- */

static const char *bare_name(const struct bench_result *r)
{
    const char *colon = strncmp(r->model, "zoo:", 4) == 0 ? r->model + 4 : r->model, *slash = strrchr(colon, '/');
    return slash ? slash + 1 : colon;
}

/* benchncnn. */
static void ncnn_row(FILE *to, const struct bench_result *r)
{
    fprintf(to, "%20s  min = %7.2f  max = %7.2f  avg = %7.2f\n", bare_name(r), 1e3 * r->stats.min, 1e3 * r->stats.max,
            1e3 * r->stats.mean);
    fflush(to);
}

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The run that stands at that percentage of the sorted ones, as benchmark_model takes it. */
static int64_t standing_at(const int64_t *sorted, int n, int percent)
{
    return sorted[(size_t)n * (size_t)percent / 100];
}

/* Its statistics in whole microseconds; the mean with six significant digits. */
static void tflite_count(FILE *to, const int64_t *us, int n, const int64_t *sorted)
{
    int64_t sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
        sum += us[i];
        squares += (double)us[i] * (double)us[i];
    }
    if (sorted[0] == sorted[n - 1]) {
        fprintf(to, "INFO: count=%d curr=%" PRId64 "%s", n, us[n - 1], n > 1 ? "(all same)" : "");
    } else {
        double mean = (double)sum / n, variance = squares / n - mean * mean;
        fprintf(to, "INFO: count=%d first=%" PRId64 " curr=%" PRId64 " min=%" PRId64 " max=%" PRId64 " avg=%g std=%.0f",
                n, us[0], us[n - 1], sorted[0], sorted[n - 1], mean, floor(sqrt(floor(variance > 0 ? variance : 0))));
    }
    fprintf(to, " p5=%" PRId64 " median=%" PRId64 " p95=%" PRId64 "\n\n", standing_at(sorted, n, 5),
            standing_at(sorted, n, 50), standing_at(sorted, n, 95));
}

/* TFLite's benchmark_model: the line of the counted runs, and the summary where loading was measured. */
static void tflite_row(FILE *to, const struct bench_result *r)
{
    int n = r->stats.n;
    int64_t *us = malloc(2 * (size_t)n * sizeof *us), *sorted = us ? us + n : NULL, sum = 0;
    if (!us) {
        fprintf(stderr, "%s: memory is short for its line\n", r->model);
        return;
    }
    for (int i = 0; i < n; i++) {
        sum += us[i] = sorted[i] = (int64_t)(1e6 * r->samples[i]);
    }
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    tflite_count(to, us, n, sorted);
    if (r->first > 0 && r->warmup.runs > 0) {
        fprintf(to, "INFO: Inference timings in us: Init: %.0f, First inference: %.0f, Warmup (avg): %g, "
                    "Inference (avg): %g\n",
                floor(1e6 * r->load), floor(1e6 * (r->first - r->load)), 1e6 * r->warmup.seconds / r->warmup.runs,
                (double)sum / n);
    }
    free(us);
    fflush(to);
}

/* llama-bench's table as it is since 2025; t/s are images a second, the test is a batch of one. */
static void llama_head(FILE *to, const struct bench_result *first)
{
    (void)first;
    fprintf(to, "| %-30s | %10s | %10s | %-10s | %7s | %15s | %20s |\n", "model", "size", "params", "backend",
            "threads", "test", "t/s");
    fputs("| ------------------------------ | ---------: | ---------: | ---------- | ------: | --------------: | "
          "-------------------: |\n", to);
}

static void llama_row(FILE *to, const struct bench_result *r)
{
    char size[32], params[32], rate[64];
    double squares = 0, mean = 0, mib = (double)r->weight_bytes / 1048576, millions = (double)r->parameters / 1e6;
    int n = r->stats.n;
    for (int i = 0; i < n; i++) {
        mean += 1 / r->samples[i] / n;
    }
    for (int i = 0; i < n; i++) {
        squares += (1 / r->samples[i] - mean) * (1 / r->samples[i] - mean);
    }
    snprintf(size, sizeof size, mib < 1024 ? "%.2f MiB" : "%.2f GiB", mib < 1024 ? mib : mib / 1024);
    snprintf(params, sizeof params, millions < 1000 ? "%.2f M" : "%.2f B",
             millions < 1000 ? millions : millions / 1000);
    snprintf(rate, sizeof rate, "%.2f ± %.2f", mean, n > 1 ? sqrt(squares / (n - 1)) : 0);
    fputs("| ", to);
    int used = table_markdown_text(to, bare_name(r));
    fprintf(to, "%*s | %10s | %10s | %-10s | %7d | %15s | %21s |\n", used < 30 ? 30 - used : 0, "", size, params, "CPU",
            r->threads, "b1", rate); /* 21: the sign in the middle takes two bytes and one column */
    fflush(to);
}

static const struct bench_format formats[] = {
    {"text", text_head, text_row}, {"markdown", markdown_head, markdown_row}, {"csv", csv_head, csv_row},
    {"ncnn", NULL, ncnn_row},      {"tflite", NULL, tflite_row},              {"llama", llama_head, llama_row},
};

const struct bench_format *bench_format(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

/* ---- JSON ---- */

static void report_stats(struct report *report, const struct weft_bench_stats *s, const char *prefix)
{
    const struct { const char *name; double seconds; } values[] = {
        {"min_ms", s->min}, {"median_ms", s->median}, {"mean_ms", s->mean}, {"p90_ms", s->p90},
        {"p99_ms", s->p99}, {"max_ms", s->max},       {"mad_ms", s->mad}};
    char key[64];
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(key, sizeof key, "%s%s", prefix, values[i].name);
        report_number(report, key, 1e3 * values[i].seconds);
    }
}

void bench_report(struct report *report, const struct bench_result *r)
{
    char text[512];
    report_result(report);
    report_text(report, "model", r->model);
    report_text(report, "isa", r->isa);
    report_number(report, "threads", r->threads);
    report_text(report, "winograd", r->direct ? "off" : "auto");
    report_number(report, "n", r->stats.n);
    report_stats(report, &r->stats, "");
    report_number(report, "gmac", r->gmac);
    report_number(report, "gmac_per_s", r->gmac / r->stats.median);
    report_number(report, "percent_of_peak", bench_percent(r));
    report_number(report, "peak_gmac_per_s", r->peak / 1e9);
    report_text(report, "peak_instruction", r->peak_what);
    report_number(report, "warmup_runs", r->warmup.runs);
    report_number(report, "warmup_ms", 1e3 * r->warmup.seconds);
    report_bool(report, "steady", r->warmup.steady);
    report_bool(report, "two_modes", r->shape.two_modes);
    report_bool(report, "drifts", r->shape.drifts);
    report_bool(report, "incomplete", r->incomplete);
    bench_words(r, text, sizeof text);
    report_text(report, "remarks", text);
    if (r->cold.n) {
        report_stats(report, &r->cold, "cold_");
        report_number(report, "cold_copies", r->cold_copies);
    }
    if (r->first > 0) {
        report_number(report, "load_ms", 1e3 * r->load);
        report_number(report, "first_inference_ms", 1e3 * r->first);
    }
    if (r->batch) {
        report_number(report, "batch", r->batch);
        report_number(report, "images_per_s", r->images_per_second);
    }
    report_number(report, "joules_per_inference", r->joules >= 0 ? r->joules : (double)NAN);
    report_number(report, "parameters", (double)r->parameters);
    report_number(report, "file_bytes", (double)r->file_bytes);
    report_number(report, "model_bytes", (double)r->weight_bytes);
    report_number(report, "packed_bytes", (double)r->packed_bytes);
    report_number(report, "arena_bytes", (double)r->arena_bytes);
    report_number(report, "peak_memory_bytes", (double)r->peak_memory);
    snprintf(text, sizeof text, "%016" PRIx64, r->digest);
    report_text(report, "digest", text);
    report_text(report, "digest_checked", digest_word(r));
    report_numbers(report, "samples_ms", r->samples, r->stats.n, 1e3);
}
