/* weft command: JPEG and PNG files as prepared network input. */
#ifndef WEFT_TOOLS_IMAGE_H
#define WEFT_TOOLS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/weft.h>

struct image {
    int width, height;
    uint8_t *rgb; /* width * height * 3, owned */
};

/* Largest width or height accepted. */
#define IMAGE_EXTENT_MAX 32768

/* Decodes PATH (told by content; grey, palette, alpha, 16-bit and CMYK become 8-bit RGB). On failure one line
 * in `why`. */
bool image_read(const char *path, struct image *image, char *why, size_t why_size);
void image_free(struct image *image);

/* Resizes (triangle filter, wide when shrinking), centre-crops, orders and scales the channels; out has
 * channels * height * width floats, planar. A one-channel network gets the luminance. False if memory is short. */
bool image_prepare(const struct image *image, const weft_prep *prep, float *out);

/* The preparation called `name` (torch, caffe, tf, unit, raw) for a channels x height x width input. */
bool image_prep_named(const char *name, int channels, int height, int width, weft_prep *prep);

/* The same scaling for pixels that are already planar RGB of the right size. */
void image_prepare_planar(const uint8_t *planes, const weft_prep *prep, float *out);

#endif
