/* Which form each part gets, within noise or within cost. */
#include <criterion/criterion.h>
#include <math.h>

#include "quant/allocate.h"

Test(allocate, the_best_gain_for_its_cost_comes_first)
{
    struct weft_part parts[] = {{.forms = 2, .cost = {0, 10}, .noise = {5, 1}},
                                {.forms = 2, .cost = {0, 2}, .noise = {3, 1}}};
    cr_assert(weft_allocate(parts, 2, 6, INFINITY));
    cr_assert(parts[0].chosen == 0 && parts[1].chosen == 1, "2 for a gain of 2, not 10 for one of 4");
    cr_assert(weft_allocate(parts, 2, 2, INFINITY));
    cr_assert_float_eq(weft_parts_noise(parts, 2), 2, 1e-12);
    cr_assert_float_eq(weft_parts_cost(parts, 2), 12, 1e-12);
}

Test(allocate, what_was_improved_in_vain_is_taken_back)
{
    struct weft_part parts[] = {{.forms = 2, .cost = {0, 1}, .noise = {7, 5}},
                                {.forms = 2, .cost = {0, 100}, .noise = {100, 0}}};
    cr_assert(weft_allocate(parts, 2, 8, INFINITY));
    cr_assert(parts[0].chosen == 0 && parts[1].chosen == 1, "the second is enough alone");
    cr_assert_float_eq(weft_parts_noise(parts, 2), 7, 1e-12);
}

Test(allocate, cost_is_never_more_than_allowed)
{
    struct weft_part parts[] = {{.forms = 3, .cost = {1, 4, 9}, .noise = {9, 4, 1}},
                                {.forms = 3, .cost = {1, 4, 9}, .noise = {90, 40, 10}}};
    cr_assert_not(weft_allocate(parts, 2, 0, 10));
    cr_assert_leq(weft_parts_cost(parts, 2), 10);
    cr_assert(parts[1].chosen == 2 && parts[0].chosen == 0);
}
