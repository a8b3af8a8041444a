#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kcheck.h"

#define MARGIN 256
#define FILL 0xa5

static const struct kc *current; /* for the fault handler */

/* A kernel that leaves its arrays meets a guard page: say which and where, then stop. */
static void on_fault(int signal_number)
{
    char line[512];
    int n = snprintf(line, sizeof line,
                     "FAIL %s: signal %d, outside its arrays or misaligned: %s (--seed %llu)\n",
                     current->kernel ? current->kernel : "?", signal_number, current->what,
                     (unsigned long long)current->seed);
    ssize_t written = write(STDOUT_FILENO, line, (size_t)n);
    _exit(written < 0 ? 3 : 1);
}

int kc_open(struct kc *k)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (int s = 0; s < KC_SLOTS; s++) {
        uint8_t *map = mmap(NULL, KC_REGION_BYTES + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (map == MAP_FAILED || mprotect(map + page, KC_REGION_BYTES, PROT_READ | PROT_WRITE)) {
            return 0;
        }
        k->region[s].base = map + page;
        k->region[s].end = map + page + KC_REGION_BYTES;
    }
    current = k;
    struct sigaction action = {.sa_handler = on_fault};
    return !sigaction(SIGSEGV, &action, NULL) && !sigaction(SIGBUS, &action, NULL);
}

/* splitmix64 */
uint64_t kc_next(struct kc *k)
{
    uint64_t z = k->rng += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int kc_range(struct kc *k, int lo, int hi)
{
    return lo + (int)((kc_next(k) >> 32) % (uint64_t)(hi - lo + 1));
}

void kc_fill(struct kc *k, uint8_t *p, size_t n, enum kc_data data, int lo, int hi)
{
    for (size_t i = 0; i < n; i++) {
        int v = 0;
        if (data == KC_RANDOM) {
            v = kc_range(k, lo, hi);
        } else if (data == KC_MAX) {
            v = hi;
        } else if (data == KC_ALTERNATING) {
            v = i & 1 ? lo : hi;
        }
        p[i] = (uint8_t)v;
    }
    if (data == KC_SINGLE && n > 0) {
        p[kc_next(k) % n] = (uint8_t)hi;
    }
}

const char *kc_data_name(enum kc_data data)
{
    static const char *const names[KC_DATA_COUNT] = {"random", "max", "alternating", "zero", "single"};
    return names[data];
}

void *kc_input(struct kc *k, enum kc_slot slot, size_t bytes, size_t align, enum kc_place place)
{
    struct kc_region *r = &k->region[slot];
    size_t whole = (bytes + align - 1) / align * align;
    if (whole > KC_REGION_BYTES) {
        kc_fail(k, "case of %zu bytes is larger than a region", bytes);
        whole = bytes = 0;
    }
    r->p = place == KC_END ? r->end - whole : r->base;
    r->bytes = bytes;
    return r->p;
}

/* The part of a region around its array that a check watches. */
static uint8_t *window(const struct kc_region *r, size_t *bytes)
{
    uint8_t *first = r->p - r->base > MARGIN ? r->p - MARGIN : r->base;
    uint8_t *last = r->end - (r->p + r->bytes) > MARGIN ? r->p + r->bytes + MARGIN : r->end;
    *bytes = (size_t)(last - first);
    return first;
}

void kc_outputs(struct kc *k, size_t bytes, size_t align, enum kc_place place)
{
    for (int s = KC_GOT; s <= KC_WANT; s++) {
        size_t n;
        kc_input(k, (enum kc_slot)s, bytes, align, place);
        uint8_t *first = window(&k->region[s], &n);
        memset(first, FILL, n);
    }
}

void kc_compare(struct kc *k)
{
    const struct kc_region *r = &k->region[KC_GOT];
    size_t n, n_want;
    const uint8_t *got = window(r, &n), *want = window(&k->region[KC_WANT], &n_want);
    if (n != n_want) {
        kc_fail(k, "the two outputs differ in size");
    } else if (memcmp(got, want, n)) {
        size_t i = 0;
        while (got[i] == want[i]) {
            i++;
        }
        long at = (long)(got + i - r->p);
        kc_fail(k, "byte %ld of %zu%s is %02x, scalar %02x", at, r->bytes,
                at < 0 || at >= (long)r->bytes ? " (outside)" : "", got[i], want[i]);
    }
}

void kc_fail(struct kc *k, const char *format, ...)
{
    if (!k->bad) { /* one line per check says enough */
        va_list list;
        va_start(list, format);
        printf("FAIL %s: ", k->kernel);
        vprintf(format, list);
        printf(": %s (--seed %llu --filter %s)\n", k->what, (unsigned long long)k->seed, k->kernel);
        va_end(list);
    }
    k->bad = 1;
}

int kc_begin(struct kc *k, const char *name)
{
    if (k->filter && !strstr(name, k->filter)) {
        return 0;
    }
    k->kernel = name;
    k->what[0] = 0;
    k->bad = 0;
    k->rng = k->seed;
    for (const char *c = name; *c; c++) { /* the same data whatever else runs */
        k->rng = (k->rng ^ (uint64_t)(unsigned char)*c) * 0x100000001b3u;
    }
    return 1;
}

int kc_end(struct kc *k, const char *level)
{
    k->passed += !k->bad;
    k->failed += k->bad;
    printf("%-4s %-10s %s\n", k->bad ? "FAIL" : "ok", level, k->kernel);
    fflush(stdout);
    return !k->bad;
}

double kc_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void kc_time(const char *name, const char *shape, const char *unit, double work, void (*run)(void *),
             void *context)
{
    const double burst = 0.01;
    double best = 1e9;
    int calls = 1;
    run(context);
    for (int round = 0; round < 12; round++) {
        double start = kc_seconds();
        for (int i = 0; i < calls; i++) {
            run(context);
        }
        double spent = kc_seconds() - start;
        if (spent < burst) { /* too short to time */
            calls *= 2;
            round = -1;
        } else if (spent / calls < best) {
            best = spent / calls;
        }
    }
    printf("     %-44s %-26s %9.3f %s\n", name, shape, work / best, unit);
}

const int kc_sizes[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,  15,  16,  17,  18,  19, 20,
                        21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,  35,  36,  37,  38,  39, 40,
                        41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54,  55,  56,  57,  58,  59, 60,
                        61, 62, 63, 64, 65, 66, 67, 71, 73, 79, 83, 89, 97, 101, 127, 131, 191, 257, 0};

const uint8_t *kc_out_values(struct kc *k, const struct weft_encoder *enc, int wanted)
{
    enum { ENTRIES = 64 };
    if (!wanted || enc->magnitudes >= ENTRIES) {
        return NULL;
    }
    uint8_t *values = kc_input(k, KC_X4, ENTRIES, 1, KC_END);
    kc_fill(k, values, ENTRIES, KC_RANDOM, 0, 255);
    if (enc->is_signed) {
        values[0] = 0; /* which has no sign */
    }
    return values;
}

uint8_t kc_out_value(const uint8_t *values, uint8_t code)
{
    uint8_t value = values[code & 127];
    return code & 128 ? (uint8_t)-value : value;
}
