/* Damages ONNX files and looks whether the verdict holds.
 *   onnx_damage [--flips N] [--seed S] [FILE...]    no files: the networks of onnx_models.h
 * Files that are not there are said to be skipped. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "onnx_models.h"
#include "onnx_verdict.h"

#define TRUNCATIONS 200
#define LAYERS 100 /* of the networks that are damaged, at most */
#define SECONDS_MAX 5.0
#define SECONDS_DEAD 60 /* an import that never ends is ended by this */

struct bench {
    const char *name;
    const uint8_t *good;
    size_t size;
    uint8_t *end; /* of the room, where a page begins that may not be touched */
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

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The damaged bytes are the last `size` of the room. */
static void judge(struct bench *b, size_t size, const char *what, size_t where)
{
    int loaded = 0;
    double start = now();
    alarm(SECONDS_DEAD);
    const char *problem = onnx_verdict(b->end - size, size, LAYERS, &loaded);
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

static void truncate_it(struct bench *b)
{
    for (size_t i = 0; i < TRUNCATIONS; i++) {
        size_t size = i % 2 ? draw(b) % b->size : b->size * i / TRUNCATIONS;
        memcpy(b->end - size, b->good, size);
        judge(b, size, "truncated", size);
    }
}

/* One to three bytes change. Every other time all within a few hundred bytes from either end or around a place
 * without weights, where the structure is. */
static void flip(struct bench *b, int flips)
{
    uint8_t *bytes = b->end - b->size;
    for (int i = 0; i < flips; i++) {
        memcpy(bytes, b->good, b->size);
        size_t at = 0, near = b->size < 4096 ? b->size : 4096, base = i % 4 == 1 ? b->size - near : 0;
        for (uint64_t n = 1 + draw(b) % 3; n > 0; n--) {
            at = i % 2 ? base + draw(b) % near : draw(b) % b->size;
            bytes[at] = (uint8_t)(bytes[at] ^ (1 + draw(b) % 255));
        }
        judge(b, b->size, "flipped", at);
    }
}

static int damage(const char *name, const void *good, size_t size, int flips, uint64_t seed)
{
    struct bench b = {.name = name, .good = good, .size = size, .random = seed * 2 + 0x9e3779b97f4a7c15};
    size_t page = (size_t)sysconf(_SC_PAGESIZE), capacity = (size + page - 1) / page * page;
    uint8_t *room = mmap(NULL, capacity + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED || mprotect(room + capacity, page, PROT_NONE) != 0) {
        perror("mmap");
        return 1;
    }
    b.end = room + capacity;
    memcpy(b.end - size, good, size);
    judge(&b, size, "whole", 0);
    if (b.loaded != 1) {
        printf("%s: the undamaged file cannot be imported\n", name);
        b.failures++;
    }
    truncate_it(&b);
    flip(&b, flips);
    printf("%s: %zu bytes, seed %llu: %d cases, %d of them still models, slowest %.3f s, %d failures\n", name, size,
           (unsigned long long)seed, b.cases, b.loaded, b.slowest, b.failures);
    munmap(room, capacity + page);
    return b.failures;
}

static int damage_synthetic(enum onnx_models_kind kind, int flips, uint64_t seed)
{
    struct onnx_bytes file = onnx_models_build(kind);
    int failures = damage(onnx_models_name(kind), file.data, file.size, flips, seed);
    const char *problem = onnx_verdict_allocations(file.data, file.size);
    if (problem) {
        printf("%s: %s\n", onnx_models_name(kind), problem);
        failures++;
    }
    free(file.data);
    return failures;
}

static int damage_file(const char *path, int flips, uint64_t seed)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        printf("skipped: %s is not here\n", path);
        return 0;
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
    int flips = 2000, files = 0, failures = 0;
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
    for (int kind = 0; kind < ONNX_MODELS_COUNT && files == 0; kind++) {
        failures += damage_synthetic((enum onnx_models_kind)kind, flips, seed);
    }
    return failures != 0;
}
