#include "html_chart.h"

#include <math.h>

#include "html_page.h"

enum { BINS_MOST = 50, WIDTH = 300, HEIGHT = 60, STRIP = 50, POINTS_MOST = 600 };

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

/* With three digits after the point, or four in all where it is large. */
static void show_value(FILE *to, const struct unit *unit, double value)
{
    double shown = unit->factor * value;
    int digits = shown >= 1000 ? 0 : shown >= 100 ? 1 : shown >= 10 ? 2 : shown >= 0.1 ? 3 : 4;
    fprintf(to, "%.*f%s", digits, shown, unit->name);
}

static void mark(FILE *to, const struct unit *unit, const char *class, const char *name, double value, double low,
                 double high)
{
    double x = across(value, low, high);
    fprintf(to, "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\" vector-effect=\"non-scaling-stroke\" "
                "stroke-width=\"2\"><title>%s ", class, x, x, HEIGHT, name);
    show_value(to, unit, value);
    fputs("</title></line>\n", to);
}

/* Few values have few bins, or each would stand alone. */
static int bins_for(int n)
{
    double bins = ceil(2 * sqrt(n));
    return bins < 8 ? 8 : bins > BINS_MOST ? BINS_MOST : (int)bins;
}

static void histogram(FILE *to, const struct unit *unit, const double *samples, const struct weft_bench_stats *s,
                      double low, double high)
{
    int count[BINS_MOST] = {0}, most = 1, bins = bins_for(s->n);
    for (int i = 0; i < s->n; i++) {
        int bin = (int)(across(samples[i], low, high) / WIDTH * bins);
        bin = bin < bins ? bin : bins - 1;
        count[bin]++;
        most = count[bin] > most ? count[bin] : most;
    }
    fprintf(to, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" style=\"height:%dpx\">", WIDTH, HEIGHT,
            HEIGHT);
    for (int b = 0; b < bins; b++) {
        double h = (double)HEIGHT * count[b] / most;
        if (count[b]) {
            fprintf(to, "<rect class=\"c\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%d %s%s near ",
                    (double)b * WIDTH / bins, HEIGHT - h, 0.9 * WIDTH / bins, h, count[b], unit->each,
                    count[b] == 1 ? "" : "s");
            show_value(to, unit, low + (b + 0.5) * (high - low) / bins);
            fputs("</title></rect>\n", to);
        }
    }
    mark(to, unit, "med", "median", s->median, low, high);
    mark(to, unit, "p90", "p90", s->p90, low, high);
    if (unit == &ratio_unit && low < 1 && high > 1) {
        mark(to, unit, "one", "equal", 1, low, high);
    }
    fputs("</svg>\n", to);
}

/* The slowest hundredth lies in the last bin, so that one slow run does not squeeze all others into the first. */
static void distribution(FILE *to, const struct unit *unit, const double *samples, const struct weft_bench_stats *s)
{
    double low = s->min, high = fmax(s->p99, low * 1.01);
    histogram(to, unit, samples, s, low, high);
    fputs("<div class=\"ends\"><span>", to);
    show_value(to, unit, low);
    fprintf(to, "</span><span>%s", s->max > high ? "&ge; " : "");
    show_value(to, unit, high);
    fprintf(to, "</span></div>\n<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" style=\"height:%dpx\">", WIDTH,
            STRIP, STRIP);
    int step = s->n / POINTS_MOST + 1;
    double size = s->n > 100 ? 2 : 3;
    for (int i = 0; i < s->n; i += step) {
        fprintf(to, "<rect class=\"c\" x=\"%.2f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\"/>\n",
                (double)i * (WIDTH - size) / s->n, (STRIP - size) * (1 - across(samples[i], low, high) / WIDTH),
                s->n > 100 ? 1.2 : size, size);
    }
    fprintf(to, "</svg><div class=\"ends\"><span>first %s</span><span>as they were taken, large above</span>"
                "<span>last</span></div>\n", unit->each);
}

void chart_distribution(FILE *to, const double *samples, const struct weft_bench_stats *stats)
{
    distribution(to, &milliseconds, samples, stats);
}

void chart_ratios(FILE *to, const double *ratios, const struct weft_bench_stats *stats)
{
    distribution(to, &ratio_unit, ratios, stats);
}

void chart_bar(FILE *to, const char *name, const char *title, double part, double whole, bool memory,
               const char *figure)
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
    fprintf(to, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">multiply-adds per byte</text>"
                "<text x=\"%d\" y=\"%d\">GMAC/s</text>\n",
            RIGHT, BOTTOM + 30, LEFT + 4, TOP + 10);
}

/* A bandwidth's line: from the left or lower edge up to the flat roof, or to the right edge. False: nowhere. */
struct slope {
    double x, y, end_x, end_y;
};

static bool find_slope(const struct axes *a, double bandwidth, double peak, struct slope *slope)
{
    double from = fmax(pow(10, a->x0), pow(10, a->y0) / bandwidth), roof = peak > 0 ? peak : pow(10, a->y1);
    double end = fmin(pow(10, a->x1), roof / bandwidth);
    *slope = (struct slope){at_x(a, from), at_y(a, from * bandwidth), at_x(a, end), at_y(a, end * bandwidth)};
    return end > from;
}

/* Names stand on their lines, like heights on contours; where two lines are near, the second's stands further on. */
static void name_slopes(FILE *to, const struct axes *a, const struct chart_ceiling *ceilings, int count, double peak)
{
    const double first = 66, length = 112, near = 16;
    double rise = (BOTTOM - TOP) / (a->y1 - a->y0), run = (RIGHT - LEFT) / (a->x1 - a->x0), far = hypot(rise, run);
    double before = INFINITY, along = 0;
    for (int i = 0; i < count; i++) {
        struct slope s;
        if (!find_slope(a, ceilings[i].bandwidth, peak, &s)) {
            continue;
        }
        double level = log10(ceilings[i].bandwidth), apart = fabs(before - level) * rise * run / far;
        along = apart < near ? along + length : first;
        fprintf(to, "<text class=\"halo\" text-anchor=\"middle\" dy=\".35em\" transform=\"translate(%.1f %.1f) "
                    "rotate(%.1f)\">", s.x + along * run / far, s.y - along * rise / far,
                -atan2(rise, run) * 57.29577951308232);
        html_text(to, ceilings[i].name);
        fprintf(to, " %.3g GB/s</text>\n", ceilings[i].bandwidth / 1e9);
        before = level;
    }
}

static void draw_slopes(FILE *to, const struct axes *a, const struct chart_ceiling *ceilings, int count, double peak)
{
    struct slope s;
    for (int i = 0; i < count; i++) {
        if (find_slope(a, ceilings[i].bandwidth, peak, &s)) {
            fprintf(to, "<line class=\"roof\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", s.x, s.y, s.end_x,
                    s.end_y);
        }
    }
    name_slopes(to, a, ceilings, count, peak);
}

void chart_roofline(FILE *to, const struct chart_point *points, int points_count, const struct chart_ceiling *ceilings,
                    int ceilings_count, double peak)
{
    struct axes a = find_axes(points, points_count, peak);
    fprintf(to, "<div class=\"wide\"><svg viewBox=\"0 0 900 435\" role=\"img\">");
    draw_grid(to, &a);
    draw_slopes(to, &a, ceilings, ceilings_count, peak);
    if (peak > 0) {
        fprintf(to,
                "<line class=\"roof\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" "
                "text-anchor=\"middle\">multiply peak %.4g GMAC/s</text>\n",
                LEFT, RIGHT, at_y(&a, peak), at_y(&a, peak), LEFT + (RIGHT - LEFT) * 2 / 5, at_y(&a, peak) - 5,
                peak / 1e9);
    }
    for (int i = 0; i < points_count; i++) {
        fprintf(to, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" fill-opacity=\".75\"><title>",
                points[i].memory ? "m" : "c", at_x(&a, points[i].x), at_y(&a, points[i].y));
        html_text(to, points[i].title);
        fputs("</title></circle>\n", to);
    }
    fputs("</svg></div>\n", to);
}
