#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "image.h"

#define CIFAR_RECORD 3073

static bool fail(char *why, size_t size, const char *path, const char *what)
{
    snprintf(why, size, "%s: %s", path, what);
    return false;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t a = strlen(text), b = strlen(ending);
    return a >= b && strcasecmp(text + a - b, ending) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool open_folder(struct source *source, const char *path, char *why, size_t why_size)
{
    DIR *folder = opendir(path);
    if (!folder) {
        return fail(why, why_size, path, strerror(errno));
    }
    size_t room = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        const char *name = entry->d_name;
        if (!ends_with(name, ".jpg") && !ends_with(name, ".jpeg") && !ends_with(name, ".png")) {
            continue;
        }
        if ((size_t)source->count == room) {
            room = room ? 2 * room : 256;
            char **more = realloc(source->files, room * sizeof *more);
            if (!more) {
                break;
            }
            source->files = more;
        }
        size_t size = strlen(path) + strlen(name) + 2;
        char *full = malloc(size);
        if (!full) {
            break;
        }
        snprintf(full, size, "%s/%s", path, name);
        source->files[source->count++] = full;
    }
    closedir(folder);
    if (source->count == 0) {
        return fail(why, why_size, path, "no .jpg, .jpeg or .png files in this folder");
    }
    qsort(source->files, (size_t)source->count, sizeof *source->files, by_name);
    return true;
}

static bool open_npy(struct source *source, const char *path, char *why, size_t why_size)
{
    if (!npy_read(path, &source->npy, why, why_size)) {
        return false;
    }
    const struct npy *a = &source->npy;
    int64_t tail[3] = {source->channels, source->height, source->width};
    int skip = a->rank - 3;
    if ((skip != 0 && skip != 1) || memcmp(a->shape + skip, tail, sizeof tail) != 0) {
        snprintf(why, why_size, "%s: the shape must be (n, %d, %d, %d)", path, source->channels, source->height,
                 source->width);
        return false;
    }
    source->count = skip ? (int)a->shape[0] : 1;
    return source->count > 0 || fail(why, why_size, path, "the batch is empty");
}

static bool open_cifar(struct source *source, const char *path, char *why, size_t why_size)
{
    if (source->channels != 3 || source->height != 32 || source->width != 32) {
        return fail(why, why_size, path, "CIFAR records are 3x32x32, this network's input is not");
    }
    FILE *file = fopen(path, "rb");
    if (!file) {
        return fail(why, why_size, path, strerror(errno));
    }
    struct stat status;
    bool fine = fstat(fileno(file), &status) == 0 && status.st_size > 0 && status.st_size % CIFAR_RECORD == 0 &&
                status.st_size / CIFAR_RECORD < 10000000;
    if (!fine) {
        fclose(file);
        return fail(why, why_size, path, "the size is not a whole number of 3073-byte CIFAR records");
    }
    source->count = (int)(status.st_size / CIFAR_RECORD);
    source->records = malloc((size_t)status.st_size);
    source->classes = malloc((size_t)source->count * sizeof *source->classes);
    fine = source->records && source->classes &&
           fread(source->records, 1, (size_t)status.st_size, file) == (size_t)status.st_size;
    fclose(file);
    for (int i = 0; fine && i < source->count; i++) {
        source->classes[i] = source->records[(size_t)i * CIFAR_RECORD];
    }
    return fine || fail(why, why_size, path, "could not be read");
}

bool source_open(struct source *source, const char *path, int channels, int height, int width,
                 const weft_prep *prep, char *why, size_t why_size)
{
    memset(source, 0, sizeof *source);
    source->channels = channels;
    source->height = height;
    source->width = width;
    struct stat status;
    if (stat(path, &status) != 0) {
        return fail(why, why_size, path, strerror(errno));
    }
    bool is_npy = ends_with(path, ".npy");
    if (!is_npy) {
        if (!prep || prep->width == 0) {
            return fail(why, why_size, path,
                        prep ? "how to prepare images for this network is not known; say --prep torch|caffe|tf|unit|raw"
                             : "not a .npy file");
        }
        source->prep = *prep;
    }
    bool fine = S_ISDIR(status.st_mode)   ? open_folder(source, path, why, why_size)
                : is_npy                  ? open_npy(source, path, why, why_size)
                : ends_with(path, ".bin") ? open_cifar(source, path, why, why_size)
                                          : fail(why, why_size, path, "not a folder, a .npy file or a CIFAR .bin file");
    if (!fine) {
        source_close(source);
    }
    return fine;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int compare_name(const void *name, const void *path)
{
    return strcmp(name, file_name(*(char *const *)path));
}

/* Splits "my cat.jpg 281 tabby" at the first blank that a whole number follows; -1 if there is none. */
static int split_label(char *line)
{
    for (char *blank = line; (blank = strpbrk(blank, " \t")); blank++) {
        char *end;
        long number = strtol(blank, &end, 10);
        if (end > blank && strchr(" \t\r\n", *end) && number >= 0 && number < 1000000) {
            *blank = '\0';
            return (int)number;
        }
    }
    return -1;
}

static bool read_labels(struct source *source, FILE *file, const char *path, char *why, size_t why_size)
{
    char line[4096];
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        if (line[0] == '#' || line[0] == '\n' || line[0] == '\r') {
            continue;
        }
        int class_index = split_label(line);
        if (class_index < 0) {
            snprintf(why, why_size, "%s: line %d is not 'file class-index ...'", path, number);
            return false;
        }
        char **at = bsearch(line, source->files, (size_t)source->count, sizeof *source->files, compare_name);
        if (at) {
            source->classes[at - source->files] = class_index;
        }
    }
    return true;
}

bool source_label(struct source *source, const char *labels_path, char *why, size_t why_size)
{
    FILE *file = fopen(labels_path, "r");
    if (!file) {
        return fail(why, why_size, labels_path, strerror(errno));
    }
    free(source->classes);
    source->classes = malloc((size_t)source->count * sizeof *source->classes);
    for (int i = 0; source->classes && i < source->count; i++) {
        source->classes[i] = -1;
    }
    bool fine = source->classes ? read_labels(source, file, labels_path, why, why_size)
                                : fail(why, why_size, labels_path, "memory is short");
    fclose(file);
    int kept = 0;
    for (int i = 0; fine && i < source->count; i++) {
        if (source->classes[i] < 0) {
            free(source->files[i]);
            source->unlabelled++;
            continue;
        }
        source->files[kept] = source->files[i];
        source->classes[kept++] = source->classes[i];
    }
    source->count = fine ? kept : source->count;
    return fine && (kept > 0 || fail(why, why_size, labels_path, "names none of the images"));
}

bool source_get(const struct source *source, int index, float *out, char *why, size_t why_size)
{
    if (source->files) {
        struct image image;
        if (!image_read(source->files[index], &image, why, why_size)) {
            return false;
        }
        bool fine = image_prepare(&image, &source->prep, out);
        image_free(&image);
        return fine || fail(why, why_size, source->files[index], "memory is short");
    }
    if (source->records) {
        image_prepare_planar(source->records + (size_t)index * CIFAR_RECORD + 1, &source->prep, out);
        return true;
    }
    size_t each = (size_t)source->channels * (size_t)source->height * (size_t)source->width;
    memcpy(out, source->npy.data + (size_t)index * each, each * sizeof(float));
    return true;
}

void source_select(struct source *source, int skip, int step, int limit)
{
    size_t each = (size_t)source->channels * (size_t)source->height * (size_t)source->width;
    int kept = 0;
    for (int i = 0; i < source->count; i++) {
        bool keep = i >= skip && (i - skip) % step == 0 && (limit == 0 || kept < limit);
        if (source->files && !keep) {
            free(source->files[i]);
        }
        if (!keep) {
            continue;
        }
        if (source->files) {
            source->files[kept] = source->files[i];
        } else if (source->records) {
            memmove(source->records + (size_t)kept * CIFAR_RECORD, source->records + (size_t)i * CIFAR_RECORD,
                    CIFAR_RECORD);
        } else {
            memmove(source->npy.data + (size_t)kept * each, source->npy.data + (size_t)i * each, each * sizeof(float));
        }
        if (source->classes) {
            source->classes[kept] = source->classes[i];
        }
        kept++;
    }
    source->count = kept;
}

void source_close(struct source *source)
{
    for (int i = 0; source->files && i < source->count; i++) {
        free(source->files[i]);
    }
    free(source->files);
    free(source->classes);
    free(source->records);
    npy_free(&source->npy);
    memset(source, 0, sizeof *source);
}
