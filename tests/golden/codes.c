/* Histograms of the codes behind every layer. */
#include <stdio.h>
#include <stdlib.h>

#include "golden.h"

/* Shares that no layer may exceed. ReLUs of trained networks leave 50 to 80 % zeros. */
#define ZEROS_MAX 0.85
#define SATURATED_MAX 0.03
enum { DISTINCT_MIN = 8, FEW = 2048 /* too few codes to judge: those of gates, where the largest is an open gate */ };

void golden_check_codes(const weft_model *model, const weft_session *session, const char *network, bool print)
{
    weft_layer_info layer;
    for (int i = 0; weft_model_layer(model, i, &layer) == WEFT_OK; i++) {
        size_t count = 0, size = 0, histogram[256] = {0};
        if (weft_session_layer_output(session, i, NULL, 0, &count, &size) != WEFT_OK || size != 1) {
            continue;
        }
        unsigned char *codes = malloc(count);
        if (!codes || weft_session_layer_output(session, i, codes, count, &count, &size) != WEFT_OK) {
            golden_check(false, network, layer.name, "its codes cannot be had");
            free(codes);
            continue;
        }
        for (size_t k = 0; k < count; k++) {
            histogram[codes[k]]++;
        }
        free(codes);
        int distinct = 0, top = layer.edge_magnitudes;
        for (int code = 0; code < 256; code++) {
            distinct += histogram[code] > 0;
        }
        double zeros = (double)histogram[0] / (double)count;
        double saturated = (double)(histogram[top] + histogram[128 + top]) / (double)count;
        if (print) {
            printf("%-18s %-40s %-9s zeros %5.1f %%  saturated %6.2f %%  %2d codes of %d\n", network, layer.name,
                   layer.op, 100 * zeros, 100 * saturated, distinct, (layer.edge_signed ? 2 : 1) * top + 1);
        }
        golden_check(zeros <= ZEROS_MAX || count < FEW, network, layer.name, "its codes are almost all zero");
        golden_check(saturated <= SATURATED_MAX || count < FEW, network, layer.name,
                     "too many of its codes are the largest");
        golden_check(distinct >= DISTINCT_MIN || count < FEW, network, layer.name,
                     "it makes only a few different codes");
    }
}
