/* The files are untrusted: every value's type and range is looked at before it is used. */
#include "bench_read.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#if WEFT_HAVE_CJSON
#include <cjson/cJSON.h>

enum { DOCUMENTS_MAX = 4096, ENTRIES_MAX = 4096 };
static const size_t TEXT_MAX = (size_t)64 << 20; /* the parser takes some thirty times as much */

/* ---- values ---- */

/* A text without control characters, so that it may go to a terminal; NULL where it is none. */
static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    for (const char *c = text; c && *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            return NULL;
        }
    }
    return text;
}

static const char *text_or(const cJSON *object, const char *key, const char *otherwise)
{
    const char *text = text_of(object, key);
    return text ? text : otherwise;
}

/* A whole number from 0 to `most`, -1 where it is none. */
static int whole_of(const cJSON *object, const char *key, int most)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    return value >= 0 && value <= most && value == floor(value) ? (int)value : -1;
}

static bool take_samples(const cJSON *array, struct bench_entry *entry)
{
    int size = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    if (size < 1 || size > SAMPLES_MAX || !(entry->samples = malloc((size_t)size * sizeof *entry->samples))) {
        return false;
    }
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble) || item->valuedouble <= 0) {
            return false;
        }
        entry->samples[entry->count++] = item->valuedouble;
    }
    return true;
}

/* ---- documents ---- */

static int take_result(const struct verb *verb, struct bench_file *file, const cJSON *result)
{
    if (file->count == ENTRIES_MAX) {
        return args_fail(verb, "%s: more than %d results in one file; split it and compare the parts", file->path,
                         ENTRIES_MAX);
    }
    struct bench_entry *entries = realloc(file->entries, ((size_t)file->count + 1) * sizeof *entries);
    if (!entries) {
        return args_fail(verb, "memory is short");
    }
    file->entries = entries;
    struct bench_entry *entry = &entries[file->count];
    *entry = (struct bench_entry){.model = text_of(result, "model"),
                                  .isa = text_of(result, "isa"),
                                  .winograd = text_or(result, "winograd", "auto"),
                                  .digest = text_or(result, "digest", ""),
                                  .digest_checked = text_or(result, "digest_checked", ""),
                                  .threads = whole_of(result, "threads", 4096),
                                  .incomplete = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(result, "incomplete"))};
    file->count++;
    if (!entry->model || !entry->isa || entry->threads < 1 ||
        !take_samples(cJSON_GetObjectItemCaseSensitive(result, "samples_ms"), entry)) {
        return args_fail(verb, "%s: result %d lacks model, isa, threads or samples_ms, or they are damaged", file->path,
                         file->count);
    }
    return EXIT_FINE;
}

static int check_kind(const struct verb *verb, const char *path, const cJSON *root)
{
    const char *kind = text_of(root, "kind");
    const cJSON *format = cJSON_GetObjectItemCaseSensitive(root, "format");
    if (!kind || !cJSON_IsNumber(format)) {
        return args_fail(verb, "%s: not a result of 'weft bench' (it has no \"kind\" and \"format\")", path);
    }
    if (strcmp(kind, "bench") != 0) {
        return args_fail(verb,
                         "%s: this is the JSON of '%s'; what is compared are results of 'weft bench' without --vs",
                         path, kind);
    }
    if (format->valuedouble != REPORT_FORMAT) {
        return args_fail(verb, "%s: format %.17g of another version of weft; this one reads format %d", path,
                         format->valuedouble, REPORT_FORMAT);
    }
    return EXIT_FINE;
}

static struct bench_origin origin_of(const cJSON *root)
{
    const cJSON *e = cJSON_GetObjectItemCaseSensitive(root, "environment");
    int cores = whole_of(e, "cores_physical", 1 << 20);
    const cJSON *load = cJSON_GetObjectItemCaseSensitive(e, "load_average");
    bool known = cJSON_IsNumber(load) && isfinite(load->valuedouble);
    return (struct bench_origin){.cpu = text_or(e, "cpu", ""),
                                 .os = text_or(e, "os", ""),
                                 .governor = text_or(e, "governor", ""),
                                 .processors = text_or(e, "processors", ""),
                                 .compiler = text_or(e, "compiler", ""),
                                 .flags = text_or(e, "flags", ""),
                                 .revision = text_or(e, "revision", ""),
                                 .date = text_or(e, "date", ""),
                                 .cores = cores < 0 ? 0 : cores,
                                 .load_average = known ? load->valuedouble : 0};
}

/* Origins do not move: there is room for all documents. */
static int take_document(const struct verb *verb, struct bench_file *file, cJSON *root)
{
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(root, "results"), *result;
    int first = file->count, code = check_kind(verb, file->path, root);
    if (code == EXIT_FINE && !cJSON_IsArray(results)) {
        code = args_fail(verb, "%s: \"results\" is not an array", file->path);
    }
    if (code != EXIT_FINE) {
        return code;
    }
    cJSON_ArrayForEach(result, results)
    {
        code = code == EXIT_FINE ? take_result(verb, file, result) : code;
    }
    for (int i = first; i < file->count; i++) {
        file->entries[i].origin = &file->origins[file->documents_count - 1];
    }
    return code;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int bench_parse(const struct verb *verb, const char *name, const char *text, size_t size, struct bench_file *file)
{
    *file = (struct bench_file){.path = name};
    file->documents = calloc(DOCUMENTS_MAX, sizeof *file->documents);
    file->origins = calloc(DOCUMENTS_MAX, sizeof *file->origins);
    if (!file->documents || !file->origins) {
        return args_fail(verb, "memory is short");
    }
    for (size_t at = 0;;) {
        while (at < size && is_space(text[at])) {
            at++;
        }
        if (at == size && file->documents_count > 0) {
            break;
        }
        if (at == size) {
            return args_fail(verb, "%s: is empty; it takes what 'weft bench --json' wrote", name);
        }
        if (file->documents_count == DOCUMENTS_MAX) {
            return args_fail(verb, "%s: more than %d documents in one file; split it and compare the parts", name,
                             DOCUMENTS_MAX);
        }
        const char *end = NULL;
        cJSON *root = cJSON_ParseWithLengthOpts(text + at, size - at, &end, 0);
        if (!root || !cJSON_IsObject(root)) {
            cJSON_Delete(root);
            return args_fail(verb, "%s: not JSON, cut off or nested too deep (at byte %zu)", name,
                             end ? (size_t)(end - text) : at);
        }
        file->documents[file->documents_count] = root;
        file->origins[file->documents_count++] = origin_of(root);
        int code = take_document(verb, file, root);
        if (code != EXIT_FINE) {
            return code;
        }
        at = (size_t)(end - text);
    }
    return file->count > 0 ? EXIT_FINE : args_fail(verb, "%s: no results in it", name);
}

/* All of a file or pipe. NULL after an error line. */
static char *read_all(const struct verb *verb, const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    size_t room = 0, got = 1;
    char *text = NULL;
    *size = 0;
    while (file && got > 0 && *size <= TEXT_MAX) {
        if (*size == room) {
            room = room ? 2 * room : 65536;
            char *more = realloc(text, room);
            if (!more) {
                fclose(file);
                free(text);
                args_fail(verb, "memory is short");
                return NULL;
            }
            text = more;
        }
        got = fread(text + *size, 1, room - *size, file);
        *size += got;
    }
    if (!file || ferror(file) || *size > TEXT_MAX) {
        args_fail(verb, "%s: %s", path,
                  !file || ferror(file) ? strerror(errno) : "more than 64 MiB; split it and compare the parts");
        free(text);
        text = NULL;
    }
    if (file) {
        fclose(file);
    }
    return text;
}

int bench_read(const struct verb *verb, const char *path, struct bench_file *file)
{
    size_t size;
    *file = (struct bench_file){.path = path};
    char *text = read_all(verb, path, &size);
    int code = text ? bench_parse(verb, path, text, size, file) : EXIT_BAD_USE;
    free(text); /* the documents have copies */
    return code;
}

void bench_file_free(struct bench_file *file)
{
    for (int i = 0; i < file->count; i++) {
        free(file->entries[i].samples);
    }
    for (int i = 0; i < file->documents_count; i++) {
        cJSON_Delete(file->documents[i]);
    }
    free(file->entries);
    free(file->origins);
    free(file->documents);
    *file = (struct bench_file){0};
}

#else

int bench_parse(const struct verb *verb, const char *name, const char *text, size_t size, struct bench_file *file)
{
    (void)name;
    (void)text;
    (void)size;
    *file = (struct bench_file){0};
    return args_fail(verb, "this build has no JSON (cJSON was not found when it was configured)");
}

int bench_read(const struct verb *verb, const char *path, struct bench_file *file)
{
    return bench_parse(verb, path, NULL, 0, file);
}

void bench_file_free(struct bench_file *file)
{
    *file = (struct bench_file){0};
}

#endif
