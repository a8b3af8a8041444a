/* F(2x2,3x3): the products of the twelve points whose weights are a tap or sums of three, straight from bins. */
#include "simd/x86/wino_bins_avx512.h"

/* Taps of a row (or column) of the filter that entry i of a point is made of: the middle one comes last. Returns how
 * many. */
WEFT_INLINE int lines(int i, int line[3])
{
    line[0] = i == 3 ? 2 : 0;
    line[1] = 2;
    line[2] = 1;
    return i % 3 == 0 ? 1 : 3;
}

WEFT_INLINE void border(const struct weft_wino_bins_args *args, enum weft_wfmt fmt, int tiles)
{
    const __m512i lut = load_lut(fmt, args->lut);
    struct walk at = start_walk(args);
    for (int p = 0; p < args->points; p++) {
        const int q = args->first + p;
        int row[3], column[3];
        const int down = lines(q / 4, row), across = lines(q % 4, column), taps = down * across;
        ptrdiff_t tap[4] = {0};
        __m512i sum[TILES_MAX * NV];
        assert(taps < 9);
        for (int n = 0; n < taps; n++) {
            tap[n] = (ptrdiff_t)(3 * row[n / across] + column[n % across]) * block_bytes(fmt);
        }
        place_thirds(&at.tiles, args->values + q * args->point, tiles);
        start_sums(args->init + p * NR, tiles, sum);
        if (taps == 1) {
            plane(&at, fmt, lut, 1, 0, tap, tiles, sum);
        } else if (q / 4 == 2 || q % 4 == 2) {
            plane(&at, fmt, lut, 3, 1, tap, tiles, sum);
        } else {
            plane(&at, fmt, lut, 3, 0, tap, tiles, sum);
        }
        store_sums(args->sums + p * args->sum_point, tiles, sum);
    }
}

BINS_HEIGHTS(borders, border)

void weft_wino22_border_avx512vbmi(const struct weft_wino_bins_args *args)
{
    assert(args->first >= 0 && args->points >= 1 && args->first + args->points <= 16);
    by_height(args, borders);
}
