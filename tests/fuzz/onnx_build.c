#include "onnx_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOAT = 1, INT64 = 7 };

static void grow(struct onnx_bytes *bytes, size_t more)
{
    if (bytes->size + more > bytes->room) {
        bytes->room = 2 * (bytes->size + more) + 64;
        bytes->data = realloc(bytes->data, bytes->room);
        if (!bytes->data) {
            perror("onnx_build");
            exit(2);
        }
    }
}

static void put(struct onnx_bytes *bytes, const void *data, size_t size)
{
    grow(bytes, size + 1);
    if (size) {
        memcpy(bytes->data + bytes->size, data, size);
    }
    bytes->size += size;
}

void onnx_put_varint(struct onnx_bytes *bytes, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)(value & 0x7f);
        value >>= 7;
        byte |= value ? 0x80 : 0;
        put(bytes, &byte, 1);
    } while (value);
}

void onnx_put_int(struct onnx_bytes *bytes, int field, int64_t value)
{
    onnx_put_varint(bytes, (uint64_t)field << 3);
    onnx_put_varint(bytes, (uint64_t)value);
}

void onnx_put_float(struct onnx_bytes *bytes, int field, float value)
{
    onnx_put_varint(bytes, (uint64_t)field << 3 | 5);
    put(bytes, &value, sizeof value);
}

void onnx_put_bytes(struct onnx_bytes *bytes, int field, const void *data, size_t size)
{
    onnx_put_varint(bytes, (uint64_t)field << 3 | 2);
    onnx_put_varint(bytes, size);
    put(bytes, data, size);
}

void onnx_put_text(struct onnx_bytes *bytes, int field, const char *text)
{
    onnx_put_bytes(bytes, field, text, strlen(text));
}

void onnx_put_message(struct onnx_bytes *bytes, int field, struct onnx_bytes *inner)
{
    onnx_put_bytes(bytes, field, inner->data, inner->size);
    free(inner->data);
    *inner = (struct onnx_bytes){0};
}

void onnx_begin(struct onnx_model *model, int opset)
{
    *model = (struct onnx_model){.opset = opset};
}

static void put_info(struct onnx_model *model, int field, const char *name, const int64_t *dims)
{
    struct onnx_bytes info = {0}, type = {0}, tensor = {0}, shape = {0};
    for (; *dims >= 0; dims++) {
        struct onnx_bytes dim = {0};
        if (*dims > 0) {
            onnx_put_int(&dim, 1, *dims);
        } else {
            onnx_put_text(&dim, 2, "N");
        }
        onnx_put_message(&shape, 1, &dim);
    }
    onnx_put_int(&tensor, 1, FLOAT);
    onnx_put_message(&tensor, 2, &shape);
    onnx_put_message(&type, 1, &tensor);
    onnx_put_text(&info, 1, name);
    onnx_put_message(&info, 2, &type);
    onnx_put_message(&model->graph, field, &info);
}

void onnx_input(struct onnx_model *model, const char *name, const int64_t *dims)
{
    put_info(model, 11, name, dims);
}

void onnx_info(struct onnx_model *model, const char *name, const int64_t *dims)
{
    put_info(model, 13, name, dims);
}

void onnx_output(struct onnx_model *model, const char *name)
{
    struct onnx_bytes info = {0};
    onnx_put_text(&info, 1, name);
    onnx_put_message(&model->graph, 12, &info);
}

static size_t put_dims(struct onnx_bytes *tensor, const int64_t *dims)
{
    size_t count = 1;
    for (; *dims >= 0; dims++) {
        onnx_put_int(tensor, 1, *dims);
        count *= (size_t)*dims;
    }
    return count;
}

void onnx_floats(struct onnx_model *model, const char *name, const int64_t *dims, const float *values)
{
    struct onnx_bytes tensor = {0};
    size_t count = put_dims(&tensor, dims);
    onnx_put_int(&tensor, 2, FLOAT);
    onnx_put_text(&tensor, 8, name);
    onnx_put_bytes(&tensor, 9, values, count * sizeof *values);
    onnx_put_message(&model->graph, 5, &tensor);
}

void onnx_ints(struct onnx_model *model, const char *name, const int64_t *dims, const int64_t *values)
{
    struct onnx_bytes tensor = {0}, packed = {0};
    size_t count = put_dims(&tensor, dims);
    onnx_put_int(&tensor, 2, INT64);
    for (size_t i = 0; i < count; i++) {
        onnx_put_varint(&packed, (uint64_t)values[i]);
    }
    onnx_put_message(&tensor, 7, &packed);
    onnx_put_text(&tensor, 8, name);
    onnx_put_message(&model->graph, 5, &tensor);
}

void onnx_random(struct onnx_model *model, const char *name, const int64_t *dims, uint64_t seed)
{
    size_t count = 1;
    for (const int64_t *dim = dims; *dim >= 0; dim++) {
        count *= (size_t)*dim;
    }
    float *values = malloc(count * sizeof *values + 1);
    uint64_t state = seed * 2 + 1;
    for (size_t i = 0; i < count && values; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        values[i] = (float)(state >> 40) * 0x1p-23f - 1;
    }
    onnx_floats(model, name, dims, values);
    free(values);
}

/* The words of a line, each given to `use`. */
static void for_words(const char *line, void (*use)(struct onnx_bytes *, const char *), struct onnx_bytes *bytes)
{
    char word[256];
    while (*line) {
        size_t length = strcspn(line, " ");
        snprintf(word, sizeof word, "%.*s", (int)length, line);
        use(bytes, word);
        line += length + (line[length] == ' ');
    }
}

static void put_input(struct onnx_bytes *node, const char *word)
{
    onnx_put_text(node, 1, strcmp(word, "-") == 0 ? "" : word);
}

static void put_output(struct onnx_bytes *node, const char *word)
{
    onnx_put_text(node, 2, word);
}

static void put_attribute(struct onnx_bytes *node, const char *word)
{
    static const char letters[] = "fisIF";
    static const int types[] = {1, 2, 3, 7, 6}, fields[] = {2, 3, 4, 8, 7};
    struct onnx_bytes attribute = {0};
    char name[64];
    size_t length = strcspn(word, "=");
    const char *value = word + length + 3;
    int kind = (int)(strchr(letters, word[length + 1]) - letters);
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    onnx_put_text(&attribute, 1, name);
    onnx_put_int(&attribute, 20, types[kind]);
    if (kind == 2) {
        onnx_put_text(&attribute, fields[kind], value);
    }
    for (char *end; kind != 2 && *value; value = end + (*end == ',')) {
        if (kind == 0 || kind == 4) {
            onnx_put_float(&attribute, fields[kind], strtof(value, &end));
        } else {
            onnx_put_int(&attribute, fields[kind], strtoll(value, &end, 10));
        }
    }
    onnx_put_message(node, 5, &attribute);
}

void onnx_node(struct onnx_model *model, const char *op, const char *inputs, const char *outputs,
               const char *attributes)
{
    struct onnx_bytes node = {0};
    char name[256];
    for_words(inputs, put_input, &node);
    for_words(outputs, put_output, &node);
    snprintf(name, sizeof name, "n_%.*s", (int)strcspn(outputs, " "), outputs);
    onnx_put_text(&node, 3, name);
    onnx_put_text(&node, 4, op);
    for_words(attributes, put_attribute, &node);
    onnx_put_message(&model->graph, 1, &node);
}

struct onnx_bytes onnx_end(struct onnx_model *model)
{
    struct onnx_bytes file = {0}, opset = {0};
    onnx_put_int(&file, 1, 8);
    onnx_put_text(&file, 2, "test");
    onnx_put_message(&file, 7, &model->graph);
    onnx_put_text(&opset, 1, "");
    onnx_put_int(&opset, 2, model->opset);
    onnx_put_message(&file, 8, &opset);
    return file;
}
