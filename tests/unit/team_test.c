#include <criterion/criterion.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/team.h"

/* What must be true of a run: each piece is done once, after all pieces of the steps before it, by threads whose
 * numbers are in use once at a time; each step is told to be over once, in order. */
struct record {
    struct weft_pool pool;
    struct weft_team team;
    long *sums;          /* per step: plain memory that every piece of the next step reads */
    atomic_int *done;    /* pieces per step */
    atomic_bool busy[64];
    atomic_int faults;
    int over;
    int sleep_every;     /* so many pieces: the thread gives its processor away in the middle of one */
};

static void work(void *cookie, int step, int piece, int thread)
{
    struct record *r = cookie;
    int wrong = thread < 0 || thread >= r->team.threads || piece < 0 || piece >= r->team.pieces[step];
    wrong += atomic_exchange(&r->busy[thread % 64], true);
    wrong += step > 0 && r->sums[step - 1] != r->team.pieces[step - 1];
    if (r->sleep_every && (step + piece) % r->sleep_every == 0) {
        nanosleep(&(struct timespec){0, 300000}, NULL);
    }
    atomic_fetch_add(&r->done[step], 1);
    atomic_store(&r->busy[thread % 64], false);
    atomic_fetch_add(&r->faults, wrong);
}

static void over(void *cookie, int step)
{
    struct record *r = cookie;
    r->sums[step] = atomic_load(&r->done[step]);
    atomic_fetch_add(&r->faults, step != r->over || r->sums[step] != r->team.pieces[step]);
    r->over = step + 1;
}

static void open_record(struct record *r, int threads, int steps)
{
    memset(r, 0, sizeof *r);
    weft_pool_init(&r->pool, NULL);
    cr_assert_eq(weft_team_open(&r->team, threads, steps, &r->pool), WEFT_OK);
    r->sums = weft_pool_alloc(&r->pool, (size_t)steps, sizeof *r->sums);
    r->done = weft_pool_alloc(&r->pool, (size_t)steps, sizeof *r->done);
    cr_assert(r->sums && r->done);
}

static struct record *new_record(int threads, int steps)
{
    struct record *r = aligned_alloc(64, sizeof *r);
    cr_assert(r);
    open_record(r, threads, steps);
    return r;
}

static void free_record(struct record *r)
{
    weft_team_close(&r->team);
    weft_pool_free(&r->pool);
    free(r);
}

static void run(struct record *r)
{
    for (int i = 0; i < r->team.steps; i++) {
        r->sums[i] = -1;
        atomic_store(&r->done[i], 0);
    }
    r->over = 0;
    weft_team_run(&r->team, work, over, r);
    atomic_fetch_add(&r->faults, r->over != r->team.steps);
}

Test(team, no_piece_is_lost_in_a_hundred_thousand_steps_of_any_size)
{
    static const int threads[] = {1, 2, 3, 7};
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct record *r = new_record(threads[t], 100000);
        unsigned random = 7;
        for (int i = 0; i < r->team.steps; i++) {
            random = random * 1664525u + 1013904223u;
            r->team.pieces[i] = (int)((random >> 16) % 9);
        }
        run(r);
        cr_assert_eq(atomic_load(&r->faults), 0, "%d threads: %d faults", threads[t], atomic_load(&r->faults));
        free_record(r);
    }
}

Test(team, runs_follow_each_other)
{
    struct record *r = new_record(5, 6);
    const int pieces[] = {0, 3, 0, 40, 1, 0};
    memcpy(r->team.pieces, pieces, sizeof pieces);
    for (int i = 0; i < 2000; i++) {
        run(r);
    }
    cr_assert_eq(atomic_load(&r->faults), 0);
    free_record(r);
}

Test(team, nothing_at_all_to_do_is_done_at_once)
{
    struct record *r = new_record(3, 7);
    run(r);
    run(r);
    cr_assert_eq(atomic_load(&r->faults), 0);
    free_record(r);
}

Test(team, a_fork_works_without_the_threads_it_has_not)
{
    struct record *r = new_record(3, 200);
    for (int i = 0; i < r->team.steps; i++) {
        r->team.pieces[i] = 5;
    }
    run(r);
    pid_t child = fork();
    if (child == 0) {
        run(r);
        weft_team_close(&r->team);
        _exit(atomic_load(&r->faults) != 0);
    }
    int status = 0;
    cr_assert(child > 0 && waitpid(child, &status, 0) == child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    run(r);
    cr_assert_eq(atomic_load(&r->faults), 0);
    free_record(r);
}

Test(team, threads_that_sleep_are_woken)
{
    struct record *r = new_record(4, 300);
    r->sleep_every = 3; /* for longer than the others spin */
    for (int i = 0; i < r->team.steps; i++) {
        r->team.pieces[i] = 1 + i % 5;
    }
    run(r);
    cr_assert_eq(atomic_load(&r->faults), 0);
    free_record(r);
}

Test(team, several_applications_threads_run_teams_of_their_own)
{
    int faults = 0;
#pragma omp parallel num_threads(4) reduction(+ : faults)
    {
        struct record *r = new_record(3, 1000);
        for (int i = 0; i < r->team.steps; i++) {
            r->team.pieces[i] = i % 4;
        }
        for (int i = 0; i < 5; i++) {
            run(r);
        }
        faults += atomic_load(&r->faults);
        free_record(r);
    }
    cr_assert_eq(faults, 0);
}

Test(team, nested_teams_work_where_openmp_allows_them)
{
    omp_set_max_active_levels(2);
    int faults = 0;
#pragma omp parallel num_threads(2) reduction(+ : faults)
    {
        struct record *r = new_record(3, 500);
        for (int i = 0; i < r->team.steps; i++) {
            r->team.pieces[i] = i % 7;
        }
        run(r);
        faults += atomic_load(&r->faults);
        free_record(r);
    }
    cr_assert_eq(faults, 0);
}

static void nothing(void *cookie, int step, int piece, int thread)
{
    (void)step;
    (void)piece;
    (void)thread;
    atomic_fetch_add((atomic_int *)cookie, 1);
}

Test(team, one_thread_alone_takes_pieces_in_order_and_needs_no_one_to_be_told)
{
    struct weft_pool pool;
    static struct weft_team team;
    atomic_int count = 0;
    weft_pool_init(&pool, NULL);
    cr_assert_eq(weft_team_open(&team, 1, 3, &pool), WEFT_OK);
    team.pieces[0] = 4;
    team.pieces[2] = 5;
    weft_team_run(&team, nothing, NULL, &count);
    cr_assert_eq(atomic_load(&count), 9);
    weft_team_close(&team);
    weft_pool_free(&pool);
}
