#include "npy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

#define HEADER_MAX 65536

/* Value of 'key' in the header's Python dictionary, e.g. "'descr': '<f4', ...". */
static const char *find_value(const char *header, const char *key)
{
    const char *at = strstr(header, key);
    if (!at) {
        return NULL;
    }
    at += strlen(key);
    while (*at == ' ' || *at == ':') {
        at++;
    }
    return at;
}

static bool parse_shape(const char *text, struct npy *array)
{
    if (!text || *text != '(') {
        return false;
    }
    text++;
    array->rank = 0;
    array->count = 1;
    while (*text && *text != ')') {
        char *end;
        errno = 0;
        long long extent = strtoll(text, &end, 10);
        if (end == text || errno || extent < 0 || extent > INT32_MAX || array->rank == 8) {
            return false;
        }
        if (extent > 0 && array->count > (INT64_C(1) << 32) / extent) {
            return false;
        }
        array->shape[array->rank++] = extent;
        array->count *= extent;
        text = end;
        while (*text == ',' || *text == ' ') {
            text++;
        }
    }
    return *text == ')';
}

static bool fail(char *why, size_t size, const char *path, const char *what)
{
    snprintf(why, size, "%s: %s", path, what);
    return false;
}

static bool read_values(FILE *file, char type, struct npy *array)
{
    size_t count = (size_t)array->count, width = type == 'd' ? 8 : type == 'b' ? 1 : 4;
    void *raw = malloc(count * width + 1);
    array->data = malloc(count * sizeof(float) + 1);
    bool fine = raw && array->data && fread(raw, width, count, file) == count;
    for (size_t i = 0; fine && i < count; i++) {
        array->data[i] = type == 'd'   ? (float)((const double *)raw)[i]
                         : type == 'b' ? (float)((const uint8_t *)raw)[i]
                                       : ((const float *)raw)[i];
    }
    free(raw);
    return fine;
}

static bool read_open_file(FILE *file, const char *path, struct npy *array, char *why, size_t why_size)
{
    unsigned char magic[12];
    if (fread(magic, 1, 10, file) != 10 || memcmp(magic, "\x93NUMPY", 6) != 0) {
        return fail(why, why_size, path, "not a .npy file");
    }
    size_t length = magic[8] | (size_t)magic[9] << 8;
    if (magic[6] >= 2) {
        if (fread(magic + 10, 1, 2, file) != 2) {
            return fail(why, why_size, path, "the header is cut short");
        }
        length |= (size_t)magic[10] << 16 | (size_t)magic[11] << 24;
    }
    static char header[HEADER_MAX + 1];
    if (length > HEADER_MAX || fread(header, 1, length, file) != length) {
        return fail(why, why_size, path, "the header is cut short or too long");
    }
    header[length] = '\0';
    const char *descr = find_value(header, "'descr'"), *order = find_value(header, "'fortran_order'");
    char type = !descr ? 0
                : strncmp(descr, "'<f4'", 5) == 0 ? 'f'
                : strncmp(descr, "'<f8'", 5) == 0 ? 'd'
                : strncmp(descr, "'|u1'", 5) == 0 ? 'b'
                                                  : 0;
    if (!type) {
        return fail(why, why_size, path, "element type is not float32, float64 or uint8; convert with .astype('float32')");
    }
    if (!order || strncmp(order, "False", 5) != 0) {
        return fail(why, why_size, path, "Fortran order; save it with numpy.ascontiguousarray");
    }
    if (!parse_shape(find_value(header, "'shape'"), array)) {
        return fail(why, why_size, path, "the shape in the header is damaged or too large");
    }
    if (!read_values(file, type, array)) {
        npy_free(array);
        return fail(why, why_size, path, "the data are cut short, or memory is");
    }
    return true;
}

bool npy_read(const char *path, struct npy *array, char *why, size_t why_size)
{
    memset(array, 0, sizeof *array);
    FILE *file = fopen(path, "rb");
    if (!file) {
        return fail(why, why_size, path, strerror(errno));
    }
    bool fine = read_open_file(file, path, array, why, why_size);
    fclose(file);
    return fine;
}

void npy_free(struct npy *array)
{
    free(array->data);
    memset(array, 0, sizeof *array);
}

bool npy_write(const char *path, const float *data, int rank, const int64_t *shape, char *why, size_t why_size)
{
    char text[512];
    int used = snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    size_t count = 1;
    for (int i = 0; i < rank; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "%lld,%s", (long long)shape[i], i + 1 < rank ? " " : "");
        count *= (size_t)shape[i];
    }
    used += snprintf(text + used, sizeof text - (size_t)used, "), }");
    while ((10 + used + 1) % 64 != 0) {
        text[used++] = ' ';
    }
    text[used++] = '\n';
    unsigned char magic[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(used & 255), (unsigned char)(used >> 8)};

    struct output out;
    if (!output_open(&out, path, why, why_size)) {
        return false;
    }
    fwrite(magic, 1, sizeof magic, out.file);
    fwrite(text, 1, (size_t)used, out.file);
    fwrite(data, sizeof(float), count, out.file);
    return output_close(&out, why, why_size);
}
