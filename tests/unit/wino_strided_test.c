/* The same for stride 2. */
#include "wino_case.h"

Test(wino_strided, sums_are_exact_at_the_ends_of_the_ranges)
{
    struct layer l = {.in_c = 24, .out_c = 40, .h = 17, .w = 21, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 31,
                      .ends = true, .stride = 2};
    compare(&l, 31, false, true); /* 4 * 31 is the largest sum of taps within 127 */
    l.is_signed = true;
    l.table_max = 31;
    compare(&l, 32, false, true);
    l.table_max = 32; /* 8 * 32 > 255 */
    compare(&l, 33, false, false);
    l.is_signed = false;
    l.table_max = 64;
    compare(&l, 34, false, false);
    l.table_max = 63;
    l.qmax = 32; /* 4 * 32 > 127 in one filter of eight */
    compare(&l, 35, false, false);
    struct layer deep = {.in_c = 2048, .out_c = 2, .h = 5, .w = 6, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 31,
                         .ends = true, .stride = 2};
    compare(&deep, 36, false, true);
    deep.in_c = 65536; /* as many as there can be: 9 * 65536 * 14 * 255 is below 2^31 */
    deep.qmax = 14;
    deep.levels = 2;
    compare(&deep, 37, false, true);
}

Test(wino_strided, of_any_size_border_and_number_of_channels)
{
    compare_sizes(2, 33, 67, 78, 400);
    /* Several blocks and groups, and weights that leave a byte. */
    compare(&(struct layer){.in_c = 136, .out_c = 64, .h = 56, .w = 56, .pads = {1, 1, 1, 1}, .table_max = 63,
                            .qmax = 14,
                            .large = 20000, .stride = 2}, 440, false, true);
    compare(&(struct layer){.in_c = 264, .out_c = 96, .h = 13, .w = 13, .pads = {1, 1, 1, 1}, .table_max = 31,
                            .qmax = 14,
                            .large = 20000, .is_signed = true, .stride = 2}, 441, false, true);
}
