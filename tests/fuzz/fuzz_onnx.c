/* Fuzz target: the ONNX importer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "onnx_verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *problem = onnx_verdict(data, size, size / 8, NULL);
    if (problem) {
        fprintf(stderr, "%s\n", problem);
        abort();
    }
    return 0;
}
