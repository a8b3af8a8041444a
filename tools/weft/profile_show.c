/* A profile for people and for programs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"
#include "text_fit.h"

enum { NAME_MOST = 36, KIND_MOST = 10 };

struct key {
    double seconds;
    int layer;
};

static int slowest_first(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    return x->seconds != y->seconds ? (x->seconds < y->seconds) - (x->seconds > y->seconds) : x->layer - y->layer;
}

int *profile_order(const struct profile *profile, bool by_time)
{
    size_t count = (size_t)profile->layers;
    int *order = malloc((count + 1) * sizeof *order);
    struct key *keys = malloc((count + 1) * sizeof *keys);
    for (size_t i = 0; order && keys && i < count; i++) {
        keys[i] = (struct key){profile->layer[i].seconds, (int)i};
    }
    if (order && keys) {
        if (by_time) {
            qsort(keys, count, sizeof *keys, slowest_first);
        }
        for (size_t i = 0; i < count; i++) {
            order[i] = keys[i].layer;
        }
    } else {
        free(order);
        order = NULL;
    }
    free(keys);
    return order;
}

/* "12.3", or "-" where it is unknown. */
static const char *number(char *text, size_t size, const char *format, double value)
{
    if (isfinite(value)) {
        snprintf(text, size, format, value);
    } else {
        snprintf(text, size, "-");
    }
    return text;
}

static void show_machine(FILE *to, const struct profile *p)
{
    struct weft_bench_environment e;
    weft_bench_environment(&e);
    fprintf(to, "%s: %d layers, %.3f GMAC, %s, %d thread%s, %s\n", p->name, p->layers, p->macs / 1e9, p->isa,
            p->threads, p->threads == 1 ? "" : "s", e.cpu[0] ? e.cpu : "unknown processor");
    fprintf(to, "measured now: ");
    if (p->peak > 0) {
        fprintf(to, "%.1f GMAC/s (%s); ", p->peak / 1e9, p->peak_what);
    }
    for (int i = 0; i < p->ceilings_count; i++) {
        fprintf(to, "%s%s %.0f GB/s", i ? ", " : "reads from ", p->ceilings[i].name, p->ceilings[i].bandwidth / 1e9);
    }
    fprintf(to, "; weights and arena are %.1f MiB: %s\n\n", (double)(p->packed_bytes + p->arena_bytes) / 1048576,
            p->ceilings[p->ceiling].name);
}

/* The end of a long name tells more than its beginning. */
static void show_name(FILE *to, const char *name)
{
    size_t length = strlen(name);
    if (length <= NAME_MOST) {
        fprintf(to, "%-*s", NAME_MOST, name);
    } else {
        fprintf(to, "..%s", utf8_tail(name, NAME_MOST - 2));
    }
}

static void show_layer(FILE *to, const struct profile *p, int index)
{
    const struct profile_layer *l = &p->layer[index];
    char shape[48], macs[32], rate[32], of_peak[32], of_bound[32];
    double count = l->info.macs > 0 ? (double)l->info.macs : (double)NAN;
    snprintf(shape, sizeof shape, "%dx%dx%d", l->info.out_c, l->info.out_h, l->info.out_w);
    fprintf(to, "%4d ", index + 1);
    show_name(to, l->info.name);
    fprintf(to, " %-*.*s %-12s %8.4f %6.2f %8s %8.0f %8s %7s %-8s %6s  %s%s%s\n", KIND_MOST, KIND_MOST, l->info.op,
            shape, 1e3 * l->seconds, profile_share(p, l->seconds), number(macs, sizeof macs, "%.2f", count / 1e6),
            l->bytes / 1024, number(rate, sizeof rate, "%.1f", count / l->seconds / 1e9),
            number(of_peak, sizeof of_peak, "%.1f", profile_peak_percent(p, l)), profile_bound(p, l),
            number(of_bound, sizeof of_bound, "%.1f", profile_percent(l)), l->plan.algorithm,
            l->plan.kernel[0] ? ": " : "", l->plan.kernel);
}

static void show_other(FILE *to, const struct profile *p, const char *what, double seconds)
{
    fprintf(to, "%4s %-*s %8.4f %6.2f\n", "", NAME_MOST + KIND_MOST + 14, what, 1e3 * seconds,
            profile_share(p, seconds));
}

void profile_show(FILE *to, const struct profile *p, const int *order)
{
    show_machine(to, p);
    fprintf(to, "%4s %-*s %-*s %-12s %8s %6s %8s %8s %8s %7s %-8s %6s  %s\n", "", NAME_MOST, "layer", KIND_MOST, "kind",
            "output", "ms", "%", "MMAC", "KiB", "GMAC/s", "% peak", "bound by", "%", "algorithm: kernel");
    show_other(to, p, "(input conversion)", p->input);
    for (int i = 0; i < p->layers; i++) {
        show_layer(to, p, order[i]);
    }
    show_other(to, p, "(output conversion)", p->output);
    show_other(to, p, "(not in any layer)", p->whole.median - p->sum);
    fprintf(to, "\nend to end %.3f ms (median of %s%d plain runs in turns with the profiled ones), %.1f GMAC/s",
            1e3 * p->whole.median, p->disturbed ? "the quickest " : "", p->whole.n, p->macs / p->whole.median / 1e9);
    if (p->peak > 0) {
        fprintf(to, ", %.1f %% of the peak", 100 * p->macs / p->peak / p->whole.median);
    }
    fprintf(to,
            "\nsum of layers %.1f %% of end to end; one reading of the clock, %.0f ns, is taken off each figure%s\n",
            profile_share(p, p->sum), 1e9 * p->clock, p->incomplete ? "; incomplete: stopped" : "");
    if (p->disturbed) {
        fprintf(to, "disturbed: the quickest %d of %d rounds were taken; stop other work and run again\n",
                p->whole.n, p->rounds);
    }
}

static void report_layer(struct report *report, const struct profile *p, const struct profile_layer *l)
{
    char shape[48];
    snprintf(shape, sizeof shape, "%dx%dx%d", l->info.out_c, l->info.out_h, l->info.out_w);
    report_item(report, "layers");
    report_text(report, "name", l->info.name);
    report_text(report, "op", l->info.op);
    report_text(report, "output", shape);
    report_number(report, "median_ms", 1e3 * l->seconds);
    report_number(report, "percent", profile_share(p, l->seconds));
    report_number(report, "macs", (double)l->info.macs);
    report_number(report, "weight_bytes", (double)l->plan.weight_bytes);
    report_number(report, "input_bytes", (double)l->plan.input_bytes);
    report_number(report, "output_bytes", (double)l->plan.output_bytes);
    report_text(report, "algorithm", l->plan.algorithm);
    report_text(report, "kernel", l->plan.kernel);
    report_number(report, "percent_of_peak", profile_peak_percent(p, l));
    report_text(report, "bound", profile_bound(p, l));
    report_number(report, "percent_of_bound", profile_percent(l));
}

void profile_report(struct report *report, const struct profile *p)
{
    report_result(report);
    report_text(report, "model", p->name);
    report_text(report, "isa", p->isa);
    report_number(report, "threads", p->threads);
    report_text(report, "winograd", p->direct ? "off" : "auto");
    report_bool(report, "incomplete", p->incomplete);
    report_number(report, "n", p->whole.n);
    report_number(report, "rounds", p->rounds);
    report_bool(report, "disturbed", p->disturbed);
    report_number(report, "median_ms", 1e3 * p->whole.median);
    report_number(report, "min_ms", 1e3 * p->whole.min);
    report_number(report, "mad_ms", 1e3 * p->whole.mad);
    report_number(report, "sum_ms", 1e3 * p->sum);
    report_number(report, "sum_percent", profile_share(p, p->sum));
    report_number(report, "input_ms", 1e3 * p->input);
    report_number(report, "output_ms", 1e3 * p->output);
    report_number(report, "clock_ns", 1e9 * p->clock);
    report_number(report, "gmac", p->macs / 1e9);
    report_number(report, "peak_gmac_per_s", p->peak / 1e9);
    report_text(report, "peak_instruction", p->peak_what);
    report_number(report, "packed_bytes", (double)p->packed_bytes);
    report_number(report, "arena_bytes", (double)p->arena_bytes);
    report_text(report, "memory", p->ceilings[p->ceiling].name);
    for (int i = 0; i < p->ceilings_count; i++) {
        report_item(report, "bandwidths");
        report_text(report, "name", p->ceilings[i].name);
        report_number(report, "gb_per_s", p->ceilings[i].bandwidth / 1e9);
    }
    for (int i = 0; i < p->layers; i++) {
        report_layer(report, p, &p->layer[i]);
    }
}
