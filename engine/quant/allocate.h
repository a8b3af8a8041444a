/* weft: which of several forms each of several parts gets, under a budget. */
#ifndef WEFT_QUANT_ALLOCATE_H
#define WEFT_QUANT_ALLOCATE_H

#include <stdbool.h>

enum { WEFT_FORMS_MAX = 8 };

struct weft_part {
    int forms;
    double cost[WEFT_FORMS_MAX];  /* say, bits */
    double noise[WEFT_FORMS_MAX]; /* adds up over the parts */
    int chosen;
};

/* Starts from the cheapest form of every part and improves the one that gains most for its cost, until the noise is
 * within noise_max, or nothing more fits into cost_max; then takes back what was not needed. Returns whether the noise
 * is within its budget. */
bool weft_allocate(struct weft_part *parts, int count, double noise_max, double cost_max);

double weft_parts_cost(const struct weft_part *parts, int count);
double weft_parts_noise(const struct weft_part *parts, int count);

#endif
