/* Prints values of a JSON file, a line each: json_get FILE results/0/top1 ...  An array or object prints as the number
 * of its elements. Exit 1 if the file is no strict JSON or a path is not in it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/json.h"

#define TEXT_MAX (8u << 20)

/* The element or member of `token` that the first `length` characters of `step` name; -1 if there is none. */
static int follow(const struct weft_json *json, int token, const char *step, size_t length)
{
    char key[256];
    snprintf(key, sizeof key, "%.*s", (int)length, step);
    if (weft_json_type_of(json, token) == WEFT_JSON_OBJECT) {
        return weft_json_member(json, token, key);
    }
    char *end;
    long index = strtol(key, &end, 10);
    if (weft_json_type_of(json, token) != WEFT_JSON_ARRAY || *end || index < 0 ||
        index >= weft_json_count(json, token)) {
        return -1;
    }
    int at = weft_json_first(token);
    while (index-- > 0) {
        at = weft_json_next(json, at);
    }
    return at;
}

static bool print_value(const struct weft_json *json, const char *path)
{
    int token = 0;
    for (const char *step = path; *step && token >= 0;) {
        size_t length = strcspn(step, "/");
        token = follow(json, token, step, length);
        step += length + (step[length] == '/');
    }
    double number;
    if (token < 0) {
        fprintf(stderr, "json_get: there is no %s\n", path);
        return false;
    }
    if (weft_json_string(json, token)) {
        puts(weft_json_string(json, token));
    } else if (weft_json_double(json, token, &number)) {
        printf("%.17g\n", number);
    } else if (weft_json_type_of(json, token) == WEFT_JSON_NULL) {
        puts("null");
    } else {
        printf("%d\n", weft_json_count(json, token));
    }
    return true;
}

int main(int argc, char **argv)
{
    struct weft_json json;
    char *text = malloc(TEXT_MAX);
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (!text || !file) {
        perror(argc > 1 ? argv[1] : "json_get FILE PATH...");
        free(text);
        return 1;
    }
    size_t size = fread(text, 1, TEXT_MAX, file);
    fclose(file);
    if (weft_json_parse(&json, text, size, NULL) != WEFT_OK) {
        fprintf(stderr, "json_get: %s: %s at byte %zu\n", argv[1], json.problem, json.position);
        free(text);
        return 1;
    }
    bool fine = true;
    for (int i = 2; i < argc; i++) {
        fine = print_value(&json, argv[i]) && fine;
    }
    weft_json_free(&json);
    free(text);
    return fine ? 0 : 1;
}
