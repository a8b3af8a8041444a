/* Runs a model once: embed MODEL.weft */
#include <stdio.h>
#include <stdlib.h>

#include <weft/weft.h>

int main(int argc, char **argv)
{
    weft_model *model = NULL;
    weft_session *session = NULL;
    weft_session_options options;
    weft_model_info info;
    weft_error error;
    weft_session_options_default(&options);
    if (argc != 2 || weft_model_load(argv[1], NULL, &model, &error) != WEFT_OK ||
        weft_session_create(model, &options, &session, &error) != WEFT_OK) {
        fprintf(stderr, "%s\n", argc == 2 ? error.text : "usage: embed MODEL.weft");
        return 2;
    }
    weft_model_describe(model, &info);
    float *input = calloc((size_t)(info.input_c * info.input_h * info.input_w), sizeof *input);
    float *output = calloc((size_t)(info.output_c * info.output_h * info.output_w), sizeof *output);
    int fine = input && output && weft_session_run(session, input, output) == WEFT_OK;
    printf("weft %s: %s, %d outputs, the first %g\n", weft_version(), info.name, info.output_c, fine ? output[0] : 0.0);
    free(input);
    free(output);
    weft_session_free(&session);
    weft_model_free(&model);
    return !fine;
}
