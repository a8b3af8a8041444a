#include "ops/split.h"

enum { PIECES_PER_THREAD = 4, PIECE_CYCLES = 400 };

static int ceiling(int a, int b)
{
    return (a + b - 1) / b;
}

static struct weft_split cut(const struct weft_work *work, int bands, int chunks)
{
    int band_rows = ceiling(work->rows, bands);
    return (struct weft_split){ceiling(work->rows, band_rows), band_rows, chunks};
}

/* Until the thread with the most pieces has done them, were all as large as the largest. */
static double duration(const struct weft_work *work, const struct weft_split *split, int threads)
{
    int pieces = work->groups * split->bands * split->chunks, panels = ceiling(work->panels, split->chunks);
    double row = work->fill + (split->chunks > 1 ? work->remote : 0);
    double input = row * ((split->band_rows - 1) * work->stride + work->window);
    double piece = PIECE_CYCLES + input + panels * (work->panel + split->band_rows * work->row);
    return ceiling(pieces, threads) * piece;
}

struct weft_split weft_split(const struct weft_work *work, int threads)
{
    int least = ceiling(work->rows, work->rows_most), enough = PIECES_PER_THREAD * threads;
    struct weft_split best = cut(work, least, 1);
    if (threads == 1) {
        return best;
    }
    double shortest = duration(work, &best, threads);
    int most = least + threads > enough ? least + threads : enough;
    for (int bands = least; bands <= work->rows && (bands == least || bands * work->groups <= most); bands++) {
        for (int chunks = 1; chunks <= work->panels && (chunks == 1 || bands * work->groups * chunks <= enough);
             chunks++) {
            struct weft_split split = cut(work, bands, chunks);
            double time = duration(work, &split, threads);
            if (time < shortest) {
                shortest = time;
                best = split;
            }
        }
    }
    return best;
}
