#include "image.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if WEFT_HAVE_IMAGES
#include <jpeglib.h> /* needs <stdio.h> before it */
#include <jerror.h>
#include <png.h>

static bool fail(char *why, size_t size, const char *path, const char *what)
{
    snprintf(why, size, "%s: %s", path, what);
    return false;
}

static bool reserve(struct image *image, long width, long height)
{
    if (width < 1 || height < 1 || width > IMAGE_EXTENT_MAX || height > IMAGE_EXTENT_MAX) {
        return false;
    }
    image->width = (int)width;
    image->height = (int)height;
    image->rgb = malloc((size_t)width * (size_t)height * 3);
    return image->rgb != NULL;
}

struct jpeg_trap {
    struct jpeg_error_mgr manager;
    jmp_buf jump;
    bool is_cut;
    char text[JMSG_LENGTH_MAX];
};

static void jpeg_trapped(j_common_ptr info)
{
    struct jpeg_trap *trap = (struct jpeg_trap *)info->err;
    info->err->format_message(info, trap->text);
    longjmp(trap->jump, 1);
}

/* Says nothing, but remembers that the file ended too early: the rest of the picture would be grey. */
static void jpeg_quiet(j_common_ptr info, int level)
{
    struct jpeg_trap *trap = (struct jpeg_trap *)info->err;
    trap->is_cut = trap->is_cut || (level < 0 && info->err->msg_code == JWRN_JPEG_EOF);
}

/* libjpeg gives inverted CMYK for Adobe files, which nearly all CMYK JPEGs are. */
static void cmyk_row(const uint8_t *in, int width, bool inverted, uint8_t *out)
{
    for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
            int ink = in[4 * x + c], black = in[4 * x + 3];
            out[3 * x + c] = (uint8_t)(inverted ? ink * black / 255 : (255 - ink) * (255 - black) / 255);
        }
    }
}

static bool read_jpeg(FILE *file, const char *path, struct image *image, char *why, size_t why_size)
{
    struct jpeg_decompress_struct info;
    struct jpeg_trap trap;
    uint8_t *volatile row = NULL;
    trap.is_cut = false;
    info.err = jpeg_std_error(&trap.manager);
    trap.manager.error_exit = jpeg_trapped;
    trap.manager.emit_message = jpeg_quiet;
    if (setjmp(trap.jump)) {
        jpeg_destroy_decompress(&info);
        free(row);
        return fail(why, why_size, path, trap.text);
    }
    jpeg_create_decompress(&info);
    jpeg_stdio_src(&info, file);
    jpeg_read_header(&info, TRUE);
    bool four = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    info.out_color_space = four ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&info);
    row = malloc((size_t)info.output_width * 4);
    if (!row || !reserve(image, (long)info.output_width, (long)info.output_height)) {
        jpeg_destroy_decompress(&info);
        free(row);
        return fail(why, why_size, path, "the image is larger than 32768 pixels on a side, or memory is short");
    }
    while (info.output_scanline < info.output_height) {
        uint8_t *to = image->rgb + (size_t)info.output_scanline * info.output_width * 3;
        JSAMPROW line = four ? row : to;
        jpeg_read_scanlines(&info, &line, 1);
        if (four) {
            cmyk_row(row, image->width, info.saw_Adobe_marker, to);
        }
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    free(row);
    return !trap.is_cut || fail(why, why_size, path, "the file is cut short");
}

static bool read_png(const char *path, struct image *image, char *why, size_t why_size)
{
    png_image png;
    memset(&png, 0, sizeof png);
    png.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_file(&png, path)) {
        return fail(why, why_size, path, png.message);
    }
    png.format = PNG_FORMAT_RGB;
    png.flags = PNG_IMAGE_FLAG_16BIT_sRGB; /* without a chunk that says otherwise 16 bits mean what 8 do */
    if (!reserve(image, (long)png.width, (long)png.height)) {
        png_image_free(&png);
        return fail(why, why_size, path, "the image is larger than 32768 pixels on a side, or memory is short");
    }
    png_color black = {0, 0, 0};
    if (!png_image_finish_read(&png, &black, image->rgb, 0, NULL)) {
        return fail(why, why_size, path, png.message);
    }
    return true;
}

bool image_read(const char *path, struct image *image, char *why, size_t why_size)
{
    memset(image, 0, sizeof *image);
    FILE *file = fopen(path, "rb");
    if (!file) {
        return fail(why, why_size, path, strerror(errno));
    }
    unsigned char magic[8] = {0};
    size_t got = fread(magic, 1, sizeof magic, file);
    bool fine;
    rewind(file);
    if (got >= 3 && magic[0] == 0xff && magic[1] == 0xd8 && magic[2] == 0xff) {
        fine = read_jpeg(file, path, image, why, why_size);
    } else if (got == 8 && memcmp(magic, "\x89PNG\r\n\x1a\n", 8) == 0) {
        fine = read_png(path, image, why, why_size);
    } else {
        fine = fail(why, why_size, path, "not a JPEG or PNG image");
    }
    fclose(file);
    if (!fine) {
        image_free(image);
    }
    return fine;
}

#else

bool image_read(const char *path, struct image *image, char *why, size_t why_size)
{
    memset(image, 0, sizeof *image);
    snprintf(why, why_size, "%s: this build reads no images (libjpeg-turbo and libpng were not found)", path);
    return false;
}

#endif

void image_free(struct image *image)
{
    free(image->rgb);
    memset(image, 0, sizeof *image);
}
