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
    printf("  input %dx%dx%d, output %dx%dx%d, %.2f million multiply-adds\n", info->input_c, info->input_h, info->input_w,
           info->output_c, info->output_h, info->output_w, (double)info->macs / 1e6);
    printf("  %.1f thousand parameters, weights in %.1f KiB\n", (double)info->parameters / 1e3,
           (double)info->weight_bytes / 1024);
    if (info->labels) {
        printf("  %d labels: %s\n", info->labels, "stored in the model");
    }
    if (info->prep.width) {
        const weft_prep *p = &info->prep;
        printf("  images: %dx%d, %s, (pixel - %g %g %g) * %g %g %g\n", p->width, p->height, p->bgr ? "BGR" : "RGB",
               (double)p->mean[0], (double)p->mean[1], (double)p->mean[2], (double)p->scale[0], (double)p->scale[1],
               (double)p->scale[2]);
    }
}

static void print_layer(int index, const weft_layer_info *l)
{
    char shape[48], edge[48] = "float";
    snprintf(shape, sizeof shape, "%dx%dx%d", l->out_c, l->out_h, l->out_w);
    if (strcmp(l->edge_format, "float") != 0) {
        snprintf(edge, sizeof edge, "%s%s M=%d step %d T<=%d", l->edge_signed ? "+-" : "", l->edge_format,
                 l->edge_magnitudes, l->edge_step, l->edge_table_max);
    }
    printf("%4d  %-9s %-14s %dx%d/%d g%-4d %-4s %-9s %-9s %-26s %9.3f  %s\n", index, l->op, shape, l->kernel_h,
           l->kernel_w, l->stride_h, l->groups, l->weight_format, l->act, l->has_residual ? "residual" : "", edge,
           (double)l->macs / 1e6, l->name);
    if (l->codebook_size > 0) {
        printf("      codebook");
        for (int i = 0; i < l->codebook_size; i++) {
            printf(" %d", l->codebook[i]);
        }
        putchar('\n');
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
    int operands, exit_code;
    const struct option_spec table[] = {
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
        printf("%4s  %-9s %-14s %-11s %-4s %-9s %-9s %-26s %9s  %s\n", "", "op", "output", "window", "w", "act", "",
               "edge", "MMAC", "name");
    }
    for (int i = 0; weft_model_layer(model, i, &layer) == WEFT_OK; i++) {
        if (!quiet) {
            print_layer(i, &layer);
        }
        report_layer(report, &layer);
    }
    weft_model_free(&model);
    return report_close(verb, report, EXIT_FINE);
}
