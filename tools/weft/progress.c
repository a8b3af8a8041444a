#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weft/bench.h>

#define BAR_WIDTH 30
#define DRAW_EVERY 0.08 /* seconds */

void progress_open(struct progress *progress)
{
    const char *term = getenv("TERM");
    memset(progress, 0, sizeof *progress);
    progress->terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

static void draw(struct progress *progress, int done, int total, double now)
{
    char bar[BAR_WIDTH + 1];
    int filled = (int)((long)BAR_WIDTH * done / total);
    memset(bar, '#', (size_t)filled);
    memset(bar + filled, '.', (size_t)(BAR_WIDTH - filled));
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r\033[K%s [%s] %d/%d", progress->stage, bar, done, total);
    double spent = now - progress->begun;
    if (done > 0 && spent > 1) {
        int left = (int)(spent * (total - done) / done + 0.5);
        fprintf(stderr, ", %d:%02d left", left / 60, left % 60);
    }
    fflush(stderr);
    progress->drawn = now;
    progress->shown = true;
}

void progress_show(struct progress *progress, const char *stage, int done, int total)
{
    if (!progress->terminal || total < 1) {
        return;
    }
    double now = weft_bench_now();
    bool fresh = !progress->stage || strcmp(progress->stage, stage) != 0;
    if (fresh) {
        progress->stage = stage;
        progress->begun = now;
    }
    if (done >= total) {
        progress_clear(progress);
    } else if (fresh || now - progress->drawn > DRAW_EVERY) {
        draw(progress, done, total, now);
    }
}

void progress_clear(struct progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
    }
    progress->shown = false;
}
