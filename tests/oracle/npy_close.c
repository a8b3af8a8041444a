/* Whether two .npy files hold the same float32 values: npy_close GOT EXPECTED TOLERANCE. The largest difference may be
 * TOLERANCE of the largest expected magnitude. Prints the ratio. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (64u << 20)

static float *read_values(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = file ? malloc(FILE_MAX) : NULL;
    size_t size = bytes ? fread(bytes, 1, FILE_MAX, file) : 0;
    if (file) {
        fclose(file);
    }
    size_t header = size > 10 ? 10 + (bytes[8] | (size_t)bytes[9] << 8) : SIZE_MAX;
    if (header > size || memcmp(bytes, "\x93NUMPY\x01", 7) != 0) {
        fprintf(stderr, "npy_close: %s is not here or no .npy file of version 1\n", path);
        exit(2);
    }
    *count = (size - header) / sizeof(float);
    memmove(bytes, bytes + header, *count * sizeof(float));
    return (float *)(void *)bytes;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "npy_close GOT EXPECTED TOLERANCE\n");
        return 2;
    }
    size_t count, expected_count;
    float *got = read_values(argv[1], &count), *expected = read_values(argv[2], &expected_count);
    double top = 0, worst = 0, tolerance = atof(argv[3]);
    for (size_t i = 0; i < count && i < expected_count; i++) {
        double difference = fabs((double)got[i] - (double)expected[i]);
        top = fmax(top, fabs((double)expected[i]));
        worst = difference >= worst ? difference : isnan(difference) ? (double)INFINITY : worst;
    }
    free(got);
    free(expected);
    printf("%zu of %zu values, largest difference %.3g of the largest value\n", count, expected_count, worst / top);
    return count == expected_count && count > 0 && worst <= tolerance * top ? 0 : 1;
}
