/* weft command: NumPy .npy files, float32, C order. */
#ifndef WEFT_TOOLS_NPY_H
#define WEFT_TOOLS_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct npy {
    float *data; /* owned */
    int rank;
    int64_t shape[8];
    int64_t count;
};

/* Reads PATH (float32, float64 or uint8, little-endian, C order); on failure prints nothing and writes one
 * line to `why`. */
bool npy_read(const char *path, struct npy *array, char *why, size_t why_size);
void npy_free(struct npy *array);
/* Writes float32, whole or not at all (output.h). */
bool npy_write(const char *path, const float *data, int rank, const int64_t *shape, char *why, size_t why_size);

#endif
