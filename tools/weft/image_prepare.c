#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

/* Contributions of input samples to one output sample of a triangle filter. */
struct tap_row {
    int first, count;
    float *weight;
};

static struct tap_row *make_taps(int in, int out, int from, int wanted)
{
    double ratio = (double)in / out, support = ratio > 1 ? ratio : 1;
    int most = (int)ceil(2 * support) + 2;
    struct tap_row *rows = calloc(1, (size_t)wanted * (sizeof *rows + (size_t)most * sizeof(float)));
    if (!rows) {
        return NULL;
    }
    float *weights = (float *)(rows + wanted);
    for (int i = 0; i < wanted; i++) {
        double centre = (from + i + 0.5) * ratio, sum = 0;
        int first = (int)floor(centre - support + 0.5), last = (int)floor(centre + support + 0.5);
        first = first < 0 ? 0 : first;
        last = last > in ? in : last;
        rows[i] = (struct tap_row){first, last - first, weights + (size_t)i * (size_t)most};
        for (int k = first; k < last; k++) {
            double far = fabs(k + 0.5 - centre) / support, weight = far < 1 ? 1 - far : 0;
            rows[i].weight[k - first] = (float)weight;
            sum += weight;
        }
        for (int k = 0; k < rows[i].count; k++) {
            rows[i].weight[k] = (float)(rows[i].weight[k] / sum);
        }
    }
    return rows;
}

/* Resized size such that the crop fits: `resize` is the short side, 0 keeps the size where it is large enough. */
static void scaled_size(const struct image *image, const weft_prep *prep, int *width, int *height)
{
    double scale = 1;
    int shorter = image->width < image->height ? image->width : image->height;
    if (prep->resize > 0) {
        scale = (double)prep->resize / shorter;
    }
    if (image->width * scale < prep->width) {
        scale = (double)prep->width / image->width;
    }
    if (image->height * scale < prep->height) {
        scale = (double)prep->height / image->height;
    }
    *width = (int)lround(image->width * scale);
    *height = (int)lround(image->height * scale);
    *width = *width < prep->width ? prep->width : *width;
    *height = *height < prep->height ? prep->height : *height;
}

static float channel_value(const float rgb[3], const weft_prep *prep, int channel)
{
    float value = prep->channels == 1 ? 0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2]
                                      : rgb[prep->bgr ? 2 - channel : channel];
    return (value - prep->mean[channel]) * prep->scale[channel];
}

/* Rows are filtered first (only those the crop needs), then columns. */
static void resample(const struct image *image, const weft_prep *prep, const struct tap_row *across,
                     const struct tap_row *down, float *rows, float *out)
{
    int first = down[0].first, last = down[prep->height - 1].first + down[prep->height - 1].count;
    for (int y = first; y < last; y++) {
        const uint8_t *line = image->rgb + (size_t)y * (size_t)image->width * 3;
        for (int x = 0; x < prep->width; x++) {
            float sum[3] = {0, 0, 0};
            for (int k = 0; k < across[x].count; k++) {
                for (int c = 0; c < 3; c++) {
                    sum[c] += across[x].weight[k] * line[3 * (across[x].first + k) + c];
                }
            }
            memcpy(rows + ((size_t)(y - first) * (size_t)prep->width + (size_t)x) * 3, sum, sizeof sum);
        }
    }
    size_t plane = (size_t)prep->width * (size_t)prep->height;
    for (int y = 0; y < prep->height; y++) {
        for (int x = 0; x < prep->width; x++) {
            float sum[3] = {0, 0, 0};
            for (int k = 0; k < down[y].count; k++) {
                const float *at = rows + ((size_t)(down[y].first + k - first) * (size_t)prep->width + (size_t)x) * 3;
                for (int c = 0; c < 3; c++) {
                    sum[c] += down[y].weight[k] * at[c];
                }
            }
            for (int c = 0; c < 3; c++) {
                sum[c] = rintf(sum[c]); /* whole pixel values, as every image library gives */
            }
            for (int c = 0; c < prep->channels; c++) {
                out[(size_t)c * plane + (size_t)y * (size_t)prep->width + (size_t)x] = channel_value(sum, prep, c);
            }
        }
    }
}

bool image_prepare(const struct image *image, const weft_prep *prep, float *out)
{
    int width, height;
    scaled_size(image, prep, &width, &height);
    struct tap_row *across = make_taps(image->width, width, (width - prep->width) / 2, prep->width);
    struct tap_row *down = make_taps(image->height, height, (height - prep->height) / 2, prep->height);
    float *rows = NULL;
    if (across && down) {
        int needed = down[prep->height - 1].first + down[prep->height - 1].count - down[0].first;
        rows = malloc((size_t)needed * (size_t)prep->width * 3 * sizeof(float));
    }
    if (rows) {
        resample(image, prep, across, down, rows, out);
    }
    free(rows);
    free(across);
    free(down);
    return rows != NULL;
}

void image_prepare_planar(const uint8_t *planes, const weft_prep *prep, float *out)
{
    size_t plane = (size_t)prep->width * (size_t)prep->height;
    for (size_t i = 0; i < plane; i++) {
        float rgb[3] = {planes[i], planes[plane + i], planes[2 * plane + i]};
        for (int c = 0; c < prep->channels; c++) {
            out[(size_t)c * plane + i] = channel_value(rgb, prep, c);
        }
    }
}

bool image_prep_named(const char *name, int channels, int height, int width, weft_prep *prep)
{
    static const struct {
        const char *name;
        int bgr;
        float mean[3], divisor[3];
    } known[] = {
        {"torch", 0, {0.485f * 255, 0.456f * 255, 0.406f * 255}, {0.229f * 255, 0.224f * 255, 0.225f * 255}},
        {"caffe", 1, {104, 117, 123}, {1, 1, 1}},
        {"tf", 0, {127.5f, 127.5f, 127.5f}, {127.5f, 127.5f, 127.5f}},
        {"unit", 0, {0, 0, 0}, {255, 255, 255}},
        {"raw", 0, {0, 0, 0}, {1, 1, 1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) != 0) {
            continue;
        }
        *prep = (weft_prep){.width = width, .height = height, .channels = channels, .bgr = known[i].bgr};
        for (int c = 0; c < 3; c++) {
            prep->mean[c] = known[i].mean[c];
            prep->scale[c] = 1 / known[i].divisor[c];
        }
        return true;
    }
    return false;
}
