/* Fuzz target: the model file. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A text made for it holds more layers and edges than a model would in as many bytes: hence 64 times. */
    const char *problem = size ? verdict(data, size, 64, NULL) : NULL;
    if (problem) {
        fprintf(stderr, "%s\n", problem);
        abort();
    }
    return 0;
}

#ifdef WEFT_LIBFUZZER
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t limit);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t limit, unsigned seed);

/* Most changes of the header's size would end at the first comparison: its length is set right again, three
 * times of four. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t limit, unsigned seed)
{
    uint64_t header = 0;
    for (int i = 0; i < 8 && size > 8; i++) {
        header |= (uint64_t)data[i] << (8 * i);
    }
    if (seed % 4 == 0 || size <= 16 || header > size - 8 || limit < size) {
        return LLVMFuzzerMutate(data, size, limit);
    }
    size_t rest = size - 8 - (size_t)header;
    uint8_t *text = malloc(limit);
    if (!text) {
        return size;
    }
    memcpy(text, data + 8, (size_t)header);
    size_t changed = LLVMFuzzerMutate(text, (size_t)header, limit - 8 - rest);
    memmove(data + 8 + changed, data + 8 + header, rest);
    memcpy(data + 8, text, changed);
    for (int i = 0; i < 8; i++) {
        data[i] = (uint8_t)((uint64_t)changed >> (8 * i));
    }
    free(text);
    return 8 + changed + rest;
}
#endif
