/* What a run takes beside time: memory and energy. */
#include <stdio.h>
#include <string.h>

#include <weft/bench.h>

double weft_bench_energy(void)
{
    double microjoules = -1;
    FILE *file = fopen("/sys/class/powercap/intel-rapl:0/energy_uj", "r");
    if (file) {
        if (fscanf(file, "%lf", &microjoules) != 1) {
            microjoules = -1;
        }
        fclose(file);
    }
    return microjoules < 0 ? -1 : 1e-6 * microjoules;
}

size_t weft_bench_peak_memory(void)
{
    char line[128];
    unsigned long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "VmHWM: %lu", &kib) == 1) {
            break;
        }
    }
    if (file) {
        fclose(file);
    }
    return (size_t)kib << 10;
}

/* proc(5): writing 5 resets the peak to what is resident now. */
void weft_bench_reset_peak_memory(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file) {
        fputs("5", file);
        fclose(file);
    }
}
