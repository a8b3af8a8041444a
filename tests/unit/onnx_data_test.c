/* Constants of ONNX files: types of numbers, where they lie, files beside the model. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/convert.h>

#include "graphs.h"
#include "onnx_build.h"

#define FOLDER "onnx_data_test.tmp"

static weft_error error;

/* A model that adds the constant "c" to its input, which is of two channels; c is left to the caller. */
static void begin_sum(struct onnx_model *m)
{
    onnx_begin(m, 13);
    onnx_input(m, "x", (const int64_t[]){1, 2, 1, 1, -1});
    onnx_output(m, "y");
    onnx_node(m, "Add", "x c", "y", "");
}

static struct onnx_bytes begin_constant(int type)
{
    struct onnx_bytes tensor = {0};
    onnx_put_int(&tensor, 1, 2);
    onnx_put_int(&tensor, 1, 1);
    onnx_put_int(&tensor, 1, 1);
    onnx_put_int(&tensor, 2, type);
    onnx_put_text(&tensor, 8, "c");
    return tensor;
}

static weft_status load(const char *name, struct onnx_bytes *constant, weft_model **model)
{
    struct onnx_model m;
    char path[256];
    begin_sum(&m);
    onnx_put_message(&m.graph, 5, constant);
    struct onnx_bytes bytes = onnx_end(&m);
    mkdir(FOLDER, 0777);
    snprintf(path, sizeof path, FOLDER "/%s.onnx", name);
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    fclose(file);
    free(bytes.data);
    error.text[0] = '\0';
    weft_status status = weft_onnx_load(path, NULL, model, &error);
    unlink(path);
    return status;
}

static void expect(const char *name, struct onnx_bytes *constant, float first, float second)
{
    weft_model *model;
    cr_assert_eq(load(name, constant, &model), WEFT_OK, "%s", error.text);
    float *output = graphs_run(model, (const float[]){0, 0}, 1);
    cr_assert(output[0] == first && output[1] == second, "%g %g", (double)output[0], (double)output[1]);
    free(output);
    weft_model_free(&model);
}

static void expect_error(const char *name, struct onnx_bytes *constant, weft_status status, const char *text)
{
    weft_model *model;
    cr_assert_eq(load(name, constant, &model), status, "%s", error.text);
    cr_assert_null(model);
    cr_assert(strstr(error.text, text), "%s", error.text);
    cr_assert(!strchr(error.text, '\n'), "%s", error.text);
}

Test(onnx_data, every_type_of_number_in_raw_form)
{
    struct {
        int type;
        size_t size;
        const void *data;
    } cases[] = {
        {1, 8, (const float[]){1.5f, -2}},
        {11, 16, (const double[]){1.5, -2}},
        {10, 4, (const uint16_t[]){0x3e00, 0xc000}},
        {16, 4, (const uint16_t[]){0x3fc0, 0xc000}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct onnx_bytes c = begin_constant(cases[i].type);
        onnx_put_bytes(&c, 9, cases[i].data, cases[i].size);
        expect("raw", &c, 1.5f, -2);
    }
    struct onnx_bytes tiny = begin_constant(10); /* a denormal, and the largest */
    onnx_put_bytes(&tiny, 9, (const uint16_t[]){0x8001, 0x7bff}, 4);
    expect("half", &tiny, -0x1p-24f, 65504);
}

Test(onnx_data, every_type_of_number_in_its_own_field)
{
    struct onnx_bytes c = begin_constant(1), packed = {0};
    onnx_put_float(&c, 4, 1.5f);
    onnx_put_float(&c, 4, -2);
    expect("float", &c, 1.5f, -2);
    c = begin_constant(11);
    onnx_put_bytes(&c, 10, (const double[]){1.5, -2}, 16);
    expect("double", &c, 1.5f, -2);
    for (int type = 10; type <= 16; type += 6) {
        c = begin_constant(type);
        onnx_put_varint(&packed, type == 10 ? 0x3e00 : 0x3fc0);
        onnx_put_varint(&packed, 0xc000);
        onnx_put_message(&c, 5, &packed);
        expect("halves", &c, 1.5f, -2);
    }
}

Test(onnx_data, data_of_another_length_and_types_that_are_no_numbers)
{
    struct onnx_bytes c = begin_constant(1);
    onnx_put_bytes(&c, 9, (const float[]){1, 2, 3}, 12);
    expect_error("long", &c, WEFT_E_FORMAT, "constant 'c': its data are longer or shorter than its dimensions say");
    c = begin_constant(1);
    onnx_put_float(&c, 4, 1.5f);
    expect_error("short", &c, WEFT_E_FORMAT, "constant 'c': its data are longer or shorter than its dimensions say");
    c = begin_constant(8);
    onnx_put_text(&c, 6, "1");
    expect_error("text", &c, WEFT_E_UNSUPPORTED, "constant 'c': a type of numbers that weft does not read");
    c = begin_constant(1);
    onnx_put_bytes(&c, 9, (const float[]){1, NAN}, 8);
    expect_error("nan", &c, WEFT_E_RANGE, "not a finite number");
}

static void put_entry(struct onnx_bytes *tensor, const char *key, const char *value)
{
    struct onnx_bytes entry = {0};
    onnx_put_text(&entry, 1, key);
    onnx_put_text(&entry, 2, value);
    onnx_put_message(tensor, 13, &entry);
}

static struct onnx_bytes external(const char *location, const char *offset, const char *length)
{
    struct onnx_bytes c = begin_constant(1);
    onnx_put_int(&c, 14, 1);
    put_entry(&c, "location", location);
    if (offset) {
        put_entry(&c, "offset", offset);
    }
    if (length) {
        put_entry(&c, "length", length);
    }
    return c;
}

static void put_file(const char *path)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite((const float[]){9, 1.5f, -2}, 4, 3, file), 3);
    fclose(file);
}

Test(onnx_data, data_in_files_beside_the_model)
{
    mkdir(FOLDER, 0777);
    mkdir(FOLDER "/below", 0777);
    put_file(FOLDER "/c.bin");
    put_file(FOLDER "/below/c.bin");
    struct onnx_bytes c = external("c.bin", "4", "8");
    expect("beside", &c, 1.5f, -2);
    c = external("c.bin", NULL, NULL);
    expect("beside", &c, 9, 1.5f);
    c = external("./below/c.bin", "4", NULL);
    expect("beside", &c, 1.5f, -2);
    c = external("c.bin", "8", "8");
    expect_error("beside", &c, WEFT_E_FORMAT, "the file is shorter than the tensor");
    c = external("c.bin", "0", "12");
    expect_error("beside", &c, WEFT_E_FORMAT, "or of another length than it says");
    c = external("c.bin", "-1", "8");
    expect_error("beside", &c, WEFT_E_FORMAT, "its offset is no number");
    c = external("gone.bin", "0", "8");
    expect_error("beside", &c, WEFT_E_FORMAT, "constant 'c', in a file beside the model: it cannot be opened");
}

Test(onnx_data, files_outside_the_folder_of_the_model_are_not_read)
{
    static const char *const locations[] = {
        "../" FOLDER "/out.bin", "below2/../out.bin", "..", "", "below2//out.bin", ".."};
    mkdir(FOLDER, 0777);
    mkdir(FOLDER "/below2", 0777);
    put_file(FOLDER "/out.bin");
    put_file(FOLDER "/below2/out.bin");
    for (size_t i = 0; i < sizeof locations / sizeof *locations; i++) {
        struct onnx_bytes c = external(locations[i], "0", "8");
        expect_error("outside", &c, WEFT_E_FORMAT, "its path leaves the folder of the model");
    }
    char absolute[4096];
    cr_assert_not_null(getcwd(absolute, sizeof absolute - 64));
    strcat(absolute, "/" FOLDER "/out.bin");
    struct onnx_bytes c = external(absolute, "0", "8");
    expect_error("outside", &c, WEFT_E_FORMAT, "its path leaves the folder of the model");
    unlink(FOLDER "/link.bin");
    unlink(FOLDER "/link");
    cr_assert_eq(symlink("below2/out.bin", FOLDER "/link.bin"), 0);
    cr_assert_eq(symlink("below2", FOLDER "/link"), 0);
    c = external("link.bin", "0", "8");
    expect_error("outside", &c, WEFT_E_FORMAT, "no symbolic link?");
    c = external("link/out.bin", "0", "8");
    expect_error("outside", &c, WEFT_E_FORMAT, "no symbolic link?");
    c = external("below2", "0", "8");
    expect_error("outside", &c, WEFT_E_FORMAT, "the file is shorter than the tensor");
}
