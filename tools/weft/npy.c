#include "npy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "output.h"

#define HEADER_MAX 8192
#define BLOCK 4096 /* values converted at a time */

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

/* Bytes between here and the end of a regular file; a pipe may hold any number. */
static bool holds(FILE *file, size_t bytes)
{
    struct stat status;
    long at = ftell(file);
    return at < 0 || fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode) ||
           (status.st_size >= at && (uintmax_t)(status.st_size - at) >= bytes);
}

static float value_at(const unsigned char *block, size_t index, char type)
{
    double value;
    if (type == 'b') {
        return (float)block[index];
    }
    memcpy(&value, block + index * sizeof value, sizeof value);
    return (float)value;
}

static bool read_values(FILE *file, char type, struct npy *array)
{
    size_t count = (size_t)array->count, width = type == 'd' ? 8 : type == 'b' ? 1 : 4;
    if (!holds(file, count * width)) {
        return false;
    }
    array->data = malloc(count * sizeof(float) + 1);
    if (!array->data || type == 'f') {
        return array->data && fread(array->data, width, count, file) == count;
    }
    unsigned char block[8 * BLOCK];
    for (size_t done = 0, want; done < count; done += want) {
        want = count - done < BLOCK ? count - done : BLOCK;
        if (fread(block, width, want, file) != want) {
            return false;
        }
        for (size_t i = 0; i < want; i++) {
            array->data[done + i] = value_at(block, i, type);
        }
    }
    return true;
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
    char header[HEADER_MAX + 1];
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
        return fail(why, why_size, path,
                    "element type is not float32, float64 or uint8; convert with .astype('float32')");
    }
    if (!order || strncmp(order, "False", 5) != 0) {
        return fail(why, why_size, path, "Fortran order; save it with numpy.ascontiguousarray");
    }
    if (!parse_shape(find_value(header, "'shape'"), array)) {
        return fail(why, why_size, path, "the shape in the header is damaged or too large");
    }
    if (!read_values(file, type, array)) {
        npy_free(array);
        return fail(why, why_size, path, "there are fewer values than its header says, or memory is short");
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
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%lld", i ? ", " : "", (long long)shape[i]);
        count *= (size_t)shape[i];
    }
    used += snprintf(text + used, sizeof text - (size_t)used, "%s", rank == 1 ? "," : ""); /* as Python writes tuples */
    used += snprintf(text + used, sizeof text - (size_t)used, "), }");
    while ((10 + used + 1) % 64 != 0) {
        text[used++] = ' ';
    }
    text[used++] = '\n';
    unsigned char magic[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)(used & 255),
                               (unsigned char)(used >> 8)};

    struct output out;
    if (!output_open(&out, path, why, why_size)) {
        return false;
    }
    fwrite(magic, 1, sizeof magic, out.file);
    fwrite(text, 1, (size_t)used, out.file);
    fwrite(data, sizeof(float), count, out.file);
    return output_close(&out, why, why_size);
}
