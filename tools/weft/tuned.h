/* weft command: what `weft tune` found, in a file. It only says which form each layer takes: results are the same
 * without. */
#ifndef WEFT_TOOLS_TUNED_H
#define WEFT_TOOLS_TUNED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <weft/weft.h>

#define TUNED_LAYERS_MAX 65536

struct tuned {
    char cpu[128], isa[32];
    int threads;
    uint64_t model; /* tuned_model */
    weft_winograd *choices; /* one for each layer; freed by tuned_free */
    int count;
    bool warned; /* that it is for something else */
};

/* For this machine, these options of a session and this model. False if memory is short. */
bool tuned_make(struct tuned *tuned, const weft_model *model, const char *isa, int threads);
void tuned_write(const struct tuned *tuned, FILE *to);
/* False, and a line in `why`, for a file that is not what tuned_write writes. */
bool tuned_read(struct tuned *tuned, const char *path, char *why, size_t why_size);
/* Whether it was made for the same things; else a line in `why` says what differs. */
bool tuned_same(const struct tuned *tuned, const struct tuned *here, char *why, size_t why_size);
void tuned_free(struct tuned *tuned);

#endif
