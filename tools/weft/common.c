#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/convert.h>
#include <weft/zoo.h>

#include "image.h"

static bool has_ending(const char *text, const char *ending)
{
    size_t a = strlen(text), b = strlen(ending);
    return a >= b && strcmp(text + a - b, ending) == 0;
}

weft_model *open_model(const struct verb *verb, const char *name)
{
    weft_error error = {""};
    weft_model *model = NULL;
    weft_status status;
    if (strncmp(name, "zoo:", 4) == 0) {
        status = weft_zoo_build(name + 4, NULL, &model, &error);
    } else if (has_ending(name, ".onnx")) {
        status = weft_onnx_load(name, NULL, &model, &error);
    } else {
        status = weft_model_load(name, NULL, &model, &error);
    }
    if (status != WEFT_OK) {
        args_fail(verb, "%s", error.text[0] ? error.text : weft_status_name(status));
        return NULL;
    }
    return model;
}

weft_model *open_quantized(const struct verb *verb, const char *name)
{
    weft_model_info info;
    weft_model *model = open_model(verb, name);
    if (!model) {
        return NULL;
    }
    weft_model_describe(model, &info);
    if (!info.quantized) {
        args_fail(verb, "%s: a float model; make a quantized one with 'weft quantize %s -o OUT.weft --calib DIR'", name,
                  name);
        weft_model_free(&model);
    }
    return model;
}

const char *choose_isa(const char *isa)
{
    const char *wish = isa ? isa : getenv("WEFT_ISA");
    return wish && (isa || *wish) ? wish : NULL; /* WEFT_ISA= wishes for nothing */
}

weft_session *open_session(const struct verb *verb, const weft_model *model, const char *isa, int threads)
{
    return open_session_tuned(verb, model, isa, threads, WEFT_WINOGRAD_AUTO, NULL);
}

static weft_session *create_session(const struct verb *verb, const weft_model *model,
                                    const weft_session_options *options)
{
    weft_error error = {""};
    weft_session *session = NULL;
    weft_status status = weft_session_create(model, options, &session, &error);
    if (status != WEFT_OK) {
        args_fail(verb, "%s", error.text[0] ? error.text : weft_status_name(status));
    }
    return session;
}

weft_session *open_session_tuned(const struct verb *verb, const weft_model *model, const char *isa, int threads,
                                 weft_winograd winograd, struct tuned *tuned)
{
    weft_session_options options;
    struct tuned here = {.choices = NULL};
    char why[256];
    weft_session_options_default(&options);
    options.isa = choose_isa(isa);
    options.threads = threads;
    options.winograd = winograd;
    if (tuned && winograd == WEFT_WINOGRAD_AUTO && tuned_make(&here, model, isa, threads)) {
        if (tuned_same(tuned, &here, why, sizeof why)) {
            options.layer_winograd = tuned->choices;
            options.layer_winograd_count = tuned->count;
        } else if (!tuned->warned) {
            fprintf(stderr, "weft %s: warning: the tuned choices are ignored: %s\n", verb->name, why);
            tuned->warned = true;
        }
    }
    weft_session *session = create_session(verb, model, &options);
    tuned_free(&here);
    return session;
}

bool resolve_prep(const struct verb *verb, const struct prep_options *options, const weft_model_info *info,
                  weft_prep *prep)
{
    *prep = info->prep;
    if (options->size && (options->size != info->input_h || options->size != info->input_w)) {
        args_fail(verb, "--size %d does not fit the network's input of %dx%d", options->size, info->input_w,
                  info->input_h);
        return false;
    }
    if (options->name) {
        if (!image_prep_named(options->name, info->input_c, info->input_h, info->input_w, prep)) {
            args_fail(verb, "--prep takes torch, caffe, tf, unit or raw, not '%s'", options->name);
            return false;
        }
    }
    if (options->resize) {
        prep->resize = options->resize;
    }
    if (prep->width && prep->channels != 3 && prep->channels != 1) {
        args_fail(verb, "images have 3 channels or 1, this network's input has %d", info->input_c);
        return false;
    }
    return true;
}

double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}
