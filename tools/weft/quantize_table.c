#include "quantize_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text_fit.h"

static const char *const headroom_names[] = {"", "F(2,3)", "F(2x2,3x3)"};

/* "c4" and so on; c8 has no levels to speak of. */
static void format_name(const weft_report_layer *l, char *text, size_t size)
{
    snprintf(text, size, l->bits == 8 ? "c8" : "c%d/%d", l->bits, l->levels);
}

static void edge_name(const weft_report_edge *e, char *text, size_t size)
{
    if (strcmp(e->format, "float") == 0) {
        snprintf(text, size, "float");
    } else {
        snprintf(text, size, "%s%s %d", e->is_signed ? "+-" : "", e->format, e->magnitudes);
    }
}

static void print_number(double value, const char *format)
{
    if (isfinite(value)) {
        printf(format, value);
    } else {
        printf("%8s", "-");
    }
}

static const weft_report_layer *weights_of(const weft_quantize_report *r, int layer)
{
    for (int i = 0; i < r->layers_count; i++) {
        if (r->layers[i].layer == layer) {
            return &r->layers[i];
        }
    }
    return NULL;
}

void quantize_print(const weft_model *model, const weft_quantize_report *r)
{
    printf("%-34s %-9s %-8s %8s %8s %8s  %-11s %8s %8s %7s %7s\n", "layer", "op", "weights", "number", "SQNR dB",
           "zeros %", "output", "SQNR dB", "all dB", "zeros %", "top %");
    for (int i = 0; i < r->edges_count; i++) {
        const weft_report_edge *e = &r->edges[i];
        const weft_report_layer *l = weights_of(r, e->layer);
        weft_layer_info info = {.name = "(input)", .op = ""};
        char weights[32] = "", edge[32];
        if (e->layer >= 0) {
            weft_model_layer(model, e->layer, &info);
        }
        if (l) {
            format_name(l, weights, sizeof weights);
        }
        edge_name(e, edge, sizeof edge);
        printf("%-34s %-9s %-8s ", utf8_tail(info.name, 34), info.op, weights);
        if (l) {
            printf("%8lld ", (long long)l->weights);
            print_number(l->sqnr_weights, "%8.1f");
            printf(" %8.1f  ", 100 * l->zeros);
        } else {
            printf("%8s %8s %8s  ", "", "", "");
        }
        printf("%-11s ", edge);
        print_number(e->sqnr, "%8.1f");
        printf(" ");
        print_number(l ? l->sqnr_output : (double)NAN, "%8.1f");
        printf(" ");
        print_number(100 * e->zeros, "%7.1f");
        printf(" ");
        print_number(100 * e->saturated, "%7.2f");
        printf("%s%s%s\n", l && l->headroom ? "  room for " : "", l ? headroom_names[l->headroom] : "",
               l && l->bias_corrected ? "  bias" : "");
    }
    printf("weights: %lld in %.1f KiB, %.2f bits each\n", (long long)r->weights, (double)r->weight_bytes / 1024,
           r->average_bits);
    printf("on %d of %d calibration inputs: agreement %.1f %%, SQNR %.1f dB, estimated drop %.2f +- %.2f points%s; %d "
           "round%s\n",
           r->images_kept, r->images, 100 * r->agreement, r->sqnr, r->drop, r->drop_error,
           r->within_budget ? "" : " (MORE THAN ALLOWED)", r->rounds, r->rounds == 1 ? "" : "s");
}

static void json_layer(struct report *report, const weft_model *model, const weft_report_layer *l)
{
    weft_layer_info info;
    char format[32];
    weft_model_layer(model, l->layer, &info);
    snprintf(format, sizeof format, "c%d", l->bits);
    report_item(report, "layers");
    report_text(report, "name", info.name);
    report_text(report, "op", info.op);
    report_text(report, "format", format);
    report_number(report, "bits", l->bits);
    report_number(report, "levels", l->levels);
    report_number(report, "codebook_max", l->codebook_max);
    report_text(report, "headroom", headroom_names[l->headroom]);
    report_number(report, "weights", (double)l->weights);
    report_number(report, "weighted_entropy", l->entropy);
    report_number(report, "sensitivity", l->sensitivity);
    report_number(report, "sqnr_weights_db", l->sqnr_weights);
    report_number(report, "sqnr_output_db", l->sqnr_output);
    report_number(report, "zeros", l->zeros);
    report_number(report, "bias_corrected", l->bias_corrected);
    for (int b = 0; b < info.codebook_size; b++) {
        char key[32];
        snprintf(key, sizeof key, "codebook_%d", b);
        report_number(report, key, info.codebook[b]);
    }
}

static void json_edge(struct report *report, const weft_report_edge *e)
{
    report_item(report, "edges");
    report_text(report, "name", e->name);
    report_text(report, "format", e->format);
    report_number(report, "signed", e->is_signed);
    report_number(report, "magnitudes", e->magnitudes);
    report_number(report, "step", e->step);
    report_number(report, "table_max", e->table_max);
    report_number(report, "scale", (double)e->scale);
    report_number(report, "sensitivity", e->sensitivity);
    report_number(report, "sqnr_db", e->sqnr);
    report_number(report, "zeros", e->zeros);
    report_number(report, "saturated", e->saturated);
}

void quantize_json(struct report *report, const char *path, const weft_model *model, const weft_quantize_report *r)
{
    report_result(report);
    report_text(report, "model", path);
    report_number(report, "weights", (double)r->weights);
    report_number(report, "weight_bytes", (double)r->weight_bytes);
    report_number(report, "average_bits", r->average_bits);
    report_number(report, "images", r->images);
    report_number(report, "images_kept", r->images_kept);
    report_number(report, "rounds", r->rounds);
    report_number(report, "agreement", 100 * r->agreement);
    report_number(report, "estimated_drop", r->drop);
    report_number(report, "estimated_drop_error", r->drop_error);
    report_number(report, "sqnr_db", r->sqnr);
    report_number(report, "within_budget", r->within_budget);
    for (int i = 0; i < r->layers_count; i++) {
        json_layer(report, model, &r->layers[i]);
    }
    for (int i = 0; i < r->edges_count; i++) {
        json_edge(report, &r->edges[i]);
    }
}
