/* weft command: files written whole or not at all. */
#ifndef WEFT_TOOLS_OUTPUT_H
#define WEFT_TOOLS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct output {
    FILE *file;
    char *path, *temporary; /* temporary == NULL: standard output */
};

/* PATH "-" is standard output; else a temporary file beside PATH. On failure a line in `why`. */
bool output_open(struct output *out, const char *path, char *why, size_t why_size);
/* Flushes, syncs, renames; on any failure removes the temporary file. */
bool output_close(struct output *out, char *why, size_t why_size);

#endif
