#include "codes/edge.h"

#include <math.h>
#include <string.h>

void weft_edge_init_log(struct weft_edge *edge, bool is_signed, int magnitudes, int fsr, int step, int table_max)
{
    memset(edge, 0, sizeof *edge);
    edge->kind = WEFT_EDGE_LOG;
    edge->is_signed = is_signed;
    edge->magnitudes = magnitudes;
    edge->fsr = fsr;
    edge->step = step;
    for (int m = 1; m <= magnitudes; m++) {
        edge->table[m] = (uint8_t)lround(table_max * exp2((m - magnitudes) * step / 16.0));
        edge->theta[m - 1] = (float)exp2((fsr + (m - 1.5) * step) / 16.0);
    }
    edge->scale = (float)(exp2((fsr + (magnitudes - 1) * step) / 16.0) / table_max);
}

void weft_edge_init_linear(struct weft_edge *edge, bool is_signed, int magnitudes, float top)
{
    memset(edge, 0, sizeof *edge);
    edge->kind = WEFT_EDGE_LINEAR;
    edge->is_signed = is_signed;
    edge->magnitudes = magnitudes;
    edge->scale = top / (float)magnitudes;
    for (int m = 1; m <= magnitudes; m++) {
        edge->table[m] = (uint8_t)m;
        edge->theta[m - 1] = ((float)m - 0.5f) * edge->scale;
    }
}

const char *weft_edge_check(const struct weft_edge *edge)
{
    if (edge->kind == WEFT_EDGE_FLOAT) {
        return NULL;
    }
    if (edge->kind != WEFT_EDGE_LOG && edge->kind != WEFT_EDGE_LINEAR) {
        return "the kind of edge is unknown";
    }
    if (edge->magnitudes < 1 ||
        edge->magnitudes > (edge->is_signed ? WEFT_MAGNITUDES_MAX_SIGNED : WEFT_MAGNITUDES_MAX)) {
        return "the number of magnitudes is not 1..255, or 1..127 on a signed edge";
    }
    if (edge->kind == WEFT_EDGE_LOG &&
        (edge->step < 1 || edge->step > 1024 || edge->fsr < -65536 || edge->fsr > 65536)) {
        return "fsr or step is out of range";
    }
    if (!isnormal(edge->scale) || edge->scale < 0) {
        return "the scale is not a positive number";
    }
    if (edge->table[0] != 0 || edge->table[edge->magnitudes] < 1) {
        return "the table does not start at 0, or is all zeros";
    }
    if (edge->is_signed && edge->table[edge->magnitudes] > WEFT_TABLE_MAX_SIGNED) {
        return "the table of a signed edge exceeds 127";
    }
    for (int m = 1; m <= edge->magnitudes; m++) {
        int rise = edge->table[m] - edge->table[m - 1];
        if (rise < 0 || (rise == 0 && edge->kind == WEFT_EDGE_LINEAR)) {
            return "the table does not ascend";
        }
        float theta = edge->theta[m - 1];
        if (!isnormal(theta) || theta < 0 || (m > 1 && theta <= edge->theta[m - 2])) {
            return "the thresholds are not positive and ascending";
        }
    }
    if (weft_encoder_shift(edge) == 0) {
        return "the thresholds are too close together or too far apart";
    }
    return NULL;
}

uint8_t weft_edge_encode(const struct weft_edge *edge, float y)
{
    float magnitude = fabsf(y);
    int m = 0;
    if (y < 0 && !edge->is_signed) {
        return 0;
    }
    while (m < edge->magnitudes && magnitude >= edge->theta[m]) {
        m++;
    }
    return (uint8_t)(m | (m > 0 && y < 0 ? 128 : 0));
}

int weft_edge_magnitude(const struct weft_edge *edge, uint8_t code)
{
    return edge->is_signed ? code & 127 : code;
}

bool weft_edge_has_code(const struct weft_edge *edge, uint8_t code)
{
    return weft_edge_magnitude(edge, code) <= edge->magnitudes && !(edge->is_signed && code == 128);
}

int weft_edge_integer(const struct weft_edge *edge, uint8_t code)
{
    int m = weft_edge_magnitude(edge, code);
    int value = m <= edge->magnitudes ? edge->table[m] : 0;
    return edge->is_signed && code & 128 ? -value : value;
}

float weft_edge_decode(const struct weft_edge *edge, uint8_t code)
{
    return (float)weft_edge_integer(edge, code) * edge->scale;
}

bool weft_edge_equal(const struct weft_edge *a, const struct weft_edge *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    if (a->kind == WEFT_EDGE_FLOAT) {
        return true;
    }
    size_t n = (size_t)a->magnitudes;
    return a->is_signed == b->is_signed && a->magnitudes == b->magnitudes && a->scale == b->scale &&
           memcmp(a->table, b->table, n + 1) == 0 && memcmp(a->theta, b->theta, n * sizeof(float)) == 0;
}

bool weft_edge_is_integers(const struct weft_edge *edge)
{
    bool same = !edge->is_signed;
    for (int m = 0; same && m <= edge->magnitudes; m++) {
        same = edge->table[m] == m;
    }
    return same;
}

void weft_edge_lookup_table(const struct weft_edge *edge, int zero, uint8_t table256[256])
{
    for (int code = 0; code < 256; code++) {
        table256[code] = (uint8_t)((weft_edge_integer(edge, (uint8_t)code) + zero) & 255);
    }
}
