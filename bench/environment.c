#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <weft/bench.h>

static void first_line(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    out[0] = '\0';
    if (!file) {
        return;
    }
    if (fgets(out, (int)size, file)) {
        out[strcspn(out, "\n")] = '\0';
    }
    fclose(file);
}

static void read_cpuinfo(struct weft_bench_environment *e)
{
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file) {
        return;
    }
    while (fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (!colon) {
            continue;
        }
        colon[strcspn(colon, "\n")] = '\0';
        if (!e->cpu[0] && (!strncmp(line, "model name", 10) || !strncmp(line, "Hardware", 8))) {
            snprintf(e->cpu, sizeof e->cpu, "%.127s", colon + 1 + strspn(colon + 1, " "));
        } else if (e->mhz == 0 && !strncmp(line, "cpu MHz", 7)) {
            e->mhz = atof(colon + 1);
        }
    }
    fclose(file);
}

static double hottest_zone(void)
{
    char path[96], line[32];
    double hottest = 0;
    for (int zone = 0; zone < 64; zone++) {
        snprintf(path, sizeof path, "/sys/class/thermal/thermal_zone%d/temp", zone);
        first_line(path, line, sizeof line);
        double celsius = atof(line) / 1000;
        hottest = celsius > hottest && celsius < 150 ? celsius : hottest;
    }
    return hottest;
}

static int64_t times_throttled(void)
{
    char line[32];
    first_line("/sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", line, sizeof line);
    return line[0] ? atoll(line) : -1;
}

static void list_caches(char *text, size_t size)
{
    struct weft_bench_cache caches[4];
    int count;
    size_t used = 0;
    weft_bench_caches(caches, 4, &count);
    for (int i = 0; i < count && used < size; i++) {
        bool mega = caches[i].bytes >= 1 << 20;
        used += (size_t)snprintf(text + used, size - used, "%s%zu%c", used ? " " : "",
                                 caches[i].bytes >> (mega ? 20 : 10), mega ? 'M' : 'K');
    }
}

void weft_bench_environment(struct weft_bench_environment *e)
{
    char line[128];
    struct utsname system;
    memset(e, 0, sizeof *e);
    read_cpuinfo(e);
    size_t used = 0;
    for (int i = 0; weft_isa_name(i); i++) {
        if (weft_isa_available() & weft_isa_from_name(weft_isa_name(i))) {
            used += (size_t)snprintf(e->isa + used, sizeof e->isa - used, "%s%s", used ? " " : "", weft_isa_name(i));
        }
    }
    first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", e->governor, sizeof e->governor);
    first_line("/proc/loadavg", line, sizeof line);
    e->load_average = atof(line);
    if (uname(&system) == 0) {
        snprintf(e->os, sizeof e->os, "%.40s %.60s %.20s", system.sysname, system.release, system.machine);
    }
    snprintf(e->compiler, sizeof e->compiler, "%s", WEFT_COMPILER);
    snprintf(e->flags, sizeof e->flags, "%s", WEFT_COMPILER_FLAGS);
    snprintf(e->revision, sizeof e->revision, "%s", WEFT_REVISION);
    e->cores_physical = weft_physical_cores();
    e->cores_usable = (int)sysconf(_SC_NPROCESSORS_ONLN);
    e->temperature = hottest_zone();
    e->throttled = times_throttled();
    weft_bench_pinned(e->pinned, sizeof e->pinned);
    weft_bench_clusters(e->clusters, sizeof e->clusters);
    list_caches(e->caches, sizeof e->caches);
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc)) {
        strftime(e->date, sizeof e->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
}
