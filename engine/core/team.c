#define _GNU_SOURCE /* syscall, sched_getaffinity */
#include "core/team.h"

#include <limits.h>
#include <omp.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

/* A wait spins for as long as the threads of a step that is cut into equal pieces drift apart, and about as long as a sleep
 * and a wake cost. Then it sleeps: a processor that burns away its time beside a thread that waits for one makes that
 * wait longer, since the system moves a thread only to a processor that is idle. With fewer processors than threads the
 * spinning thread may itself be what the others wait for. */
enum { PATIENCE = 50000, PATIENCE_CROWDED = 1000, PAUSES = 16 };

static int processors(void)
{
#if defined(__linux__)
    cpu_set_t mine;
    if (sched_getaffinity(0, sizeof mine, &mine) == 0) {
        return CPU_COUNT(&mine);
    }
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

bool weft_team_init(struct weft_team *team, int threads, int steps, struct weft_pool *pool)
{
    memset(team, 0, sizeof *team);
    team->threads = threads;
    team->ranges = threads < WEFT_TEAM_RANGES ? threads : WEFT_TEAM_RANGES;
    team->steps = steps;
    team->patience = threads <= processors() ? PATIENCE : PATIENCE_CROWDED;
    team->pieces = weft_pool_alloc(pool, (size_t)steps, sizeof *team->pieces);
    return team->pieces != NULL;
}

/* ---- waiting ---- */

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/* Until *word is no longer `value`, or for no reason. */
static void sleep_while(atomic_uint *word, unsigned value)
{
#if defined(__linux__)
    _Static_assert(sizeof *word == sizeof(uint32_t), "a futex has 32 bits");
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
#else
    (void)word;
    (void)value;
    nanosleep(&(struct timespec){0, 20000}, NULL);
#endif
}

static void wake_all(atomic_uint *word)
{
#if defined(__linux__)
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
#else
    (void)word;
#endif
}

static int64_t clock_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Returns when *word has been seen not to be `value`. */
static void wait_while(struct weft_team *team, atomic_uint *word, unsigned value)
{
    int64_t end = clock_now() + team->patience;
    do {
        for (int i = 0; i < PAUSES; i++) {
            if (atomic_load_explicit(word, memory_order_acquire) != value) {
                return;
            }
            pause_briefly();
        }
    } while (clock_now() < end);
    /* Whoever changes the word looks for sleepers afterwards: in the one order of all these accesses, either it sees this
     * one, or this one sees the change. */
    atomic_fetch_add(&team->sleepers, 1);
    while (atomic_load(word) == value) {
        sleep_while(word, value);
    }
    atomic_fetch_sub(&team->sleepers, 1);
}

/* After a change of *word, which is sequentially consistent. */
static void wake_sleepers(struct weft_team *team, atomic_uint *word)
{
    if (atomic_load(&team->sleepers) > 0) {
        wake_all(word);
    }
}

/* ---- pieces ---- */

static int range_start(const struct weft_team *team, int step, int range)
{
    return (int)((int64_t)team->pieces[step] * range / team->ranges);
}

/* Tells that the steps from `step` on which have no pieces are over, and returns the next one that has. */
static int skip_empty(const struct weft_team *team, int step)
{
    while (step < team->steps && team->pieces[step] == 0) {
        if (team->over) {
            team->over(team->cookie, step);
        }
        step++;
    }
    return step;
}

/* Lays out the ranges of a step, for threads that hold a piece of it as soon as they see one; only then may it be over,
 * hence the one more in `left`. */
static void open_step(struct weft_team *team, int step)
{
    if (step < team->steps) {
        atomic_store_explicit(&team->left, team->pieces[step] + 1, memory_order_relaxed);
        for (int r = 0; r < team->ranges; r++) {
            uint64_t next = (uint64_t)step << 32 | (unsigned)range_start(team, step, r);
            atomic_store_explicit(&team->range[r].next, next, memory_order_release);
        }
    }
    atomic_store(&team->step, (unsigned)step);
    wake_sleepers(team, &team->step);
}

/* One piece of the step, or its opening, is done. The thread that did the last opens the next step. */
static void finish(struct weft_team *team, int step)
{
    while (atomic_fetch_sub_explicit(&team->left, 1, memory_order_acq_rel) == 1) {
        if (team->over) {
            team->over(team->cookie, step);
        }
        step = skip_empty(team, step + 1);
        open_step(team, step);
        if (step == team->steps) {
            return;
        }
    }
}

/* A piece of the range, of whatever step is in progress. */
static bool take(struct weft_team *team, int range, int *step, int *piece)
{
    atomic_uint_fast64_t *word = &team->range[range].next;
    uint64_t next = atomic_load_explicit(word, memory_order_relaxed);
    do {
        *step = (int)(next >> 32);
        *piece = (int)(next & UINT32_MAX);
        if (*piece >= range_start(team, *step, range + 1)) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(word, &next, next + 1, memory_order_acquire, memory_order_relaxed));
    return true;
}

static void serve(struct weft_team *team, int thread)
{
    for (;;) {
        unsigned seen = atomic_load_explicit(&team->step, memory_order_acquire);
        if (seen == (unsigned)team->steps) {
            return;
        }
        bool found = false;
        for (int i = 0, step, piece; i < team->ranges; i++) {
            while (take(team, (thread + i) % team->ranges, &step, &piece)) {
                team->work(team->cookie, step, piece, thread);
                finish(team, step);
                found = true;
            }
        }
        if (!found) {
            wait_while(team, &team->step, seen);
        }
    }
}

static void run_alone(struct weft_team *team)
{
    for (int step = skip_empty(team, 0); step < team->steps; step = skip_empty(team, step + 1)) {
        for (int piece = 0; piece < team->pieces[step]; piece++) {
            team->work(team->cookie, step, piece, 0);
        }
        if (team->over) {
            team->over(team->cookie, step);
        }
    }
}

/* The OpenMP library waits at the end of its region in its own way, which may be to spin for long: the first thread
 * comes there when the others are about to. */
static void run_together(struct weft_team *team)
{
#pragma omp parallel num_threads(team->threads)
    {
        serve(team, omp_get_thread_num());
        if (omp_get_thread_num() > 0) {
            atomic_fetch_add(&team->gone, 1);
            wake_sleepers(team, &team->gone);
        } else {
            unsigned others = (unsigned)omp_get_num_threads() - 1, gone;
            while ((gone = atomic_load(&team->gone)) < others) {
                wait_while(team, &team->gone, gone);
            }
        }
    }
}

void weft_team_run(struct weft_team *team, weft_team_work *work, weft_team_over *over, void *cookie)
{
    team->work = work;
    team->over = over;
    team->cookie = cookie;
    if (team->threads == 1) {
        run_alone(team);
        return;
    }
    atomic_store_explicit(&team->gone, 0, memory_order_relaxed);
    int step = skip_empty(team, 0);
    open_step(team, step);
    if (step < team->steps) {
        finish(team, step);
        run_together(team);
    }
}
