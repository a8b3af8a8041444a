/* weft command: a progress bar, only on a terminal. */
#ifndef WEFT_TOOLS_PROGRESS_H
#define WEFT_TOOLS_PROGRESS_H

#include <stdbool.h>

struct progress {
    bool terminal, shown;
    const char *stage; /* of the bar that is shown */
    double begun, drawn;
};

void progress_open(struct progress *progress);
/* `done` of `total` steps of `stage` ("calibrating"); draws at most some ten times a second. From one thread. */
void progress_show(struct progress *progress, const char *stage, int done, int total);
/* Wipes the bar, so that what is printed next starts on an empty line. */
void progress_clear(struct progress *progress);

#endif
