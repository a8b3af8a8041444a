/* weft command: files of class names, one a line. */
#ifndef WEFT_TOOLS_LABELS_H
#define WEFT_TOOLS_LABELS_H

#include <stdbool.h>
#include <stddef.h>

struct labels {
    char **names;
    int count;
};

/* The line's number is the class. On failure one line in `why`. */
bool labels_read(struct labels *labels, const char *path, char *why, size_t why_size);
void labels_free(struct labels *labels);

#endif
