#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "evaluate.h"
#include "report.h"
#include "source.h"
#include "verbs.h"

/* "91.52 % (90.4 to 92.5)" */
static void print_share(const char *name, int hits, int n)
{
    struct interval i = evaluation_wilson(hits, n);
    printf(", %s %.2f %% (%.1f to %.1f)", name, percent(hits, n), 100 * i.low, 100 * i.high);
}

static void print_result(const char *name, const struct evaluation *e, bool against)
{
    printf("%s: %d images", name, e->n);
    print_share("top-1", e->top1, e->n);
    print_share("top-5", e->top5, e->n);
    if (against) {
        struct interval drop = evaluation_drop(e);
        print_share("agreement", e->agreed, e->n);
        printf(", SQNR %.2f dB\n%s: %.2f points of top-1 below float (%.2f to %.2f; %d lost, %d won)",
               evaluation_sqnr_db(e), name, percent(e->lost - e->won, e->n), 100 * drop.low, 100 * drop.high, e->lost,
               e->won);
    }
    puts("; intervals of 95 %");
}

static void report_share(struct report *report, const char *name, int hits, int n)
{
    char key[32];
    struct interval i = evaluation_wilson(hits, n);
    report_number(report, name, percent(hits, n));
    snprintf(key, sizeof key, "%s_low", name);
    report_number(report, key, 100 * i.low);
    snprintf(key, sizeof key, "%s_high", name);
    report_number(report, key, 100 * i.high);
}

static void report_evaluation(struct report *report, const char *name, const struct evaluation *e, bool against)
{
    if (!report_owns_stdout(report)) {
        print_result(name, e, against);
    }
    report_result(report);
    report_text(report, "model", name);
    report_number(report, "n", e->n);
    report_share(report, "top1", e->top1, e->n);
    report_share(report, "top5", e->top5, e->n);
    if (!against) {
        report_number(report, "agreement", NAN);
        report_number(report, "sqnr_db", NAN);
        return;
    }
    struct interval drop = evaluation_drop(e);
    report_share(report, "agreement", e->agreed, e->n);
    report_number(report, "sqnr_db", evaluation_sqnr_db(e));
    report_number(report, "float_top1", percent(e->top1 + e->lost - e->won, e->n));
    report_number(report, "drop", percent(e->lost - e->won, e->n));
    report_number(report, "drop_low", 100 * drop.low);
    report_number(report, "drop_high", 100 * drop.high);
}

struct eval_options {
    const char *images, *labels, *cifar, *against, *isa, *json;
    struct prep_options prep;
    int skip, step, limit, threads;
};

/* False after an error line. */
static bool check_classes(const struct verb *verb, const struct source *source, const weft_model_info *info)
{
    int classes = info->output_c * info->output_h * info->output_w;
    for (int i = 0; i < source->count; i++) {
        if (source->classes[i] >= classes) {
            args_fail(verb, "image %d (%s) has class %d, but the network's classes are 0 to %d", i,
                      source->files ? source->files[i] : "a CIFAR record", source->classes[i], classes - 1);
            return false;
        }
    }
    return true;
}

static int run_eval(const struct verb *verb, const char *name, const weft_model *model, const weft_model *reference,
                    const struct eval_options *o, struct report *report)
{
    char why[512];
    weft_model_info info;
    weft_prep prep;
    struct source source;
    weft_model_describe(model, &info);
    if (!resolve_prep(verb, &o->prep, &info, &prep)) {
        return EXIT_BAD_USE;
    }
    if (!source_open(&source, o->cifar ? o->cifar : o->images, info.input_c, info.input_h, info.input_w, &prep, why,
                     sizeof why)) {
        return args_fail(verb, "%s", why);
    }
    int exit_code = EXIT_BAD_USE;
    struct evaluation evaluation;
    struct progress progress;
    progress_open(&progress);
    if (o->labels && source.files && !source_label(&source, o->labels, why, sizeof why)) {
        args_fail(verb, "%s", why);
    } else if (source_select(&source, o->skip, o->step, o->limit), source.count == 0) {
        args_fail(verb, "--skip %d leaves no images", o->skip);
    } else if (!source.classes) {
        args_fail(verb, "there are no labels for these inputs; --labels FILE has lines 'file class-index'");
    } else if (!check_classes(verb, &source, &info)) {
        /* said already */
    } else if (!evaluate(&evaluation, model, reference, &source, o->isa, o->threads, &progress, why,
                         sizeof why)) {
        args_fail(verb, "%s", why);
    } else {
        if (source.unlabelled > 0) {
            fprintf(stderr, "%s: %d images of the folder are not named there and were left out\n", o->labels,
                    source.unlabelled);
        }
        report_evaluation(report, name, &evaluation, reference != NULL);
        exit_code = EXIT_FINE;
    }
    source_close(&source);
    return exit_code;
}

int verb_eval(const struct verb *verb, int argc, char **argv)
{
    struct eval_options o = {.step = 1};
    bool is_float = false;
    int operands, exit_code;
    const struct option_spec table[] = {
        {"images", OPTION_TEXT, &o.images, 0, 0, "DIR", "a folder of JPEG and PNG images", 0},
        {"labels", OPTION_TEXT, &o.labels, 0, 0, "FILE", "lines 'file class-index' for --images", 0},
        {"cifar", OPTION_TEXT, &o.cifar, 0, 0, "FILE", "CIFAR-10 binary records", 0},
        {"float", OPTION_FLAG, &is_float, 0, 0, NULL, "run the float path of an .onnx model", 0},
        {"against", OPTION_TEXT, &o.against, 0, 0, "MODEL.onnx", "float model to agree with: agreement and SQNR", 0},
        {"prep", OPTION_TEXT, &o.prep.name, 0, 0, "NAME",
         "torch, caffe, tf, unit or raw (default: the model's own)", 0},
        {"size", OPTION_INT, &o.prep.size, 1, 8192, "N", "crop of N x N pixels (must be the network's input)", 0},
        {"resize", OPTION_INT, &o.prep.resize, 1, 8192, "N", "short side before the crop (default: crop only)", 0},
        {"limit", OPTION_INT, &o.limit, 1, 100000000, "N", "images at most (default: all)", 0},
        {"skip", OPTION_INT, &o.skip, 0, 100000000, "N", "leave out the first N images (default 0)", 0},
        {"step", OPTION_INT, &o.step, 1, 100000000, "S", "then take every S-th image (default 1)", 0},
        {"isa", OPTION_TEXT, &o.isa, 0, 0, "NAME", "hold to this ISA (see 'weft cpu'; also $WEFT_ISA)", 0},
        {"threads", OPTION_INT, &o.threads, 1, 256, "N", "images at a time (default: physical cores)", 0},
        {"json", OPTION_TEXT, &o.json, 0, 0, "FILE|-", "write the result as JSON", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands != 1 || !o.images == !o.cifar) {
        return args_fail(verb, "takes one MODEL and either --images DIR --labels FILE or --cifar FILE");
    }
    weft_model_info info;
    weft_model *reference = NULL;
    weft_model *model = is_float ? open_model(verb, argv[0]) : open_quantized(verb, argv[0]);
    if (!model) {
        return EXIT_BAD_USE;
    }
    weft_model_describe(model, &info);
    struct report *report;
    exit_code = EXIT_BAD_USE;
    if (is_float && info.quantized) {
        args_fail(verb, "%s: --float takes a float model (.onnx), this one is quantized", argv[0]);
    } else if (o.against && !(reference = open_model(verb, o.against))) {
        /* said already */
    } else if (report_open(verb, o.json, &report)) {
        exit_code = run_eval(verb, argv[0], model, reference, &o, report);
        exit_code = report_close(verb, report, exit_code);
    }
    weft_model_free(&reference);
    weft_model_free(&model);
    return exit_code;
}
