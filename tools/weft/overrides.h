/* weft command: the JSON file of per-layer settings: {"layers": {"NAME": {"weight_levels": 256, ...}}}. */
#ifndef WEFT_TOOLS_OVERRIDES_H
#define WEFT_TOOLS_OVERRIDES_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/convert.h>

struct overrides {
    struct weft_quantize_override *items; /* names are owned */
    int count;
};

bool overrides_read(struct overrides *overrides, const char *path, char *why, size_t why_size);
void overrides_free(struct overrides *overrides);

#endif
