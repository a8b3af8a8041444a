#include "labels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_MAX 1000000

bool labels_read(struct labels *labels, const char *path, char *why, size_t why_size)
{
    char line[4096];
    int room = 0;
    memset(labels, 0, sizeof *labels);
    FILE *file = fopen(path, "r");
    if (!file) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return false;
    }
    while (fgets(line, sizeof line, file) && labels->count < LABELS_MAX) {
        line[strcspn(line, "\r\n")] = '\0';
        if (labels->count == room) {
            room = room ? 2 * room : 1024;
            char **more = realloc(labels->names, (size_t)room * sizeof *more);
            if (!more) {
                break;
            }
            labels->names = more;
        }
        if (!(labels->names[labels->count] = strdup(line))) {
            break;
        }
        labels->count++;
    }
    bool fine = feof(file) && labels->count > 0;
    fclose(file);
    if (!fine) {
        snprintf(why, why_size, "%s: no labels in it, too many, or memory is short", path);
        labels_free(labels);
    }
    return fine;
}

void labels_free(struct labels *labels)
{
    for (int i = 0; i < labels->count; i++) {
        free(labels->names[i]);
    }
    free(labels->names);
    memset(labels, 0, sizeof *labels);
}
