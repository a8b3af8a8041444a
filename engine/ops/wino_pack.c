/* Bins in canonical order -> transformed weights -> panels of the c8 kernels. */
#include <stdatomic.h>
#include <string.h>

#include "ops/wino.h"

enum { LIMIT = 127, TAPS = 9 };

struct source {
    const struct weft_node *node;
    enum weft_winograd form;
    int channels, stride, outputs, nr;
    int points, per_channel; /* transformed weights of an output channel and a point */
    int integer[256];        /* of a bin */
};

static void init_source(struct source *s, const struct weft_ops *ops, const struct weft_node *node, enum weft_winograd form)
{
    s->node = node;
    s->form = form;
    s->channels = weft_ops_tensor(ops, node->inputs[0])->c;
    s->stride = (s->channels + 7) / 8 * 8;
    s->outputs = weft_ops_tensor(ops, node->output)->c;
    s->nr = ops->kernels.conv[WEFT_WFMT_C8].nr;
    s->points = weft_wino_points(form);
    s->per_channel = weft_wino_runs(form) * s->stride;
    for (int bin = 0; bin < 256; bin++) {
        bool exists = bin < 1 << node->codebook.format;
        s->integer[bin] = exists ? weft_codebook_integer(&node->codebook, (uint8_t)bin) : 0;
    }
}

/* Three values, g_step apart, to four: twice the usual transform in the middle, so that all are integers. */
static void transform(const int *g, int g_step, int *u, int u_step)
{
    int ends = g[0] + g[2 * g_step];
    u[0] = g[0];
    u[u_step] = ends + g[g_step];
    u[2 * u_step] = ends - g[g_step];
    u[3 * u_step] = g[2 * g_step];
}

/* The weights of output channel `o` transformed: u[point][run * stride + c]. Where channels are padded, zeros. `bins` and
 * u have room for them. */
static void transform_output(const struct source *s, int o, uint8_t *bins, int16_t *u)
{
    int64_t count = (int64_t)s->channels * TAPS;
    size_t pitch = (size_t)s->per_channel;
    weft_bins_unpack(s->node->bins, o * count, count, s->node->codebook.format, bins);
    if (s->stride != s->channels) {
        memset(u, 0, (size_t)s->points * pitch * sizeof *u);
    }
    for (int c = 0; c < s->channels; c++) {
        int g[TAPS], across[3][4], all[16];
        for (int i = 0; i < TAPS; i++) {
            g[i] = s->integer[*bins++];
        }
        for (int y = 0; y < 3; y++) {
            transform(g + 3 * y, 1, across[y], 1);
        }
        if (s->form == WEFT_WINOGRAD_1D) {
            for (int i = 0; i < 12; i++) {
                u[(size_t)(i % 4) * pitch + (size_t)(i / 4 * s->stride + c)] = (int16_t)across[i / 4][i % 4];
            }
            continue;
        }
        for (int j = 0; j < 4; j++) {
            transform(&across[0][j], 4, all + j, 4);
        }
        for (int p = 0; p < 16; p++) {
            u[(size_t)p * pitch + (size_t)c] = (int16_t)all[p];
        }
    }
}

/* ---- looking at them ---- */

static void weigh_output(const struct source *s, const int16_t *u, int most[WEFT_WINO_POINTS_MAX], int32_t *outliers)
{
    for (int p = 0; p < s->points; p++, u += s->per_channel) {
        int largest = most[p], count = 0;
        for (int k = 0; k < s->per_channel; k++) {
            int magnitude = u[k] < 0 ? -u[k] : u[k];
            largest = magnitude > largest ? magnitude : largest;
            count += magnitude > LIMIT;
        }
        most[p] = largest;
        outliers[p] += count;
    }
}

bool weft_wino_weigh(struct weft_ops *ops, const struct weft_node *node, enum weft_winograd form,
                     struct weft_wino_weights *weights)
{
    struct source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    init_source(&s, ops, node, form);
    memset(weights, 0, sizeof *weights);
    int panels = (s.outputs + s.nr - 1) / s.nr, lists = panels * s.points;
    int32_t *found = weft_pool_alloc(ops->pool, (size_t)lists + 1, sizeof *found);
    int most[WEFT_WINO_POINTS_MAX] = {0};
    atomic_bool failed = found == NULL;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1) reduction(max : most)
    {
        uint8_t *bins = weft_block_alloc(allocator, (size_t)s.channels, TAPS);
        int16_t *u = weft_block_alloc(allocator, (size_t)s.points * (size_t)s.per_channel, sizeof *u);
        bool ready = found && bins && u;
        failed = failed || !ready;
#pragma omp for schedule(dynamic)
        for (int i = 0; i < panels; i++) {
            for (int o = i * s.nr; ready && o < (i + 1) * s.nr && o < s.outputs; o++) {
                transform_output(&s, o, bins, u);
                weigh_output(&s, u, most, found + i * s.points);
            }
        }
        weft_block_free(allocator, u);
        weft_block_free(allocator, bins);
    }
    for (int i = 0; found && i <= lists; i++) {
        int32_t count = found[i];
        found[i] = (int32_t)weights->outliers;
        weights->outliers += count;
    }
    memcpy(weights->most, most, sizeof most);
    weights->count = (int64_t)s.outputs * s.channels * s.points * weft_wino_runs(form);
    weights->first = found;
    return !failed;
}

/* ---- packing them ---- */

struct panel {
    uint8_t *points; /* [point][nr][per_channel] */
    int16_t *u;      /* of one output channel */
    uint8_t *bins;
    int32_t next[WEFT_WINO_POINTS_MAX]; /* where each point's next outlier goes */
};

/* What fits a byte goes to the panel, what is beyond it to the outliers. Returns the sum of the former. */
static int32_t pack_row(const struct source *s, const int16_t *u, int o, uint8_t *row, struct weft_wino_outlier **outlier)
{
    int32_t sum = 0;
    for (int k = 0; k < s->per_channel; k++) {
        int packed = u[k] > LIMIT ? LIMIT : u[k] < -LIMIT ? -LIMIT : u[k];
        row[k] = (uint8_t)packed;
        sum += packed;
        if (packed != u[k]) {
            *(*outlier)++ = (struct weft_wino_outlier){(int16_t)(u[k] - packed), (uint8_t)o, k};
        }
    }
    return sum;
}

static void pack_panel(const struct source *s, const struct weft_wino *wino, int index, struct panel *panel,
                       struct weft_wino_outlier *outliers, uint8_t *packed, int32_t *init)
{
    int first = index * s->nr, outputs = s->outputs - first < s->nr ? s->outputs - first : s->nr;
    const int32_t *begin = wino->outliers_first + index * s->points;
    memcpy(panel->next, begin, (size_t)s->points * sizeof *begin);
    for (int o = 0; o < outputs; o++) {
        transform_output(s, first + o, panel->bins, panel->u);
        for (int p = 0; p < s->points; p++) {
            struct weft_wino_outlier *outlier = outliers + panel->next[p];
            size_t row = ((size_t)p * (size_t)s->nr + (size_t)o) * (size_t)s->per_channel;
            int32_t sum = pack_row(s, panel->u + (size_t)p * (size_t)s->per_channel, o, panel->points + row, &outlier);
            init[p * s->nr + o] = -wino->point[p].zero * sum;
            panel->next[p] = (int32_t)(outlier - outliers);
        }
    }
    for (int p = 0; p < s->points; p++) {
        weft_pack_panel(WEFT_WFMT_C8, s->nr, &wino->geometry,
                        panel->points + (size_t)p * (size_t)s->nr * (size_t)s->per_channel, outputs, 0, 0,
                        packed + (size_t)p * wino->panel_bytes);
    }
}

bool weft_wino_pack(struct weft_ops *ops, const struct weft_node *node, const struct weft_wino_weights *weights,
                    struct weft_wino *wino)
{
    struct source s;
    const weft_allocator *allocator = &ops->pool->allocator;
    init_source(&s, ops, node, wino->form);
    size_t panels = (size_t)wino->panels, points = (size_t)s.points, nr = (size_t)s.nr, pitch = (size_t)s.per_channel;
    uint8_t *packed = weft_pool_alloc(ops->pool, panels * points, wino->panel_bytes);
    int32_t *init = weft_pool_alloc(ops->pool, panels * points * nr, sizeof *init);
    struct weft_wino_outlier *outliers = weft_pool_alloc(ops->pool, (size_t)weights->outliers, sizeof *outliers);
    atomic_bool failed = !packed || !init || !outliers;
    wino->packed = packed;
    wino->init = init;
    wino->outliers = outliers;
    wino->outliers_first = weights->first;
#pragma omp parallel num_threads(ops->threads) if (ops->threads > 1)
    {
        struct panel panel = {.points = weft_block_alloc(allocator, points * nr, pitch),
                              .u = weft_block_alloc(allocator, points * pitch, sizeof(int16_t)),
                              .bins = weft_block_alloc(allocator, (size_t)s.channels, TAPS)};
        bool ready = !failed && panel.points && panel.u && panel.bins;
        failed = failed || !ready;
#pragma omp for schedule(dynamic)
        for (int i = 0; i < wino->panels; i++) {
            if (ready) {
                pack_panel(&s, wino, i, &panel, outliers, packed + (size_t)i * points * wino->panel_bytes,
                           init + (size_t)i * points * nr);
            }
        }
        weft_block_free(allocator, panel.bins);
        weft_block_free(allocator, panel.u);
        weft_block_free(allocator, panel.points);
    }
    return !failed;
}
