/* weft command: files written whole or not at all. */
#ifndef WEFT_TOOLS_OUTPUT_H
#define WEFT_TOOLS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct output {
    FILE *file;
    char *path, *temporary; /* temporary == NULL: standard output, a device or a pipe */
};

/* PATH "-" is standard output, devices and pipes are written to; else a temporary file beside PATH. On failure a line
 * in `why`. Until output_close a Ctrl-C waits, so that no half file stays behind: open it when all that goes into it is
 * known. */
bool output_open(struct output *out, const char *path, char *why, size_t why_size);
/* Flushes, syncs, renames into place. On failure nothing is left behind. */
bool output_close(struct output *out, char *why, size_t why_size);

/* Says early whether PATH can be written later, before work is spent on what goes there. NULL is fine. */
bool output_check(const char *path, char *why, size_t why_size);
/* The same for a page, which does not go to standard output, where the text is. */
bool output_check_page(const char *path, char *why, size_t why_size);

/* SIGINT, SIGTERM and SIGHUP wait from signals_hold() to signals_release(), which lets them through. */
void signals_hold(void);
void signals_release(void);

#endif
