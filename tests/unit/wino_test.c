/* Winograd's filtering against the direct convolution: whole layers, at the ends of the ranges that the loader accepts;
 * and what it refuses. Stride 2 is in wino_strided_test.c. */
#include "wino_case.h"

#include "core/cache.h"

Test(wino, sums_are_exact_at_the_ends_of_the_ranges)
{
    /* 9 * 14 and 3 * 42 are the largest sums of a filter within 127. */
    compare(&(struct layer){.in_c = 24, .out_c = 40, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14,
                            .ends = true},
            1, true, true);
    compare(&(struct layer){.in_c = 24, .out_c = 40, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 31, .qmax = 14,
                            .ends = true, .is_signed = true}, 2, true, true);
    compare(&(struct layer){.in_c = 24, .out_c = 40, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 127,
                            .qmax = 42, .ends = true},
            3, true, false);
    compare(&(struct layer){.in_c = 24, .out_c = 40, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 42,
                            .ends = true, .is_signed = true}, 4, true, false);
}

Test(wino, any_size_border_and_number_of_channels)
{
    compare_sizes(1, 19, 37, 77, 100);
}

Test(wino, channels_are_padded_with_weights_that_are_no_zeros)
{
    static const int levels[] = {2, 4, 8, 16, 32}, channels[] = {1, 12, 43, 66, 107};
    for (int i = 0; i < 5; i++) {
        struct layer l = {.in_c = channels[i], .out_c = 40, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 63,
                          .qmax = levels[i] < 32 ? 14 : 16, .levels = levels[i]};
        compare(&l, (uint64_t)i + 500, true, true);
        l.is_signed = true;
        l.table_max = 31;
        compare(&l, (uint64_t)i + 510, true, true);
        l.stride = 2;
        l.qmax = 31;
        compare(&l, (uint64_t)i + 520, false, true);
    }
    struct layer deep = {.in_c = 263, .out_c = 352, .h = 7, .w = 7, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14,
                         .levels = 16};
    compare(&deep, 530, true, true);
    deep.levels = 2;
    deep.qmax = 42;
    deep.ends = true; /* 9 * 42, which leaves a byte, is there where channels are padded, and nowhere else */
    compare(&deep, 531, true, true);
}

Test(wino, residuals_are_added)
{
    for (int i = 0; i < 6; i++) {
        compare(&(struct layer){.in_c = 24 + 8 * i, .out_c = 24 + 8 * i, .h = 14 - i, .w = 20 + i, .pads = {1, 1, 1, 1},
                                .table_max = 31, .qmax = 14, .is_signed = i % 2, .residual = true},
                (uint64_t)i + 300, true, true);
    }
}

Test(wino, a_few_weights_may_leave_a_byte)
{
    /* Filters whose sums exceed 127: a large weight among ends. */
    compare(&(struct layer){.in_c = 64, .out_c = 70, .h = 12, .w = 13, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 7,
                            .large = 20000}, 5, true, true);
    compare(&(struct layer){.in_c = 64, .out_c = 70, .h = 12, .w = 13, .pads = {1, 1, 1, 1}, .table_max = 31, .qmax = 7,
                            .large = 20000, .is_signed = true}, 6, true, true);
}

Test(wino, a_few_weights_may_leave_their_lanes)
{
    /* Pairs of the largest filters in the middle of small ones, against the largest bytes. */
    for (int i = 0; i < 4; i++) {
        compare(&(struct layer){.in_c = 60 + 4 * i, .out_c = 70, .h = 12, .w = 13, .pads = {1, 1, 1, 1},
                                .table_max = i % 2 ? 31 : 63, .qmax = 1 + i, .tops = 300, .ends = i < 2,
                                .is_signed = i % 2}, (uint64_t)i + 400, true, true);
    }
}

/* In place of the engine's. */
static long first_cache = 32 << 10;
long weft_first_cache_bytes(void)
{
    return first_cache;
}

Test(wino, weights_of_deep_layers_are_kept_as_bins)
{
    /* In slices, the last of eight channels, or two rows of points at a time; few tiles and many; filters that leave a
     * byte. */
    for (int i = 0; i < 2; i++, first_cache = 48 << 10) {
        compare(&(struct layer){.in_c = 264, .out_c = 352, .h = 7, .w = 7, .pads = {1, 1, 1, 1}, .table_max = 63,
                                .qmax = 7, .large = 200000}, 12, true, true);
        compare(&(struct layer){.in_c = 264, .out_c = 352, .h = 7, .w = 20, .pads = {1, 1, 1, 1}, .table_max = 31,
                                .qmax = 14, .is_signed = true}, 13, true, true);
        compare(&(struct layer){.in_c = 264, .out_c = 352, .h = 6, .w = 5, .pads = {1, 1, 1, 1}, .table_max = 63,
                                .qmax = 7}, 14, true, true);
    }
}

Test(wino, lanes_of_deep_layers_are_made_of_bins)
{
    /* Weights that do not fit their lanes, of bytes and of fewer bits; points left out at both borders, at one, at
     * none; two blocks. */
    for (int i = 0; i < 3; i++) {
        compare(&(struct layer){.in_c = 372, .out_c = 360, .h = 3 - i / 2, .w = 4 - i % 2, .pads = {1, 1, 1, 1},
                                .table_max = i % 2 ? 31 : 63, .qmax = 1 + i, .tops = 300, .is_signed = i % 2},
                (uint64_t)i + 500, true, true);
    }
    compare(&(struct layer){.in_c = 372, .out_c = 360, .h = 3, .w = 3, .pads = {1, 1, 1, 1}, .table_max = 63,
                            .qmax = 14, .levels = 14}, 503, true, true);
    compare(&(struct layer){.in_c = 1500, .out_c = 84, .h = 9, .w = 11, .pads = {1, 1, 1, 1}, .table_max = 63,
                            .qmax = 3, .tops = 300}, 504, true, true);
}

Test(wino, what_does_not_fit_is_done_directly)
{
    struct layer l = {.in_c = 16, .out_c = 16, .h = 8, .w = 8, .pads = {1, 1, 1, 1}, .table_max = 64, .qmax = 14,
                      .ends = true};
    compare(&l, 7, true, false); /* 4 * 64 > 255 */
    l.table_max = 128;
    compare(&l, 8, false, false);
    l.table_max = 63;
    l.qmax = 20; /* 7 * 20 > 127 in one filter of 25, three times 20 does not */
    compare(&l, 9, true, false);
    l.qmax = 43;
    compare(&l, 10, false, false);
}

Test(wino, the_largest_sums_still_fit)
{
    struct layer l = {.in_c = 2048, .out_c = 2, .h = 3, .w = 4, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14,
                      .ends = true};
    compare(&l, 11, true, true);
}

Test(wino, words_hold_all_ranges_and_sums_within_25_bits)
{
    /* 115 * 9 * 127 * 255 and 231 * 9 * 127 * 127 are the largest sums below 2^25. */
    struct layer l = {.in_c = 115, .out_c = 18, .h = 7, .w = 7, .pads = {1, 1, 1, 1}, .table_max = 255, .qmax = 127,
                      .ends = true};
    compare(&l, 21, false, false);
    l.in_c = 116;
    l.beyond = true;
    compare(&l, 22, false, false);
    struct layer s = {.in_c = 231, .out_c = 33, .h = 6, .w = 5, .pads = {1, 1, 1, 1}, .table_max = 127, .qmax = 127,
                      .ends = true,
                      .is_signed = true};
    compare(&s, 23, false, false);
    s.in_c = 232;
    s.beyond = true;
    compare(&s, 24, false, false);
}

Test(wino, words_of_deep_layers_are_kept_as_bins)
{
    compare(&(struct layer){.in_c = 264, .out_c = 352, .h = 7, .w = 23, .pads = {1, 1, 1, 1}, .table_max = 63,
                            .qmax = 14}, 25,
            true, true);
    compare(&(struct layer){.in_c = 300, .out_c = 330, .h = 14, .w = 14, .pads = {1, 1, 1, 1}, .table_max = 31,
                            .qmax = 14,
                            .is_signed = true}, 26, true, true);
}

Test(wino, what_the_tuner_chooses_is_exact)
{
    struct layer l = {.in_c = 40, .out_c = 48, .h = 15, .w = 14, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14};
    uint64_t state = 14;
    struct weft_model *model = make(&l, &state);
    float *input = make_input(model, &l, &state);
    struct result want = run(model, "scalar", 1, WEFT_WINOGRAD_OFF, input);
    weft_session_options options;
    weft_session_options_default(&options);
    options.threads = 2;
    weft_layer_tuning tuning;
    weft_error error = {""};
    cr_assert_eq(weft_session_tune(model, &options, 0.01, &tuning, 1, &error), WEFT_OK, "%s", error.text);
    cr_expect(tuning.direct_seconds > 0 && tuning.seconds_1d > 0 && tuning.seconds_2d > 0);
    cr_expect((tuning.seconds_4x4 > 0) == !!(weft_isa_available() & weft_isa_from_name("avx2")));
    cr_expect(tuning.seconds_strassen == 0);
    cr_expect(tuning.choice >= WEFT_WINOGRAD_OFF && tuning.choice <= WEFT_WINOGRAD_4X4);
    struct result got = run(model, NULL, 2, tuning.choice, input);
    cr_expect(memcmp(got.sums, want.sums, want.count * sizeof *want.sums) == 0);
    cr_expect(weft_session_tune(model, &options, 0.01, &tuning, 2, &error) == WEFT_E_ARGUMENT);
    release(&got);
    release(&want);
    free(input);
    weft_model_free(&model);
}

Test(wino, a_choice_for_each_layer_is_taken_or_refused)
{
    struct layer l = {.in_c = 16, .out_c = 16, .h = 8, .w = 8, .pads = {1, 1, 1, 1}, .table_max = 63, .qmax = 14};
    static const char *const names[] = {"direct", "winograd 2", "winograd 2x2", "winograd 4x4", "direct"};
    uint64_t state = 15;
    struct weft_model *model = make(&l, &state);
    weft_session_options options;
    weft_session_options_default(&options);
    options.layer_winograd_count = 1;
    for (int form = WEFT_WINOGRAD_OFF; form <= WEFT_WINOGRAD_STRASSEN + 1; form++) {
        weft_winograd choice = (weft_winograd)form;
        weft_session *session;
        weft_layer_plan plan;
        options.layer_winograd = &choice;
        weft_status status = weft_session_create(model, &options, &session, NULL);
        cr_assert_eq(status, form <= WEFT_WINOGRAD_STRASSEN ? WEFT_OK : WEFT_E_ARGUMENT);
        if (session) {
            cr_assert_eq(weft_session_layer_plan(session, 0, &plan), WEFT_OK);
            bool there = form != WEFT_WINOGRAD_4X4 || (weft_isa_available() & weft_isa_from_name("avx2"));
            cr_expect(there || strncmp(plan.algorithm, "direct", 6) == 0, "%s", plan.algorithm);
            cr_expect(!there || strncmp(plan.algorithm, names[form - WEFT_WINOGRAD_OFF], 6) == 0, "%s", plan.algorithm);
            /* 3x3 layers never take Strassen's products. */
            bool direct = form == WEFT_WINOGRAD_OFF || form == WEFT_WINOGRAD_STRASSEN;
            cr_expect(!there || direct || strcmp(plan.algorithm, names[form - WEFT_WINOGRAD_OFF]) == 0);
            weft_session_free(&session);
        }
    }
    options.layer_winograd_count = 2;
    weft_session *session;
    cr_expect(weft_session_create(model, &options, &session, NULL) == WEFT_E_ARGUMENT);
    weft_model_free(&model);
}
