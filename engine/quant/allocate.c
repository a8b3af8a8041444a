#include "quant/allocate.h"

#include <math.h>

double weft_parts_cost(const struct weft_part *parts, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum += parts[i].cost[parts[i].chosen];
    }
    return sum;
}

double weft_parts_noise(const struct weft_part *parts, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum += parts[i].noise[parts[i].chosen];
    }
    return sum;
}

static void start_cheap(struct weft_part *part)
{
    part->chosen = 0;
    for (int f = 1; f < part->forms; f++) {
        double less = part->cost[f] - part->cost[part->chosen];
        if (less < 0 || (less == 0 && part->noise[f] < part->noise[part->chosen])) {
            part->chosen = f;
        }
    }
}

/* The improvement with the most gain for its cost among those that fit; false if there is none. */
static bool improve(struct weft_part *parts, int count, double room)
{
    int best_part = -1, best_form = 0;
    double best = 0;
    for (int i = 0; i < count; i++) {
        const struct weft_part *p = &parts[i];
        for (int f = 0; f < p->forms; f++) {
            double gain = p->noise[p->chosen] - p->noise[f], cost = p->cost[f] - p->cost[p->chosen];
            if (!(gain > 0) || cost > room) {
                continue;
            }
            double rate = cost > 0 ? gain / cost : (double)INFINITY;
            if (rate > best) {
                best = rate;
                best_part = i;
                best_form = f;
            }
        }
    }
    if (best_part >= 0) {
        parts[best_part].chosen = best_form;
    }
    return best_part >= 0;
}

/* The form that saves most and adds no more than `room` of noise: the last improvement is often more than was needed,
 * and some before it were in vain. */
static bool save(struct weft_part *parts, int count, double room)
{
    int best_part = -1, best_form = 0;
    double best = 0;
    for (int i = 0; i < count; i++) {
        const struct weft_part *p = &parts[i];
        for (int f = 0; f < p->forms; f++) {
            double saved = p->cost[p->chosen] - p->cost[f];
            if (saved > best && p->noise[f] - p->noise[p->chosen] <= room) {
                best = saved;
                best_part = i;
                best_form = f;
            }
        }
    }
    if (best_part >= 0) {
        parts[best_part].chosen = best_form;
    }
    return best_part >= 0;
}

bool weft_allocate(struct weft_part *parts, int count, double noise_max, double cost_max)
{
    for (int i = 0; i < count; i++) {
        start_cheap(&parts[i]);
    }
    while (weft_parts_noise(parts, count) > noise_max &&
           improve(parts, count, cost_max - weft_parts_cost(parts, count))) {
    }
    bool fits = weft_parts_noise(parts, count) <= noise_max;
    while (fits && save(parts, count, noise_max - weft_parts_noise(parts, count))) {
    }
    return fits;
}
