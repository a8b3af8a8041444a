#include "quant/samples.h"

#include <string.h>

struct weft_spot weft_samples_spot(const struct weft_samples *samples, int64_t row)
{
    /* The golden ratio keeps the samples from falling into step with the rows of an image. */
    uint64_t pixels = (uint64_t)samples->out->h * (uint64_t)samples->out->w;
    uint64_t total = pixels * (uint64_t)samples->images_count, rows = (uint64_t)samples->rows;
    uint64_t jitter = (uint64_t)row * UINT64_C(0x9e3779b97f4a7c15) >> 48;
    uint64_t at = total <= rows ? (uint64_t)row : ((uint64_t)row * 65536 + jitter) / 256 * total / rows / 256;
    at = at < total ? at : total - 1;
    return (struct weft_spot){samples->images[at / pixels], (int64_t)(at % pixels)};
}

static void gather_row(const struct weft_samples *s, const struct weft_value *in, bool exact, int group,
                       struct weft_spot spot, float *out)
{
    const struct weft_window *w = &s->node->window;
    int channels = s->in->c / s->node->groups;
    int64_t plane = (int64_t)s->in->h * s->in->w, base = spot.image * in->count + (int64_t)group * channels * plane;
    int64_t y0 = spot.pixel / s->out->w * w->stride_h - w->pad_top,
            x0 = spot.pixel % s->out->w * w->stride_w - w->pad_left;
    const float *floats = exact || !in->codes ? (exact ? in->exact : in->rounded) + base : NULL;
    const uint8_t *codes = floats ? NULL : in->codes + base;
    for (int c = 0; c < channels; c++) {
        for (int ky = 0; ky < w->kernel_h; ky++) {
            int64_t y = y0 + (int64_t)ky * w->dilation_h;
            for (int kx = 0; kx < w->kernel_w; kx++) {
                int64_t x = x0 + (int64_t)kx * w->dilation_w, at = c * plane + y * s->in->w + x;
                bool inside = y >= 0 && y < s->in->h && x >= 0 && x < s->in->w;
                *out++ = !inside ? 0 : floats ? floats[at] : in->decode[codes[at]];
            }
        }
    }
}

void weft_samples_gather(const struct weft_samples *samples, const struct weft_value *in, bool exact, int group,
                         int64_t first, int64_t count, int threads, float *out)
{
    (void)threads; /* not read in a build without OpenMP */
    int64_t k = (int64_t)(samples->in->c / samples->node->groups) * samples->node->window.kernel_h *
                samples->node->window.kernel_w;
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t r = 0; r < count; r++) {
        gather_row(samples, in, exact, group, weft_samples_spot(samples, first + r), out + r * k);
    }
}
