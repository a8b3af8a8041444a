#include "tuned.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <weft/bench.h>

#include "common.h"

static const char *const names[] = {"auto", "direct", "1d", "2d", "4x4", "strassen"}; /* as weft_winograd counts */

/* FNV-1a over the shapes and formats that times depend on. Weights are not read: they change no choice's result. */
static uint64_t add(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t hash_model(const weft_model *model, int *layers)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    weft_layer_info l;
    int n = 0;
    for (; weft_model_layer(model, n, &l) == WEFT_OK; n++) {
        const int numbers[] = {l.weight_levels, l.codebook_max, l.kernel_h, l.kernel_w, l.stride_h, l.stride_w,
                               l.groups, l.in_c, l.out_c, l.out_h, l.out_w, l.edge_signed, l.edge_magnitudes,
                               l.edge_table_max};
        hash = add(hash, l.name, strlen(l.name) + 1);
        hash = add(hash, l.op, strlen(l.op) + 1);
        hash = add(hash, numbers, sizeof numbers);
    }
    *layers = n;
    return hash;
}

static const char *best_isa(void)
{
    const char *best = "";
    for (int i = 0; weft_isa_name(i); i++) {
        best = weft_isa_available() & weft_isa_from_name(weft_isa_name(i)) ? weft_isa_name(i) : best;
    }
    return best;
}

bool tuned_make(struct tuned *tuned, const weft_model *model, const char *isa, int threads)
{
    struct weft_bench_environment environment;
    weft_bench_environment(&environment);
    memset(tuned, 0, sizeof *tuned);
    isa = choose_isa(isa);
    snprintf(tuned->cpu, sizeof tuned->cpu, "%s", environment.cpu);
    snprintf(tuned->isa, sizeof tuned->isa, "%s", isa ? isa : best_isa());
    tuned->threads = threads ? threads : weft_physical_cores();
    tuned->model = hash_model(model, &tuned->count);
    tuned->choices = calloc((size_t)tuned->count + 1, sizeof *tuned->choices);
    return tuned->choices != NULL;
}

void tuned_write(const struct tuned *tuned, FILE *to)
{
    fprintf(to, "weft tune 1\ncpu %s\nisa %s\nthreads %d\nmodel %016" PRIx64 "\nlayers %d\n", tuned->cpu, tuned->isa,
            tuned->threads, tuned->model, tuned->count);
    for (int i = 0; i < tuned->count; i++) {
        if (tuned->choices[i] != WEFT_WINOGRAD_AUTO) {
            fprintf(to, "%d %s\n", i, names[tuned->choices[i]]);
        }
    }
    fputs("end\n", to);
}

/* The rest of a line that begins with `word` and a space; false for any other line. */
static bool read_line(FILE *from, const char *word, char *rest, size_t size)
{
    char line[256];
    size_t n = strlen(word);
    if (!fgets(line, sizeof line, from) || strncmp(line, word, n) != 0 || line[n] != ' ') {
        return false;
    }
    size_t end = strcspn(line, "\n");
    if (line[end] != '\n' || end - n - 1 >= size) {
        return false;
    }
    line[end] = '\0';
    memcpy(rest, line + n + 1, end - n);
    return true;
}

static bool read_number(const char *text, int base, unsigned long long most, unsigned long long *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, base);
    return text[0] != '-' && text[0] != '+' && text[0] != ' ' && end != text && *end == '\0' && errno == 0 &&
           *number <= most;
}

/* Lines "LAYER NAME", ascending, and "end". */
static bool read_choices(struct tuned *tuned, FILE *from)
{
    char line[64], name[16], rest;
    int layer, last = -1;
    while (fgets(line, sizeof line, from)) {
        if (strcmp(line, "end\n") == 0) {
            return fgetc(from) == EOF;
        }
        if (!strchr(line, '\n') || line[0] < '0' || line[0] > '9' || strspn(line, "0123456789") > 5 ||
            sscanf(line, "%d %15s %c", &layer, name, &rest) != 2 || layer <= last || layer >= tuned->count) {
            return false;
        }
        last = layer;
        for (int f = WEFT_WINOGRAD_OFF; f <= WEFT_WINOGRAD_STRASSEN; f++) {
            tuned->choices[layer] = strcmp(name, names[f]) == 0 ? (weft_winograd)f : tuned->choices[layer];
        }
        if (tuned->choices[layer] == WEFT_WINOGRAD_AUTO) {
            return false;
        }
    }
    return false;
}

static bool read_all(struct tuned *tuned, FILE *from)
{
    char text[256];
    unsigned long long threads, model, layers;
    if (!read_line(from, "weft", text, sizeof text) || strcmp(text, "tune 1") != 0 ||
        !read_line(from, "cpu", tuned->cpu, sizeof tuned->cpu) ||
        !read_line(from, "isa", tuned->isa, sizeof tuned->isa) || !read_line(from, "threads", text, sizeof text) ||
        !read_number(text, 10, 256, &threads) || !read_line(from, "model", text, sizeof text) ||
        !read_number(text, 16, UINT64_MAX, &model) || !read_line(from, "layers", text, sizeof text) ||
        !read_number(text, 10, TUNED_LAYERS_MAX, &layers)) {
        return false;
    }
    tuned->threads = (int)threads;
    tuned->model = model;
    tuned->count = (int)layers;
    tuned->choices = calloc((size_t)tuned->count + 1, sizeof *tuned->choices);
    return tuned->choices && read_choices(tuned, from);
}

bool tuned_read(struct tuned *tuned, const char *path, char *why, size_t why_size)
{
    memset(tuned, 0, sizeof *tuned);
    FILE *from = fopen(path, "r");
    if (!from) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return false;
    }
    bool fine = read_all(tuned, from);
    fclose(from);
    if (!fine) {
        tuned_free(tuned);
        snprintf(why, why_size, "%s: not a file of 'weft tune', or damaged; make it again", path);
    }
    return fine;
}

bool tuned_same(const struct tuned *tuned, const struct tuned *here, char *why, size_t why_size)
{
    if (tuned->model != here->model || tuned->count != here->count) {
        snprintf(why, why_size, "made for another model");
    } else if (strcmp(tuned->cpu, here->cpu) != 0) {
        snprintf(why, why_size, "made on another processor (%s)", tuned->cpu);
    } else if (strcmp(tuned->isa, here->isa) != 0 || tuned->threads != here->threads) {
        snprintf(why, why_size, "made for %s and %d thread%s", tuned->isa, tuned->threads,
                 tuned->threads == 1 ? "" : "s");
    } else {
        return true;
    }
    return false;
}

void tuned_free(struct tuned *tuned)
{
    free(tuned->choices);
    tuned->choices = NULL;
}
