/* Writes images of every kind that the command must read into a folder: make_images FOLDER. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h> /* needs <stdio.h> before it */
#include <png.h>

static const char *folder;

static FILE *open_file(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(2);
    }
    return file;
}

/* A smooth picture with a different slope in each channel. */
static void fill_row(unsigned char *row, int width, int y, int channels)
{
    for (int x = 0; x < width; x++) {
        for (int c = 0; c < channels; c++) {
            row[x * channels + c] = (unsigned char)((x * (3 + c) + y * (5 - c)) & 255);
        }
    }
}

static void write_jpeg(const char *name, int width, int height, int channels, J_COLOR_SPACE space)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr manager;
    FILE *file = open_file(name);
    unsigned char *row = malloc((size_t)width * (size_t)channels);
    info.err = jpeg_std_error(&manager);
    jpeg_create_compress(&info);
    jpeg_stdio_dest(&info, file);
    info.image_width = (JDIMENSION)width;
    info.image_height = (JDIMENSION)height;
    info.input_components = channels;
    info.in_color_space = space;
    jpeg_set_defaults(&info);
    jpeg_start_compress(&info, TRUE);
    for (int y = 0; y < height; y++) {
        fill_row(row, width, y, channels);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    free(row);
    fclose(file);
}

static void write_png(const char *name, int width, int height, unsigned format)
{
    char path[1024];
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)width;
    image.height = (png_uint_32)height;
    image.format = format;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unsigned char *pixels = malloc(PNG_IMAGE_SIZE(image));
    int bytes = (int)(PNG_IMAGE_ROW_STRIDE(image) * PNG_IMAGE_PIXEL_COMPONENT_SIZE(format));
    for (int y = 0; y < height; y++) {
        fill_row(pixels + (size_t)y * (size_t)bytes, bytes, y, 1);
    }
    if (!png_image_write_to_file(&image, path, 0, pixels, 0, NULL)) {
        fprintf(stderr, "%s: %s\n", path, image.message);
        exit(2);
    }
    free(pixels);
}

/* 16 bits and no chunk that says how they are meant, as OpenCV and most others write them. */
static void write_png16(const char *name, int width, int height)
{
    FILE *file = open_file(name);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    unsigned char *row = malloc((size_t)width), *pairs = malloc(2 * (size_t)width);
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 16, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < height; y++) {
        fill_row(row, width, y, 1);
        for (int x = 0; x < width; x++) {
            pairs[2 * x] = pairs[2 * x + 1] = row[x];
        }
        png_write_row(png, pairs);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    free(row);
    free(pairs);
    fclose(file);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "make_images FOLDER\n");
        return 2;
    }
    folder = argv[1];
    write_jpeg("colour.jpg", 48, 40, 3, JCS_RGB);
    write_jpeg("grey.JPG", 40, 48, 1, JCS_GRAYSCALE);
    write_jpeg("cmyk.jpeg", 48, 40, 4, JCS_CMYK);
    write_png("colour.png", 48, 40, PNG_FORMAT_RGB);
    write_png("alpha.png", 48, 40, PNG_FORMAT_RGBA);
    write_png("grey16.png", 48, 40, PNG_FORMAT_LINEAR_Y);
    write_png16("plain16.png", 48, 40);
    write_jpeg("wide.jpg", 20000, 2, 3, JCS_RGB);
    write_png("one.png", 1, 1, PNG_FORMAT_RGB);
    write_png("wide.png", 20000, 3, PNG_FORMAT_RGB);
    return 0;
}
