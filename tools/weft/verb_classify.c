#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common.h"
#include "image.h"
#include "labels.h"
#include "report.h"
#include "verbs.h"

struct classifier {
    const struct verb *verb;
    weft_model *model;
    weft_session *session;
    weft_prep prep;
    struct labels labels; /* of --labels; else the model's own */
    int classes, top;
    float *input, *output;
    int *order;
    struct report *report;
};

static const char *label_of(const struct classifier *c, int index)
{
    if (c->labels.count > 0) {
        return index < c->labels.count ? c->labels.names[index] : NULL;
    }
    return weft_model_label(c->model, index);
}

/* Outputs that already are probabilities (0..1, summing to 1) are left alone, others get a softmax. */
static void make_probabilities(float *y, int n)
{
    double sum = 0;
    float top = y[0], least = y[0];
    for (int i = 0; i < n; i++) {
        sum += y[i];
        top = y[i] > top ? y[i] : top;
        least = y[i] < least ? y[i] : least;
    }
    if (least >= 0 && fabs(sum - 1) < 1e-3) {
        return;
    }
    sum = 0;
    for (int i = 0; i < n; i++) {
        y[i] = expf(y[i] - top);
        sum += y[i];
    }
    for (int i = 0; i < n; i++) {
        y[i] = (float)(y[i] / sum);
    }
}

static void find_top(const float *y, int n, int top, int *order)
{
    for (int rank = 0; rank < top; rank++) {
        int best = -1;
        for (int i = 0; i < n; i++) {
            bool taken = false;
            for (int k = 0; k < rank; k++) {
                taken = taken || order[k] == i;
            }
            if (!taken && (best < 0 || y[i] > y[best])) {
                best = i;
            }
        }
        order[rank] = best;
    }
}

static int classify(struct classifier *c, const char *path)
{
    char why[512];
    struct image image;
    if (!image_read(path, &image, why, sizeof why)) {
        return args_fail(c->verb, "%s", why);
    }
    bool fine = image_prepare(&image, &c->prep, c->input);
    image_free(&image);
    if (!fine) {
        return args_fail(c->verb, "%s: memory is short", path);
    }
    weft_status status = weft_session_run(c->session, c->input, c->output);
    if (status != WEFT_OK) {
        return args_fail(c->verb, "%s: %s", path, weft_status_name(status));
    }
    make_probabilities(c->output, c->classes);
    find_top(c->output, c->classes, c->top, c->order);
    report_result(c->report);
    report_text(c->report, "image", path);
    bool quiet = report_owns_stdout(c->report);
    if (!quiet) {
        printf("%s\n", path);
    }
    for (int rank = 0; rank < c->top; rank++) {
        int index = c->order[rank];
        const char *label = label_of(c, index);
        if (!quiet) {
            printf("  %6.2f %%  %4d  %s\n", 100 * (double)c->output[index], index, label ? label : "");
        }
        report_item(c->report, "top");
        report_number(c->report, "class", index);
        report_text(c->report, "label", label ? label : "");
        report_number(c->report, "probability", (double)c->output[index]);
    }
    return EXIT_FINE;
}

static int classify_all(struct classifier *c, const weft_model_info *info, int images, char **paths)
{
    c->input = malloc((size_t)info->input_c * (size_t)info->input_h * (size_t)info->input_w * sizeof(float));
    c->output = malloc((size_t)c->classes * sizeof(float));
    c->order = malloc((size_t)c->top * sizeof(int));
    bool room = c->input && c->output && c->order;
    int exit_code = room ? EXIT_FINE : args_fail(c->verb, "memory is short");
    for (int i = 0; i < images && room; i++) {
        int one = classify(c, paths[i]); /* a bad image does not keep us from the others */
        exit_code = one > exit_code ? one : exit_code;
    }
    free(c->order);
    free(c->output);
    free(c->input);
    return exit_code;
}

int verb_classify(const struct verb *verb, int argc, char **argv)
{
    const char *labels_path = NULL, *isa = NULL, *json = NULL;
    struct prep_options prep_options = {0};
    int top = 5, threads = 0, operands, exit_code;
    const struct option_spec table[] = {
        {"labels", OPTION_TEXT, &labels_path, 0, 0, "FILE", "class names, one a line (default: the model's own)", 0},
        {"top", OPTION_INT, &top, 1, 100, "K", "how many classes to name (default 5)", 0},
        {"prep", OPTION_TEXT, &prep_options.name, 0, 0, "NAME",
         "torch, caffe, tf, unit or raw (default: the model's own)", 0},
        {"size", OPTION_INT, &prep_options.size, 1, 8192, "N", "crop of N x N pixels (must be the network's input)", 0},
        {"resize", OPTION_INT, &prep_options.resize, 1, 8192, "N",
         "short side before the crop (default: crop only)", 0},
        {"isa", OPTION_TEXT, &isa, 0, 0, "NAME", "hold to this ISA (see 'weft cpu'; also $WEFT_ISA)", 0},
        {"threads", OPTION_INT, &threads, 1, 256, "N", "default: physical cores", 0},
        {"json", OPTION_TEXT, &json, 0, 0, "FILE|-", "write the results as JSON", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands < 2) {
        return args_fail(verb, "takes a MODEL and one or more images");
    }
    char why[512];
    weft_model_info info;
    struct classifier c = {.verb = verb, .model = open_model(verb, argv[0])};
    if (!c.model) {
        return EXIT_BAD_USE;
    }
    weft_model_describe(c.model, &info);
    c.classes = info.output_c * info.output_h * info.output_w;
    c.top = top < c.classes ? top : c.classes;
    exit_code = EXIT_BAD_USE;
    if (!resolve_prep(verb, &prep_options, &info, &c.prep)) {
        /* said already */
    } else if (c.prep.width == 0) {
        args_fail(verb, "%s: does not say how images are prepared for it; give --prep torch|caffe|tf|unit|raw",
                  argv[0]);
    } else if (labels_path && !labels_read(&c.labels, labels_path, why, sizeof why)) {
        args_fail(verb, "%s", why);
    } else if ((c.session = open_session(verb, c.model, isa, threads)) && report_open(verb, json, &c.report)) {
        exit_code = classify_all(&c, &info, operands - 1, argv + 1);
        exit_code = report_close(verb, c.report, exit_code);
    }
    weft_session_free(&c.session);
    labels_free(&c.labels);
    weft_model_free(&c.model);
    return exit_code;
}
