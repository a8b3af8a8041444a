#define _GNU_SOURCE /* sched_setaffinity */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/bench.h>

enum { CPUS_MAX = CPU_SETSIZE };

static long read_number(const char *format, int cpu)
{
    char path[128];
    long value = -1;
    snprintf(path, sizeof path, format, cpu);
    FILE *file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%ld", &value) != 1) {
            value = -1;
        }
        fclose(file);
    }
    return value;
}

/* What tells big cores from little ones: the scheduler's capacity (ARM), else the highest frequency; 0 if neither is
 * known, so that all are of one cluster. */
static long strength(int cpu)
{
    long value = read_number("/sys/devices/system/cpu/cpu%d/cpu_capacity", cpu);
    if (value < 0) {
        value = read_number("/sys/devices/system/cpu/cpu%d/cpufreq/cpuinfo_max_freq", cpu);
    }
    return value < 0 ? 0 : value;
}

/* Keeps those of the allowed processors whose strength is the highest (big) or the lowest (little). */
static void keep_cluster(cpu_set_t *set, bool big)
{
    long wanted = -1;
    for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
        if (CPU_ISSET(cpu, set)) {
            long here = strength(cpu);
            wanted = wanted < 0 || (big ? here > wanted : here < wanted) ? here : wanted;
        }
    }
    for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
        if (CPU_ISSET(cpu, set) && strength(cpu) != wanted) {
            CPU_CLR(cpu, set);
        }
    }
}

/* "0-3,5": true if it is such a list. */
static bool parse_list(const char *text, cpu_set_t *set)
{
    CPU_ZERO(set);
    while (*text) {
        char *end;
        long first = strtol(text, &end, 10), last = first;
        if (end == text || first < 0) {
            return false;
        }
        if (*end == '-') {
            text = end + 1;
            last = strtol(text, &end, 10);
            if (end == text) {
                return false;
            }
        }
        if (last < first || last >= CPUS_MAX || (*end && *end != ',') || (*end == ',' && !end[1])) {
            return false;
        }
        for (long cpu = first; cpu <= last; cpu++) {
            CPU_SET((int)cpu, set);
        }
        text = *end ? end + 1 : end;
    }
    return true;
}

/* "0x..": as taskset takes it, processors 0..63. */
static bool parse_mask(const char *text, cpu_set_t *set)
{
    char *end;
    errno = 0;
    unsigned long long mask = strtoull(text, &end, 16);
    CPU_ZERO(set);
    for (int cpu = 0; cpu < 64; cpu++) {
        if (mask >> cpu & 1) {
            CPU_SET(cpu, set);
        }
    }
    return errno == 0 && end != text && !*end;
}

int weft_bench_pin(const char *where, char *why, size_t why_size)
{
    cpu_set_t allowed, wanted, both;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        snprintf(why, why_size, "the system does not tell which processors may be used: %s", strerror(errno));
        return -1;
    }
    wanted = allowed;
    if (strcmp(where, "big") == 0 || strcmp(where, "little") == 0) {
        keep_cluster(&wanted, where[0] == 'b');
    } else if (strcmp(where, "all") != 0 &&
               !(strncmp(where, "0x", 2) == 0 ? parse_mask(where + 2, &wanted) : parse_list(where, &wanted))) {
        snprintf(why, why_size, "'%s' is not big, little, all, a list (0-3,5) or a mask (0xf)", where);
        return -1;
    }
    if (CPU_COUNT(&wanted) == 0) {
        snprintf(why, why_size, "'%s' names no processor", where);
        return -1;
    }
    CPU_AND(&both, &allowed, &wanted);
    if (!CPU_EQUAL(&both, &wanted) || sched_setaffinity(0, sizeof wanted, &wanted) != 0) {
        snprintf(why, why_size, "'%s' names processors that this process may not use", where);
        return -1;
    }
    return CPU_COUNT(&wanted);
}

void weft_bench_pin_one(const char *list, int n)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (!parse_list(list, &set) || CPU_COUNT(&set) == 0) {
        return;
    }
    if (n >= 0) {
        int cpu = 0;
        for (n %= CPU_COUNT(&set); n > 0 || !CPU_ISSET(cpu, &set); cpu++) {
            n -= CPU_ISSET(cpu, &set) != 0;
        }
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
    }
    sched_setaffinity(0, sizeof set, &set);
}

void weft_bench_pinned(char *list, size_t size)
{
    cpu_set_t set;
    size_t used = 0;
    list[0] = '\0';
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return;
    }
    for (int cpu = 0; cpu < CPUS_MAX && used < size; cpu++) {
        if (!CPU_ISSET(cpu, &set)) {
            continue;
        }
        int last = cpu;
        while (last + 1 < CPUS_MAX && CPU_ISSET(last + 1, &set)) {
            last++;
        }
        used += (size_t)snprintf(list + used, size - used, last > cpu ? "%s%d-%d" : "%s%d", used ? "," : "", cpu, last);
        cpu = last;
    }
}

void weft_bench_clusters(char *text, size_t size)
{
    enum { CLUSTERS_MAX = 8 };
    long seen[CLUSTERS_MAX];
    int counts[CLUSTERS_MAX], clusters = 0;
    cpu_set_t allowed;
    size_t used = 0;
    text[0] = '\0';
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return;
    }
    for (int cpu = 0; cpu < CPUS_MAX; cpu++) {
        if (!CPU_ISSET(cpu, &allowed)) {
            continue;
        }
        long here = strength(cpu);
        int at = 0;
        while (at < clusters && seen[at] != here) {
            at++;
        }
        if (at == clusters && clusters < CLUSTERS_MAX) {
            seen[clusters] = here;
            counts[clusters++] = 0;
        }
        if (at < clusters) {
            counts[at]++;
        }
    }
    for (int i = 0; i < clusters && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%d x %ld", used ? ", " : "", counts[i], seen[i]);
    }
}
