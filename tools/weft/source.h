/* weft command: where network inputs come from: a folder of images, a .npy batch, a CIFAR binary. */
#ifndef WEFT_TOOLS_SOURCE_H
#define WEFT_TOOLS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/weft.h>

#include "npy.h"

struct source {
    int count;
    int channels, height, width;
    weft_prep prep;
    char **files;   /* images: full paths, sorted */
    int *classes;   /* label of each item, -1 unknown; NULL if there are none */
    int unlabelled; /* images that source_label dropped */
    struct npy npy; /* .npy batch */
    unsigned char *records; /* CIFAR: count records of 1 + 3072 bytes */
};

/* Opens PATH: a folder (JPEG and PNG files, by name), X.npy or FILE.bin (CIFAR-10 records). The network's
 * input is channels x height x width; `prep` is not needed for .npy (already prepared). */
bool source_open(struct source *source, const char *path, int channels, int height, int width,
                 const weft_prep *prep, char *why, size_t why_size);
/* Labels for a folder of images: lines "file class-index [name]". Files that are not named are dropped and counted. */
bool source_label(struct source *source, const char *labels_path, char *why, size_t why_size);
/* Item `index` as prepared floats. Thread-safe. */
bool source_get(const struct source *source, int index, float *out, char *why, size_t why_size);
/* Keeps items skip, skip + step, ... at most `limit` of them (0: all). */
void source_select(struct source *source, int skip, int step, int limit);
void source_close(struct source *source);

#endif
