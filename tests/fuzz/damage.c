/* Damages model files in every way that comes to mind and looks whether the verdict holds.
 *   damage [--flips N] [--seed S] [FILE...]    no files: the synthetic models */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "format/weft_file.h"
#include "models.h"
#include "verdict.h"

#define TRUNCATIONS 200
#define SECONDS_MAX 5.0
/* A load that never ends is ended by this. */
#define SECONDS_DEAD 60
/* The file may take this many times its size in memory, and 64 KiB. */
#define TIMES 4
/* Models below this many bytes get every change, the others a sample. */
#define SMALL 8192

struct bench {
    const char *name; /* of the model */
    const uint8_t *good;
    size_t size;
    uint8_t *room; /* ends at a page that may not be touched */
    size_t capacity;
    uint64_t random;
    int cases, loaded, failures;
    double slowest;
};

static uint64_t draw(struct bench *b)
{
    b->random ^= b->random << 13;
    b->random ^= b->random >> 7;
    b->random ^= b->random << 17;
    return b->random * 0x2545f4914f6cdd1d;
}

static size_t header_size(const struct bench *b)
{
    size_t header = 0;
    for (int i = 0; i < 8; i++) {
        header |= (size_t)b->good[i] << (8 * i);
    }
    return header;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The damaged bytes are the last `size` of the room. */
static void judge(struct bench *b, const uint8_t *bytes, size_t size, const char *what, size_t where)
{
    int loaded = 0;
    double start = now();
    alarm(SECONDS_DEAD);
    const char *problem = size ? verdict(bytes, size, TIMES, &loaded) : NULL;
    alarm(0);
    double seconds = now() - start;
    b->slowest = seconds > b->slowest ? seconds : b->slowest;
    b->cases++;
    b->loaded += loaded;
    if (!problem && seconds > SECONDS_MAX) {
        problem = "it takes more than 5 seconds";
    }
    if (problem) {
        printf("%s: %s at %zu: %s\n", b->name, what, where, problem);
        b->failures++;
    }
}

static uint8_t *place(struct bench *b, size_t size)
{
    return b->room + b->capacity - size;
}

static void truncate_it(struct bench *b)
{
    for (size_t i = 0; i < TRUNCATIONS; i++) {
        size_t size = i % 2 ? draw(b) % b->size : b->size * i / TRUNCATIONS;
        uint8_t *bytes = place(b, size);
        memcpy(bytes, b->good, size);
        judge(b, bytes, size, "truncated", size);
    }
}

/* Half of the flips hit the header, where the structure is. */
static void flip(struct bench *b, int flips)
{
    size_t head = 8 + header_size(b);
    uint8_t *bytes = place(b, b->size);
    for (int i = 0; i < flips; i++) {
        memcpy(bytes, b->good, b->size);
        size_t at = 0;
        for (uint64_t n = 1 + draw(b) % 3; n > 0; n--) {
            at = draw(b) % (i % 2 ? head : b->size);
            bytes[at] = (uint8_t)(bytes[at] ^ (1 + draw(b) % 255));
        }
        judge(b, bytes, b->size, "flipped", at);
    }
}

static void put_length(uint8_t *bytes, uint64_t length)
{
    for (int i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(length >> (8 * i));
    }
}

static void change_length(struct bench *b)
{
    uint64_t header = header_size(b);
    const uint64_t lengths[] = {
        0,           1,           2,           header - 1,  header + 1,     header - 64,
        header + 64, b->size - 9, b->size - 8, b->size - 7, b->size,        0x7fffffff,
        0x80000000,  0xffffffff,  0x100000000, INT64_MAX,   UINT64_MAX - 7, UINT64_MAX};
    uint8_t *bytes = place(b, b->size);
    memcpy(bytes, b->good, b->size);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        put_length(bytes, lengths[i]);
        judge(b, bytes, b->size, "header length", (size_t)lengths[i]);
    }
}

/* Bytes [from, to) of the file, in the header, replaced by the text; the header length is made to fit. */
static void replace(struct bench *b, size_t from, size_t to, const char *text, const char *what)
{
    size_t length = strlen(text);
    size_t size = b->size - (to - from) + length;
    uint8_t *bytes = place(b, size);
    memcpy(bytes, b->good, from);
    memcpy(bytes + from, text, length);
    memcpy(bytes + from + length, b->good + to, b->size - to);
    put_length(bytes, header_size(b) - (to - from) + length);
    judge(b, bytes, size, what, from);
}

/* All changes of a small model, every fourth of a larger one. */
static int is_sampled(struct bench *b)
{
    return b->size < SMALL || draw(b) % 4 == 0;
}

static int is_number_byte(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* Every number of the header, those of the graph's text included. */
static void change_numbers(struct bench *b)
{
    static const char *const values[] = {"-1",
                                         "0",
                                         "1",
                                         "2147483647",
                                         "2147483648",
                                         "4294967296",
                                         "9223372036854775807",
                                         "9223372036854775808",
                                         "18446744073709551616",
                                         "1e308",
                                         "1e999",
                                         "-1e39",
                                         "0.5",
                                         "1e2",
                                         "NaN",
                                         "null",
                                         "[]",
                                         "{}",
                                         "true",
                                         "7",
                                         "255",
                                         "",
                                         "01",
                                         "65536",
                                         "-9223372036854775808"};
    size_t head = 8 + header_size(b);
    for (size_t at = 9; at < head; at++) {
        uint8_t before = b->good[at - 1];
        if ((before != ':' && before != ',' && before != '[') || !is_number_byte(b->good[at])) {
            continue;
        }
        size_t end = at;
        while (is_number_byte(b->good[end])) {
            end++;
        }
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            if (is_sampled(b)) {
                replace(b, at, end, values[i], values[i]);
            }
        }
        at = end;
    }
}

/* Every short word of the header becomes another one. */
static void change_words(struct bench *b)
{
    static const char *const values[] = {
        "",       "x",       "F32",     "U8",  "I8",   "F64",   "c2",          "c8",        "log",
        "linear", "float",   "conv",    "act", "clip", "swish", "edge0.table", "conv.bins", "__metadata__",
        "format", "\\u0000", "\\ud800", "\\n", "2"};
    size_t head = 8 + header_size(b);
    for (size_t at = 9; at < head; at++) {
        if (b->good[at - 1] != '"') {
            continue;
        }
        size_t end = at;
        while (end < head && b->good[end] != '"' && b->good[end] != '\\') {
            end++;
        }
        for (size_t i = 0; i < sizeof values / sizeof *values && end - at < 64; i++) {
            if (is_sampled(b)) {
                replace(b, at, end, values[i], values[i]);
            }
        }
        at = end;
    }
}

static void change_characters(struct bench *b)
{
    size_t head = 8 + header_size(b);
    for (size_t at = 8; at < head; at++) {
        const char twice[3] = {(char)b->good[at], (char)b->good[at], '\0'};
        replace(b, at, at + 1, "", "deleted");
        replace(b, at, at + 1, twice, "doubled");
    }
}

static int damage(const char *name, const void *good, size_t size, int flips, uint64_t seed)
{
    struct bench b = {.name = name, .good = good, .size = size, .random = seed * 2 + 0x9e3779b97f4a7c15};
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    b.capacity = (size + 4096 + page) / page * page;
    b.room = mmap(NULL, b.capacity + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b.room == MAP_FAILED || mprotect(b.room + b.capacity, page, PROT_NONE) != 0) {
        perror("mmap");
        return 1;
    }
    judge(&b, memcpy(place(&b, size), good, size), size, "whole", 0);
    if (b.loaded != 1) {
        printf("%s: the undamaged file does not load\n", name);
        b.failures++;
    }
    truncate_it(&b);
    flip(&b, flips);
    change_length(&b);
    if (size < 100000) {
        change_numbers(&b);
        change_words(&b);
    }
    if (size < SMALL) {
        change_characters(&b);
    }
    printf("%s: %zu bytes, seed %llu: %d cases, %d of them still models, slowest %.3f s, %d failures\n", name,
           size, (unsigned long long)seed, b.cases, b.loaded, b.slowest, b.failures);
    munmap(b.room, b.capacity + page);
    return b.failures;
}

static int damage_synthetic(enum models_kind kind, int flips, uint64_t seed)
{
    static weft_error error;
    void *data;
    size_t size;
    weft_model *model = models_build(kind, seed, NULL);
    if (!model || weft_file_serialise(model, &data, &size, &error) != WEFT_OK) {
        printf("%s\n", model ? error.text : "out of memory");
        return 1;
    }
    int failures = damage(models_name(kind), data, size, flips, seed);
    weft_block_free(NULL, data);
    weft_model_free(&model);
    return failures;
}

static int damage_file(const char *path, int flips, uint64_t seed)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    void *data = size > 16 ? malloc((size_t)size) : NULL;
    int failures = 1;
    if (data && fread(data, 1, (size_t)size, file) == (size_t)size) {
        failures = damage(path, data, (size_t)size, flips, seed);
    } else {
        printf("%s: cannot be read\n", path);
    }
    fclose(file);
    free(data);
    return failures;
}

int main(int argc, char **argv)
{
    int flips = 300, files = 0, failures = 0;
    uint64_t seed = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--flips") == 0 && i + 1 < argc) {
            flips = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            seed = strtoull(argv[++i], NULL, 10);
        } else {
            files++;
            failures += damage_file(argv[i], flips, seed);
        }
    }
    for (int kind = 0; kind < MODELS_DEEP && files == 0; kind++) { /* that one has little to damage but weights */
        failures += damage_synthetic((enum models_kind)kind, flips, seed);
    }
    return failures != 0;
}
