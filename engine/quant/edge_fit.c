#include "quant/edge_fit.h"

#include <math.h>
#include <string.h>

enum {
    STEP_MAX = 32,
    TOPS = 56,       /* tops tried, a sixteenth of an octave apart downward from the largest value */
    REFINEMENTS = 4, /* then halvings of that distance */
};

/* The integers of a table of at most M magnitudes; returns how many there are. */
static int make_table(const struct weft_edge_wish *wish, int step, uint8_t table[WEFT_MAGNITUDES_MAX + 1])
{
    uint8_t falling[WEFT_MAGNITUDES_MAX];
    int count = 0, below = wish->table_max + 1;
    while (count < wish->magnitudes && below > 1) {
        double exact = wish->kind == WEFT_EDGE_LINEAR ? wish->table_max - count
                                                      : wish->table_max * exp2(-count * step / 16.0);
        int t = (int)lround(exact);
        t = t < below ? t : below - 1;
        if (t < 1) {
            break;
        }
        falling[count++] = (uint8_t)t;
        below = t;
    }
    table[0] = 0;
    for (int m = 1; m <= count; m++) {
        table[m] = falling[count - m];
    }
    return count;
}

/* To the nearest float whose lower 16 bits are zero: a start of a bucket of struct weft_fine. */
static float round_to_bucket(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = (bits + 0x8000u) & 0xffff0000u;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void set_scale(struct weft_edge *edge, double top)
{
    int largest = edge->table[edge->magnitudes];
    edge->scale = (float)(top / largest);
    for (int m = 1; m <= edge->magnitudes; m++) {
        float middle = (float)(0.5 * ((double)edge->table[m - 1] + edge->table[m]) * (double)edge->scale);
        edge->theta[m - 1] = edge->kind == WEFT_EDGE_LOG ? round_to_bucket(middle) : middle;
    }
}

/* The scale whose product with the largest integer rounds to `top` itself. */
static void set_exact_top(struct weft_edge *edge, float top)
{
    set_scale(edge, top);
    float largest = edge->table[edge->magnitudes];
    for (int i = 0; i < 4 && largest * edge->scale < top; i++) {
        edge->scale = nextafterf(edge->scale, INFINITY);
    }
    for (int i = 0; i < 4 && largest * edge->scale > top; i++) {
        edge->scale = nextafterf(edge->scale, 0);
    }
}

double weft_edge_error(const struct weft_fine_sums *sums, const struct weft_edge *edge)
{
    double error = sums->square[WEFT_FINE_BUCKETS];
    struct weft_fine_part below = weft_fine_below(sums, edge->theta[0]);
    for (int m = 1; m <= edge->magnitudes; m++) {
        struct weft_fine_part next = {sums->count[WEFT_FINE_BUCKETS], sums->sum[WEFT_FINE_BUCKETS]};
        if (m < edge->magnitudes) {
            next = weft_fine_below(sums, edge->theta[m]);
        }
        double value = (double)edge->table[m] * (double)edge->scale;
        error += value * (value * (next.count - below.count) - 2 * (next.sum - below.sum));
        below = next;
    }
    return error > 0 ? error : 0;
}

/* The best top for a table that is already in `edge`. */
static double fit_top(const struct weft_fine_sums *sums, struct weft_edge *edge)
{
    double best = INFINITY, best_top = sums->most, sixteenths = 1;
    for (int i = 0; i < TOPS; i++) {
        double top = sums->most * exp2(-i * sixteenths / 16);
        set_scale(edge, top);
        double error = weft_edge_error(sums, edge);
        if (error < best) {
            best = error;
            best_top = top;
        }
    }
    for (int i = 0; i < REFINEMENTS; i++) {
        double centre = best_top;
        sixteenths /= 2;
        for (int side = -1; side <= 1; side += 2) {
            double top = centre * exp2(side * sixteenths / 16);
            set_scale(edge, top);
            double error = weft_edge_error(sums, edge);
            if (error < best) {
                best = error;
                best_top = top;
            }
        }
    }
    set_scale(edge, best_top);
    return best;
}

double weft_edge_fit(const struct weft_fine_sums *sums, const struct weft_edge_wish *wish, struct weft_edge *edge)
{
    double best = INFINITY;
    bool linear = wish->kind == WEFT_EDGE_LINEAR, empty = !(sums->most > 0);
    struct weft_edge_wish able = *wish;
    if (linear && able.magnitudes > able.table_max) {
        able.magnitudes = able.table_max;
    }
    if (linear) {
        able.table_max = able.magnitudes;
    }
    for (int step = 1; step <= (linear ? 1 : STEP_MAX); step++) {
        struct weft_edge tried;
        memset(&tried, 0, sizeof tried);
        tried.kind = wish->kind;
        tried.is_signed = wish->is_signed;
        tried.magnitudes = make_table(&able, step, tried.table);
        double error = 0;
        if (empty || wish->saturated > 0) {
            set_exact_top(&tried, empty ? 1 : wish->saturated);
            error = weft_edge_error(sums, &tried);
        } else {
            error = fit_top(sums, &tried);
        }
        if (error < best) {
            best = error;
            tried.step = linear ? 0 : step;
            tried.fsr = linear ? 0
                               : (int)lround(16 * log2((double)tried.scale * able.table_max)) -
                                     (tried.magnitudes - 1) * step;
            *edge = tried;
        }
    }
    return best;
}
