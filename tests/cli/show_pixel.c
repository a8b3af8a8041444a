/* What the command decodes: show_pixel IMAGE X Y prints "width height red green blue". */
#include <stdio.h>
#include <stdlib.h>

#include "image.h"

int main(int argc, char **argv)
{
    struct image image;
    char why[512];
    if (argc != 4 || !image_read(argv[1], &image, why, sizeof why)) {
        fprintf(stderr, "%s\n", argc == 4 ? why : "show_pixel IMAGE X Y");
        return 2;
    }
    int x = atoi(argv[2]), y = atoi(argv[3]);
    if (x < 0 || x >= image.width || y < 0 || y >= image.height) {
        fprintf(stderr, "%s is %d x %d\n", argv[1], image.width, image.height);
        return 2;
    }
    const uint8_t *rgb = image.rgb + ((size_t)y * (size_t)image.width + (size_t)x) * 3;
    printf("%d %d %d %d %d\n", image.width, image.height, rgb[0], rgb[1], rgb[2]);
    image_free(&image);
    return 0;
}
