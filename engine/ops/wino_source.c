/* An output channel's weights, transformed. */
#include "ops/wino_source.h"

#include <string.h>

void weft_wino_source_init(struct weft_wino_source *s, const struct weft_ops *ops, const struct weft_node *node,
                           enum weft_wino_form form)
{
    s->node = node;
    s->form = form;
    s->channels = weft_ops_tensor(ops, node->inputs[0])->c;
    s->stride = (s->channels + 7) / 8 * 8;
    s->outputs = weft_ops_tensor(ops, node->output)->c;
    s->nr = ops->kernels.conv[WEFT_WFMT_C8].nr;
    s->points = weft_wino_points(form);
    s->runs = 0;
    for (int p = 0; p < s->points; p++) {
        s->runs += weft_wino_runs(form, p);
    }
    for (int bin = 0; bin < 256; bin++) {
        bool exists = bin < 1 << node->codebook.format;
        s->integer[bin] = (int16_t)(exists ? weft_codebook_integer(&node->codebook, (uint8_t)bin) : 0);
    }
}

bool weft_wino_room_open(struct weft_wino_room *room, const struct weft_wino_source *s, const weft_allocator *allocator)
{
    size_t stride = (size_t)s->stride, points = (size_t)s->runs * stride;
    room->taps = weft_block_alloc(allocator, (WEFT_WINO_TAPS + 12) * stride + points, sizeof(int16_t));
    if (!room->taps) {
        return false;
    }
    for (size_t i = 0; i < WEFT_WINO_TAPS * stride; i++) {
        room->taps[i] = s->integer[0];
    }
    room->across = room->taps + WEFT_WINO_TAPS * stride;
    room->points = room->across + 12 * stride;
    return true;
}

void weft_wino_room_close(struct weft_wino_room *room, const weft_allocator *allocator)
{
    weft_block_free(allocator, room->taps);
}

/* Three values, `step` apart, of `count` channels, to four: twice the usual transform in the middle, so that all are
 * integers. Eight channels at a time: compilers make vectors of that. */
static void transform(const int16_t *restrict g, size_t step, int16_t *restrict u, size_t u_step, int count)
{
    for (int c = 0; c < count; c += WEFT_WINO_LANES, g += WEFT_WINO_LANES, u += WEFT_WINO_LANES) {
        for (size_t i = 0; i < WEFT_WINO_LANES; i++) {
            int16_t ends = (int16_t)(g[i] + g[2 * step + i]), middle = g[step + i];
            u[i] = g[i];
            u[u_step + i] = (int16_t)(ends + middle);
            u[2 * u_step + i] = (int16_t)(ends - middle);
            u[3 * u_step + i] = g[2 * step + i];
        }
    }
}

/* Which of g0 + g2, g0, g1, g2 the entries of each of three points are, along an axis: F(2x2) for stride 2. */
static const int entries[3][2] = {{0, 0}, {1, 2}, {2, 3}};

/* Three rows, four apart, of such values across to the planes. */
static void transform_22s2(const struct weft_wino_source *s, const int16_t *across, int16_t *planes)
{
    const size_t stride = (size_t)s->stride;
    for (int p = 0; p < s->points; p++) {
        const int down = weft_wino22s2_entries(p / 3);
        for (int run = 0; run < weft_wino_runs(s->form, p); run++, planes += stride) {
            const int row = entries[p / 3][run % down];
            const int column = entries[p % 3][run / down], first = row > 0 ? 4 * (row - 1) : 0;
            const int16_t *from = across + (size_t)(first + column) * stride;
            for (size_t c = 0; c < stride; c++) {
                planes[c] = (int16_t)(from[c] + (row > 0 ? 0 : from[8 * stride + c]));
            }
        }
    }
}

void weft_wino_transform(const struct weft_wino_source *s, const uint8_t *bin, struct weft_wino_room *room)
{
    size_t stride = (size_t)s->stride;
    for (int c = 0; c < s->channels; c++) {
        for (size_t i = 0; i < WEFT_WINO_TAPS; i++) {
            room->taps[i * stride + (size_t)c] = s->integer[*bin++];
        }
    }
    for (size_t y = 0; y < 3; y++) {
        const int16_t *row = room->taps + 3 * y * stride;
        int16_t *across = room->across + 4 * y * stride;
        if (s->form == WEFT_WINO_12) {
            transform(row, stride, room->points + y * stride, 3 * stride, s->stride);
        } else if (s->form == WEFT_WINO_22) {
            transform(row, stride, across, stride, s->stride);
        } else {
            memcpy(across + stride, row, 3 * stride * sizeof *row);
            for (size_t c = 0; c < stride; c++) {
                across[c] = (int16_t)(row[c] + row[2 * stride + c]);
            }
        }
    }
    for (size_t j = 0; j < 4 && s->form == WEFT_WINO_22; j++) {
        transform(room->across + j * stride, 4 * stride, room->points + j * stride, 4 * stride, s->stride);
    }
    if (s->form == WEFT_WINO_22S2) {
        transform_22s2(s, room->across, room->points);
    }
}

/* Three sums, `step` apart, to four, as transform does it. */
static void transform_sum(const int32_t *g, size_t step, int32_t *u, size_t u_step)
{
    u[0] = g[0];
    u[u_step] = g[0] + g[2 * step] + g[step];
    u[2 * u_step] = g[0] + g[2 * step] - g[step];
    u[3 * u_step] = g[2 * step];
}

/* Sums of an output channel's taps to what the points' zeros add up to: transforms are linear. */
static void sum_points(const struct weft_wino *wino, const int32_t tap[WEFT_WINO_TAPS],
                       int32_t sum[WEFT_WINO_POINTS_MAX])
{
    int32_t across[3][4], point[WEFT_WINO_POINTS_MAX] = {0};
    for (int y = 0; y < 3; y++) {
        transform_sum(tap + 3 * y, 1, across[y], 1);
    }
    for (int j = 0; j < 4; j++) {
        if (wino->form == WEFT_WINO_22) {
            transform_sum(&across[0][j], 4, point + j, 4);
        } else {
            point[j] = across[0][j] + across[1][j] + across[2][j];
        }
    }
    for (int p = 0; p < wino->points; p++) {
        sum[p] = wino->point[p].zero * point[p];
    }
}

/* The same of F(2x2) for stride 2. */
static void sum_points_22s2(const struct weft_wino *wino, const int32_t tap[WEFT_WINO_TAPS],
                            int32_t sum[WEFT_WINO_POINTS_MAX])
{
    int32_t down[4][3], across[4][4]; /* of g0 + g2, g0, g1, g2 */
    for (int j = 0; j < 3; j++) {
        const int32_t g[4] = {tap[j] + tap[6 + j], tap[j], tap[3 + j], tap[6 + j]};
        for (int i = 0; i < 4; i++) {
            down[i][j] = g[i];
        }
    }
    for (int i = 0; i < 4; i++) {
        const int32_t g[4] = {down[i][0] + down[i][2], down[i][0], down[i][1], down[i][2]};
        memcpy(across[i], g, sizeof g);
    }
    for (int p = 0; p < wino->points; p++) {
        const int rows = weft_wino22s2_entries(p / 3);
        sum[p] = 0;
        for (int run = 0; run < wino->point[p].runs; run++) {
            sum[p] += weft_wino_zero(wino, p, run) * across[entries[p / 3][run % rows]][entries[p % 3][run / rows]];
        }
    }
}

void weft_wino_zero_sums(const struct weft_wino *wino, const int32_t tap[WEFT_WINO_TAPS],
                         int32_t sum[WEFT_WINO_POINTS_MAX])
{
    if (wino->form == WEFT_WINO_22S2) {
        sum_points_22s2(wino, tap, sum);
    } else {
        sum_points(wino, tap, sum);
    }
}
