/* The public questions about the processor. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include <weft/weft.h>

#include "simd/kernels.h"

const char *weft_isa_name(int index)
{
    return index >= 0 && index < WEFT_ISA_COUNT ? weft_isa_bit_name(1u << index) : NULL;
}

unsigned weft_isa_from_name(const char *name)
{
    unsigned mask = name ? weft_isa_mask_from_name(name) : 0;
    return mask ? weft_isa_top(mask) : 0; /* the top of no levels would be scalar */
}

unsigned weft_isa_available(void)
{
    return weft_isa_detect() & weft_isa_compiled();
}

/* First processor that shares a core with `cpu`, or `cpu` itself where the system does not tell. */
static int first_sibling(int cpu)
{
    char path[96];
    int first = cpu;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    FILE *file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%d", &first) != 1) {
            first = cpu;
        }
        fclose(file);
    }
    return first;
}

int weft_physical_cores(void)
{
    cpu_set_t mine;
    int cores = 0;
    if (sched_getaffinity(0, sizeof mine, &mine) != 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        return online > 0 ? (int)online : 1;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &mine)) {
            int first = first_sibling(cpu);
            /* Counted once: by the core's first processor, or by this one if the first is not ours. */
            cores += first == cpu || first < 0 || first >= CPU_SETSIZE || !CPU_ISSET(first, &mine);
        }
    }
    return cores > 0 ? cores : 1;
}

weft_status weft_kernel_choice(const char *isa, int index, weft_kernel_info *info)
{
    static const char *const conv_roles[] = {"conv c4", "conv c5", "conv c8"};
    static const char *const one_roles[] = {"conv c4, 1 pixel", "conv c5, 1 pixel", "conv c8, 1 pixel"};
    static const char *const narrow_roles[] = {"conv c4 narrow", "conv c5 narrow", "conv c8 narrow"};
    struct weft_kernels k;
    unsigned mask = isa ? weft_isa_mask_from_name(isa) : 0;
    if (mask == 0 || (weft_isa_top(mask) & ~weft_isa_compiled()) || index < 0) {
        return WEFT_E_ARGUMENT;
    }
    weft_kernels_init(&k, mask);
    weft_kernel_info all[3 * WEFT_WFMT_COUNT + 36];
    int count = 0;
    for (int f = 0; f < WEFT_WFMT_COUNT; f++) {
        all[count++] = (weft_kernel_info){conv_roles[f], k.conv[f].tile_name};
        all[count++] = (weft_kernel_info){one_roles[f], k.conv[f].one_name};
        if (k.conv_narrow[f].tile) {
            all[count++] = (weft_kernel_info){narrow_roles[f], k.conv_narrow[f].tile_name};
        }
    }
    if (k.stretch) {
        all[count++] = (weft_kernel_info){"conv c8, many pixels", k.stretch_name};
    }
    if (k.fused) {
        all[count++] = (weft_kernel_info){"conv to codes", k.fused_name};
    }
    if (k.grouped) {
        all[count++] = (weft_kernel_info){"conv in small groups", k.grouped_name};
    }
    all[count++] = (weft_kernel_info){"expand c4", k.expand_c4_name};
    all[count++] = (weft_kernel_info){"expand c5", k.expand_c5_name};
    all[count++] = (weft_kernel_info){"depthwise", k.dw_name};
    if (k.dw3x3) {
        all[count++] = (weft_kernel_info){"depthwise 3x3 to codes", k.dw3x3_name};
    }
    all[count++] = (weft_kernel_info){"lookup", k.lookup_name};
    all[count++] = (weft_kernel_info){"epilogue", k.epilogue_name};
    if (k.epilogue_codes) {
        all[count++] = (weft_kernel_info){"epilogue, residual as codes", k.epilogue_codes_name};
    }
    if (k.affine) {
        all[count++] = (weft_kernel_info){"affine, codes to codes", k.affine_name};
    }
    if (k.strassen) {
        all[count++] = (weft_kernel_info){"strassen's products, bins to codes", k.strassen_name};
        all[count++] = (weft_kernel_info){"strassen's planes", k.strassen_in_name};
    }
    all[count++] = (weft_kernel_info){"encode", k.encode_name};
    all[count++] = (weft_kernel_info){"planes to pixels", k.planes3_name};
    all[count++] = (weft_kernel_info){"max pool", k.maxpool_name};
    all[count++] = (weft_kernel_info){"winograd 2x2 filter", k.wino22_filter_name};
    if (k.wino22_fused) {
        all[count++] = (weft_kernel_info){"winograd 2x2 to codes", k.wino22_fused_name};
    }
    if (k.wino22_border) {
        all[count++] = (weft_kernel_info){"winograd 2x2 border, from bins", k.wino22_border_name};
        all[count++] = (weft_kernel_info){"winograd 2x2 center", k.wino22_center_name};
    }
    if (k.wino22_middle) {
        all[count++] = (weft_kernel_info){"winograd 2x2 middle", k.wino22_middle_name};
    }
    all[count++] = (weft_kernel_info){"winograd 2 filter", k.wino12_filter_name};
    all[count++] = (weft_kernel_info){"winograd 2x2 in", k.wino22_in_name};
    all[count++] = (weft_kernel_info){"winograd 2x2 out", k.wino22_out_name};
    all[count++] = (weft_kernel_info){"winograd 2 in", k.wino12_in_name};
    all[count++] = (weft_kernel_info){"winograd 2 out", k.wino12_out_name};
    if (k.wino_sum) {
        all[count++] = (weft_kernel_info){"winograd products", k.wino_sum_name};
    }
    if (k.wino_lanes) {
        all[count++] = (weft_kernel_info){"winograd products in lanes", k.wino_lanes_name};
    }
    if (k.wino22s2_in) {
        all[count++] = (weft_kernel_info){"winograd 2x2 of stride 2 products", k.wino22s2_sum_name};
        all[count++] = (weft_kernel_info){"winograd 2x2 of stride 2 in", k.wino22s2_in_name};
        all[count++] = (weft_kernel_info){"winograd 2x2 of stride 2 out", k.wino22s2_out_name};
    }
    if (k.wino22s2_fused) {
        all[count++] = (weft_kernel_info){"winograd 2x2 of stride 2 to codes", k.wino22s2_fused_name};
    }
    if (k.wino44_sum) {
        all[count++] = (weft_kernel_info){"winograd 4x4 filter", k.wino44_filter_name};
        all[count++] = (weft_kernel_info){"winograd 4x4 in", k.wino44_in_name};
        all[count++] = (weft_kernel_info){"winograd 4x4 products", k.wino44_sum_name};
        all[count++] = (weft_kernel_info){"winograd 4x4 out", k.wino44_out_name};
    }
    if (index >= count) {
        return WEFT_E_ARGUMENT;
    }
    *info = all[index];
    return WEFT_OK;
}
