#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include <weft/zoo.h>

#include "models/builder.h"
#include "quant/weight_search.h"

enum { MANY = 65536 };

/* The magnitude that a share p of a standard normal distribution does not exceed. */
static double normal_quantile(double p)
{
    double low = 0, high = 10;
    for (int i = 0; i < 60; i++) {
        double centre = (low + high) / 2;
        if (erf(centre / sqrt(2)) < p) {
            low = centre;
        } else {
            high = centre;
        }
    }
    return low;
}

Test(zoo, its_bins_are_what_the_search_finds_for_their_distribution)
{
    double *w = malloc(MANY * sizeof *w);
    cr_assert_not_null(w);
    for (int d = 0; d < ZOO_DISTRIBUTIONS; d++) {
        const struct zoo_distribution *distribution = &zoo_distributions[d];
        for (int i = 0; i < MANY; i++) {
            double p = (i + 0.5) / MANY;
            w[i] = d == ZOO_NORMAL ? normal_quantile(p) : -log(1 - p);
        }
        struct weft_weight_bins bins;
        cr_assert(weft_weight_search(w, MANY, 15, NULL, &bins, NULL));
        int64_t before = 0, sum = 0;
        for (int b = 0; b < 8; b++) {
            double share = (double)(bins.slice[b] - before) * 4096 / MANY;
            cr_expect_leq(fabs(share - distribution->share[b]), 1, "%s, bin %d: %g", distribution->name, b, share);
            cr_expect_eq(lrint(31 * bins.rep[b] / bins.rep[7]), distribution->q[b], "%s, bin %d", distribution->name,
                         b);
            before = bins.slice[b];
            sum += distribution->share[b];
        }
        cr_expect_eq(sum, 4096);
    }
    free(w);
}

Test(zoo, thresholds_are_short_floats)
{
    struct weft_edge edge;
    for (int i = 0; i < 95; i++) {
        double top = zoo_round_top(0.001 * pow(1.2, i));
        zoo_log_edge(&edge, i % 2, top);
        cr_assert_null(weft_edge_check(&edge), "top %g: %s", top, weft_edge_check(&edge));
        for (int m = 0; m < edge.magnitudes; m++) {
            union {
                float value;
                uint32_t bits;
            } theta = {edge.theta[m]};
            cr_assert_eq(theta.bits & 0xffff, 0, "top %g, threshold %d", top, m);
        }
        cr_expect_leq(0.001 * pow(1.2, i), top * (1 + 1e-12));
        cr_expect_geq(0.001 * pow(1.2, i) * 1.0443, top * 0.9999); /* 2^(1/16) */
    }
}

Test(zoo, the_same_network_is_built_twice)
{
    weft_model *a = NULL, *b = NULL;
    cr_assert_eq(weft_zoo_build("mobilenet_v1", NULL, &a, NULL), WEFT_OK);
    cr_assert_eq(weft_zoo_build("mobilenet_v1", NULL, &b, NULL), WEFT_OK);
    for (int i = 0; i < a->graph.nodes_count; i++) {
        const struct weft_node *x = &a->graph.nodes[i], *y = &b->graph.nodes[i];
        cr_assert_eq(x->weights_count, y->weights_count);
        for (int64_t k = 0; x->op == WEFT_OP_CONV && k < x->weights_count * x->codebook.format / 8; k++) {
            cr_assert_eq(x->bins[k], y->bins[k]);
        }
    }
    weft_model_free(&a);
    weft_model_free(&b);
}
