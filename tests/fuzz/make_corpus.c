/* Writes the files of tests/fuzz/corpus, or checks that those which are there are the same.
 *   make_corpus write|check CORPUS     the corpus
 *   make_corpus models FOLDER          every synthetic model as FOLDER/NAME.weft */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format/weft_file.h"
#include "models.h"
#include "onnx_models.h"

#define SEED 1

static weft_error error;
static int failures;

static void put(const char *folder, const char *name, const void *data, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        failures++;
    }
}

static void compare(const char *folder, const char *name, const void *data, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    char *there = malloc(size + 1);
    if (!file || !there || fread(there, 1, size + 1, file) != size || memcmp(there, data, size) != 0) {
        printf("%s: is not what the generator makes; run 'make_corpus write' and look at the difference\n",
               path);
        failures++;
    }
    free(there);
    if (file) {
        fclose(file);
    }
}

typedef void sink_fn(const char *folder, const char *name, const void *data, size_t size);

static void make_model(const char *folder, enum models_kind kind, sink_fn *sink)
{
    char name[64];
    void *data;
    size_t size;
    weft_model *model = models_build(kind, SEED, NULL);
    if (!model || weft_file_serialise(model, &data, &size, &error) != WEFT_OK) {
        printf("%s\n", model ? error.text : "out of memory");
        failures++;
        return;
    }
    snprintf(name, sizeof name, "%s.weft", models_name(kind));
    sink(folder, name, data, size);
    weft_block_free(NULL, data);
    weft_model_free(&model);
}

static void make_onnx(const char *root, sink_fn *sink)
{
    char folder[4096], name[64];
    snprintf(folder, sizeof folder, "%s/onnx", root);
    for (int kind = 0; kind < ONNX_MODELS_COUNT; kind++) {
        struct onnx_bytes file = onnx_models_build((enum onnx_models_kind)kind);
        snprintf(name, sizeof name, "%s.onnx", onnx_models_name((enum onnx_models_kind)kind));
        sink(folder, name, file.data, file.size);
        free(file.data);
    }
}

static void make_corpus(const char *root, sink_fn *sink)
{
    static const char *const texts[] = {
        "{\"a\":[1,-2.5e3,0.1,true,false,null],\"b\":{\"c\":\"\\u00e9\\ud83d\\ude00\\n\"}}",
        "[[[[[[[[[[]]]]]]]]],{},\"\",0,-0,1e308,1e309,123456789012345678901234567890]",
        "{\"a\":1,\"a\":2}",
        "\"\xc3\x28\"",
    };
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/json", root);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char name[32];
        snprintf(name, sizeof name, "text%zu.json", i);
        sink(folder, name, texts[i], strlen(texts[i]));
    }
    snprintf(folder, sizeof folder, "%s/weft_file", root);
    make_model(folder, MODELS_SMALL, sink);
    make_model(folder, MODELS_GATE, sink);
    make_onnx(root, sink);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "models") == 0) {
        mkdir(argv[2], 0777);
        for (int kind = 0; kind < MODELS_COUNT; kind++) {
            make_model(argv[2], (enum models_kind)kind, put);
        }
    } else if (argc == 3 && strcmp(argv[1], "write") == 0) {
        make_corpus(argv[2], put);
    } else if (argc == 3 && strcmp(argv[1], "check") == 0) {
        make_corpus(argv[2], compare);
    } else {
        fprintf(stderr, "usage: make_corpus write|check CORPUS | models FOLDER\n");
        return 2;
    }
    return failures != 0;
}
