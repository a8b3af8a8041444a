#include "html_chart.h"

#include <math.h>

#include "html_page.h"

enum { BINS = 50, WIDTH = 300, HEIGHT = 60, STRIP = 50, POINTS_MOST = 600 };

static double across(double value, double low, double high)
{
    return WIDTH * fmin(1, fmax(0, (value - low) / (high - low)));
}

/* What is drawn: seconds shown as milliseconds, or ratios as they are. */
struct unit {
    double factor;
    const char *name, *each;
};
static const struct unit milliseconds = {1e3, " ms", "run"}, ratio_unit = {1, "", "round"};

static void mark(FILE *to, const struct unit *unit, const char *class, const char *name, double value, double low, double high)
{
    double x = across(value, low, high);
    fprintf(to, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\" vector-effect=\"non-scaling-stroke\" "
                "stroke-width=\"2\"><title>%s %.4g%s</title></line>\n", class, x, x, HEIGHT, name, unit->factor * value, unit->name);
}

static void histogram(FILE *to, const struct unit *unit, const double *samples, const struct weft_bench_stats *s, double low,
                      double high)
{
    int count[BINS] = {0}, most = 1;
    for (int i = 0; i < s->n; i++) {
        int bin = (int)(across(samples[i], low, high) / WIDTH * BINS);
        bin = bin < BINS ? bin : BINS - 1;
        count[bin]++;
        most = count[bin] > most ? count[bin] : most;
    }
    fprintf(to, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" style=\"height:%dpx\">", WIDTH, HEIGHT, HEIGHT);
    for (int b = 0; b < BINS; b++) {
        double h = (double)HEIGHT * count[b] / most;
        if (count[b]) {
            fprintf(to, "<rect class=\"c\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%d %s%s near %.4g%s</title>"
                        "</rect>\n", (double)b * WIDTH / BINS, HEIGHT - h, 0.9 * WIDTH / BINS, h, count[b], unit->each,
                    count[b] == 1 ? "" : "s", unit->factor * (low + (b + 0.5) * (high - low) / BINS), unit->name);
        }
    }
    mark(to, unit, "med", "median", s->median, low, high);
    mark(to, unit, "p90", "p90", s->p90, low, high);
    fputs("</svg>\n", to);
}

/* The slowest hundredth lies in the last bin, so that one slow run does not squeeze all others into the first. */
static void distribution(FILE *to, const struct unit *unit, const double *samples, const struct weft_bench_stats *s)
{
    double low = s->min, high = fmax(s->p99, low * 1.01);
    histogram(to, unit, samples, s, low, high);
    fprintf(to, "<div class=\"ends\"><span>%.4g%s</span><span>%s%.4g%s</span></div>\n", unit->factor * low, unit->name,
            s->max > high ? "&ge; " : "", unit->factor * high, unit->name);
    fprintf(to, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" style=\"height:%dpx\">", WIDTH, STRIP, STRIP);
    int step = s->n / POINTS_MOST + 1;
    for (int i = 0; i < s->n; i += step) {
        fprintf(to, "<rect class=\"c\" x=\"%.2f\" y=\"%.1f\" width=\"1.2\" height=\"2\"/>\n", (double)i * (WIDTH - 2) / s->n,
                (STRIP - 3) * (1 - across(samples[i], low, high) / WIDTH));
    }
    fprintf(to, "</svg><div class=\"ends\"><span>first %s</span><span>as they were taken, large above</span><span>last</span></div>\n",
            unit->each);
}

void chart_distribution(FILE *to, const double *samples, const struct weft_bench_stats *stats)
{
    distribution(to, &milliseconds, samples, stats);
}

void chart_ratios(FILE *to, const double *ratios, const struct weft_bench_stats *stats)
{
    distribution(to, &ratio_unit, ratios, stats);
}

void chart_bar(FILE *to, const char *name, const char *title, double part, double whole, bool memory, const char *figure)
{
    fputs("<div class=\"bar\" title=\"", to);
    html_text(to, title);
    fputs("\"><span>", to);
    html_text(to, name);
    fprintf(to, "</span><span><i%s style=\"width:%.2f%%\"></i></span><span>", memory ? " class=\"m\"" : "",
            whole > 0 ? fmin(100, fmax(0, 100 * part / whole)) : 0);
    html_text(to, figure);
    fputs("</span></div>\n", to);
}

/* ---- roofline ---- */

struct axes {
    double x0, x1, y0, y1; /* decimal logarithms */
};
enum { LEFT = 52, RIGHT = 870, TOP = 12, BOTTOM = 400 };

static double at_x(const struct axes *a, double x)
{
    return LEFT + (RIGHT - LEFT) * (log10(x) - a->x0) / (a->x1 - a->x0);
}

static double at_y(const struct axes *a, double y)
{
    return BOTTOM - (BOTTOM - TOP) * (log10(y) - a->y0) / (a->y1 - a->y0);
}

static struct axes find_axes(const struct chart_point *points, int count, double peak)
{
    struct axes a = {0, 3, 9, 11};
    double top = peak;
    for (int i = 0; i < count; i++) {
        a.x0 = fmin(a.x0, floor(log10(points[i].x)));
        a.x1 = fmax(a.x1, ceil(log10(points[i].x)));
        a.y0 = fmin(a.y0, floor(log10(points[i].y)));
        top = fmax(top, points[i].y);
    }
    a.y1 = fmax(a.y0 + 1, log10(fmax(top, 1e9)) + 0.2);
    return a;
}

static void draw_grid(FILE *to, const struct axes *a)
{
    for (int e = (int)a->x0; e <= a->x1; e++) {
        double x = at_x(a, pow(10, e));
        fprintf(to, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/><text x=\"%.1f\" y=\"%d\" "
                    "text-anchor=\"middle\">%g</text>\n", x, x, TOP, BOTTOM, x, BOTTOM + 15, pow(10, e));
    }
    for (int e = (int)a->y0; e <= a->y1; e++) {
        double y = at_y(a, pow(10, e));
        fprintf(to, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" "
                    "text-anchor=\"end\">%g</text>\n", LEFT, RIGHT, y, y, LEFT - 6, y + 4, pow(10, e - 9));
    }
    fprintf(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">multiply-adds per byte</text><text x=\"%d\" y=\"%d\">GMAC/s</text>\n",
            RIGHT, BOTTOM + 30, LEFT + 4, TOP + 10);
}

/* From the left or lower edge up to the flat roof, or to the right edge. */
static void draw_slope(FILE *to, const struct axes *a, const struct chart_ceiling *c, double peak)
{
    double from = fmax(pow(10, a->x0), pow(10, a->y0) / c->bandwidth), roof = peak > 0 ? peak : pow(10, a->y1);
    double end = fmin(pow(10, a->x1), roof / c->bandwidth);
    if (end > from) {
        double x = at_x(a, from), y = at_y(a, from * c->bandwidth);
        fprintf(to, "<line class=\"roof\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/><text x=\"%.1f\" y=\"%.1f\">", x, y,
                at_x(a, end), at_y(a, end * c->bandwidth), x + 14, y + 5);
        html_text(to, c->name);
        fprintf(to, " %.3g GB/s</text>\n", c->bandwidth / 1e9);
    }
}

void chart_roofline(FILE *to, const struct chart_point *points, int points_count, const struct chart_ceiling *ceilings,
                    int ceilings_count, double peak)
{
    struct axes a = find_axes(points, points_count, peak);
    fprintf(to, "<div class=\"wide\"><svg viewBox=\"0 0 900 435\" role=\"img\">");
    draw_grid(to, &a);
    for (int i = 0; i < ceilings_count; i++) {
        draw_slope(to, &a, &ceilings[i], peak);
    }
    if (peak > 0) {
        fprintf(to, "<line class=\"roof\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" "
                    "text-anchor=\"middle\">multiply peak %.4g GMAC/s</text>\n", LEFT, RIGHT, at_y(&a, peak), at_y(&a, peak),
                LEFT + (RIGHT - LEFT) * 2 / 5, at_y(&a, peak) - 5, peak / 1e9);
    }
    for (int i = 0; i < points_count; i++) {
        fprintf(to, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill-opacity=\".75\"><title>",
                points[i].memory ? "m" : "c", at_x(&a, points[i].x), at_y(&a, points[i].y));
        html_text(to, points[i].title);
        fputs("</title></circle>\n", to);
    }
    fputs("</svg></div>\n", to);
}
