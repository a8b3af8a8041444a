#include "bench_html.h"

#include <inttypes.h>
#include <math.h>

#include "html_chart.h"
#include "html_page.h"
#include "output.h"
#include "text_fit.h"

static void peak_bars(FILE *to, const struct bench_result *results, int count)
{
    char figure[64], title[400];
    double most = 100;
    fputs("<h2>Share of the multiply peak</h2><p><small>Multiply-adds per second at the median, as a share of what the "
          "multiply instruction of this ISA does on as many cores, measured in the same run. Convolutions by "
          "Winograd&#39;s filtering need fewer products than they count.</small></p>\n", to);
    for (int i = 0; i < count; i++) {
        double percent = bench_percent(&results[i]);
        most = isfinite(percent) ? fmax(most, percent) : most;
    }
    for (int i = 0; i < count; i++) {
        const struct bench_result *r = &results[i];
        double percent = bench_percent(r);
        snprintf(title, sizeof title, "%.*s: %.1f GMAC/s of %.1f (%s)", utf8_fit(r->model, 280), r->model,
                 r->gmac / r->stats.median, r->peak / 1e9, r->peak_what);
        snprintf(figure, sizeof figure, isfinite(percent) ? "%.1f %%" : "unknown", percent);
        chart_bar(to, r->model, title, isfinite(percent) ? percent : 0, most, false, figure);
    }
}

static void distributions(FILE *to, const struct bench_result *results, int count)
{
    char remarks[512];
    fputs("<h2>Latency of single inferences</h2><p><small>Left to right: faster to slower; red the median, green the "
          "90th percentile. The slowest hundredth stands at the right edge. Below, the runs in the order they were "
          "taken: steps and slopes there are the machine&#39;s, not the network&#39;s.</small></p>"
          "<div class=\"cards\">\n", to);
    for (int i = 0; i < count; i++) {
        const struct bench_result *r = &results[i];
        fputs("<div class=\"card\"><h3>", to);
        html_text(to, r->model);
        fprintf(to, "</h3><small>median %.4g ms, p90 %.4g, %d runs", 1e3 * r->stats.median, 1e3 * r->stats.p90,
                r->stats.n);
        if (r->cold.n > 0) {
            fprintf(to, "; cold %.4g ms", 1e3 * r->cold.median);
        }
        fputs("</small>\n", to);
        chart_distribution(to, r->samples, &r->stats);
        bench_words(r, remarks, sizeof remarks);
        if (remarks[0]) {
            fputs("<small class=\"bad\">", to);
            html_text(to, remarks);
            fputs("</small>\n", to);
        }
        fputs("</div>\n", to);
    }
    fputs("</div>\n", to);
}

static void cell(FILE *to, const char *format, double value, bool known)
{
    fputs("<td>", to);
    if (known && isfinite(value)) {
        fprintf(to, format, value);
    } else {
        fputs("&ndash;", to);
    }
    fputs("</td>", to);
}

static void row_begin(FILE *to, const char *model)
{
    fputs("<tr><td class=\"n\" title=\"", to);
    html_text(to, model);
    fputs("\">", to);
    html_text(to, model);
    fputs("</td>", to);
}

static void times_table(FILE *to, const struct bench_result *results, int count)
{
    fputs("<h2>Times and rates</h2><div class=\"wide\"><table><thead><tr><th class=\"n\">network</th><th>min ms</th>"
          "<th>median</th><th>p90</th><th>p99</th><th>MAD</th><th>cold</th><th>n</th><th>GMAC</th><th>GMAC/s</th>"
          "<th>% peak</th><th>images/s</th><th class=\"l\">digest</th></tr></thead><tbody>\n", to);
    for (int i = 0; i < count; i++) {
        const struct bench_result *r = &results[i];
        const char *state = r->state == DIGEST_GOLDEN ? " verified" : r->state == DIGEST_WRONG ? " WRONG" : "";
        row_begin(to, r->model);
        cell(to, "%.3f", 1e3 * r->stats.min, true);
        cell(to, "%.3f", 1e3 * r->stats.median, true);
        cell(to, "%.3f", 1e3 * r->stats.p90, true);
        cell(to, "%.3f", 1e3 * r->stats.p99, true);
        cell(to, "%.3f", 1e3 * r->stats.mad, true);
        cell(to, "%.3f", 1e3 * r->cold.median, r->cold.n > 0);
        cell(to, "%.0f", r->stats.n, true);
        cell(to, "%.4f", r->gmac, true);
        cell(to, "%.1f", r->gmac / r->stats.median, true);
        cell(to, "%.1f", bench_percent(r), true);
        cell(to, "%.1f", r->images_per_second, r->batch > 0);
        fprintf(to, "<td class=\"l%s\">%016" PRIx64 "%s</td></tr>\n", r->state == DIGEST_WRONG ? " bad" : "", r->digest,
                state);
    }
    fputs("</tbody></table></div>\n", to);
}

static void sizes_table(FILE *to, const struct bench_result *results, int count)
{
    fputs("<h2>Sizes and loading</h2><div class=\"wide\"><table><thead><tr><th class=\"n\">network</th>"
          "<th>parameters</th><th>file KiB</th><th>weights KiB</th><th>packed KiB</th><th>arena KiB</th>"
          "<th>peak memory MiB</th><th>load ms</th><th>first inference ms</th><th>mJ each</th></tr></thead>"
          "<tbody>\n", to);
    for (int i = 0; i < count; i++) {
        const struct bench_result *r = &results[i];
        row_begin(to, r->model);
        cell(to, "%.0f", (double)r->parameters, true);
        cell(to, "%.1f", (double)r->file_bytes / 1024, r->file_bytes > 0);
        cell(to, "%.0f", (double)r->weight_bytes / 1024, true);
        cell(to, "%.0f", (double)r->packed_bytes / 1024, true);
        cell(to, "%.0f", (double)r->arena_bytes / 1024, true);
        cell(to, "%.1f", (double)r->peak_memory / 1048576, r->peak_memory > 0);
        cell(to, "%.1f", 1e3 * r->load, r->first > 0);
        cell(to, "%.1f", 1e3 * r->first, r->first > 0);
        cell(to, "%.2f", 1e3 * r->joules, r->joules >= 0);
        fputs("</tr>\n", to);
    }
    fputs("</tbody></table></div>\n", to);
}

static void side(FILE *part, char letter, double ms, const char *what)
{
    fprintf(part, "%c %.3f ms (", letter, ms);
    html_text(part, what);
    fputs(")", part);
}

void bench_html_versus(FILE *part, const char *name, const char *a, const char *b, const struct rounds *rounds,
                       const struct weft_bench_ratio *ratio, const char *verdict)
{
    double ratios[ROUNDS_MAX], sorted[ROUNDS_MAX];
    struct weft_bench_stats stats;
    for (int i = 0; i < rounds->count; i++) {
        ratios[i] = sorted[i] = rounds->b[i] / rounds->a[i];
    }
    weft_bench_summarise(sorted, rounds->count, &stats);
    fputs("<div class=\"card\"><h3>", part);
    html_text(part, name);
    fputs("</h3><small>", part);
    side(part, 'A', bench_median_ms(rounds->a, rounds->count), a);
    fputs("<br>", part);
    side(part, 'B', bench_median_ms(rounds->b, rounds->count), b);
    fprintf(part, "</small><p>B takes <b>%.3f</b> times as long (99.5 %%: %.3f to %.3f, %d rounds): <b>", ratio->median,
            ratio->low, ratio->high, rounds->count);
    html_text(part, verdict);
    fprintf(part, "</b>%s</p>\n", rounds->same_output ? "" : "<span class=\"bad\">; the outputs differ</span>");
    chart_ratios(part, ratios, &stats);
    fputs("</div>\n", part);
}

bool bench_html(const char *path, const struct bench_result *results, int count, const char *versus, bool incomplete,
                char *why, size_t why_size)
{
    struct output out;
    char subtitle[128] = "";
    if (!output_open(&out, path, why, why_size)) {
        return false;
    }
    if (count > 0) {
        snprintf(subtitle, sizeof subtitle, "%d network%s, %s, %d thread%s%s", count, count == 1 ? "" : "s",
                 results[0].isa, results[0].threads, results[0].threads == 1 ? "" : "s",
                 results[0].direct ? ", no Winograd" : "");
    }
    html_begin(out.file, versus ? "Comparison of latencies" : "Latency of networks", subtitle);
    if (incomplete) {
        fputs("<p class=\"bad\">Incomplete: the measurement was stopped.</p>\n", out.file);
    }
    if (versus) {
        fprintf(out.file,
                "<p><small>A and B in turns; B is A with the options beside it laid over, or another command. A bar or "
                "point is a round: the quickest run of B over that of A. Red the median, green the 90th percentile, "
                "dashed equal times.</small></p><div class=\"cards\">%s</div>\n", versus);
    }
    if (count > 0) {
        distributions(out.file, results, count);
        peak_bars(out.file, results, count);
        times_table(out.file, results, count);
        sizes_table(out.file, results, count);
    }
    html_end(out.file);
    return output_close(&out, why, why_size);
}
