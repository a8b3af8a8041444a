#include <stdio.h>
#include <string.h>

#include "common.h"
#include "report.h"
#include "verbs.h"

static void print_model(const char *path, const weft_model_info *info)
{
    printf("%s: %s, %s, %d layers\n", path, info->name, info->quantized ? "quantized" : "float", info->layers);
    if (info->provenance[0]) {
        printf("  %s\n", info->provenance);
    }
    printf("  input %dx%dx%d, output %dx%dx%d, %.2f million multiply-adds\n", info->input_c, info->input_h,
           info->input_w, info->output_c, info->output_h, info->output_w, (double)info->macs / 1e6);
    printf("  %.1f thousand parameters, weights in %.1f KiB\n", (double)info->parameters / 1e3,
           (double)info->weight_bytes / 1024);
    if (info->labels) {
        printf("  %d class names\n", info->labels);
    }
    if (info->prep.width) {
        const weft_prep *p = &info->prep;
        printf("  images: %dx%d, %s, (pixel - %g %g %g) * %g %g %g\n", p->width, p->height, p->bgr ? "BGR" : "RGB",
               (double)p->mean[0], (double)p->mean[1], (double)p->mean[2], (double)p->scale[0], (double)p->scale[1],
               (double)p->scale[2]);
    }
}

static void print_head(void)
{
    printf("\n%4s  %-10s %-14s %-12s %-7s %-14s %-28s %9s  %s\n", "", "op", "output", "window", "weights", "then",
           "edge", "MMAC", "name");
}

/* "3x3/2 g32": kernel, stride, groups; nothing for what has none. */
static void window_of(const weft_layer_info *l, char *text, size_t size)
{
    int used = 0;
    text[0] = '\0';
    if (l->kernel_h > 1 || l->kernel_w > 1 || l->weights > 0) {
        used = snprintf(text, size, "%dx%d", l->kernel_h, l->kernel_w);
    }
    if (used && (l->stride_h > 1 || l->stride_w > 1)) {
        used += snprintf(text + used, size - (size_t)used, l->stride_h == l->stride_w ? "/%d" : "/%dx%d", l->stride_h,
                         l->stride_w);
    }
    if (used && l->groups > 1) {
        snprintf(text + used, size - (size_t)used, " g%d", l->groups);
    }
}

static void print_layer(int index, const weft_layer_info *l)
{
    char shape[48], window[64], then[48], edge[64];
    snprintf(shape, sizeof shape, "%dx%dx%d", l->out_c, l->out_h, l->out_w);
    window_of(l, window, sizeof window);
    bool act = strcmp(l->act, "none") != 0;
    snprintf(then, sizeof then, "%s%s%s", l->has_residual ? "+res" : "", l->has_residual && act ? " " : "",
             act ? l->act : "");
    if (strcmp(l->edge_format, "float") == 0) {
        snprintf(edge, sizeof edge, "float");
    } else {
        int used = snprintf(edge, sizeof edge, "%s%s M=%d", l->edge_signed ? "+-" : "", l->edge_format,
                            l->edge_magnitudes);
        if (strcmp(l->edge_format, "log") == 0) {
            snprintf(edge + used, sizeof edge - (size_t)used, " step %d/16 T<=%d", l->edge_step, l->edge_table_max);
        }
    }
    printf("%4d  %-10s %-14s %-12s %-7s %-14s %-28s ", index, l->op, shape, window, l->weight_format, then, edge);
    if (l->macs > 0) {
        printf("%9.3f", (double)l->macs / 1e6);
    } else {
        printf("%9s", "");
    }
    printf("  %s\n", l->name);
}

/* Codebooks are symmetric: the magnitudes say it all. */
static void print_codebooks(const weft_model *model)
{
    weft_layer_info l;
    printf("\ncodebooks (integers, each with both signs)\n");
    for (int i = 0; weft_model_layer(model, i, &l) == WEFT_OK; i++) {
        if (l.codebook_size > 0) {
            printf("%4d  %2d levels ", i, l.weight_levels);
            for (int k = 0; k < l.codebook_size / 2; k++) {
                printf(" %3d", l.codebook[k]);
            }
            printf("  %s\n", l.name);
        }
    }
}

static void report_layer(struct report *report, const weft_layer_info *l)
{
    report_item(report, "layers");
    report_text(report, "name", l->name);
    report_text(report, "op", l->op);
    report_text(report, "weight_format", l->weight_format);
    report_number(report, "weight_levels", l->weight_levels);
    report_number(report, "codebook_max", l->codebook_max);
    report_number(report, "out_c", l->out_c);
    report_number(report, "out_h", l->out_h);
    report_number(report, "out_w", l->out_w);
    report_number(report, "macs", (double)l->macs);
    report_number(report, "weights", (double)l->weights);
    report_text(report, "act", l->act);
    report_text(report, "edge_format", l->edge_format);
    report_number(report, "edge_signed", l->edge_signed);
    report_number(report, "edge_magnitudes", l->edge_magnitudes);
    report_number(report, "edge_fsr", l->edge_fsr);
    report_number(report, "edge_step", l->edge_step);
    report_number(report, "edge_table_max", l->edge_table_max);
    report_number(report, "edge_scale", (double)l->edge_scale);
}

int verb_inspect(const struct verb *verb, int argc, char **argv)
{
    const char *json = NULL;
    bool codebooks = false;
    int operands, exit_code;
    const struct option_spec table[] = {
        {"codebooks", OPTION_FLAG, &codebooks, 0, 0, NULL, "show the codebook of each layer too", 0},
        {"json", OPTION_TEXT, &json, 0, 0, "FILE|-", "write it as JSON", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands != 1) {
        return args_fail(verb, "takes one MODEL");
    }
    struct report *report;
    weft_model *model = open_model(verb, argv[0]);
    if (!model || !report_open(verb, json, &report)) {
        weft_model_free(&model);
        return EXIT_BAD_USE;
    }
    weft_model_info info;
    weft_layer_info layer;
    weft_model_describe(model, &info);
    bool quiet = report_owns_stdout(report);
    report_result(report);
    report_text(report, "model", argv[0]);
    report_text(report, "name", info.name);
    report_text(report, "provenance", info.provenance);
    report_number(report, "quantized", info.quantized);
    report_number(report, "macs", (double)info.macs);
    report_number(report, "parameters", (double)info.parameters);
    report_number(report, "weight_bytes", (double)info.weight_bytes);
    if (!quiet) {
        print_model(argv[0], &info);
        print_head();
    }
    for (int i = 0; weft_model_layer(model, i, &layer) == WEFT_OK; i++) {
        if (!quiet) {
            print_layer(i, &layer);
        }
        report_layer(report, &layer);
    }
    if (codebooks && !quiet) {
        print_codebooks(model);
    }
    weft_model_free(&model);
    return report_close(verb, report, EXIT_FINE);
}
