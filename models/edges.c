/* Edges and the samples that they are fitted to. */
#include <math.h>
#include <string.h>

#include "builder.h"

enum { MAGNITUDES = 31, STEP = 3, TABLE_MAX = 63 };

/* 2^(-i/32), i = 0..31, to double precision. */
static const double root[32] = {
    1.0, 0.97857206208770009, 0.95760328069857365, 0.93708381705514999, 0.91700404320467122, 0.89735453750155358,
    0.87812608018664974, 0.8593096490612387, 0.8408964152537145, 0.82287773907698243, 0.80524516597462714,
    0.78799042255394324, 0.77110541270397037, 0.75458221379671142, 0.7384130729697496, 0.72259040348852331,
    0.70710678118654757, 0.69195494098191597, 0.67712777346844632, 0.66261832157987064, 0.64841977732550483,
    0.63452547859586661, 0.62092890603674206, 0.60762367999023443, 0.59460355750136051, 0.58186242938878871,
    0.56939431737834578, 0.55719337129794622, 0.54525386633262877, 0.53357020033841181, 0.52213689121370688,
    0.51094857432705832,
};

/* 2^(-n/32), n >= 0. */
static double power(int n)
{
    double value = root[n % 32];
    for (int octaves = n / 32; octaves > 0; octaves--) {
        value *= 0.5;
    }
    return value;
}

/* Sixteenths of an octave: the least n with 2^(n/16) >= value, for values in 2^-16 .. 2^16. */
static int log_above(double value)
{
    int n = 16 * 16;
    while (n > -16 * 16 && 65536 * power(2 * (16 * 16 - n + 1)) >= value) {
        n--;
    }
    return n;
}

double zoo_round_top(double value)
{
    return 65536 * power(2 * (16 * 16 - log_above(value)));
}

/* To eight significant bits: the encoders compare the upper halves of such thresholds, which is quicker. */
static float short_float(double value)
{
    float rounded = (float)value;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    bits = (bits + 0x8000u) & 0xffff0000u;
    memcpy(&rounded, &bits, sizeof bits);
    return rounded;
}

/* Tables and thresholds as weft_edge_init_log makes them, but for the rounding of the thresholds. */
void zoo_log_edge(struct weft_edge *edge, bool is_signed, double top)
{
    memset(edge, 0, sizeof *edge);
    edge->kind = WEFT_EDGE_LOG;
    edge->is_signed = is_signed;
    edge->magnitudes = MAGNITUDES;
    edge->step = STEP;
    edge->fsr = log_above(top) - (MAGNITUDES - 1) * STEP;
    edge->scale = (float)(top / TABLE_MAX);
    for (int m = 1; m <= MAGNITUDES; m++) {
        int below = (MAGNITUDES - m) * STEP; /* sixteenths of an octave under the top */
        edge->table[m] = (uint8_t)(TABLE_MAX * power(2 * below) + 0.5);
        edge->theta[m - 1] = short_float(top * power(2 * below + STEP));
    }
}

void zoo_moments(const float *samples, double *mean, double *square)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        sum += samples[i];
        squares += (double)samples[i] * samples[i];
    }
    *mean = sum / ZOO_SAMPLES;
    *square = squares / ZOO_SAMPLES;
}

/* Four to five standard deviations, as the searches of the quantizer choose for such data. */
void zoo_fit_edge(struct weft_edge *edge, bool is_signed, const float *samples)
{
    double mean, square;
    zoo_moments(samples, &mean, &square);
    double spread = sqrt(square - mean * mean > 0 ? square - mean * mean : 0);
    double top = is_signed ? 4.5 * sqrt(square) : mean + 5.5 * spread;
    zoo_log_edge(edge, is_signed, zoo_round_top(top));
}

void zoo_encode_samples(const struct weft_edge *edge, float *samples)
{
    for (int i = 0; edge->kind != WEFT_EDGE_FLOAT && i < ZOO_SAMPLES; i++) {
        samples[i] = weft_edge_decode(edge, weft_edge_encode(edge, samples[i]));
    }
}

void zoo_settle(const struct zoo_builder *b, float *samples)
{
    int t = b->failed ? 0 : b->model->graph.tensors_count;
    int tuning = b->tuning && t < b->tuning_count ? b->tuning[t] : 0;
    double factor = tuning < 0 ? power(-tuning) : 1 / power(tuning);
    for (int i = 0; i < ZOO_SAMPLES; i++) {
        samples[i] = (float)(samples[i] * factor);
    }
}
