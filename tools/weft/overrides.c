#include "overrides.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if WEFT_HAVE_CJSON
#include <cjson/cJSON.h>

#define FILE_MAX (1 << 20)

static char *read_text(const char *path, char *why, size_t why_size)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    if (!text) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        if (file) {
            fclose(file);
        }
        return NULL;
    }
    size_t got = fread(text, 1, FILE_MAX, file);
    bool whole = feof(file) != 0;
    fclose(file);
    if (!whole) {
        snprintf(why, why_size, "%s: larger than 1 MiB, or could not be read", path);
        free(text);
        return NULL;
    }
    text[got] = '\0';
    return text;
}

/* Reads one setting into `item`; false if it is not known or out of range. */
static bool take_setting(const cJSON *field, struct weft_quantize_override *item)
{
    static const struct {
        const char *name;
        int min, max;
        size_t offset;
    } known[] = {
        {"weight_levels", 2, 256, offsetof(struct weft_quantize_override, weight_levels)},
        {"act_levels", 2, 128, offsetof(struct weft_quantize_override, act_levels)},
        {"codebook_max", 1, 127, offsetof(struct weft_quantize_override, codebook_max)},
        {"table_max", 1, 255, offsetof(struct weft_quantize_override, table_max)},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(field->string, known[i].name) == 0) {
            double value = field->valuedouble;
            if (!cJSON_IsNumber(field) || value < known[i].min || value > known[i].max || value != (int)value) {
                return false;
            }
            *(int *)((char *)item + known[i].offset) = (int)value;
            return true;
        }
    }
    return false;
}

static bool take_layers(const cJSON *layers, struct overrides *overrides, const char *path, char *why,
                        size_t why_size)
{
    const cJSON *layer, *field;
    overrides->items = calloc((size_t)cJSON_GetArraySize(layers) + 1, sizeof *overrides->items);
    if (!overrides->items) {
        snprintf(why, why_size, "%s: memory is short", path);
        return false;
    }
    cJSON_ArrayForEach(layer, layers)
    {
        struct weft_quantize_override *item = &overrides->items[overrides->count];
        *item = (struct weft_quantize_override){strdup(layer->string), -1, -1, -1, -1};
        overrides->count++;
        cJSON_ArrayForEach(field, layer)
        {
            if (!take_setting(field, item)) {
                snprintf(why, why_size,
                         "%s: layer '%s': '%s' is not one of weight_levels (2..256), act_levels (2..128), "
                         "codebook_max (1..127), table_max (1..255) with a whole number in that range",
                         path, layer->string, field->string);
                return false;
            }
        }
    }
    return true;
}

bool overrides_read(struct overrides *overrides, const char *path, char *why, size_t why_size)
{
    memset(overrides, 0, sizeof *overrides);
    char *text = read_text(path, why, why_size);
    if (!text) {
        return false;
    }
    cJSON *root = cJSON_Parse(text);
    const cJSON *layers = cJSON_GetObjectItemCaseSensitive(root, "layers");
    bool fine = cJSON_IsObject(layers);
    if (!fine) {
        snprintf(why, why_size, "%s: not JSON of the form {\"layers\": {\"NAME\": {...}}}", path);
    } else {
        fine = take_layers(layers, overrides, path, why, why_size);
    }
    cJSON_Delete(root);
    free(text);
    if (!fine) {
        overrides_free(overrides);
    }
    return fine;
}

#else

bool overrides_read(struct overrides *overrides, const char *path, char *why, size_t why_size)
{
    memset(overrides, 0, sizeof *overrides);
    snprintf(why, why_size, "%s: this build reads no JSON (cJSON was not found when it was configured)", path);
    return false;
}

#endif

void overrides_free(struct overrides *overrides)
{
    for (int i = 0; i < overrides->count; i++) {
        free((char *)overrides->items[i].layer);
    }
    free(overrides->items);
    memset(overrides, 0, sizeof *overrides);
}
