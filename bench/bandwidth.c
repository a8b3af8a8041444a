/* Caches of this processor, and how fast one core reads from each level. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/bench.h>

static size_t read_size(int index, const char *what, char *text, size_t text_size)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/%s", index, what);
    FILE *file = fopen(path, "r");
    text[0] = '\0';
    if (!file) {
        return 0;
    }
    size_t got = fgets(text, (int)text_size, file) ? strlen(text) : 0;
    fclose(file);
    return got;
}

void weft_bench_caches(struct weft_bench_cache *caches, int max, int *count)
{
    char text[32];
    *count = 0;
    for (int index = 0; index < 8 && *count < max; index++) {
        if (!read_size(index, "type", text, sizeof text) || strncmp(text, "Instruction", 11) == 0) {
            continue;
        }
        if (!read_size(index, "level", text, sizeof text)) {
            continue;
        }
        caches[*count].level = atoi(text);
        read_size(index, "size", text, sizeof text);
        char *end;
        size_t bytes = strtoull(text, &end, 10);
        caches[*count].bytes = *end == 'M' ? bytes << 20 : *end == 'K' ? bytes << 10 : bytes;
        *count += caches[*count].bytes > 0;
    }
}

/* Four sums, so that additions do not wait for each other; the compilers make vectors of them. */
static uint64_t read_all(const uint64_t *words, size_t count)
{
    uint64_t sum[8] = {0};
    for (size_t i = 0; i + 8 <= count; i += 8) {
        for (int k = 0; k < 8; k++) {
            sum[k] ^= words[i + (size_t)k];
        }
    }
    return sum[0] ^ sum[1] ^ sum[2] ^ sum[3] ^ sum[4] ^ sum[5] ^ sum[6] ^ sum[7];
}

double weft_bench_read_bandwidth(size_t bytes)
{
    size_t count = bytes / sizeof(uint64_t);
    uint64_t *words = aligned_alloc(64, (bytes + 63) & ~(size_t)63);
    if (!words || count < 8) {
        free(words);
        return 0;
    }
    memset(words, 1, bytes);
    size_t turns = ((size_t)4 << 20) / bytes + 1; /* at least 4 MiB between two readings of the clock */
    double best = 0, begin = weft_bench_now();
    do {
        double start = weft_bench_now();
        for (size_t t = 0; t < turns; t++) {
            uint64_t all = read_all(words, count);
            __asm__ volatile("" : : "r"(all)); /* somebody might want it: the reading stays */
        }
        double rate = (double)bytes * (double)turns / (weft_bench_now() - start);
        best = rate > best ? rate : best;
    } while (weft_bench_now() - begin < 0.02);
    free(words);
    return best;
}

double weft_bench_read_bandwidth_of(size_t bytes, int threads)
{
    double all = 0;
    (void)threads; /* not read in a build without OpenMP */
#pragma omp parallel num_threads(threads) reduction(+ : all)
    all += weft_bench_read_bandwidth(bytes);
    return all;
}
