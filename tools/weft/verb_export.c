#include <stdio.h>
#include <string.h>

#include <weft/convert.h>

#include "common.h"
#include "output.h"
#include "verbs.h"

static bool ends_with(const char *text, const char *ending)
{
    size_t a = strlen(text), b = strlen(ending);
    return a >= b && strcmp(text + a - b, ending) == 0;
}

int verb_export(const struct verb *verb, int argc, char **argv)
{
    const char *out_path = NULL;
    bool float_activations = false;
    char why[512];
    int operands, exit_code;
    const struct option_spec table[] = {
        {"output", OPTION_TEXT, &out_path, 0, 0, "FILE", "the .onnx or .weft file to write", 'o'},
        {"float-activations", OPTION_FLAG, &float_activations, 0, 0, NULL,
         "rounded weights only, activations as they are", 0},
        {0}};
    if (!args_parse(verb, table, argc, argv, &operands, &exit_code)) {
        return exit_code;
    }
    if (operands != 1 || !out_path) {
        return args_fail(verb, "takes one MODEL and -o OUT.onnx or OUT.weft");
    }
    bool as_weft = ends_with(out_path, ".weft");
    if (as_weft && float_activations) {
        return args_fail(verb, "--float-activations is for .onnx files");
    }
    if (!output_check(out_path, why, sizeof why)) {
        return args_fail(verb, "%s", why);
    }
    weft_model *model = as_weft ? open_quantized(verb, argv[0]) : open_model(verb, argv[0]);
    if (!model) {
        return EXIT_BAD_USE;
    }
    weft_error error = {""};
    weft_onnx_save_options options;
    weft_onnx_save_options_default(&options);
    options.float_activations = float_activations;
    signals_hold(); /* a Ctrl-C while the file is written leaves the whole of it */
    weft_status status = as_weft ? weft_model_save(model, out_path, &error)
                                 : weft_onnx_save(model, out_path, &options, &error);
    signals_release();
    weft_model_free(&model);
    if (status != WEFT_OK) {
        return args_fail(verb, "%s", error.text[0] ? error.text : weft_status_name(status));
    }
    printf("%s: written\n", out_path);
    return EXIT_FINE;
}
