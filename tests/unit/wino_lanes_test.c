/* Transformed weights in lanes of 16 bits: what is left of them fits whatever the bytes, and nothing is lost without
 * need. */
#include "graphs.h"

#include <string.h>

#include "ops/wino_lanes.h"

enum { K8_MAX = 11, NR = 16, O = 5 };

/* Unsigned edges up to 63, point of sums: bytes up to 252, pairs up to 130, lanes up to 260. */
static struct weft_wino_limits limits_of_63(void)
{
    struct weft_edge edge;
    weft_edge_init_log(&edge, false, 15, -40, 4, 63);
    return weft_wino_limits(WEFT_WINO_22, &edge, 5);
}

static int count_changes(const int16_t *u, const int8_t *q, int count)
{
    int changes = 0;
    for (int k = 0; k < count; k++) {
        changes += u[k] != q[k];
    }
    return changes;
}

/* A block, in groups of one: how many weights change. */
static int changes_of(const int16_t u[8], int8_t q[8])
{
    struct weft_wino_limits limits = limits_of_63();
    int32_t count[WEFT_WINO_LENGTHS] = {0};
    weft_wino_lanes_count(&limits, u, 1, 100, count);
    weft_wino_lanes_fit(&limits, 1, u, 1, q);
    cr_expect_eq(count[1], count_changes(u, q, 8));
    return count[1];
}

Test(wino_lanes, bounds_are_exact)
{
    int8_t q[8];
    struct weft_wino_limits limits = limits_of_63();
    cr_expect(limits.high == 252 && limits.pair == 130 && limits.lane == 260);
    cr_expect_eq(changes_of((int16_t[]){65, 65, -127, -3, 65, 65, -3, -127}, q), 0);
    cr_expect_eq(changes_of((int16_t[]){65, 66, 0, 0, 0, 0, 0, 0}, q), 1);
    cr_expect(q[0] == 65 && q[1] == 65);
    cr_expect_eq(changes_of((int16_t[]){0, 0, 0, 0, 0, 0, -127, -4}, q), 1);
    cr_expect(q[6] == -126 && q[7] == -4);
    cr_expect_eq(changes_of((int16_t[]){127, -127, 0, 0, 3, 3, 0, 0}, q), 0); /* signs differ: 254 + 6 */
    cr_expect_eq(changes_of((int16_t[]){127, -127, 0, 0, 3, 4, 0, 0}, q), 1);
    cr_expect(q[0] + -q[1] + q[4] + q[5] == 260);
    cr_expect_eq(changes_of((int16_t[]){0, 0, 127, 0, 0, 0, -127, -3}, q), 0); /* 257 */
    cr_expect_eq(changes_of((int16_t[]){0, 128, 0, -128, 1143, 0, -1143, 0}, q), 4); /* no bytes */
    cr_expect(q[1] == 127 && q[3] == -127 && q[4] == 127 && q[6] == -127);
}

/* The largest and the least that a lane's total can be, and a pair's. */
static void check_group(const struct weft_wino_limits *limits, int blocks, int lane, int start, const int8_t *q)
{
    int above = start, below = start;
    for (int k = 2 * lane; k < 8 * blocks; k += 4) {
        int pair_above = 0, pair_below = 0;
        for (int i = k; i < k + 2; i++) {
            pair_above += q[i] > 0 ? limits->high * q[i] : 0;
            pair_below += q[i] < 0 ? limits->high * q[i] : 0;
        }
        cr_expect(pair_above <= INT16_MAX && pair_below >= INT16_MIN);
        above += pair_above;
        below += pair_below;
    }
    cr_expect(above <= INT16_MAX && below >= INT16_MIN, "%d..%d", below, above);
}

/* A channel's place in a panel, as wino_lanes reads it. */
static void check_panel(const struct weft_wino_limits *limits, int group, int k8, const int8_t *q)
{
    static uint8_t panel[K8_MAX * 8 * NR];
    static int16_t starts[K8_MAX * 2 * NR];
    memset(panel, 0x55, sizeof panel);
    weft_wino_lanes_put(q, k8, NR, O, panel);
    int32_t all = weft_wino_lanes_start(limits, group, q, k8, NR, O, starts), sum = 0;
    const uint8_t *at = panel;
    const int16_t *start = starts;
    for (int left = k8, blocks; left > 0; left -= blocks, q += 8 * blocks) {
        blocks = left < group ? 1 : group;
        for (int lane = 0; lane < 2; lane++) {
            check_group(limits, blocks, lane, start[2 * O + lane], q);
            sum += start[2 * O + lane];
        }
        start += 2 * NR;
        for (int i = 0; i < 2 * blocks; i++, at += 4 * NR) {
            cr_expect(memcmp(at + 4 * O, q + 4 * i, 4) == 0);
        }
    }
    cr_expect_eq(all, sum);
    cr_expect_eq(at - panel, k8 * 8 * NR);
    cr_expect_eq((size_t)(start - starts), weft_wino_lanes_starts(group, k8, NR));
}

Test(wino_lanes, whatever_fits_stays_and_the_rest_is_made_to_fit)
{
    static const int tops[] = {20, 60, 127, 200, 1143};
    uint64_t state = 8;
    for (int round = 0; round < 4000; round++) {
        struct weft_wino_limits limits = limits_of_63();
        int k8 = graphs_between(&state, 1, K8_MAX), top = tops[round % 5];
        if (round % 3 == 0) {
            limits = (struct weft_wino_limits){.high = 255, .pair = 128, .lane = 256};
        }
        int16_t u[8 * K8_MAX];
        int8_t q[8 * K8_MAX];
        for (int k = 0; k < 8 * k8; k++) {
            u[k] = (int16_t)(round % 2 ? graphs_between(&state, -top, top) : graphs_between(&state, 0, 1) ? top : -top);
        }
        int32_t count[WEFT_WINO_LENGTHS] = {0};
        weft_wino_lanes_count(&limits, u, k8, 8 * K8_MAX, count);
        for (int i = 0; i < WEFT_WINO_LENGTHS; i++) {
            weft_wino_lanes_fit(&limits, weft_wino_lengths[i], u, k8, q);
            cr_expect_eq(count_changes(u, q, 8 * k8), count[i]);
            if (i > 0) {
                check_panel(&limits, weft_wino_lengths[i], k8, q);
            }
        }
        weft_wino_lanes_fit(&limits, 0, u, k8, q);
        for (int k = 0; k < 8 * k8; k++) {
            cr_expect_eq(q[k], (int8_t)u[k]);
        }
    }
}
