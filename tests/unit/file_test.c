#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counting.h"
#include "format/file_io.h"
#include "format/weft_file.h"
#include "models.h"

static weft_error error;
static char folder[4096];
static char path[sizeof folder + 64];

/* A fresh folder for each test; tests are processes of their own. */
static void make_folder(void)
{
    const char *parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/weft-file-test-XXXXXX", parent && *parent ? parent : "/tmp");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/model.weft", folder);
}

static int files_in_folder(void)
{
    int count = 0;
    DIR *open_folder = opendir(folder);
    for (struct dirent *entry; (entry = readdir(open_folder)) != NULL;) {
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    }
    closedir(open_folder);
    return count;
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

static void put(const char *where, const void *data, size_t size)
{
    FILE *file = fopen(where, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data, 1, size, file), size);
    fclose(file);
}

static bool says(const char *words)
{
    return strstr(error.text, words) && !strchr(error.text, '\n');
}

TestSuite(file, .init = make_folder, .fini = remove_folder);

Test(file, a_saved_model_loads_as_it_was)
{
    for (int kind = 0; kind < MODELS_COUNT; kind++) {
        weft_model *model = models_build((enum models_kind)kind, 7, NULL), *back;
        cr_assert_not_null(model);
        cr_assert_eq(weft_model_save(model, path, &error), WEFT_OK, "%s", error.text);
        cr_assert_eq(weft_model_load(path, NULL, &back, &error), WEFT_OK, "%s", error.text);
        const char *difference = models_difference(model, back);
        cr_expect_null(difference, "%s: %s", models_name((enum models_kind)kind), difference);
        weft_model_free(&back);
        weft_model_free(&model);
    }
    cr_expect_eq(files_in_folder(), 1, "nothing else is left behind");
}

Test(file, the_comparison_sees_a_difference)
{
    weft_model *one = models_build(MODELS_MEDIUM, 1, NULL), *other = models_build(MODELS_MEDIUM, 1, NULL);
    cr_assert_null(models_difference(one, other));
    other->graph.nodes[1].bins[5] ^= 1;
    cr_expect_not_null(models_difference(one, other));
    weft_model_free(&one);
    weft_model_free(&other);
}

Test(file, the_same_model_is_the_same_bytes)
{
    void *first, *second;
    size_t first_size, second_size;
    weft_model *model = models_build(MODELS_MEDIUM, 3, NULL), *back;
    cr_assert_eq(weft_file_serialise(model, &first, &first_size, &error), WEFT_OK);
    cr_assert_eq(weft_model_load_memory(first, first_size, "x", NULL, &back, &error), WEFT_OK, "%s",
                 error.text);
    cr_assert_eq(weft_file_serialise(back, &second, &second_size, &error), WEFT_OK);
    /* Names with control characters are made clean by the first writing. */
    weft_model *third;
    cr_assert_eq(weft_model_load_memory(second, second_size, "x", NULL, &third, &error), WEFT_OK);
    cr_expect_null(models_difference(back, third));
    weft_model_free(&third);
    weft_block_free(NULL, first);
    weft_block_free(NULL, second);
    weft_model_free(&back);
    weft_model_free(&model);
}

Test(file, each_kind_of_non_model_is_named)
{
    weft_model *model;
    static const struct {
        const char *bytes;
        size_t size;
        weft_status status;
        const char *words;
    } cases[] = {
        {"", 0, WEFT_E_IO, "empty"},
        {"\x08\x06\x12\x07pytorch", 11, WEFT_E_FORMAT, "ONNX"},
        {"hello, world, this is text", 26, WEFT_E_FORMAT, "no .weft file"},
        {"\x02\0\0\0\0\0\0\0{}", 10, WEFT_E_FORMAT, "no model of weft"},
        {"\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10, WEFT_E_FORMAT, "header"},
        {"\x02\0\0\0\0\0\0\0{}x", 11, WEFT_E_FORMAT, "belong to no tensor"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(path, cases[i].bytes, cases[i].size);
        cr_expect_eq(weft_model_load(path, NULL, &model, &error), cases[i].status, "%zu: %s", i, error.text);
        cr_expect(says(cases[i].words) && says(path), "%zu: %s", i, error.text);
        cr_expect_null(model);
    }
    cr_expect_eq(weft_model_load(folder, NULL, &model, &error), WEFT_E_IO);
    cr_expect(says("folder"), "%s", error.text);
    unlink(path);
    cr_expect_eq(weft_model_load(path, NULL, &model, &error), WEFT_E_IO);
    cr_expect(says("No such file"), "%s", error.text);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_eq(weft_model_load(path, NULL, &model, &error), WEFT_E_IO, "a pipe does not hold us");
    cr_expect(says("no regular file"), "%s", error.text);
}

Test(file, absent_arguments_are_errors)
{
    weft_model *model;
    cr_expect_eq(weft_model_load(NULL, NULL, &model, &error), WEFT_E_ARGUMENT);
    cr_expect_eq(weft_model_load(path, NULL, NULL, &error), WEFT_E_ARGUMENT);
    cr_expect_eq(weft_model_load_memory(NULL, 5, "x", NULL, &model, NULL), WEFT_E_ARGUMENT);
    cr_expect_eq(weft_model_save(NULL, path, &error), WEFT_E_ARGUMENT);
}

/* The serialised model with one text of its header replaced by another of the same length. */
static weft_status load_altered(enum models_kind kind, const char *from, const char *to)
{
    void *data;
    size_t size, length = strlen(from);
    weft_model *model = models_build(kind, 1, NULL), *back;
    cr_assert_eq(strlen(to), length);
    cr_assert_eq(weft_file_serialise(model, &data, &size, &error), WEFT_OK);
    char *bytes = data;
    bool found = false;
    for (size_t at = 8; at + length <= size && !found; at++) {
        if (memcmp(bytes + at, from, length) == 0) {
            memcpy(bytes + at, to, length);
            found = true;
        }
    }
    cr_assert(found, "%s", from);
    weft_status status = weft_model_load_memory(data, size, "a.weft", NULL, &back, &error);
    weft_model_free(&back);
    weft_block_free(NULL, data);
    weft_model_free(&model);
    return status;
}

Test(file, a_newer_format_version_is_refused_as_such)
{
    cr_expect_eq(load_altered(MODELS_SMALL, "format_version\":\"1\"", "format_version\":\"2\""),
                 WEFT_E_VERSION);
    cr_expect(says("format version 2") && says("newer weft"), "%s", error.text);
    cr_expect_eq(load_altered(MODELS_SMALL, "format_version\":\"1\"", "format_version\":\"0\""),
                 WEFT_E_FORMAT);
    cr_expect_eq(load_altered(MODELS_SMALL, "format_version\":\"1\"", "format_version\":\"x\""),
                 WEFT_E_FORMAT);
}

Test(file, unknown_keys_are_passed_over)
{
    cr_expect_eq(load_altered(MODELS_MEDIUM, "\\\"residual\\\":", "\\\"residua_\\\":"), WEFT_OK, "%s",
                 error.text);
    cr_expect_eq(load_altered(MODELS_MEDIUM, "\\\"labels\\\":", "\\\"label_\\\":"), WEFT_OK, "%s",
                 error.text);
}

Test(file, errors_name_the_layer_and_the_cause)
{
    static const struct {
        const char *from, *to, *layer, *cause;
    } cases[] = {
        {"\\\"op\\\":\\\"conv\\\"", "\\\"op\\\":\\\"corn\\\"", "layer 'conv'", "operator 'corn' is unknown"},
        {"\\\"groups\\\":1", "\\\"groups\\\":9", "layer 'conv'", "'groups' is 9"},
        {"\\\"groups\\\":1", "\\\"group_\\\":1", "layer 'conv'", "'groups' is missing"},
        {"\\\"conv.scale\\\"", "\\\"conv.scal_\\\"", "layer 'conv'", "'conv.scal_' is missing"},
        {"\\\"dense.scale\\\"", "\\\"conv.scale\\\" ", "layer 'dense'", "used twice"},
        {"\\\"dense.scale\\\"", "\\\"dense.bins\\\" ", "layer 'dense'", "wrong dtype"},
        {"\\\"c\\\":4", "\\\"c\\\":5", "layer 'conv'", "shape"},
        {"\\\"format\\\":\\\"c4\\\"", "\\\"format\\\":\\\"c6\\\"", "layer 'conv'", "weight format"},
        {"\\\"levels\\\":15", "\\\"levels\\\":17", "layer 'conv'", "'levels' is 17"},
        {"\\\"kind\\\":\\\"log\\\"", "\\\"kind\\\":\\\"lag\\\"", "edge 'map'", "kind"},
        {"\\\"magnitudes\\\":15", "\\\"magnitudes\\\":-1", "edge 'image'", "'magnitudes' is -1"},
        {"\\\"inputs\\\":[0]", "\\\"inputs\\\":[9]", "layer 'conv'", "'inputs' is 9"},
        {"\\\"output\\\":2", "\\\"output\\\":0", "input tensor", "producer"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weft_status status = load_altered(MODELS_SMALL, cases[i].from, cases[i].to);
        cr_expect(status == WEFT_E_FORMAT && says("a.weft: ") && says(cases[i].layer) && says(cases[i].cause),
                  "%zu: %s", i, error.text);
    }
}

Test(file, a_float_model_is_not_saved)
{
    weft_model *model = models_build(MODELS_SMALL, 1, NULL);
    model->graph.quantized = false;
    cr_expect_eq(weft_model_save(model, path, &error), WEFT_E_ARGUMENT);
    cr_expect(says("quantize it"), "%s", error.text);
    cr_expect_eq(files_in_folder(), 0);
    weft_model_free(&model);
}

Test(file, what_would_not_load_is_not_saved)
{
    weft_model *model = models_build(MODELS_SMALL, 1, NULL);
    model->graph.nodes[0].groups = 3;
    cr_expect_neq(weft_model_save(model, path, &error), WEFT_OK);
    cr_expect_eq(files_in_folder(), 0);
    weft_model_free(&model);
}

Test(file, saving_replaces_only_files_and_keeps_the_old_one_on_failure)
{
    weft_model *model = models_build(MODELS_MEDIUM, 1, NULL);
    cr_expect_eq(weft_model_save(model, folder, &error), WEFT_E_IO);
    cr_expect(says("folder"), "%s", error.text);
    cr_expect_eq(weft_model_save(model, "/nowhere/at/all.weft", &error), WEFT_E_IO);
    cr_expect_eq(weft_model_save(model, "/dev/null", &error), WEFT_E_IO, "a device is not replaced");
    put(path, "old", 3);
    struct rlimit limit = {1000, 1000}; /* a disk that is full after 1000 bytes */
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_eq(weft_model_save(model, path, &error), WEFT_E_IO);
    cr_expect(says("cannot be written"), "%s", error.text);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_expect_eq(info.st_size, 3);
    cr_expect_eq(files_in_folder(), 1, "the temporary file is gone");
    weft_model_free(&model);
}

Test(file, a_size_limit_holds)
{
    void *data;
    size_t size;
    put(path, "12345", 5);
    cr_expect_eq(weft_file_read(path, 4, NULL, &data, &size, &error), WEFT_E_IO);
    cr_expect(says("at most 4"), "%s", error.text);
    cr_expect_eq(weft_file_read(path, 5, NULL, &data, &size, &error), WEFT_OK);
    cr_expect(size == 5 && memcmp(data, "12345", 5) == 0);
    weft_block_free(NULL, data);
}

/* The k-th allocation fails, for every k that there is. */
Test(file, any_allocation_may_fail_while_loading)
{
    weft_model *model = models_build(MODELS_MEDIUM, 1, NULL), *back;
    cr_assert_eq(weft_model_save(model, path, &error), WEFT_OK);
    weft_status status = WEFT_E_MEMORY;
    long k = 0;
    for (; status != WEFT_OK; k++) {
        struct counting counting;
        weft_allocator allocator = counting_allocator(&counting);
        counting.fail_at = k;
        error.text[0] = '\0';
        status = weft_model_load(path, &allocator, &back, &error);
        if (status != WEFT_OK) {
            cr_assert_eq(status, WEFT_E_MEMORY, "allocation %ld: %s", k, error.text);
            cr_assert_null(back);
            cr_assert(says("model.weft: ") && says("not enough memory"), "%s", error.text);
        } else {
            cr_expect_null(models_difference(model, back));
            weft_model_free(&back);
        }
        cr_assert_eq(counting.blocks, 0, "allocation %ld leaves %ld blocks", k, counting.blocks);
    }
    cr_expect_gt(k, 10);
    weft_model_free(&model);
}

Test(file, any_allocation_may_fail_while_saving)
{
    struct counting counting;
    weft_allocator allocator = counting_allocator(&counting);
    weft_model *model = models_build(MODELS_MEDIUM, 1, &allocator);
    long before = counting.blocks, k = 0;
    weft_status status = WEFT_E_MEMORY;
    for (; status != WEFT_OK; k++) {
        counting.fail_at = counting.calls + k;
        status = weft_model_save(model, path, &error);
        cr_assert(status == WEFT_OK || status == WEFT_E_MEMORY, "allocation %ld: %s", k, error.text);
        cr_assert_eq(counting.blocks, before);
        cr_assert_eq(files_in_folder(), status == WEFT_OK, "a failure leaves nothing in the folder");
    }
    cr_expect_gt(k, 5);
    weft_model_free(&model);
}

Test(file, loading_takes_little_more_than_the_file_twice)
{
    struct counting counting;
    weft_allocator allocator = counting_allocator(&counting);
    weft_model *model = models_build(MODELS_MEDIUM, 1, NULL), *back;
    struct stat info;
    cr_assert_eq(weft_model_save(model, path, &error), WEFT_OK);
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(weft_model_load(path, &allocator, &back, &error), WEFT_OK);
    cr_expect_leq(counting.peak, 3 * (size_t)info.st_size + (64 << 10), "%zu for %ld", counting.peak,
                  (long)info.st_size);
    weft_model_free(&back);
    weft_model_free(&model);
}
