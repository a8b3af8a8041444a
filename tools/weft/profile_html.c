/* A profile as a page. */
#include <math.h>
#include <stdlib.h>

#include "html_chart.h"
#include "html_page.h"
#include "output.h"
#include "profile.h"
#include "text_fit.h"

static void tiles(FILE *to, const struct profile *p)
{
    char text[64];
    fputs("<div class=\"tiles\">\n", to);
    snprintf(text, sizeof text, "%.3f ms", 1e3 * p->whole.median);
    html_tile(to, text, p->disturbed ? "median of the quickest runs" : "median, end to end");
    snprintf(text, sizeof text, "%.3f", p->macs / 1e9);
    html_tile(to, text, "GMAC");
    snprintf(text, sizeof text, "%.1f", p->macs / p->whole.median / 1e9);
    html_tile(to, text, "GMAC/s");
    if (p->peak > 0) {
        snprintf(text, sizeof text, "%.1f %%", 100 * p->macs / p->peak / p->whole.median);
        html_tile(to, text, "of the multiply peak");
    }
    snprintf(text, sizeof text, "%.1f %%", profile_share(p, p->sum));
    html_tile(to, text, "layers / end to end");
    snprintf(text, sizeof text, "%.1f MiB", (double)(p->packed_bytes + p->arena_bytes) / 1048576);
    html_tile(to, text, "weights and arena");
    fputs("</div>\n", to);
    if (p->disturbed) {
        fprintf(to, "<p class=\"bad\">Disturbed by other work: the quickest %d of %d rounds were taken.</p>\n",
                p->whole.n, p->rounds);
    }
    if (p->incomplete) {
        fputs("<p class=\"bad\">Incomplete: the measurement was stopped.</p>\n", to);
    }
}

static void describe(const struct profile *p, const struct profile_layer *l, char *text, size_t size)
{
    double percent = profile_percent(l);
    snprintf(text, size, "%.*s: %.4f ms, %s%s%s, %.1f %% of what %s allows", utf8_fit(l->info.name, 120), l->info.name,
             1e3 * l->seconds, l->plan.algorithm, l->plan.kernel[0] ? ", " : "", l->plan.kernel,
             isfinite(percent) ? percent : 0, profile_bound(p, l));
}

static void bars(FILE *to, const struct profile *p, const int *order)
{
    double most = 0;
    char title[256], figure[64];
    for (int i = 0; i < p->layers; i++) {
        most = fmax(most, p->layer[i].seconds);
    }
    fputs("<h2>Time of each layer</h2><div class=\"key\"><i></i>bound by multiplying<i class=\"m\"></i>"
          "bound by memory</div>\n", to);
    for (int i = 0; i < p->layers; i++) {
        const struct profile_layer *l = &p->layer[order[i]];
        describe(p, l, title, sizeof title);
        snprintf(figure, sizeof figure, "%.4f ms, %.1f %%", 1e3 * l->seconds, profile_share(p, l->seconds));
        chart_bar(to, l->info.name, title, l->seconds, most, profile_by_memory(l), figure);
    }
}

static void roofline(FILE *to, const struct profile *p)
{
    struct chart_point *points = calloc((size_t)p->layers + 1, sizeof *points);
    struct chart_ceiling ceilings[5];
    int count = 0;
    for (int i = 0; points && i < p->layers; i++) {
        const struct profile_layer *l = &p->layer[i];
        if (l->info.macs > 0 && l->seconds > 0 && l->bytes > 0) {
            struct chart_point *at = &points[count++];
            at->x = (double)l->info.macs / l->bytes;
            at->y = (double)l->info.macs / l->seconds;
            at->memory = profile_by_memory(l);
            describe(p, l, at->title, sizeof at->title);
        }
    }
    for (int i = 0; i < p->ceilings_count; i++) {
        ceilings[i] = (struct chart_ceiling){p->ceilings[i].name, p->ceilings[i].bandwidth};
    }
    fputs("<h2>Roofline</h2><p><small>A point is a layer with multiply-adds: how many for each byte of weights, inputs "
          "and output, and how many a second. The lines are what this machine can do, measured in the same run. "
          "Convolutions by Winograd&#39;s filtering count the products that they save, and may lie "
          "above.</small></p>\n", to);
    if (points) {
        chart_roofline(to, points, count, ceilings, p->ceilings_count, p->peak);
    }
    free(points);
}

static void cell(FILE *to, const char *format, double value)
{
    fputs("<td>", to);
    if (isfinite(value)) {
        fprintf(to, format, value);
    } else {
        fputs("&ndash;", to);
    }
    fputs("</td>", to);
}

static void words(FILE *to, const char *text)
{
    fputs("<td class=\"l\">", to);
    html_text(to, text);
    fputs("</td>", to);
}

static void table(FILE *to, const struct profile *p, const int *order)
{
    fputs("<h2>All figures</h2><div class=\"wide\"><table><thead><tr><th></th><th class=\"n\">layer</th><th "
          "class=\"l\">kind</th><th class=\"l\">output</th><th>ms</th><th>%</th><th>MMAC</th><th>KiB</th><th>% "
          "peak</th><th class=\"l\">bound by</th><th>%</th><th class=\"l\">algorithm</th><th "
          "class=\"l\">kernel</th></tr></thead><tbody>\n", to);
    for (int i = 0; i < p->layers; i++) {
        const struct profile_layer *l = &p->layer[order[i]];
        char shape[48];
        snprintf(shape, sizeof shape, "%dx%dx%d", l->info.out_c, l->info.out_h, l->info.out_w);
        fprintf(to, "<tr><td>%d</td>", order[i] + 1);
        fputs("<td class=\"n\" title=\"", to);
        html_text(to, l->info.name);
        fputs("\">", to);
        html_text(to, l->info.name);
        fputs("</td>", to);
        words(to, l->info.op);
        words(to, shape);
        cell(to, "%.4f", 1e3 * l->seconds);
        cell(to, "%.2f", profile_share(p, l->seconds));
        cell(to, "%.2f", l->info.macs > 0 ? (double)l->info.macs / 1e6 : (double)NAN);
        cell(to, "%.0f", l->bytes / 1024);
        cell(to, "%.1f", profile_peak_percent(p, l));
        words(to, profile_bound(p, l));
        cell(to, "%.1f", profile_percent(l));
        words(to, l->plan.algorithm);
        words(to, l->plan.kernel);
        fputs("</tr>\n", to);
    }
    fprintf(to, "</tbody></table></div><p><small>Conversion of the input %.4f ms, of the output %.4f ms, in no layer "
                "%.4f ms.</small></p>\n", 1e3 * p->input, 1e3 * p->output, 1e3 * (p->whole.median - p->sum));
}

bool profile_html(const char *path, const struct profile *p, const int *order, char *why, size_t why_size)
{
    struct output out;
    char title[300], subtitle[200];
    if (!output_open(&out, path, why, why_size)) {
        return false;
    }
    snprintf(title, sizeof title, "Profile of %.*s", utf8_fit(p->name, 280), p->name);
    snprintf(subtitle, sizeof subtitle, "%d layers, %s, %d thread%s, %d rounds", p->layers, p->isa, p->threads,
             p->threads == 1 ? "" : "s", p->rounds);
    html_begin(out.file, title, subtitle);
    tiles(out.file, p);
    bars(out.file, p, order);
    roofline(out.file, p);
    table(out.file, p, order);
    html_end(out.file);
    return output_close(&out, why, why_size);
}
