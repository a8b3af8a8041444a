#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <weft/convert.h>

#include "common.h"
#include "labels.h"
#include "output.h"
#include "overrides.h"
#include "progress.h"
#include "quantize_table.h"
#include "report.h"
#include "source.h"
#include "verbs.h"

struct job {
    const struct verb *verb;
    struct source source;
    char why[512];
    struct progress progress;
};

static int next_image(void *cookie, int index, float *out)
{
    struct job *job = cookie;
    return source_get(&job->source, index, out, job->why, sizeof job->why) ? 0 : 1;
}

static void tell_progress(void *cookie, const char *stage, int done, int total)
{
    struct job *job = cookie;
    progress_show(&job->progress, stage, done, total);
}

static int save(const struct verb *verb, weft_model *model, const char *path, const char *labels_path,
                const weft_prep *prep)
{
    weft_error error = {""};
    char why[512];
    if (labels_path) {
        struct labels labels;
        if (!labels_read(&labels, labels_path, why, sizeof why)) {
            return args_fail(verb, "%s", why);
        }
        weft_status status = weft_model_set_labels(model, (const char *const *)labels.names, labels.count);
        labels_free(&labels);
        if (status != WEFT_OK) {
            return args_fail(verb, "%s: %s", labels_path, weft_status_name(status));
        }
    }
    if (prep->width && weft_model_set_prep(model, prep) != WEFT_OK) {
        return args_fail(verb, "the preparation of images could not be stored");
    }
    signals_hold(); /* a Ctrl-C while the file is written leaves the whole of it */
    weft_status saved = weft_model_save(model, path, &error);
    signals_release();
    if (saved != WEFT_OK) {
        return args_fail(verb, "%s", error.text);
    }
    return EXIT_FINE;
}

/* Options that need more than a table. */
struct how {
    const char *out_path, *labels_path, *weights, *acts, *headroom, *max_size, *html, *json;
    bool no_nearest, no_lloyd, no_channel_scale, no_compensate, no_bias;
};

/* The index of `text` in `words` (NULL: 0), or -1. */
static int word_index(const char *text, const char *const *words)
{
    for (int i = 0; words[i]; i++) {
        if (!text || strcmp(text, words[i]) == 0) {
            return i;
        }
    }
    return -1;
}

/* "3MB", "800KB", "123456"; 0 if it is none of these. */
static int64_t size_of(const char *text)
{
    char *end;
    double number = strtod(text, &end);
    double unit = strcasecmp(end, "MB") == 0           ? 1e6
                  : strcasecmp(end, "KB") == 0         ? 1e3
                  : strcasecmp(end, "B") == 0 || !*end ? 1
                                                       : 0;
    return end != text && number * unit >= 1 && number * unit < 1e15 ? (int64_t)(number * unit) : 0;
}

/* False after an error line. */
static bool apply_how(const struct verb *verb, const struct how *how, weft_quantize_options *options)
{
    static const char *const methods[] = {"fitted", "entropy", NULL}, *const places[] = {"auto", "off", "all", NULL};
    int weights = word_index(how->weights, methods), acts = word_index(how->acts, methods);
    int headroom = word_index(how->headroom, places);
    if (weights < 0 || acts < 0) {
        args_fail(verb, "--weights and --acts take fitted or entropy, not '%s'",
                  weights < 0 ? how->weights : how->acts);
        return false;
    }
    if (headroom < 0) {
        args_fail(verb, "--headroom takes auto, off or all, not '%s'", how->headroom);
        return false;
    }
    if (how->max_size && (options->max_size = size_of(how->max_size)) == 0) {
        args_fail(verb, "--max-size takes a size like 3MB, 800KB or 123456, not '%s'", how->max_size);
        return false;
    }
    options->weights = (enum weft_weights_method)weights;
    options->acts = (enum weft_acts_method)acts;
    options->headroom = (enum weft_headroom_wish)headroom;
    options->nearest = !how->no_nearest;
    options->lloyd = !how->no_lloyd;
    options->channel_scale = !how->no_channel_scale;
    options->compensate = !how->no_compensate;
    options->bias_correction = !how->no_bias;
    return true;
}

/* The model's file, then what is said about it. */
static int finish(struct job *job, weft_model *model, const weft_quantize_report *r, const struct how *how)
{
    struct report *report;
    char why[512];
    int exit_code = save(job->verb, model, how->out_path, how->labels_path, &job->source.prep);
    if (exit_code != EXIT_FINE) {
        return exit_code;
    }
    if (!report_open(job->verb, how->json, &report)) {
        return EXIT_BAD_USE;
    }
    if (!report_owns_stdout(report)) {
        quantize_print(model, r);
        printf("%s: written\n", how->out_path);
    }
    quantize_json(report, how->out_path, model, r);
    if (how->html && !quantize_html(how->html, how->out_path, model, r, why, sizeof why)) {
        exit_code = args_fail(job->verb, "%s", why);
    }
    return report_close(job->verb, report, exit_code);
}

static int quantize(struct job *job, const weft_model *model, weft_quantize_options *options, const struct how *how)
{
    weft_error error = {""};
    weft_model *quantized = NULL;
    weft_quantize_report report = {0};
    options->source = next_image;
    options->source_cookie = job;
    options->images = job->source.count;
    options->progress = tell_progress;
    options->progress_cookie = job;
    options->report = &report;
    weft_status status = weft_quantize(model, options, &quantized, &error);
    progress_clear(&job->progress);
    if (status == WEFT_E_CANCELLED && job->why[0]) {
        return args_fail(job->verb, "%s", job->why);
    }
    if (status != WEFT_OK) {
        return args_fail(job->verb, "%s", error.text[0] ? error.text : weft_status_name(status));
    }
    int exit_code = finish(job, quantized, &report, how);
    weft_quantize_report_free(&report);
    weft_model_free(&quantized);
    return exit_code;
}

int verb_quantize(const struct verb *verb, int argc, char **argv)
{
    const char *calib = NULL, *config = NULL;
    struct prep_options prep_options = {0};
    struct how o = {0};
    int skip = 0, step = 1, limit = 256, operands, exit_code;
    weft_quantize_options options;
    weft_quantize_options_default(&options);
    const struct option_spec table[] = {
        {"output", OPTION_TEXT, &o.out_path, 0, 0, "FILE", "the .weft file to write", 'o'},
        {"calib", OPTION_TEXT, &calib, 0, 0, "PATH",
         "calibration inputs: a folder of images, X.npy or CIFAR FILE.bin", 0},
        {"prep", OPTION_TEXT, &prep_options.name, 0, 0, "NAME",
         "torch, caffe, tf, unit or raw: how images are prepared", 0},
        {"size", OPTION_INT, &prep_options.size, 1, 8192, "N", "crop of N x N pixels (must be the network's input)", 0},
        {"resize", OPTION_INT, &prep_options.resize, 1, 8192, "N",
         "short side before the crop (default: crop only)", 0},
        {"limit", OPTION_INT, &limit, 1, 1000000, "N", "calibration inputs at most (default 256)", 0},
        {"skip", OPTION_INT, &skip, 0, 1000000, "N", "leave out the first N inputs (default 0)", 0},
        {"step", OPTION_INT, &step, 1, 1000000, "S", "then take every S-th input (default 1)", 0},
        {"max-drop", OPTION_PERCENT, &options.max_drop, 0, 100, "POINTS",
         "estimated loss of top-1 at most (default 1.0)", 0},
        {"max-size", OPTION_TEXT, &o.max_size, 0, 0, "SIZE",
         "bins of at most so many bytes: 3MB, 800KB (instead of --max-drop)", 0},
        {"weight-levels", OPTION_INT, &options.weight_levels, 2, 256, "L",
         "2..32, or 256 for 8 bits (default: by search)", 0},
        {"act-levels", OPTION_INT, &options.act_levels, 2, 128, "L",
         "levels of activations, zero included (default: by search)", 0},
        {"first-levels", OPTION_INT, &options.first_levels, 2, 256, "L",
         "weight levels of the first layer (256 beside fixed levels)", 0},
        {"last-levels", OPTION_INT, &options.last_levels, 2, 256, "L",
         "weight levels of the last layer (256 beside fixed levels)", 0},
        {"weights", OPTION_TEXT, &o.weights, 0, 0, "HOW",
         "fitted (default), or entropy: the published codebook search", 0},
        {"acts", OPTION_TEXT, &o.acts, 0, 0, "HOW", "fitted (default), or entropy: the published LogQuant search", 0},
        {"no-nearest", OPTION_FLAG, &o.no_nearest, 0, 0, NULL,
         "fitted: weights go to the bins that the entropy search cut", 0},
        {"no-lloyd", OPTION_FLAG, &o.no_lloyd, 0, 0, NULL, "fitted: keep the codebook of the entropy search", 0},
        {"no-channel-scale", OPTION_FLAG, &o.no_channel_scale, 0, 0, NULL,
         "fitted: one scale for the layer to begin with", 0},
        {"no-compensate", OPTION_FLAG, &o.no_compensate, 0, 0, NULL, "fitted: nearest value, no error compensation", 0},
        {"no-bias-correction", OPTION_FLAG, &o.no_bias, 0, 0, NULL, "fitted: leave the biases as they are", 0},
        {"headroom", OPTION_TEXT, &o.headroom, 0, 0, "WHERE",
         "small integers for Winograd: auto (default), off, all 3x3 layers", 0},
        {"codebook-max", OPTION_INT, &options.codebook_max, 1, 127, "Q", "largest codebook integer (default 127)", 0},
        {"table-max", OPTION_INT, &options.table_max, 1, 255, "T",
         "largest integer of an activation (default 255, signed 127)", 0},
        {"layers", OPTION_TEXT, &config, 0, 0, "FILE.json", "settings of single layers (docs/quantization.md)", 0},
        {"labels", OPTION_TEXT, &o.labels_path, 0, 0, "FILE", "class names, one a line, stored in the model", 0},
        {"report", OPTION_TEXT, &o.html, 0, 0, "FILE.html", "what was chosen, as one page for a browser", 0},
        {"json", OPTION_TEXT, &o.json, 0, 0, "FILE|-", "the same for programs", 0},
        {"threads", OPTION_INT, &options.threads, 1, 256, "N", "default: physical cores", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands != 1 || !o.out_path || !calib) {
        return args_fail(verb, "takes one MODEL.onnx, -o OUT.weft and --calib PATH; see 'weft quantize --help'");
    }
    if (!apply_how(verb, &o, &options)) {
        return EXIT_BAD_USE;
    }
    struct job job = {.verb = verb};
    progress_open(&job.progress);
    if (!output_check(o.out_path, job.why, sizeof job.why)) {
        return args_fail(verb, "%s", job.why);
    }
    if (!output_check_page(o.html, job.why, sizeof job.why)) {
        return args_fail(verb, "--report %s", job.why);
    }
    weft_model *model = open_model(verb, argv[0]);
    if (!model) {
        return EXIT_BAD_USE;
    }
    weft_model_info info;
    weft_prep prep;
    struct overrides overrides = {0};
    weft_model_describe(model, &info);
    exit_code = EXIT_BAD_USE;
    if (info.quantized) {
        args_fail(verb, "%s: is quantized already; quantize the float model that it was made from", argv[0]);
    } else if (!resolve_prep(verb, &prep_options, &info, &prep)) {
        /* said already */
    } else if (config && !overrides_read(&overrides, config, job.why, sizeof job.why)) {
        args_fail(verb, "%s", job.why);
    } else if (!source_open(&job.source, calib, info.input_c, info.input_h, info.input_w, &prep, job.why,
                            sizeof job.why)) {
        args_fail(verb, "%s", job.why);
    } else {
        source_select(&job.source, skip, step, limit);
        options.overrides = overrides.items;
        options.overrides_count = overrides.count;
        job.source.prep = prep;
        exit_code = job.source.count > 0 ? quantize(&job, model, &options, &o)
                                         : args_fail(verb, "%s: --skip %d leaves no inputs", calib, skip);
        source_close(&job.source);
    }
    overrides_free(&overrides);
    weft_model_free(&model);
    return exit_code;
}
